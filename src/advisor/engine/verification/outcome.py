"""What a record says of the portfolio after the orders, worked out again from the record alone.

Written in plain sums over assets and by `suitability.concentration`, not by the loops that made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.advice import Advice
from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.data.clients.table import ClientTable
from advisor.engine.advised import CENT, CRUMBS
from advisor.engine.duties import OWN_CAPS
from advisor.engine.orders import unit_of
from advisor.engine.state import AdvisorState
from advisor.privacy import hides, written
from advisor.suitability.portfolio import concentration

ROUNDING = 1e-8
"""Of returns, volatilities and losses that are added up in another order."""


@hides
@dataclass(frozen=True)
class HoldingsAfter:
    """Money by product or asset after the orders, worked out from the record alone.

    Attributes:
        money: By id.
        cash: What is left of wealth, the cost of the trades paid.
    """

    money: dict[str, float]
    cash: float

    @classmethod
    def after(cls, state: AdvisorState, advice: Advice, client: Client) -> HoldingsAfter:
        """What a client holds when the orders are done."""
        money = dict(client.holdings)
        for order in advice.orders:
            money[order.product_id] = money.get(order.product_id, 0.0) + order.money
        traded = sum(abs(order.money) for order in advice.orders)
        cost = state.trading.trading_cost * traded
        return cls(money, client.wealth - sum(money.values()) - cost)

    def by_asset(self, state: AdvisorState) -> dict[str, float]:
        """Money by asset, looked through."""
        money_by_asset = dict.fromkeys(state.model.assets, 0.0)
        for name, money in self.money.items():
            for asset, share in spread_of(state, name).items():
                money_by_asset[asset] += money * share
        return money_by_asset


def prove_outcome(
    state: AdvisorState,
    advice: Advice,
    client: Client,
    weights: FloatArray,
    after: HoldingsAfter,
    level: int,
) -> Iterator[str]:
    """What is said of the portfolio after the orders is true of it, and within the level where it
    is ok.
    """
    by_asset, wealth = after.by_asset(state), max(client.wealth, 1e-300)
    reached = np.array([by_asset[asset] / wealth for asset in state.model.assets])
    recorded = np.array([advice.weights_after_orders.get(a, 0.0) for a in state.model.assets])
    rounding = ROUNDING + CENT * (3 + len(client.holdings) + len(advice.orders)) * 1e-3 / wealth
    if not np.abs(reached - recorded).max() <= rounding:
        yield "the weights after the orders are not those that the orders lead to"
    yield from moments(
        state,
        reached,
        (advice.expected_return, advice.expected_volatility),
        "portfolio after the orders",
    )
    loss = float(np.einsum("i,i->", reached, state.model.stress))
    fee = sum(m * fee_of(state, name) for name, m in after.money.items()) / wealth
    facts = {
        "stressed_loss": loss,
        "annual_fee": fee,
        "net_return": float(np.einsum("i,i->", reached, state.model.mean)) - fee,
        "annual_fee_money": fee * wealth,
        "cash": max(after.cash, 0.0),
    }
    for name, value in facts.items():
        said: float | None = getattr(advice, name)
        slack = ROUNDING if name not in ("annual_fee_money", "cash") else 1e-9 * wealth + CENT
        if said is None or not abs(said - value) <= slack:
            yield (
                f"the {name} after the orders is {_told(name, f'{value:.6g}')}, the advice says"
                f" {_told(name, str(said))}"
            )
    if not after.cash >= -CENT - 1e-9 * wealth:
        yield f"the orders need {written(f'{-after.cash:,.2f}')} more than there is in cash"
    yield from _within_level(state, advice.status, level, volatility_of(state, reached), loss)
    crumbs = CRUMBS * unit_of(client.currency) + CENT
    for asset, weight in zip(state.model.assets, weights.tolist(), strict=True):
        lacking = max(weight * wealth - by_asset[asset], 0.0)
        if not abs(lacking - advice.unplaced.get(asset, 0.0)) <= crumbs + 1e-9 * wealth:
            said = advice.unplaced.get(asset, 0.0)
            money, stated = written(f"{lacking:,.2f}"), written(f"{said:,.2f}")
            yield f"after the orders {money} are lacking in {asset!r}, the advice says {stated}"


def _told(name: str, text: str) -> str:
    """A fact in words; money is the client's."""
    return written(text) if name in ("annual_fee_money", "cash") else text


def _within_level(
    state: AdvisorState, status: str, level: int, volatility: float, loss: float
) -> Iterator[str]:
    """A portfolio is ok exactly where its volatility and its stressed loss are within the level."""
    upper, limit = state.bands.upper_volatility[level - 1], state.bands.stress_loss[level - 1]
    if status == "ok" and not volatility <= upper + ROUNDING:
        yield f"the volatility is {volatility:.3%}, above the {upper:.3%} of level C{level}"
    if status == "ok" and not loss <= limit + ROUNDING:
        yield (
            f"the stressed loss is {loss:.3%}, above the {limit:.3%} that level C{level} may suffer"
        )
    inside = volatility <= upper - ROUNDING and loss <= limit - ROUNDING
    if status == "holdings_above_band" and inside:
        yield f"nothing takes the portfolio above level C{level}, the advice says so"


def prove_concentration(
    state: AdvisorState, advice: Advice, table: ClientTable, after: HoldingsAfter
) -> Iterator[str]:
    """Every duty on concentration that the rule pack knows is named, and no other."""
    ids = state.catalogue.ids
    money = np.zeros((1, len(state.catalogue)))
    for name, amount in after.money.items():
        if name in ids:
            money[0, ids.code(name)] += max(amount, 0.0)
    frame = concentration(state.regime, table, state.catalogue, money=money)
    due = set(zip(frame["rule"].tolist(), frame["subject"].tolist(), strict=True))
    own = set(OWN_CAPS.values())
    named = {
        (str(r.data["rule"]), str(r.data["subject"]))
        for r in advice.reasons
        if r.code.startswith("concentration") and r.data.get("rule") not in own
    }
    for rule, subject in sorted(due ^ named):
        verb = "is not named" if (rule, subject) in due else "is named and not due"
        yield f"the duty {rule} about {subject or 'own products'} {verb}"


def fee_of(state: AdvisorState, name: str) -> float:
    """Annual fee of a product as a fraction; 0 of an asset held directly."""
    product = product_of(state, name)
    return (
        0.0
        if product is None
        else float(state.catalogue.annual_fee[state.catalogue.ids.code(name)])
    )


def moments(
    state: AdvisorState, weights: FloatArray, stated: tuple[float | None, float | None], what: str
) -> Iterator[str]:
    """Return and volatility of a portfolio are those of its weights, shape (n,)."""
    values = (float(np.einsum("i,i->", weights, state.model.mean)), volatility_of(state, weights))
    for name, value, said in zip(("return", "volatility"), values, stated, strict=True):
        if said is None or not abs(said - value) <= ROUNDING:
            yield f"the {name} of the {what} is {value:.6g}, the advice says {said}"


def volatility_of(state: AdvisorState, weights: FloatArray) -> float:
    """Annual volatility of weights by asset, shape (n,): by the forecast where there is one."""
    variance = np.einsum("i,ij,j->", weights, state.model.risk, weights)
    return float(np.sqrt(max(variance, 0.0)))


def spread_of(state: AdvisorState, name: str) -> dict[str, float]:
    """Share of each asset in a product or asset."""
    product = product_of(state, name)
    if product is None:
        return {name: 1.0} if name in state.model.ids else {}
    return product.exposures or ({product.asset: 1.0} if product.asset is not None else {})


def product_of(state: AdvisorState, product_id: str) -> Product | None:
    """The product with this id, or None."""
    return (
        state.catalogue.products[state.catalogue.ids.code(product_id)]
        if product_id in state.catalogue.ids
        else None
    )
