"""Fit once, advise one client or a million."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from advisor.annotations import Count, Seed, Share, Texts
from advisor.contracts.advice import Advice
from advisor.contracts.bands import RiskBands
from advisor.contracts.client import Client
from advisor.contracts.mandate import Mandate
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.wording import Language
from advisor.data.catalogue import Catalogue
from advisor.data.clients.sources import clients_by_chunk
from advisor.data.clients.table import ClientTable, check_chunk
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.engine.batch import AdviceBatch
from advisor.engine.data_days import STALE_AFTER, DataDays
from advisor.engine.learning import Worthiness, calibrated, refuse_short, updated, with_closed
from advisor.engine.orders.settings import (
    SMALLEST_TRADE,
    LargestShare,
    SmallestTrade,
    TradeSettings,
    TradingCost,
)
from advisor.engine.pipeline import advise_one, advise_table, check_picks
from advisor.engine.questions import Questions, day_of
from advisor.engine.state import AdvisorState, assets_as_products
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.optimize.returns.estimate import estimate_returns
from advisor.recommend.portfolio_fit.own_portfolio import UTILITY_SHARE
from advisor.recommend.recipes.cold_start import default_recipe
from advisor.recommend.recipes.recipe import Recipe
from advisor.recommend.windows import Window
from advisor.suitability.regime import Regime
from advisor.validation import checked

DEFAULT_FIT_WEIGHT = 100.0
"""Closing 1 % of a portfolio's gap counts as much as the whole range of relevance: the target is
implemented first, and relevance decides between products that would."""


@dataclass(frozen=True, eq=False, repr=False)
class Advisor(Questions):
    """A fitted advisor: what it believes, what it may sell, whom it knows. Made by `fit`; nothing
    in it changes afterwards.
    """

    @classmethod
    @checked
    def fit(
        cls,
        market: Market | ReturnModel,
        interactions: Interactions,
        *,
        catalogue: Catalogue | None = None,
        clients: ClientTable | None = None,
        questionnaire: Questionnaire | None = None,
        mandate: Mandate | None = None,
        regime: Regime | None = None,
        bands: RiskBands | None = None,
        recommender: Recipe | None = None,
        language: Language = "en",
        seed: Seed = 0,
        biases: BiasPolicy | None = None,
        fit_weight: Worthiness = DEFAULT_FIT_WEIGHT,
        utility_share: Worthiness = UTILITY_SHARE,
        diversity: Worthiness = 0.0,
        max_product_share: LargestShare | None = None,
        max_issuer_share: LargestShare | None = None,
        min_trade: SmallestTrade = SMALLEST_TRADE,
        no_trade_band: Share | None = None,
        trading_cost: TradingCost = 0.0,
        stale_after: Count = STALE_AFTER,
    ) -> Advisor:
        """Learn returns and preferences for products, and check that everything fits together.

        Args:
            market: A history of returns (estimated with the defaults of `estimate_returns`), or
                anybody's estimates.
            interactions: Past purchases of products.
            catalogue: The catalogue; None: the assets themselves, those that have a risk level. A
                product of which it does not say whether it is `closed`, and which purchases show to
                be closed to new buyers, is closed in the advisor's own.
            clients: Attributes of those who bought, by which clients without a purchase are served.
            questionnaire: What answers are scored by; default `Questionnaire.default()`.
            mandate: Limits on every portfolio; default long-only.
            regime: Rules for products that name none themselves; default `Regime.nfra()`.
            bands: What each level promises; default `RiskBands.default()`, aimed at the middle of
                each band where the model has a forecast of volatility.
            recommender: How relevance is learnt; default `EASE()`, and where `clients` have
                attributes `ColdStart.by_attributes()`.
            language: Of the reasons, "en" or "zh".
            seed: Of the recommender.
            biases: How measured biases correct risk aversion; default `BiasPolicy()`.
            fit_weight: What closing the whole gap is worth against the range of relevance (its
                price is in docs/what-advice-is-worth.md); 0: relevance alone.
            utility_share: What the product most useful to the portfolio (marginal certainty
                equivalent) gains over the least, against 1 for the whole gap.
            diversity: What a product unlike those already picked gains, against the whole range of
                relevance; 0 does not care.
            max_product_share: Largest fraction of wealth in one product; see `TradeSettings` for
                all of these.
            max_issuer_share: The same for one issuer; None: the rule pack's.
            min_trade: Money below which nothing is traded, in the client's currency.
            no_trade_band: Fraction of wealth by which a holding may be above its target.
            trading_cost: Of a trade, as a fraction of it.
            stale_after: Days that prices may have ended before the day of advice; beyond that a
                warning and `AdviceBatch.note` say so, as they do where prices, purchases or a
                calibration reach beyond that day. (A later assessment is `not_assessed`.)

        Raises:
            InputError: A product implements an asset the market does not have, no asset or product
                can be sold, or an option is unknown.
        """
        model = market if isinstance(market, ReturnModel) else estimate_returns(market)
        products = assets_as_products(model) if catalogue is None else catalogue
        products.exposures(model.ids)
        refuse_short(model, mandate)
        relevance = (recommender or default_recipe(clients)).fit(
            interactions, clients=clients, catalogue=products, model=model, seed=seed
        )
        aim = "share" if model.forecast is None else "middle"
        return cls(
            AdvisorState(
                model=model,
                catalogue=with_closed(products, relevance.closed),
                questionnaire=questionnaire or Questionnaire.default(),
                mandate=mandate or Mandate(),
                regime=regime or Regime.nfra(),
                bands=bands or RiskBands.default(aim=aim),
                recommender=relevance,
                biases=biases or BiasPolicy(),
                fit_weight=fit_weight,
                utility_share=utility_share,
                diversity=diversity,
                language=language,
                seed=seed,
                trading=TradeSettings(
                    min_trade, no_trade_band, trading_cost, max_product_share, max_issuer_share
                ),
                days=DataDays.of(model, stale_after),
            )
        )

    @checked
    def calibrate(
        self,
        clients: ClientTable,
        bought: Interactions,
        *,
        as_of: date | str,
        picks: int = 5,
        method: Literal["isotonic", "platt"] = "isotonic",
        earlier: Sequence[Window] = (),
    ) -> Advisor:
        """An advisor whose picks carry a probability, learnt from what clients bought after being
        served.

        Args:
            clients: Who would have been served at the start of the window; their data as they were
                then.
            bought: What they newly bought in the window (six months, say): later than anything this
                advisor was fitted on.
            as_of: Start of the window.
            picks: Slots served.
            method: "isotonic", or "platt" for few purchases.
            earlier: Windows before this one, the oldest first, with lists of as many slots
                (`past_windows` makes them). From one window alone nobody knows how far the next may
                lie from it; the calibration then says so.

        Returns:
            The same advisor; `Pick.probability` then is P(bought in such a window | the client buys
            something), not more, with its interval between windows.

        Raises:
            InputError: No client bought anything in the window that is later than what the
                recommender has learnt from, or there is no such method.
        """
        return Advisor(
            calibrated(self.state, clients, bought, as_day(as_of, "as_of"), picks, method, earlier)
        )

    @checked
    def updated(self, bought: Interactions) -> Advisor:
        """The same advisor, whose recommender knows new purchases as well; a new fingerprint.

        Args:
            bought: Purchases that it was not fitted on; repeating one changes nothing.

        Raises:
            InputError: The recommender cannot take purchases in one by one.
        """
        return Advisor(updated(self.state, bought))

    @property
    def fingerprint(self) -> str:
        """SHA-256 over model, rules, catalogue and relevance; two advisors with the same one give
        the same advice.
        """
        return self.state.fingerprint

    def advise(self, client: Client, *, as_of: date | str | None = None, picks: int = 5) -> Advice:
        """Advice for one client: a table with one row.

        Args:
            client: The client.
            as_of: The day; today when None, and recorded.
            picks: Products to recommend at most.

        Returns:
            The same advice as `advise_many` gives them in any table.

        Raises:
            InputError: Their data cannot be used (an unknown question or option, missing answers,
                an unknown holding). A client for whom there is no suitable portfolio is not an
                error: their advice says so in `status`.
        """
        return advise_one(self.state, client, day_of(as_of), picks)[1]

    def advise_many(
        self,
        clients: object,
        *,
        as_of: date | str | None = None,
        picks: int = 5,
        chunk: int = 100_000,
        labels: Texts | str = (),
    ) -> Iterator[AdviceBatch]:
        """Advice for many clients, `chunk` rows at a time; nothing is raised for a row, it gets a
        `status`.

        Args:
            clients: A `ClientTable`; or, read by chunk, Parquet, CSV or Arrow files, or anything
                with the Arrow C stream (pandas, polars, a reader). An id that stands twice is
                advised at its first row; the later ones are `invalid_input`.
            as_of: The day; today when None, and recorded.
            picks: Products to recommend at most.
            chunk: Rows a batch; it bounds memory and changes no bit of any advice.
            labels: Columns of your own, such as a branch, that come out again beside the advice (a
                `ClientTable` knows its own).

        Raises:
            InputError: At once, before any batch is asked for: `as_of` is no day, picks or chunk is
                no such number, or `clients` cannot be read.
        """
        day = day_of(as_of)
        check_picks(self.state, picks)
        check_chunk(chunk)
        parts = (
            clients.chunks(chunk)
            if isinstance(clients, ClientTable)
            else clients_by_chunk(clients, chunk, labels)
        )
        return (advise_table(self.state, part, day, picks) for part in parts)

    def advise_table(
        self,
        clients: ClientTable,
        *,
        as_of: date | str | None = None,
        picks: int = 5,
        stopped: str | None = None,
    ) -> AdviceBatch:
        """`advise_many` in one batch; with `stopped`, why, every client has the status
        `stopped`.
        """
        return advise_table(self.state, clients, day_of(as_of), picks, stopped=stopped)

    def __repr__(self) -> str:
        state = self.state
        return (
            f"Advisor({len(state.model)} assets, {len(state.catalogue)} products,"
            f" {state.regime.id}, {state.recommender.kind}, {self.fingerprint[:12]})"
        )
