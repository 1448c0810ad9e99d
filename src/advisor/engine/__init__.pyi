from advisor.engine.advisor import Advisor as Advisor
from advisor.engine.batch import AdviceBatch as AdviceBatch
from advisor.engine.orders.settings import TradeSettings as TradeSettings
from advisor.engine.output.reasons import sentences as sentences

__all__ = [
    "AdviceBatch",
    "Advisor",
    "TradeSettings",
    "sentences",
]
