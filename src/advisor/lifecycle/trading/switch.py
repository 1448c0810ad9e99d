"""Whether a switch pays: what it brings over the time it is held, against what it costs at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.arrays import BoolArray, FloatArray
from advisor.contracts.thresholds import exceeds
from advisor.lifecycle.inputs import AnnualReturn, together, within
from advisor.privacy import hides
from advisor.validation import checked


@hides
@dataclass(frozen=True, eq=False)
class SwitchTest:
    """Cost-benefit of switches, a row each.

    Attributes:
        benefit: Present value in money of what the switch brings.
        cost: Money paid at once: leaving, entering, tax.
        net: Benefit less cost.
        worthwhile: net > 0.
        break_even_years: Years after which the benefit has paid the cost; inf = never.
    """

    benefit: FloatArray
    cost: FloatArray
    net: FloatArray
    worthwhile: BoolArray
    break_even_years: FloatArray


@checked
def switch_benefit(
    amount: object,
    annual_benefit: object,
    years: object,
    *,
    exit_cost: object = 0.0,
    entry_cost: object = 0.0,
    tax: object = 0.0,
    rate: AnnualReturn = 0.0,
) -> SwitchTest:
    """Is it in the client's interest to move money from one product to another?

    Args:
        amount: Money moved, shape (c,) or a number.
        annual_benefit: What the new product brings more a year, as a fraction of the amount: lower
            fees, or a higher certainty equivalent.
        years: How long it will be held.
        exit_cost: Of leaving, a fraction of the amount.
        entry_cost: Of entering, likewise.
        tax: Money that the sale costs in tax beyond what would fall due anyway.
        rate: Annual rate at which later benefits are discounted.

    Returns:
        The test; a switch which only breaks even is not worthwhile.

    Raises:
        InputError: An amount or a number of years is negative, or a number is not finite.

    Source: Delegated Regulation (EU) 2017/565, Article 54(11): the benefits of a switch must be
    greater than its costs.

    >>> test = switch_benefit(100_000.0, 0.006, 5.0, exit_cost=0.01, entry_cost=0.005)
    >>> float(test.net), float(test.break_even_years)
    (1500.0, 2.5)
    """
    money, gain, span, leave, enter, paid = together(
        amount=amount,
        annual_benefit=annual_benefit,
        years=years,
        exit_cost=exit_cost,
        entry_cost=entry_cost,
        tax=tax,
    )
    costs = {"annual_benefit": gain, "exit_cost": leave, "entry_cost": enter, "tax": paid}
    for name, values in costs.items():
        within(values, name, "The switch could not be judged.")
    for name, values in (("amount", money), ("years", span)):
        within(values, name, "A switch needs 0 or more.", low=0.0)
    force = np.log1p(rate)
    annuity = span if force == 0.0 else -np.expm1(-force * span) / force
    benefit, cost = money * gain * annuity, money * (leave + enter) + paid
    with np.errstate(divide="ignore", invalid="ignore"):
        need = np.where(cost <= 0.0, 0.0, np.where(gain > 0.0, cost / (money * gain), np.inf))
        reach = np.maximum(1.0 - force * need, 0.0)  # what is left of the longest possible benefit
        years_needed = need if force == 0.0 else -np.log(reach) / force
    return SwitchTest(benefit, cost, benefit - cost, exceeds(benefit, cost), years_needed)
