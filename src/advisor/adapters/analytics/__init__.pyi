from advisor.adapters.analytics.attribution import Attribution as Attribution
from advisor.adapters.analytics.attribution import shapley as shapley
from advisor.adapters.analytics.causal import DifferenceInDifferences as DifferenceInDifferences
from advisor.adapters.analytics.causal import did as did
from advisor.adapters.analytics.churn import ChurnModel as ChurnModel
from advisor.adapters.analytics.complaint_times import ComplaintReport as ComplaintReport
from advisor.adapters.analytics.complaint_times import complaints as complaints
from advisor.adapters.analytics.crowding import Concentration as Concentration
from advisor.adapters.analytics.crowding import acceptance as acceptance
from advisor.adapters.analytics.crowding import concentration as concentration
from advisor.adapters.analytics.crowding import herding as herding
from advisor.adapters.analytics.driver_shares import Drivers as Drivers
from advisor.adapters.analytics.driver_shares import drivers as drivers
from advisor.adapters.analytics.durations import Survival as Survival
from advisor.adapters.analytics.durations import hazard_ratios as hazard_ratios
from advisor.adapters.analytics.durations import survival as survival
from advisor.adapters.analytics.effects import Effect as Effect
from advisor.adapters.analytics.experiments import Experiment as Experiment
from advisor.adapters.analytics.experiments import ab_test as ab_test
from advisor.adapters.analytics.feedback import Effort as Effort
from advisor.adapters.analytics.feedback import NetPromoter as NetPromoter
from advisor.adapters.analytics.feedback import ces as ces
from advisor.adapters.analytics.feedback import csat as csat
from advisor.adapters.analytics.feedback import nps as nps
from advisor.adapters.analytics.gate_report import Check as Check
from advisor.adapters.analytics.gate_report import GateReport as GateReport
from advisor.adapters.analytics.governance import compare as compare
from advisor.adapters.analytics.histories import purchase_histories as purchase_histories
from advisor.adapters.analytics.isolation import IsolationScorer as IsolationScorer
from advisor.adapters.analytics.lifetime import PurchaseModel as PurchaseModel
from advisor.adapters.analytics.logs import log_of as log_of
from advisor.adapters.analytics.matching import MatchedPairs as MatchedPairs
from advisor.adapters.analytics.matching import match_pairs as match_pairs
from advisor.adapters.analytics.monitors import drift as drift
from advisor.adapters.analytics.monitors import ks as ks
from advisor.adapters.analytics.monitors import psi as psi
from advisor.adapters.analytics.probabilities import ChurnReport as ChurnReport
from advisor.adapters.analytics.probabilities import judge_churn as judge_churn
from advisor.adapters.analytics.proportions import Proportion as Proportion
from advisor.adapters.analytics.proportions import proportion as proportion
from advisor.adapters.analytics.proportions import sample_size as sample_size
from advisor.adapters.analytics.quality import check as check
from advisor.adapters.analytics.quality_report import QualityReport as QualityReport
from advisor.adapters.analytics.sandbox import SimulatedValue as SimulatedValue
from advisor.adapters.analytics.sandbox import simulate_value as simulate_value
from advisor.adapters.analytics.spending import SpendModel as SpendModel
from advisor.adapters.analytics.spending import clv as clv
from advisor.adapters.analytics.transaction_risk import Latency as Latency
from advisor.adapters.analytics.transaction_risk import Score as Score
from advisor.adapters.analytics.transaction_risk import Scorer as Scorer
from advisor.adapters.analytics.transaction_risk import WatchedScorer as WatchedScorer
from advisor.adapters.analytics.transaction_risk import false_positive_rate as false_positive_rate
from advisor.adapters.analytics.transaction_risk import watch as watch

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
