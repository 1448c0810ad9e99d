"""Money that must stay liquid: months of spending and what is due soon, as a limit the optimiser
obeys.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated

import numpy as np

from advisor.arrays import FloatArray
from advisor.contracts.mandate import LinearLimit
from advisor.contracts.thresholds import reaches
from advisor.errors import InputError
from advisor.lifecycle.inputs import AnnualReturn, array, listed, names_of, together, within
from advisor.privacy import hides
from advisor.readers import Number
from advisor.validation import checked


@hides
@checked
@dataclass(frozen=True)
class LifeEvent:
    """Something that will cost (or bring) money: a house, school fees, retirement.

    Attributes:
        name: For example "house".
        amount: Money of today, above 0; what comes in is negative.
        years: Until it happens, 0 or more.
        priority: 1 is the most important.
        inflation: By how much its price grows a year.
    """

    name: str
    amount: float
    years: Annotated[float, Number("An event is to come.", low=0.0, infinite=True)]
    priority: Annotated[float, Number("1 is the most important.", low=1.0)] = 1
    inflation: AnnualReturn = 0.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.amount_then):
            raise InputError(
                f"Event {self.name!r} grows by {self.inflation:g} a year for {self.years:g} years,"
                " beyond any number. Lower the inflation or the years.",
                field="inflation",
                value=self.inflation,
            )

    @property
    def amount_then(self) -> float:
        """Its price at the date; today's where it never comes."""
        with np.errstate(over="ignore"):
            years = self.years if self.years < inf else 0.0
            return float(self.amount * np.power(1.0 + self.inflation, years))


@checked
def event_table(events: Sequence[Sequence[LifeEvent]]) -> tuple[FloatArray, FloatArray]:
    """Amounts at their date and years until then of every client's events, both (c, e); empty
    places hold 0 and inf.
    """
    remedy = "Give one list of LifeEvent a client."
    events = [listed(row, LifeEvent, "events", remedy) for row in events]
    width = max((len(row) for row in events), default=0)
    amounts, years = np.zeros((len(events), width)), np.full((len(events), width), np.inf)
    for i, row in enumerate(events):
        amounts[i, : len(row)] = [e.amount_then for e in row]
        years[i, : len(row)] = [e.years for e in row]
    return amounts, years


@checked
def liquidity_reserve(
    monthly_spending: object,
    months: object,
    amounts: FloatArray | None = None,
    years: FloatArray | None = None,
    *,
    horizon: Annotated[float, Number("It is in years.", low=0.0, infinite=True)] = 2.0,
    rate: AnnualReturn = 0.0,
) -> FloatArray:
    """Money to keep liquid.

    Args:
        monthly_spending: Money a month, (c,) or a number.
        months: Months of spending to cover, (c,) or a number.
        amounts: Money of life events at their dates, (c, e), from `event_table`.
        years: Until those dates, (c, e).
        horizon: Events up to so many years away are kept for in full.
        rate: Annual safe rate at which they are discounted.

    Returns:
        months * spending + present value of the events within the horizon, shape (c,), never below
        0.

    Raises:
        InputError: Spending or months are negative, or a horizon or rate is out of range.

    >>> money, years = np.array([[20_000.0, 50_000.0]]), np.array([[1.0, 5.0]])
    >>> liquidity_reserve(3000.0, 6.0, money, years).tolist()
    [38000.0]
    """
    spending, cover = together(monthly_spending=monthly_spending, months=months)
    for name, values in (("monthly_spending", spending), ("months", cover)):
        within(values, name, "It is 0 or more.", low=0.0, high=inf)
    due = np.zeros(1)
    if (amounts is None) != (years is None):
        raise InputError(
            "amounts and years come together: what is due, and when. Pass both, as `event_table`"
            " gives them.",
            field="amounts" if amounts is None else "years",
            value=None,
        )
    if amounts is not None and years is not None:
        money, when = np.atleast_2d(array(amounts, "amounts"), array(years, "years"))
        money, when = together(amounts=money, years=when)
        within(money, "amounts", "What is not due is 0.")
        within(when, "years", "What is never due is inf.", low=0.0, high=inf)
        discount = (1.0 + rate) ** -np.minimum(when, horizon)
        due = np.where(reaches(horizon, when), money * discount, 0.0).sum(axis=1)
    regular, due = together(monthly_spending=np.atleast_1d(spending * cover), amounts=due)
    return np.maximum(regular + due, 0.0)


def reserve_share(reserve: object, wealth: object) -> tuple[FloatArray, FloatArray]:
    """Share of wealth that must be liquid, and the money that is missing for it.

    Args:
        reserve: Money to keep liquid, (c,) or a number.
        wealth: All money, (c,) or a number.

    Returns:
        min(1, reserve / wealth), 1 where there is no wealth but a reserve is needed, and max(0,
        reserve - wealth), both (c,).

    >>> [x.tolist() for x in reserve_share([20.0, 150.0], 100.0)]
    [[0.2, 1.0], [0.0, 50.0]]
    """
    need, have = (np.atleast_1d(x) for x in together(reserve=reserve, wealth=wealth))
    share = np.divide(need, have, out=(need > 0.0).astype(np.float64), where=have > 0.0)
    return np.minimum(share, 1.0), np.maximum(need - have, 0.0)


@checked
def reserve_limit(reserve: float, wealth: float, liquid: Collection[str]) -> LinearLimit:
    """The reserve as a limit of a `Mandate`: the weights of the liquid assets add up to at least
    reserve / wealth.

    Args:
        reserve: Money to keep liquid.
        wealth: All money.
        liquid: Ids of assets that can be sold within days at a known price.

    Raises:
        InputError: There is no liquid asset, or the reserve is above all wealth.
    """
    liquid = names_of(liquid, "liquid", "Name the liquid assets in a tuple, such as ('cash',).")
    share, missing = reserve_share(reserve, wealth)
    if missing[0] > 0.0:
        raise InputError(
            f"The reserve of {reserve:,.2f} is {missing[0]:,.2f} more than all wealth"
            f" ({wealth:,.2f}); no portfolio keeps it. Keep everything liquid and lower the reserve"
            " or save first.",
            field="reserve",
            value=reserve,
        )
    if not liquid:
        raise InputError(
            "No liquid asset is named, so no reserve can be kept. Name one, for example cash.",
            field="liquid",
            value=(),
        )
    one_each = dict.fromkeys(sorted(liquid), 1.0)
    return LinearLimit(name="liquidity reserve", coefficients=one_each, lower=float(share[0]))
