"""The library's own exponential, logarithm and error function, against exact arithmetic."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.native import numbers
from advisor.native.library import Function

EXP, LOG, ERFC = (
    Function(f"advisor_{name}", "x:f8[n] out=f8[n]") for name in ("exp", "log", "erfc")
)


def of(function: Function, x: Any) -> Any:
    x = np.atleast_1d(np.asarray(x, dtype=np.float64))
    out = np.empty_like(x)
    function(x, out)
    return out


def ulps(ours: float, exact: Decimal) -> Decimal:
    return abs(Decimal(ours) - exact) / Decimal(math.ulp(ours))


@given(st.floats(-700.0, 709.0))
def test_the_exponential_is_within_an_ulp(x: float) -> None:
    with localcontext() as context:
        context.prec = 60
        assert ulps(float(of(EXP, x)[0]), Decimal(x).exp()) < 1


@given(st.floats(1e-300, 1e300))
def test_the_logarithm_is_within_an_ulp(x: float) -> None:
    with localcontext() as context:
        context.prec = 60
        assert ulps(float(of(LOG, x)[0]), Decimal(x).ln()) < 1


@given(st.floats(-6.0, 26.0))
def test_the_error_function_is_close(x: float) -> None:
    assert of(ERFC, x)[0] == pytest.approx(math.erfc(x), rel=2e-15)


def test_what_has_no_number() -> None:
    np.testing.assert_array_equal(
        of(EXP, [np.inf, -np.inf, 710.0, -746.0, 0.0, np.nan]),
        [np.inf, 0.0, np.inf, 0.0, 1.0, np.nan],
    )
    np.testing.assert_array_equal(
        of(LOG, [np.inf, 0.0, -1.0, 1.0, np.nan]), [np.inf, -np.inf, np.nan, 0.0, np.nan]
    )
    np.testing.assert_array_equal(of(ERFC, [np.inf, -np.inf, 0.0, np.nan]), [0.0, 2.0, 1.0, np.nan])
    assert of(LOG, 5e-324)[0] == math.log(5e-324)
    assert of(EXP, -745.0)[0] == 5e-324


def test_golden_bits() -> None:
    """Another digest needs a new record version."""
    x = np.arange(-4000, 4001) / 128.0
    content = hashlib.sha256(
        of(EXP, x).tobytes() + of(ERFC, x).tobytes() + of(LOG, x[4001:]).tobytes()
    )
    assert content.hexdigest()[:16] == "2d33b0a25402a909"


@given(st.lists(st.floats(-40.0, 40.0), min_size=1, max_size=5))
def test_what_the_library_offers_in_any_shape(values: list[float]) -> None:
    x = np.array([values, values])
    np.testing.assert_allclose(
        numbers.normal_cdf(x),
        [[0.5 * math.erfc(-v / math.sqrt(2.0)) for v in values]] * 2,
        rtol=2e-13,
    )
    np.testing.assert_allclose(
        numbers.logistic(x), [[1.0 / (1.0 + math.exp(-v)) for v in values]] * 2, rtol=1e-15
    )
    np.testing.assert_allclose(numbers.exp(x[:, ::-1]), np.exp(x[:, ::-1]), rtol=4e-16)
    assert numbers.log(math.e).shape == ()


def test_the_least_pivot_is_that_of_the_factor() -> None:
    half = np.random.default_rng(1).random((6, 7))
    matrix = np.einsum("ij,kj->ik", half, half)
    assert numbers.least_pivot(matrix) == pytest.approx(
        np.linalg.cholesky(matrix).diagonal().min(), rel=1e-12
    )
    assert numbers.least_pivot(matrix - 3.0 * np.eye(6)) == 0.0
