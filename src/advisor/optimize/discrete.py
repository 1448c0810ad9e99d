"""Whole units for weights: what can be bought with a sum of money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from advisor.arrays import (
    NUMBER,
    FloatArray,
    IntArray,
    check_number,
    check_type,
    check_whole,
    frozen,
)
from advisor.data.by_asset import by_id
from advisor.errors import InputError, SolverError
from advisor.measures.weights import OVER_ONE
from advisor.optimize.portfolio import Portfolio

NODES = 100_000
"""Nodes of the search after which the best answer so far is taken; a count and no time, so that
every run ends alike."""
_PRICES = (128.0, 1024.0, 1.0)
"""What a price is about in the unit of money of the search, whose tolerances are absolute; the next
where one fails."""
_SLACK = 1e-9
"""By how much of it the sum of money may be exceeded: rounding."""
_PROVED = 1e-4
"""What the objective may be above its bound by the tolerances of the search, in its unit of money:
about a millionth of a price."""
_AGAIN = 8
"""Searches at most, each with less money by what rounding cost too much in the one before."""
_REMEDY = "Give a mapping (or Series) by asset id."


@dataclass(frozen=True, eq=False)
class DiscreteAllocation:
    """What to buy.

    Attributes:
        assets: Ids, length n.
        units: Whole units of each, shape (n,).
        prices: Of a unit, in money, shape (n,).
        targets: Money that the weights ask for, shape (n,).
        remainder: Money for which no unit is bought.
        gap: By how much money the sum of remainder and deviations could still be lower; 0 = proved
            the least.
    """

    assets: tuple[str, ...]
    units: IntArray
    prices: FloatArray
    targets: FloatArray
    remainder: float
    gap: float

    @property
    def money(self) -> FloatArray:
        """Money in each asset, shape (n,)."""
        return self.units * self.prices

    @property
    def deviation(self) -> float:
        """Sum over assets of the money by which the target is missed."""
        return float(np.abs(self.money - self.targets).sum())

    def to_frame(self) -> pd.DataFrame:
        """One row an asset: units, price, money, target."""
        columns = {
            "units": self.units,
            "price": self.prices,
            "money": self.money,
            "target": self.targets,
        }
        return pd.DataFrame(columns, index=pd.Index(self.assets, name="asset"))

    def __repr__(self) -> str:
        held = ", ".join(
            f"{a} {n:,}" for a, n in zip(self.assets, self.units.tolist(), strict=True) if n
        )
        return f"DiscreteAllocation({held or 'nothing'}; remainder {self.remainder:,.2f})"


def discrete_allocation(
    weights: Portfolio | Mapping[str, float] | pd.Series,
    prices: Mapping[str, float] | pd.Series,
    cash: float,
    *,
    lots: Mapping[str, int] | pd.Series | int = 1,
) -> DiscreteAllocation:
    """The whole units that come closest to weights: the sum of the remainder and of every asset's
    deviation from its target is least.

    Args:
        weights: Fractions of `cash`, 0 or more, adding up to at most 1; what they leave is not
            spent. Those that add up to a little more by rounding (1.001 at most) are scaled to 1.
        prices: Of one unit, by asset id; those of other assets are passed over, and an asset of
            weight 0 that has none is left out.
        cash: Money to spend, positive.
        lots: Units that are bought together (100 shares, say): one number, or by asset id (1 where
            unnamed).

    Returns:
        The allocation, by HiGHS's mixed-integer search; it never costs more than the weights' share
        of `cash`. `gap` is 0 where it is proved the best.

    Raises:
        InputError: A weight is negative, they add up to more than 1, a price is missing or not
            positive, or an argument cannot be read.
        SolverError: The search ended without an answer.

    Source: the objective is that of PyPortfolioOpt's `DiscreteAllocation.lp_portfolio`.

    >>> discrete_allocation({"a": 0.6, "b": 0.4}, {"a": 30.0, "b": 7.0}, 100.0)
    DiscreteAllocation(a 2, b 5; remainder 5.00)
    """
    assets, target, price, sizes = _checked(weights, prices, cash, lots)
    chosen, gap = _search(price * sizes, target)
    units = frozen((chosen * sizes).astype(np.int64))
    remainder = max(float(target.sum()) - float(units @ price), 0.0)
    return DiscreteAllocation(assets, units, frozen(price), frozen(target), remainder, gap)


def _checked(
    weights: object, prices: object, cash: object, lots: object
) -> tuple[tuple[str, ...], FloatArray, FloatArray, IntArray]:
    """Assets, money that the weights ask for, prices, and units bought together, shape (n,)."""
    if isinstance(weights, Portfolio):
        weights = dict(zip(weights.assets, weights.weights.tolist(), strict=True))
    shares, quotes = _numbers(weights, "weights"), _numbers(prices, "prices")
    many = {} if isinstance(lots, NUMBER) else _numbers(lots, "lots")
    shares = {name: share for name, share in shares.items() if name in quotes or share != 0.0}
    money = check_number(cash, "cash", "Give the money to spend.", above=0.0)
    short = "A share that is sold short buys nothing; give 0 or more."
    sizes: list[int] = []
    for name, share in shares.items():
        check_number(share, "weights", short, low=0.0, key=name)
        if name not in quotes:
            raise InputError(
                f"prices name no price of {name!r}, of which {share:.2%} is to be bought. Add it.",
                field="prices",
                value=name,
            )
        check_number(quotes[name], "prices", "A price is positive.", above=0.0, key=name)
        together = lots if isinstance(lots, NUMBER) else many.get(name, 1)
        sizes.append(check_whole(together, "lots", "Give units bought together.", low=1, key=name))
    if (total := sum(shares.values())) > 1.0 + OVER_ONE:
        raise InputError(
            f"weights add up to {total:.6g}, more than there is; they are fractions of cash. Scale"
            " them.",
            field="weights",
            value=total,
        )
    price = np.array([quotes[name] for name in shares], dtype=np.float64)
    share = np.array(list(shares.values()), dtype=np.float64)
    return tuple(shares), share / max(total, 1.0) * money, price, np.array(sizes, dtype=np.int64)


def _search(price: FloatArray, target: FloatArray) -> tuple[IntArray, float]:
    """Lots that minimise remainder plus deviations, shape (n,), and the gap that is left, in money.

    Variables are lots and deviations: `deviation >= |target - price * lots|`, and `price @ lots` is
    at most the sum of the targets.
    """
    if not len(price):
        return np.zeros(0, dtype=np.int64), 0.0
    typical = float(np.log2(price).mean())
    for size in _PRICES:
        unit = 2.0 ** round(typical) / size
        found = _within(price / unit, target / unit)
        if found is not None:
            return found[0], found[1] * unit
    raise SolverError(
        "No whole units could be found, or they cost more than there is by rounding. Check the"
        " scale of prices and cash.",
        solver="milp",
        status="failed",
    )


def _within(price: FloatArray, target: FloatArray) -> tuple[IntArray, float] | None:
    """Lots and gap in a unit of money, None where there are none that the money pays for.

    The search takes 0.999999 for a whole number, so what is rounded may cost a little more; then it
    goes on with less money by that much.
    """
    n, bound = len(price), -np.inf
    diagonal, one, budget = np.diag(price), np.eye(n), float(target.sum())
    most = spare = budget * (1.0 + _SLACK)
    for _ in range(_AGAIN):
        solution: Any = milp(
            np.concatenate([-price, np.ones(n)]),
            constraints=[
                LinearConstraint(np.hstack([diagonal, one]), lb=target),
                LinearConstraint(np.hstack([diagonal, -one]), ub=target),
                LinearConstraint(np.concatenate([price, np.zeros(n)])[None, :], ub=spare),
            ],
            integrality=np.repeat([1, 0], n),
            bounds=Bounds(0.0, np.concatenate([np.floor(spare / price), np.full(n, np.inf)])),
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if solution.x is None:
            return None
        if np.isneginf(bound):  # less money has no better answer
            bound = solution.fun if solution.mip_dual_bound is None else solution.mip_dual_bound
        lots = np.rint(solution.x[:n]).astype(np.int64)
        over = float(price @ lots) - most
        if over <= most * 10.0 * _SLACK:
            missed = float(np.abs(target - price * lots).sum() - price @ lots) - float(bound)
            return lots, missed if missed > _PROVED else 0.0
        spare -= over
    return None


def _numbers(values: object, field: str) -> dict[str, Any]:
    check_type(values, (Mapping, pd.Series), field, _REMEDY)
    return by_id(cast("Mapping[Any, Any]", values), field)
