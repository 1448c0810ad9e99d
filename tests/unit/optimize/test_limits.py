"""Mandates as arrays, and refusals that name what contradicts what, with the number to type."""

from __future__ import annotations

import numpy as np
import pytest

from advisor import InfeasibleError, InputError
from advisor.contracts import GroupLimit, LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import trace_frontier
from advisor.optimize.limits.limits import limits_of


def model(n: int = 12) -> ReturnModel:
    rng = np.random.default_rng(n)
    f = rng.normal(size=(n, 3)) * 0.1
    groups = ["bonds" if i < n // 3 else "stocks" for i in range(n)]
    return ReturnModel(
        [f"a{i}" for i in range(n)],
        rng.normal(0.05, 0.02, n),
        f @ f.T + 0.01 * np.eye(n),
        groups=groups,
    )


def test_a_mandate_as_arrays() -> None:
    mandate = Mandate(
        min_weight=0.01,
        max_weight=0.4,
        bounds={"a1": (0.2, 0.2)},
        group_limits=(GroupLimit(group="bonds", lower=0.3, upper=0.6),),
        linear_limits=(
            LinearLimit(name="stress_loss", coefficients={"a0": 0.5, "a2": 0.1}, upper=0.2),
        ),
    )
    eligible = np.array([True] * 5 + [False])
    limits = limits_of(model(6), mandate, eligible)
    np.testing.assert_array_equal(limits.lower, [0.01, 0.2, 0.01, 0.01, 0.01, 0.0])
    np.testing.assert_array_equal(limits.upper, [0.4, 0.2, 0.4, 0.4, 0.4, 0.0])
    np.testing.assert_array_equal(limits.rows, [[1, 1, 0, 0, 0, 0], [0.5, 0, 0.1, 0, 0, 0]])
    assert limits.row_names == ("group:bonds", "stress_loss")
    assert (limits.row_lower[1], limits.row_upper[1]) == (-np.inf, 0.2)
    names = [
        limits.bound_name(0, -1),
        limits.bound_name(0, 1),
        limits.bound_name(1, 1),
        limits.bound_name(5, 1),
        limits.row_name(0, 1),
    ]
    assert names == [
        "min_weight:a0",
        "max_weight:a0",
        "fixed_weight:a1",
        "ineligible:a5",
        "group:bonds:upper",
    ]


@pytest.mark.parametrize(
    ("mandate", "said", "constraints"),
    [
        (
            Mandate(max_weight=0.05),
            "max_weight 0.05 over 12 assets adds up to 0.60.*at least 0.0834",
            {"max_weight"},
        ),
        (
            Mandate(min_weight=0.1),
            "min_weight 0.1 over 12 assets adds up to 1.20.*at most 0.0833",
            {"min_weight"},
        ),
        (
            Mandate(max_weight=0.1, group_limits=(GroupLimit(group="bonds", lower=0.5),)),
            (
                r"max_weight 0.1 \(12 assets\).*group:bonds:lower 0.5.*max_weight at least"
                r" 0.125.*group:bonds:lower at most 0.4"
            ),
            {"max_weight", "group:bonds:lower"},
        ),
        (
            Mandate(
                group_limits=(
                    GroupLimit(group="bonds", upper=0.3),
                    GroupLimit(group="stocks", upper=0.6),
                )
            ),
            "group:bonds:upper at least 0.4.*group:stocks:upper at least 0.7",
            {"group:bonds:upper", "group:stocks:upper"},
        ),
        (
            Mandate(
                bounds={"a0": (0.6, 1.0)},
                linear_limits=(
                    LinearLimit(name="stress_loss", coefficients={"a0": 0.5}, upper=0.2),
                ),
            ),
            "stress_loss:upper at least 0.3",
            {"min_weight:a0", "stress_loss:upper"},
        ),
        (
            Mandate(max_volatility=0.001),
            "max_volatility 0.001 is below .* raise it to at least",
            {"max_volatility"},
        ),
    ],
)
def test_contradictions_are_named_with_their_repair(
    mandate: Mandate, said: str, constraints: set[str]
) -> None:
    with pytest.raises(InfeasibleError, match=said) as raised:
        trace_frontier(model(), mandate)
    assert set(raised.value.constraints) == constraints


def test_the_number_to_type_is_enough() -> None:
    groups = (GroupLimit(group="bonds", lower=0.5),)
    trace_frontier(model(), Mandate(max_weight=0.125, group_limits=groups))
    trace_frontier(model(), Mandate(max_weight=0.0834))
    with pytest.raises(InfeasibleError):
        trace_frontier(model(), Mandate(max_weight=0.1249, group_limits=groups))


def test_eligibility_can_contradict_too() -> None:
    only_stocks = np.array([False] * 4 + [True] * 8)
    with pytest.raises(
        InfeasibleError,
        match=r"eligibility \(4 of 12 assets may not be held\).*group:bonds:lower 0.2",
    ):
        trace_frontier(
            model(),
            Mandate(group_limits=(GroupLimit(group="bonds", lower=0.2),)),
            eligible=only_stocks,
        )
    with pytest.raises(InfeasibleError, match="None of the 12 assets is eligible"):
        trace_frontier(model(), eligible=np.zeros(12, dtype=bool))
    with pytest.raises(InfeasibleError, match=r"over 3 eligible assets adds up to 0.60"):
        trace_frontier(model(), Mandate(max_weight=0.2), eligible=np.arange(12) < 3)


@pytest.mark.parametrize(
    ("mandate", "said"),
    [
        (Mandate(bounds={"nope": (0.0, 0.1)}), "'nope' is not known"),
        (Mandate(group_limits=(GroupLimit(group="gold"),)), "no asset is in it"),
        (
            Mandate(linear_limits=(LinearLimit(name="x", coefficients={"nope": 1.0}, upper=1.0),)),
            "LinearLimit 'x' asset 'nope'",
        ),
    ],
)
def test_limits_on_nothing_are_refused(mandate: Mandate, said: str) -> None:
    with pytest.raises(InputError, match=said):
        limits_of(model(), mandate)


@pytest.mark.parametrize("mask", [np.ones(5, dtype=bool), np.ones(12)])
def test_a_mask_of_another_kind_is_refused(mask: np.ndarray) -> None:
    with pytest.raises(InputError, match="eligible has shape"):
        limits_of(model(), Mandate(), mask)
