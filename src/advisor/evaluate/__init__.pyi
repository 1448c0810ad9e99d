from advisor.evaluate.backtesting.backtest import backtest as backtest
from advisor.evaluate.backtesting.backtest import backtest_many as backtest_many
from advisor.evaluate.backtesting.deflated import deflate as deflate
from advisor.evaluate.backtesting.deflated import deflated_sharpe_ratio as deflated_sharpe_ratio
from advisor.evaluate.backtesting.deflated import expected_best_sharpe as expected_best_sharpe
from advisor.evaluate.backtesting.deflated import probabilistic_sharpe_ratio as probabilistic_sharpe_ratio
from advisor.evaluate.backtesting.estimates import Estimates as Estimates
from advisor.evaluate.backtesting.policies import FixedMix as FixedMix
from advisor.evaluate.backtesting.policies import MeanVariancePolicy as MeanVariancePolicy
from advisor.evaluate.backtesting.policies import equal_weight as equal_weight
from advisor.evaluate.backtesting.policies import hold as hold
from advisor.evaluate.backtesting.policies import level_policies as level_policies
from advisor.evaluate.backtesting.ready import EstimatorPolicy as EstimatorPolicy
from advisor.evaluate.backtesting.ready import PortfolioPolicy as PortfolioPolicy
from advisor.evaluate.backtesting.ready import ready_policies as ready_policies
from advisor.evaluate.backtesting.result import BacktestResult as BacktestResult
from advisor.evaluate.backtesting.result_set import BacktestResults as BacktestResults
from advisor.evaluate.backtesting.sharpe import SharpeTest as SharpeTest
from advisor.evaluate.backtesting.sharpe import compare_sharpe as compare_sharpe
from advisor.evaluate.backtesting.statistics import block_length as block_length
from advisor.evaluate.backtesting.statistics import bootstrap_interval as bootstrap_interval
from advisor.evaluate.backtesting.terms import Terms as Terms
from advisor.evaluate.match.check import SuitabilityCheck as SuitabilityCheck
from advisor.evaluate.match.check import recheck as recheck
from advisor.evaluate.match.logged import LoggedChoices as LoggedChoices
from advisor.evaluate.match.match import evaluate_match as evaluate_match
from advisor.evaluate.match.off_policy import OffPolicyReport as OffPolicyReport
from advisor.evaluate.match.off_policy import off_policy as off_policy
from advisor.evaluate.match.off_policy import softmax_policy as softmax_policy
from advisor.evaluate.match.over_time import TimeComparison as TimeComparison
from advisor.evaluate.match.over_time import compare_over_time as compare_over_time
from advisor.evaluate.match.probability import ProbabilityReport as ProbabilityReport
from advisor.evaluate.match.probability import evaluate_probability as evaluate_probability
from advisor.evaluate.match.report import MatchReport as MatchReport
from advisor.evaluate.match.report import Score as Score
from advisor.evaluate.match.returns import MoneyReport as MoneyReport
from advisor.evaluate.match.returns import evaluate_money as evaluate_money
from advisor.evaluate.match.split import TemporalSplit as TemporalSplit
from advisor.evaluate.match.split import temporal_split as temporal_split
from advisor.evaluate.match.split import temporal_splits as temporal_splits
from advisor.evaluate.risk.report import RiskMatchReport as RiskMatchReport
from advisor.evaluate.risk.risk import evaluate_risk as evaluate_risk
from advisor.evaluate.risk.risk import evaluate_risk_of as evaluate_risk_of

__all__ = [
    "BacktestResult",
    "BacktestResults",
    "Estimates",
    "EstimatorPolicy",
    "FixedMix",
    "LoggedChoices",
    "MatchReport",
    "MeanVariancePolicy",
    "MoneyReport",
    "OffPolicyReport",
    "PortfolioPolicy",
    "ProbabilityReport",
    "RiskMatchReport",
    "Score",
    "SharpeTest",
    "SuitabilityCheck",
    "TemporalSplit",
    "Terms",
    "TimeComparison",
    "backtest",
    "backtest_many",
    "block_length",
    "bootstrap_interval",
    "compare_over_time",
    "compare_sharpe",
    "deflate",
    "deflated_sharpe_ratio",
    "equal_weight",
    "evaluate_match",
    "evaluate_money",
    "evaluate_probability",
    "evaluate_risk",
    "evaluate_risk_of",
    "expected_best_sharpe",
    "hold",
    "level_policies",
    "off_policy",
    "probabilistic_sharpe_ratio",
    "ready_policies",
    "recheck",
    "softmax_policy",
    "temporal_split",
    "temporal_splits",
]
