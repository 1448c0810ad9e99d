from advisor.engine.advisor import Advisor as Advisor
from advisor.engine.batch import AdviceBatch as AdviceBatch
from advisor.engine.orders.settings import TradeSettings as TradeSettings
from advisor.engine.output.reasons import sentences as sentences
from advisor.engine.output.states import PortfolioStates as PortfolioStates
from advisor.engine.output.states import states_after as states_after

__all__ = [
    "AdviceBatch",
    "Advisor",
    "PortfolioStates",
    "TradeSettings",
    "sentences",
    "states_after",
]
