"""Analytics of clients and of advice: what they say, what works, what they are worth, who leaves.

Importing this loads no library of an extra: each name is loaded on first use.
"""

from typing import TYPE_CHECKING

from advisor.adapters.extras import on_use

if TYPE_CHECKING:
    from advisor.adapters.analytics.attribution import Attribution, shapley
    from advisor.adapters.analytics.causal import DifferenceInDifferences, did
    from advisor.adapters.analytics.churn import ChurnModel
    from advisor.adapters.analytics.churn_report import ChurnReport, judge_churn
    from advisor.adapters.analytics.complaint_times import ComplaintReport, complaints
    from advisor.adapters.analytics.crowding import Concentration, acceptance, concentration, herding
    from advisor.adapters.analytics.driver_shares import Drivers, drivers
    from advisor.adapters.analytics.durations import Survival, hazard_ratios, survival
    from advisor.adapters.analytics.effects import Effect
    from advisor.adapters.analytics.experiments import Experiment, ab_test
    from advisor.adapters.analytics.feedback import Effort, NetPromoter, Proportion, ces, csat, nps, proportion
    from advisor.adapters.analytics.gate_report import Check, GateReport
    from advisor.adapters.analytics.governance import compare
    from advisor.adapters.analytics.histories import purchase_histories
    from advisor.adapters.analytics.isolation import IsolationScorer
    from advisor.adapters.analytics.lifetime import PurchaseModel
    from advisor.adapters.analytics.lifetime_value import clv
    from advisor.adapters.analytics.logs import log_of
    from advisor.adapters.analytics.matching import MatchedPairs, match_pairs
    from advisor.adapters.analytics.monitors import drift, ks, psi
    from advisor.adapters.analytics.power import sample_size
    from advisor.adapters.analytics.quality import check
    from advisor.adapters.analytics.quality_report import QualityReport
    from advisor.adapters.analytics.sandbox import SimulatedValue, simulate_value
    from advisor.adapters.analytics.spending import SpendModel
    from advisor.adapters.analytics.transaction_risk import Latency, Score, Scorer, WatchedScorer, false_positive_rate, watch

__all__ = [
    "Attribution",
    "Check",
    "ChurnModel",
    "ChurnReport",
    "ComplaintReport",
    "Concentration",
    "DifferenceInDifferences",
    "Drivers",
    "Effect",
    "Effort",
    "Experiment",
    "GateReport",
    "IsolationScorer",
    "Latency",
    "MatchedPairs",
    "NetPromoter",
    "Proportion",
    "PurchaseModel",
    "QualityReport",
    "Score",
    "Scorer",
    "SimulatedValue",
    "SpendModel",
    "Survival",
    "WatchedScorer",
    "ab_test",
    "acceptance",
    "ces",
    "check",
    "clv",
    "compare",
    "complaints",
    "concentration",
    "csat",
    "did",
    "drift",
    "drivers",
    "false_positive_rate",
    "hazard_ratios",
    "herding",
    "judge_churn",
    "ks",
    "log_of",
    "match_pairs",
    "nps",
    "proportion",
    "psi",
    "purchase_histories",
    "sample_size",
    "shapley",
    "simulate_value",
    "survival",
    "watch",
]

_FILES = {
    "attribution": "Attribution shapley",
    "causal": "DifferenceInDifferences did",
    "churn": "ChurnModel",
    "churn_report": "ChurnReport judge_churn",
    "complaint_times": "ComplaintReport complaints",
    "crowding": "Concentration acceptance concentration herding",
    "driver_shares": "Drivers drivers",
    "durations": "Survival hazard_ratios survival",
    "effects": "Effect",
    "experiments": "Experiment ab_test",
    "feedback": "Effort NetPromoter Proportion ces csat nps proportion",
    "gate_report": "Check GateReport",
    "governance": "compare",
    "histories": "purchase_histories",
    "isolation": "IsolationScorer",
    "lifetime": "PurchaseModel",
    "lifetime_value": "clv",
    "logs": "log_of",
    "matching": "MatchedPairs match_pairs",
    "monitors": "drift ks psi",
    "power": "sample_size",
    "quality": "check",
    "quality_report": "QualityReport",
    "sandbox": "SimulatedValue simulate_value",
    "spending": "SpendModel",
    "transaction_risk": "Latency Score Scorer WatchedScorer false_positive_rate watch",
}
"""File -> the public names it defines."""

__getattr__ = on_use(__name__, {name: file for file, names in _FILES.items() for name in names.split()})
