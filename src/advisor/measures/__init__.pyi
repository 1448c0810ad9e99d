from advisor.measures.bootstrap import Interval as Interval
from advisor.measures.bootstrap import block_interval as block_interval
from advisor.measures.bootstrap import interval as interval
from advisor.measures.bootstrap import paired_difference as paired_difference
from advisor.measures.bootstrap import resampled_means as resampled_means
from advisor.measures.calibration import ReliabilityCurve as ReliabilityCurve
from advisor.measures.calibration import Threshold as Threshold
from advisor.measures.calibration import reliability_curve as reliability_curve
from advisor.measures.calibration import threshold_for_precision as threshold_for_precision
from advisor.measures.calibration import wilson_low as wilson_low
from advisor.measures.exposure import coverage as coverage
from advisor.measures.exposure import diversity as diversity
from advisor.measures.exposure import exposure_counts as exposure_counts
from advisor.measures.exposure import gini as gini
from advisor.measures.exposure import list_mean as list_mean
from advisor.measures.exposure import novelty as novelty
from advisor.measures.exposure import popularity_lift as popularity_lift
from advisor.measures.periods import drawdown_table as drawdown_table
from advisor.measures.periods import return_quantiles as return_quantiles
from advisor.measures.periods import returns_by_period as returns_by_period
from advisor.measures.periods import rolling_measures as rolling_measures
from advisor.measures.portfolio import annual_return as annual_return
from advisor.measures.portfolio import beta as beta
from advisor.measures.portfolio import calmar_ratio as calmar_ratio
from advisor.measures.portfolio import conditional_value_at_risk as conditional_value_at_risk
from advisor.measures.portfolio import downside_deviation as downside_deviation
from advisor.measures.portfolio import drawdowns as drawdowns
from advisor.measures.portfolio import hit_ratio as hit_ratio
from advisor.measures.portfolio import information_ratio as information_ratio
from advisor.measures.portfolio import kurtosis as kurtosis
from advisor.measures.portfolio import max_drawdown as max_drawdown
from advisor.measures.portfolio import mean_return as mean_return
from advisor.measures.portfolio import sharpe_ratio as sharpe_ratio
from advisor.measures.portfolio import skewness as skewness
from advisor.measures.portfolio import sortino_ratio as sortino_ratio
from advisor.measures.portfolio import tracking_error as tracking_error
from advisor.measures.portfolio import value_at_risk as value_at_risk
from advisor.measures.portfolio import volatility as volatility
from advisor.measures.ranking import average_precision as average_precision
from advisor.measures.ranking import hit_rate as hit_rate
from advisor.measures.ranking import mark_hits as mark_hits
from advisor.measures.ranking import ndcg as ndcg
from advisor.measures.ranking import precision as precision
from advisor.measures.ranking import recall as recall
from advisor.measures.ranking import reciprocal_rank as reciprocal_rank
from advisor.measures.weights import effective_number as effective_number
from advisor.measures.weights import portfolio_volatility as portfolio_volatility
from advisor.measures.weights import risk_contributions as risk_contributions
from advisor.measures.weights import turnover as turnover

__all__ = [
    "Interval",
    "ReliabilityCurve",
    "Threshold",
    "annual_return",
    "average_precision",
    "beta",
    "block_interval",
    "calmar_ratio",
    "conditional_value_at_risk",
    "coverage",
    "diversity",
    "downside_deviation",
    "drawdown_table",
    "drawdowns",
    "effective_number",
    "exposure_counts",
    "gini",
    "hit_rate",
    "hit_ratio",
    "information_ratio",
    "interval",
    "kurtosis",
    "list_mean",
    "mark_hits",
    "max_drawdown",
    "mean_return",
    "ndcg",
    "novelty",
    "paired_difference",
    "popularity_lift",
    "portfolio_volatility",
    "precision",
    "recall",
    "reciprocal_rank",
    "reliability_curve",
    "resampled_means",
    "return_quantiles",
    "returns_by_period",
    "risk_contributions",
    "rolling_measures",
    "sharpe_ratio",
    "skewness",
    "sortino_ratio",
    "threshold_for_precision",
    "tracking_error",
    "turnover",
    "value_at_risk",
    "volatility",
    "wilson_low",
]
