"""What was found for many clients, by column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.profiles import RiskProfiles
from advisor.engine.causes import by_behaviour
from advisor.engine.duties import Concentrations, concentrations
from advisor.engine.input_digest import input_digest, input_digests
from advisor.engine.marginal import marginal_values
from advisor.engine.orders import Outcome, Worth
from advisor.engine.portfolios.allocation import Allocations
from advisor.engine.portfolios.statuses import STATUSES, has_portfolio
from advisor.engine.state import AdvisorState
from advisor.engine.universe.eligibility_cache import Eligible
from advisor.engine.universe.holdings import Holdings
from advisor.recommend.model.batch import Batch
from advisor.risk_profile.flags import flag_text
from advisor.validation import checked

CENT = 0.005
"""Money below this is rounding."""
CRUMBS = 10.0
"""Units of the currency up to which money is left over by rounding."""
HOLDING_CODES = ("sells_unsuitable", "kept_unsuitable", "kept")
"""Reasons about single holdings."""


@dataclass(frozen=True, eq=False, repr=False)
class Advised:
    """What was found for each client, a row each, in the order of the table; `AdviceBatch` adds
    sentences and tables.

    Attributes:
        state: What the advice depends on besides the clients.
        clients, profiles: Who was advised, and as what; c rows.
        as_of: The day.
        allocations: Status, risk aversion and target portfolio of each client.
        holdings: What they hold, by asset.
        pick_codes: Column in `state.catalogue` of each pick, -1 = empty slot, shape (c, k).
        pick_scores: Score of each pick, nan where empty, shape (c, k).
        pick_relevance: How much the recommender says the client likes each pick, nan where empty,
            shape (c, k).
        pick_utility: What each unit of money in a pick adds a year to the client's certainty
            equivalent, nan where empty or not judged, shape (c, k).
        pick_money: Money each pick is to receive, shape (c, k).
        sales: Money to sell of each entry of `holdings`, shape (e,).
        outcome: What the orders lead to.
        worth: Which trades are worth making.
        lowered: Who buys less, or sells more, than the target asks for, since it would end above
            the level; shape (c,).
        offer: What each client may buy.
        known: What the recommender knows about the clients, where it has looked them up together.
        note: What is amiss with the batch as a whole: none of its clients is known, or data reach
            beyond the day of advice, end long before it, or are few; None: nothing.
    """

    state: AdvisorState
    clients: ClientTable
    profiles: RiskProfiles
    as_of: np.datetime64
    allocations: Allocations
    holdings: Holdings
    pick_codes: IntArray
    pick_scores: FloatArray
    pick_relevance: FloatArray
    pick_utility: FloatArray
    pick_money: FloatArray
    sales: FloatArray
    outcome: Outcome
    worth: Worth
    lowered: BoolArray
    offer: Eligible
    known: Batch | None = None
    note: str | None = None

    @property
    def allowed(self) -> Eligibility:
        """Products each client may buy."""
        return self.offer.products

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Length c."""
        return self.clients.ids

    @property
    def status(self) -> npt.NDArray[np.object_]:
        """What `allocations.status` spells: "ok", or why there is no advice; shape (c,)."""
        return np.array(STATUSES, dtype=object)[self.allocations.status]

    @property
    def level(self) -> IntArray:
        """C1..C5 as 1..5, 0 = none; shape (c,)."""
        return self.profiles.level

    @cached_property
    def weights(self) -> FloatArray:
        """Target portfolio by asset, nan rows where there is none; shape (c, n)."""
        return self.state.vehicles.by_asset(self.allocations.weights)

    @cached_property
    def weights_after(self) -> FloatArray:
        """Portfolio after the orders by asset, nan rows where there is none; shape (c, n).

        Fractions of wealth; what is left to 1 is cash.
        """
        money = self.state.vehicles.by_asset(self.outcome.money)
        return money / np.where(self.clients.wealth > 0.0, self.clients.wealth, np.inf)[:, None]

    @cached_property
    def unplaced(self) -> FloatArray:
        """Money that the target has more of than the portfolio after the orders, by asset; (c, n).

        What rounding orders to units of the currency leaves open counts as nothing.
        """
        wealth = self.clients.wealth[:, None]
        missing = self.weights * wealth - self.state.vehicles.by_asset(self.outcome.money)
        return np.where(missing > CRUMBS * self.worth.unit[:, None], missing, 0.0)

    @cached_property
    def concentrations(self) -> Concentrations:
        """Where wealth is concentrated beyond the regime's limits after the orders."""
        bought = self.pick_codes, self.pick_money
        status, wealth = self.allocations.status, self.clients.wealth
        return concentrations(self.state, self.holdings, self.sales, *bought, status, wealth)

    @cached_property
    def figures(self) -> dict[str, FloatArray]:
        """What is expected of the portfolio after the orders and of the target; each (c,).

        The fields of `Advice` of these names, nan where there is no portfolio.
        """
        allocations, outcome = self.allocations, self.outcome
        invested = has_portfolio(allocations.status)
        return {
            "expected_return": outcome.mean,
            "annual_fee": outcome.fee,
            "net_return": outcome.mean - outcome.fee,
            "annual_fee_money": outcome.fee * self.clients.wealth,
            "expected_volatility": outcome.volatility,
            "stressed_loss": outcome.loss,
            "cash": outcome.cash,
            "optimal_return": np.where(invested, allocations.mean, np.nan),
            "optimal_volatility": np.where(invested, allocations.volatility, np.nan),
        }

    @checked
    def known_of(self, i: int) -> Batch:
        """What the recommender knows about client i."""
        if self.known is None:
            return self.state.recommender.known((self.client_ids[i],), self.clients)
        return self.known if len(self) == 1 else self.known.take(np.array([i]))

    @checked
    def sales_of(self, i: int) -> dict[str, float]:
        """Money to sell of each holding of client i."""
        return self._entries(i, self.sales)

    @cached_property
    def unusual(self) -> dict[str, FloatArray]:
        """Money of each holding by what is unusual about it, one of `HOLDING_CODES`; each shape
        (e,), empty where nobody holds anything.
        """
        held = self.holdings
        if not len(held.rows):
            return {}
        locked, unsuitable, worth = held.kept, held.unsuitable, held.table.values
        masks = (~locked & unsuitable & (self.sales > CENT), locked & unsuitable)
        kinds = (*masks, locked & ~unsuitable)
        return {
            code: np.where(mask, money, 0.0)
            for code, mask, money in zip(
                HOLDING_CODES, kinds, (self.sales, worth, worth), strict=True
            )
        }

    @checked
    def unusual_holdings(self, i: int) -> dict[str, dict[str, float]]:
        """Holdings of client i that are sold since they do not suit, or locked, by reason code."""
        return {code: self._entries(i, money) for code, money in self.unusual.items()}

    def _entries(self, i: int, money: FloatArray) -> dict[str, float]:
        table = self.holdings.table
        span = slice(int(table.indptr[i]), int(table.indptr[i + 1]))
        return {
            table.names[c]: m
            for c, m in zip(table.codes[span].tolist(), money[span].tolist(), strict=True)
            if m > 0.0
        }

    @checked
    def binding_of(self, i: int) -> list[tuple[str, float]]:
        """Limits that hold client i's portfolio back and their shadow prices, dearest first, from
        its certificate.
        """
        proof = self.allocations.locked_rows.get(i)
        if proof is not None:
            solved, row = proof
            return [(limit.name, limit.shadow_price) for limit in solved.binding(row)]
        placer = self.allocations.level_groups[self.allocations.level_group_of[i]].placer
        return [] if placer is None else placer.binding(self.allocations.effective.item(i))

    @checked
    def flag_text(self, name: str, language: str | None = None) -> str:
        """The sentence of a control that fired, in a language; that of the advisor where None."""
        return flag_text(name, language or self.state.language, self.state.questionnaire)

    @checked
    def fingerprint_of(self, i: int) -> str:
        """Fingerprint of the advisor and of client i's data: `<advisor>:<inputs>`."""
        slots = self.pick_codes.shape[1]
        return f"{self.state.fingerprint}:{input_digest(self.clients, i, self.as_of, slots)}"

    def inputs(self) -> list[str]:
        """Digest of each client's data, the day and the number of picks, length c: the second half
        of fingerprints.
        """
        return input_digests(self.clients, self.as_of, self.pick_codes.shape[1])

    @cached_property
    def behavioural(self) -> FloatArray:
        """Risk aversion after the corrections for behaviour alone, whatever is kept, nan where
        there is no portfolio; shape (c,).
        """
        return by_behaviour(self.allocations, self.clients, self.state.biases)

    @cached_property
    def pick_value(self) -> FloatArray:
        """What each further unit of money in a pick adds a year to the certainty equivalent of the
        advised portfolio, nan where unknown; shape (c, k).
        """
        effective = self.allocations.effective
        return marginal_values(self.state, self.pick_codes, self.weights_after, effective)

    @property
    def pick_probability(self) -> FloatArray:
        """P(bought within the calibration's window | the client buys something), nan where empty or
        not calibrated; shape (c, k).
        """
        learnt, scores = self.state.calibration, self.pick_relevance
        return np.full_like(scores, np.nan) if learnt is None else learnt.probability(scores)

    def __len__(self) -> int:
        return len(self.clients)
