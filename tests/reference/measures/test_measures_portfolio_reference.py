"""Expected shortfall against the linear program that defines it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from advisor.measures import conditional_value_at_risk


@pytest.mark.parametrize(("count", "level"), [(10, 0.95), (37, 0.9), (100, 0.975), (250, 0.5)])
def test_expected_shortfall_is_the_minimum_of_rockafellar_and_uryasev(
    count: int, level: float
) -> None:
    """Rockafellar & Uryasev (2000), equation 9: min over z and u >= loss - z, u >= 0 of z + sum(u)
    / ((1 - level) T), solved by HiGHS."""
    returns = np.random.default_rng(count).standard_t(3, size=count) * 0.02
    cost = np.concatenate([[1.0], np.full(count, 1.0 / ((1.0 - level) * count))])
    rows = np.hstack([-np.ones((count, 1)), -np.eye(count)])
    solved = linprog(cost, A_ub=rows, b_ub=returns, bounds=[(None, None)] + [(0.0, None)] * count)
    assert solved.status == 0
    assert conditional_value_at_risk(returns, level) == pytest.approx(solved.fun, abs=1e-12)


def test_the_program_catches_a_tail_that_ignores_the_edge_period() -> None:
    returns = np.random.default_rng(37).standard_t(3, size=37) * 0.02
    whole = np.sort(-returns)[::-1][: int(0.1 * 37)].mean()  # 3 of the 3.7 worst
    assert conditional_value_at_risk(returns, 0.9) != pytest.approx(whole, abs=1e-6)
