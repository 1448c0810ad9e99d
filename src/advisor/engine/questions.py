"""What can be asked of a fitted advisor besides advice: profiles, reports, proofs, reasons, lists
by relevance and how good they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np

from advisor.contracts.advice import Advice, Reason, Verification
from advisor.contracts.bands import RiskBands
from advisor.contracts.client import Client
from advisor.contracts.mandate import Mandate
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.report import AdviceReport, FrontierReport, ProfileReport
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.data.returns import ReturnModel
from advisor.engine.batch import AdviceBatch
from advisor.engine.learning import rank_suitable
from advisor.engine.output.omissions import explain_omissions
from advisor.engine.output.report import frontier, profile, report
from advisor.engine.state import AdvisorState
from advisor.engine.verification.verify import verify
from advisor.recommend.model.fitted import FittedModel
from advisor.risk_profile.coherence import Controls
from advisor.suitability.regime import Regime
from advisor.validation import checked

if TYPE_CHECKING:
    from advisor.evaluate.match.report import MatchReport
    from advisor.evaluate.match.segments import By


@dataclass(frozen=True, eq=False, repr=False)
class Questions:
    """Everything an advisor answers without changing: `state` is all it needs, its parts by name
    what the advisor was made of.
    """

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
    def controls(self) -> Controls:
        """How careful profiles are, and how long the rule pack lets an assessment be used."""
        return self.state.controls

    @property
    def recommender(self) -> FittedModel:
        """The fitted recommender; its columns are the catalogue's."""
        return self.state.recommender

    @checked
    def report(
        self,
        client: Client,
        *,
        as_of: date | str | None = None,
        picks: int = 5,
        language: str | None = None,
    ) -> AdviceReport:
        """The advice of `advise` with all that explains it, its sentences in `language` (None: the
        advisor's own).
        """
        return report(self.state, client, day_of(as_of), picks, language)

    @checked
    def profile(
        self, client: Client, *, as_of: date | str | None = None, language: str | None = None
    ) -> ProfileReport:
        """The client's profile in numbers and words; what cannot be scored says why in
        `problem`.
        """
        return profile(self.state, client, day_of(as_of), language)

    @checked
    def frontier(self, client: Client, *, as_of: date | str | None = None) -> FrontierReport:
        """The efficient portfolios of what the client may hold, and their own point: that of
        `report`. Raises `InputError` where no portfolio suits them.
        """
        return frontier(self.state, client, day_of(as_of))

    @checked
    def rank(self, clients: ClientTable, k: int, *, as_of: date | str | None = None) -> Ranking:
        """The k suitable products that each client does not hold, by relevance alone; what `advise`
        picks also fits the client's portfolio.

        Args:
            clients: c clients.
            k: Slots.
            as_of: The day; today when None.
        """
        return rank_suitable(self.state, clients, day_of(as_of), k)

    def evaluate(
        self,
        served: AdviceBatch | Ranking,
        later: Interactions,
        *,
        baseline: Ranking | None = None,
        ks: tuple[int, ...] | None = None,
        by: By | None = None,
    ) -> MatchReport:
        """`evaluate_match` of what clients were served, with all that the advisor knows: rules
        re-checked pair by pair, purchases and picks of what was held left out of relevance.

        Args:
            served: A batch of advice, or the lists of any other system (then no rule is checked,
                since the clients' data are not known).
            later: Purchases after the day of service.
            baseline: Other lists for the same clients; None: of a batch, the lists of `rank`, so
                that the difference is what fitting the portfolio costs in relevance.
            ks: Cut-offs; None: 1, 5 and 10, none beyond the length of the lists.
            by: Segments; see `evaluate_match`.
        """
        from advisor.evaluate.match.served import evaluate_served

        return evaluate_served(self.state, served, later, baseline=baseline, ks=ks, by=by)

    @checked
    def verify(self, advice: Advice, client: Client) -> Verification:
        """What an advice proves when it is made again from scratch, by means of its own; see
        `engine.verification.verify`.

        Args:
            advice: The record.
            client: Their data as they were.

        Raises:
            InputError: These are no advice and no client. What is wrong with a record is in
                `problems`.
        """
        return verify(self.state, advice, client)

    @checked
    def omissions(self, advice: Advice, client: Client, *, count: int = 3) -> tuple[Reason, ...]:
        """Why the most bought products that are missing from an advice are missing, most bought
        first.

        Args:
            advice: What they were given.
            client: Their data as they were.
            count: How many to account for.

        Raises:
            InputError: `count` is not positive, or the advice is another client's.
        """
        return explain_omissions(self.state, advice, client, count)


def day_of(as_of: date | str | None) -> np.datetime64:
    """The day asked for; today where none is."""
    return today() if as_of is None else as_day(as_of, "as_of")


def today() -> np.datetime64:
    """The one place that reads the clock."""
    return np.datetime64(datetime.now(UTC).date(), "D")
