"""How many clients an experiment takes."""

from __future__ import annotations

from math import ceil

import numpy as np

from advisor.adapters.analytics.columns import refusing
from advisor.adapters.extras import needs
from advisor.annotations import OpenShare
from advisor.errors import InputError
from advisor.validation import checked


@checked
def sample_size(
    baseline: OpenShare, expected: OpenShare, *, power: OpenShare = 0.8, alpha: OpenShare = 0.05
) -> int:
    """Clients needed in each arm to tell two success rates apart, two-sided.

    Args:
        baseline: Rate without the change.
        expected: Rate that would be worth finding.
        power: Chance of finding it where it is there.
        alpha: Chance of finding something where nothing is.

    Raises:
        InputError: The rates are equal, or power is not above alpha.

    Source: normal power of Cohen's h (1988, chapter 6), by statsmodels.

    >>> sample_size(0.10, 0.12)
    3835
    """
    if power <= alpha:
        why = f"power is {power:g}, not above alpha = {alpha:g}: a coin would do as well."
        raise InputError(f"{why} Ask for more power.", field="power", value=power)
    tools = needs("analytics", "statsmodels.stats.proportion")
    effect = abs(float(tools.proportion_effectsize(expected, baseline)))
    if effect < 1e-8:
        raise InputError(
            f"baseline and expected are both {baseline:g}; no number of clients tells equal rates "
            "apart. Name the smallest difference that is worth finding.",
            field="expected",
            value=expected,
        )
    solver = needs("analytics", "statsmodels.stats.power").NormalIndPower()
    with refusing("The number of clients cannot be worked out", "expected", "Use milder rates."):
        if solver.power(effect, 2.0, alpha) >= power:
            return 2
        count = solver.solve_power(effect, nobs1=None, alpha=alpha, power=power)
        return ceil(float(np.asarray(count).reshape(-1)[0]) - 1e-6)
