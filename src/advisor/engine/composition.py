"""What an advisor was made of, to read."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.questionnaire import Questionnaire
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.engine.state import AdvisorState
from advisor.recommend.model.fitted import FittedModel
from advisor.suitability.regime import Regime


@dataclass(frozen=True, eq=False, repr=False)
class Composition:
    """The settings and fitted parts of an advisor, by name."""

    state: AdvisorState

    @property
    def model(self) -> ReturnModel:
        """Returns of the n assets."""
        return self.state.model

    @property
    def catalogue(self) -> Catalogue:
        """The products that may be recommended."""
        return self.state.catalogue

    @property
    def regime(self) -> Regime:
        """Rules for products that name none themselves."""
        return self.state.regime

    @property
    def questionnaire(self) -> Questionnaire | None:
        """What answers are scored by."""
        return self.state.questionnaire

    @property
    def mandate(self) -> Mandate:
        """Limits on every portfolio."""
        return self.state.mandate

    @property
    def bands(self) -> RiskBands:
        """What each level promises."""
        return self.state.bands

    @property
    def recommender(self) -> FittedModel:
        """The fitted recommender; its columns are the catalogue's."""
        return self.state.recommender
