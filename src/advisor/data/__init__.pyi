from advisor.data.biases import BiasProfiles as BiasProfiles
from advisor.data.catalogue import Catalogue as Catalogue
from advisor.data.clients.arrow import clients_from_arrow as clients_from_arrow
from advisor.data.clients.csv_layout import ClientFiles as ClientFiles
from advisor.data.clients.table import ClientTable as ClientTable
from advisor.data.eligibility import Eligibility as Eligibility
from advisor.data.eligibility import Verdict as Verdict
from advisor.data.interactions import Interactions as Interactions
from advisor.data.market import Market as Market
from advisor.data.profiles import RiskProfile as RiskProfile
from advisor.data.profiles import RiskProfiles as RiskProfiles
from advisor.data.ranking import Ranking as Ranking
from advisor.data.returns import ReturnModel as ReturnModel
from advisor.data.trades import Trades as Trades

__all__ = [
    "BiasProfiles",
    "Catalogue",
    "ClientFiles",
    "ClientTable",
    "Eligibility",
    "Interactions",
    "Market",
    "Ranking",
    "ReturnModel",
    "RiskProfile",
    "RiskProfiles",
    "Trades",
    "Verdict",
    "clients_from_arrow",
]
