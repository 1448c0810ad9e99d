from advisor.recommend.calibrating import calibrate as calibrate
from advisor.recommend.calibration import Calibration as Calibration
from advisor.recommend.coverage import Coverage as Coverage
from advisor.recommend.missing_products import Omission as Omission
from advisor.recommend.missing_products import omissions as omissions
from advisor.recommend.model.contributions import Contribution as Contribution
from advisor.recommend.portfolio_fit.picks import PickSettings as PickSettings
from advisor.recommend.portfolio_fit.picks import Picks as Picks
from advisor.recommend.portfolio_fit.picks import pick_products as pick_products
from advisor.recommend.portfolio_fit.utility import diversify as diversify
from advisor.recommend.portfolio_fit.utility import exposure_similarity as exposure_similarity
from advisor.recommend.portfolio_fit.utility import portfolio_utility as portfolio_utility
from advisor.recommend.portfolio_fit.utility import trade_off as trade_off
from advisor.recommend.recipes.association import Association as Association
from advisor.recommend.recipes.blend import Blend as Blend
from advisor.recommend.recipes.cold_start import ColdStart as ColdStart
from advisor.recommend.recipes.content import Content as Content
from advisor.recommend.recipes.factors import ALS as ALS
from advisor.recommend.recipes.factors import BPR as BPR
from advisor.recommend.recipes.item_based import EASE as EASE
from advisor.recommend.recipes.item_based import ItemKNN as ItemKNN
from advisor.recommend.recipes.item_based import RandomWalk as RandomWalk
from advisor.recommend.recipes.mvecf import MVECF as MVECF
from advisor.recommend.recipes.popularity import Demographic as Demographic
from advisor.recommend.recipes.popularity import Popularity as Popularity
from advisor.recommend.recipes.recipe import Recipe as Recipe
from advisor.recommend.recipes.recipe import Tuning as Tuning
from advisor.recommend.windows import past_windows as past_windows

__all__ = [
    "ALS",
    "Association",
    "BPR",
    "Blend",
    "Calibration",
    "ColdStart",
    "Content",
    "Contribution",
    "Coverage",
    "Demographic",
    "EASE",
    "ItemKNN",
    "MVECF",
    "Omission",
    "PickSettings",
    "Picks",
    "Popularity",
    "RandomWalk",
    "Recipe",
    "Tuning",
    "calibrate",
    "diversify",
    "exposure_similarity",
    "omissions",
    "past_windows",
    "pick_products",
    "portfolio_utility",
    "trade_off",
]
