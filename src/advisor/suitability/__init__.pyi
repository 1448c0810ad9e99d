from advisor.suitability.changes import PackChange as PackChange
from advisor.suitability.changes import compare_packs as compare_packs
from advisor.suitability.group_rates import age_groups as age_groups
from advisor.suitability.group_rates import fairness as fairness
from advisor.suitability.portfolio import concentration as concentration
from advisor.suitability.portfolio import legacy_holdings as legacy_holdings
from advisor.suitability.portfolio import portfolio_suits as portfolio_suits
from advisor.suitability.portfolio import rate_portfolio as rate_portfolio
from advisor.suitability.regime import Regime as Regime

__all__ = [
    "PackChange",
    "Regime",
    "age_groups",
    "compare_packs",
    "concentration",
    "fairness",
    "legacy_holdings",
    "portfolio_suits",
    "rate_portfolio",
]
