"""Costs in money: what advice will cost, what it did cost, and what that does to the return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import NotNegative, Positive
from advisor.arrays import FloatArray, check_number, check_type
from advisor.data.ids import IdMap
from advisor.data.tables import as_numbers, check_table, id_codes
from advisor.errors import InputError
from advisor.lifecycle.inputs import LONGEST, listed
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked

KINDS = ("entry", "ongoing", "transaction", "performance", "service", "exit")
"""Kinds of cost: entry and exit are paid once, the others every year; service is the adviser's own
fee."""
_ONCE = ("entry", "exit")
Cost = Annotated[float, Number("A cost is a fraction, 0.01 for 1 %.", low=0.0, below=1.0)]


@checked
@dataclass(frozen=True)
class ProductCosts:
    """Costs of one product as fractions: entry and exit of the money moved, the others of the money
    held, a year.
    """

    product_id: str
    entry: Cost = 0.0
    ongoing: Cost = 0.0
    transaction: Cost = 0.0
    performance: Cost = 0.0
    service: Cost = 0.0
    exit: Cost = 0.0


@hides
@dataclass(frozen=True, eq=False, repr=False)
class CostReport:
    """Costs in money and percent, by product and kind, and what they do to the return.

    Attributes:
        money: A row a product, a column a kind, over the whole period.
        invested: Money by product.
        years: Length of the period.
        final_without, final_with: Money at the end without and with costs.
    """

    money: pd.DataFrame
    invested: pd.Series
    years: float
    final_without: float
    final_with: float

    @property
    def total(self) -> float:
        """All costs in money."""
        return float(self.money.to_numpy().sum())

    @property
    def percent(self) -> float:
        """All costs as a fraction of what was invested."""
        put_in = float(self.invested.sum())
        return self.total / put_in if put_in > 0.0 else 0.0

    @property
    def effect_on_return(self) -> float:
        """Return lost a year: annual return without costs less annual return with them."""
        put_in, power = float(self.invested.sum()), 1.0 / self.years
        if put_in <= 0.0:
            return 0.0
        return (self.final_without / put_in) ** power - (self.final_with / put_in) ** power

    def to_frame(self) -> pd.DataFrame:
        """Money and percent of what was invested by product, with a total row."""
        frame = self.money.assign(total=self.money.sum(axis=1), invested=self.invested)
        frame.loc["total"] = frame.sum()
        return frame.assign(
            percent=frame["total"] / frame["invested"].where(frame["invested"] > 0.0)
        )

    def __repr__(self) -> str:
        return (
            f"CostReport({self.total:,.2f} over {self.years:g} years, {self.effect_on_return:.2%} a"
            " year)"
        )


@checked
def ex_ante_costs(
    orders: Mapping[str, float],
    costs: Sequence[ProductCosts],
    *,
    years: Annotated[
        float, Number("It is how long the products are held.", above=0.0, high=LONGEST)
    ] = 5.0,
    gross_return: Annotated[
        float, Number("It is annual, 0.05 for 5 %.", above=-1.0, high=1.0)
    ] = 0.0,
    exit_at_end: bool = True,
) -> CostReport:
    """What buying these products will cost over the time they are held.

    Args:
        orders: Money to be put into each product, 0 or more.
        costs: One a product of `orders`.
        years: Holding period, positive.
        gross_return: Assumed annual return before costs.
        exit_at_end: Whether exit costs are paid at the end.

    Returns:
        Costs along the assumed course: entry at once, yearly costs continuously from what is held,
        exit from what is left. They add up, kind by kind, to the difference between money in,
        growth earned and money out.

    Raises:
        InputError: A product without costs, money below 0, or a period that is not positive.

    >>> report = ex_ante_costs(
    ...     {"F1": 10_000.0}, [ProductCosts("F1", entry=0.01, ongoing=0.01)], years=5.0
    ... )
    >>> (
    ...     report.money.round(2).loc["F1", ["entry", "ongoing"]].tolist(),
    ...     round(report.effect_on_return, 4),
    ... )
    ([100.0, 485.2], 0.012)
    """
    for product, money in orders.items():
        check_type(product, str, "orders", "Name each product by its id.")
        check_number(money, "orders", "It is money.", low=0.0, key=product)
    each = listed(costs, ProductCosts, "costs", "Give one ProductCosts a product of the orders.")
    ids = IdMap.of([c.product_id for c in each], "costs")
    known = dict(zip(ids.ids, each, strict=True))
    missing = [p for p in orders if p not in known]
    if missing:
        raise InputError(
            f"Costs are missing for {missing}; every product needs its costs. Give them.",
            field=missing[0],
            value=missing,
        )
    rows = [_course(orders[p], known[p], years, gross_return, exit_at_end) for p in orders]
    index = pd.Index(list(orders), name="product_id")
    money = pd.DataFrame([r[0] for r in rows], index=index, columns=list(KINDS), dtype=np.float64)
    without = sum(orders.values()) * (1.0 + gross_return) ** years
    invested = pd.Series(dict(orders), dtype=np.float64)
    return CostReport(money, invested, years, without, float(sum(r[1] for r in rows)))


def _course(
    put_in: float, cost: ProductCosts, years: float, gross: float, leave: bool
) -> tuple[dict[str, float], float]:
    """Money by kind and what is left at the end."""
    start = put_in * (1.0 - cost.entry)
    yearly = {kind: -np.log1p(-getattr(cost, kind)) for kind in KINDS if kind not in _ONCE}
    force = float(np.log1p(gross) - sum(yearly.values()))
    held_years = years if abs(force) < 1e-12 else float(np.expm1(force * years) / force)
    end = start * float(np.exp(force * years))
    out = end * cost.exit if leave else 0.0
    paid = {kind: float(start * held_years * rate) for kind, rate in yearly.items()}
    return paid | {"entry": put_in * cost.entry, "exit": out}, end - out


@checked
def ex_post_costs(
    charged: pd.DataFrame,
    *,
    start_value: NotNegative,
    end_value: NotNegative,
    flows: float = 0.0,
    years: Positive = 1.0,
) -> CostReport:
    """What was charged in a period, from the charges themselves.

    Args:
        charged: One row a charge: columns `product_id`, `kind` (one of `KINDS`) and `money`.
        start_value: Money at the start of the period.
        end_value: Money at its end.
        flows: Money put in (+) or taken out (-) in between, taken as put in at the start.
        years: Length of the period.

    Returns:
        The report; `final_without` adds the charges back, without growth on them, so that the
        effect on return is not overstated.

    Raises:
        InputError: A column is absent, an unknown kind, a negative charge, or a period that is not
            positive.
    """
    check_table(charged, "charged", ["product_id", "kind", "money"], "One row a charge.")
    unknown = sorted(set(charged["kind"].astype(str)) - set(KINDS))
    amounts: FloatArray = as_numbers(charged["money"])
    if unknown or not (np.isfinite(amounts) & (amounts >= 0.0)).all():
        raise InputError(
            f"Kinds {unknown} are not among {KINDS}, or a charge is negative; correct them.",
            field="kind",
            value=unknown,
        )
    nobody = "it is not known what the charge was for. Drop or mend it."
    row, products = id_codes(charged["product_id"], "product_id", nobody)
    table = np.zeros((len(products), len(KINDS)))
    column = np.array([KINDS.index(kind) for kind in charged["kind"].astype(str)], dtype=np.int64)
    np.add.at(table, (row, column), amounts)
    index, total = pd.Index(products.ids, name="product_id"), float(table.sum())
    money = pd.DataFrame(table, index=index, columns=list(KINDS))
    share = money.sum(axis=1) / max(total, 1e-300)
    return CostReport(money, share * (start_value + flows), years, end_value + total, end_value)
