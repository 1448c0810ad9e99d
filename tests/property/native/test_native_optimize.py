"""The compiled loops of the optimiser have the bits of the same loops in plain Python."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from advisor.native.library import Function
from advisor.optimize import kernels
from loops import critical_line, path, pivoting, placing, preferences, scenarios

N = st.integers(1, 14)
SEEDS = st.integers(0, 2**31)


def same(ours: Any, theirs: Any) -> None:
    """Equal to the bit, nan included."""
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def digest(*arrays: Any) -> str:
    """SHA-256 of the bits."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()[:16]


def covariance(rng: np.random.Generator, n: int, *, flat: bool = False) -> Any:
    """Symmetric to the bit; of low rank where `flat`."""
    factor = rng.random((n, max(1, n // 2) if flat else n + 2)) - 0.5
    sigma = np.einsum("ik,jk->ij", factor, factor) * 0.01
    return np.ascontiguousarray(0.5 * (sigma + sigma.T))


def pivoting_case(seed: int, n: int, r: int = 2, c: int = 5) -> tuple[Any, ...]:
    """Rows with kinks and limits of their own."""
    rng = np.random.default_rng(seed)
    lo, up = np.full((c, n), 0.0), rng.uniform(min(1.0, 1.5 / n), 1.0, size=(1, n))
    kink = np.minimum(np.where(rng.random((c, n)) < 0.4, rng.random((c, n)) * 2.0 / n, lo), up)
    below, above = -rng.uniform(0.0, 0.02, size=(1, n)), rng.uniform(0.0, 0.02, size=(c, n))
    G = rng.integers(-1, 2, size=(r, n)).astype(np.float64)
    gl, gu = np.full(r, -0.3), np.full(r, 0.6)
    side, row_side = (
        rng.integers(0, 5, size=(c, n)).astype(np.int8),
        rng.integers(-1, 2, size=(c, r)).astype(np.int8),
    )
    side[(side == pivoting.HELD) & (kink <= lo)] = pivoting.BUYING
    data = (covariance(rng, n) + 1.0, rng.random(n) * 0.2 - 0.05, rng.uniform(0.0, 2.0, c))
    out = (side, row_side, np.zeros((c, n)), np.zeros((c, 1 + r)), np.zeros(c, dtype=np.int64))
    return (rng.permutation(c), *data, lo, kink, up, below, above, G, gl, gu, *out)


def copies(case: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same arrays in memory of their own."""
    return tuple(a.copy() if isinstance(a, np.ndarray) else a for a in case)


@given(SEEDS, N, st.integers(0, 3))
def test_pivoting(seed: int, n: int, r: int) -> None:
    ours, theirs = pivoting_case(seed, n, r), pivoting_case(seed, n, r)
    kernels.pivot_rows(*ours)
    pivoting.pivot_some(*theirs)
    for a, b in zip(ours, theirs, strict=True):
        same(a, b)


@given(SEEDS, st.integers(1, 20))
def test_row_products(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    sigma, w = covariance(rng, n), np.where(rng.random((6, n)) < 0.3, 0.0, rng.random((6, n)))
    ours, theirs = np.empty((6, n)), np.empty((6, n))
    kernels.row_products(sigma, w, ours)
    pivoting.row_products(sigma, w, theirs)
    same(ours, theirs)


def program(seed: int, n: int, r: int, *, flat: bool) -> tuple[Any, ...]:
    """Covariance, means, bounds and rows of a mandate."""
    rng = np.random.default_rng(seed)
    l, u = np.where(rng.random(n) < 0.2, -0.1, 0.0), rng.uniform(min(1.0, 2.0 / n), 1.0, n)
    fixed = rng.random(n) < 0.1
    u[fixed] = l[fixed] = 0.02
    A = rng.integers(0, 2, size=(r, n)).astype(np.float64)
    low, high = np.full(r, -np.inf), np.full(r, 0.8)
    return covariance(rng, n, flat=flat), (rng.random(n) * 0.2 - 0.05).round(2), l, u, A, low, high


@given(SEEDS, N, st.integers(0, 3), st.booleans())
def test_a_whole_trace(seed: int, n: int, r: int, flat: bool) -> None:
    case = program(seed, n, r, flat=flat)
    if not (case[2] < case[3]).any():
        return
    ours, theirs = kernels.trace_path(*case), path.trace_path(*case)
    assert ours[0] == theirs[0]
    if not len(ours[1]):
        assert not len(theirs[1])
        return
    for a, b in zip(ours[1:], theirs[1:], strict=True):
        same(a, b)


@given(SEEDS, st.integers(2, 12), st.booleans(), st.integers(1, 60))
def test_the_walk_alone(seed: int, n: int, flat: bool, room: int) -> None:
    """Also where there is no room for all corners, and where it starts from a portfolio that is not
    optimal."""
    rng = np.random.default_rng(seed)
    sigma, mu, *_ = program(seed, n, 0, flat=flat)
    A = np.vstack([np.ones(n), rng.integers(0, 2, size=(1, n))]).astype(np.float64)
    low, high, l, u = np.array([1.0, 0.0]), np.array([1.0, 0.9]), np.zeros(n), np.ones(n)
    start = (np.where(np.arange(n) < n - 1, -1, 0), np.array([2, 0]), np.eye(n)[n - 1])
    data = (sigma * 100.0, mu, np.zeros(n), A, low, high, l, u)
    ours, theirs = (tuple(a.copy() for a in start) for _ in range(2))
    told, expected = (
        kernels.walk_critical_line(*data, *ours, 0.0, room),
        critical_line.walk_critical_line(*data, *theirs, 0.0, room),
    )
    for a, b in zip((*told, *ours), (*expected, *theirs), strict=True):
        same(a, b)


def test_golden_bits() -> None:
    """Another digest means that records made before cannot be proved any more: it needs a new
    record version."""
    case = pivoting_case(7, 12, 2, 40)
    kernels.pivot_rows(*case)
    walked = [kernels.trace_path(*program(s, 12, 2, flat=False)) for s in range(8)]
    assert digest(*case[-5:]) == "08d08519f2d5af67"
    assert digest(*(a for told in walked for a in told[1:])) == "663f938c6e091136"


def test_a_wrong_argument_is_refused() -> None:
    function = Function("advisor_row_products", "S:f8[n,n] W:f8[c,n] out=f8[c,n]", rows=True)
    sigma, w, out = np.eye(3), np.ones((2, 3)), np.empty((2, 3))
    bad = [
        (sigma[:2], w, out),
        (sigma, w.astype(np.float32), out),
        (sigma, w.T, out),
        (sigma, w, out[:1]),
        (sigma, np.asfortranarray(w), out),
    ]
    read_only = out.copy()
    read_only.flags.writeable = False
    for arguments in [*bad, (sigma, w, read_only)]:
        with pytest.raises(TypeError, match="advisor_row_products takes"):
            function.bound(*arguments)
    with pytest.raises(TypeError, match="takes 3 arguments"):
        function.bound(sigma, w)


def frontier(seed: int, n: int) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """Corners, lines and the rest of what the placing reads, from a traced path."""
    case = program(seed, n, 2, flat=False)
    code, t, w, y, last, slope, _, _, mean, variance = kernels.trace_path(*case)
    if code != kernels.END:
        reject()
    sigma, mu, l, u, A, low, high = case
    step = np.vstack([np.diff(w, axis=0), np.zeros((1, n))])
    rise, marginal = np.append(np.diff(mean), 0.0), np.einsum("mi,ij->mj", step, sigma)
    bent, curve = (np.maximum(np.einsum("mi,mi->m", marginal, a), 0.0) for a in (w, step))
    lines = np.stack([mean, rise, variance, bent, curve])
    return (
        (t, lines),
        (w, step, y, last, slope),
        (sigma, mu, np.stack([l, u]), A, np.stack([low, high])),
    )


@given(SEEDS, st.integers(2, 10), st.sampled_from([np.inf, 0.1]))
def test_placing(seed: int, n: int, cap: float) -> None:
    corners, path_, rest = frontier(seed, n)
    gamma = np.append(np.geomspace(1e-3, 1e4, 14), [0.0, np.inf])
    data = (0.01, cap, *corners, *path_, *rest)
    ours, theirs = ((np.empty((16, n)), np.empty((16, 3))) for _ in range(2))
    kernels.place_rows(gamma, *data, *ours)
    with np.errstate(all="ignore"):
        placing.place_some(gamma, *data, *theirs)
    one = tuple(np.empty(k) for k in (n, n, 3, 3))
    kernels.place_one(gamma[3], *data, *one)
    for a, b in zip((*ours, one[0], one[3]), (*theirs, theirs[0][3], theirs[1][3]), strict=True):
        same(a, b)


@given(SEEDS, st.integers(2, 10))
def test_corrections(seed: int, n: int) -> None:
    (tau, lines), *_ = frontier(seed, n)
    rng = np.random.default_rng(seed)
    gamma, years, reference = (
        np.append(rng.random(8) * 5.0, [0.0, np.inf]),
        rng.random(10) + 0.5,
        np.zeros(10),
    )
    known = np.where(rng.random((5, 10)) < 0.2, np.nan, rng.random((5, 10)) * 3.0)
    rules = np.array([6.0, 1.2, 0.5, 0.1, 0.2, 1.5, 2.0, 0.5, 1.5])
    ours, theirs = np.empty((10, 4)), np.empty((10, 4))
    kernels.correct_rows(gamma, known, years, reference, rules, tau, lines, ours)
    with np.errstate(all="ignore"):
        placing.correct_some(gamma, known, years, reference, rules, tau, lines, theirs)
    same(ours, theirs)


@given(SEEDS, st.integers(2, 10))
def test_preferences(seed: int, n: int) -> None:
    (tau, lines), *_ = frontier(seed, n)
    rng = np.random.default_rng(seed)
    wants = (
        rng.random(12) * 8.0 + 0.01,
        1.0 + rng.random(12) * 3.0,
        (rng.random(12) - 0.5) * 0.1,
        rng.random(12) * 5.0 + 0.1,
    )
    arrays = (tau, lines[0], lines[2], lines[3], lines[4])
    with np.errstate(all="ignore"):
        same(
            kernels.preference_risk_aversions(*arrays, *wants),
            preferences.few_preference_risk_aversions(*arrays, *wants),
        )


@given(SEEDS, st.integers(1, 10), st.integers(0, 2))
def test_loss_averse_rows(seed: int, n: int, r: int) -> None:
    rng = np.random.default_rng(seed)
    least = np.array([0.1, 0.1, 0.0, 0.2, 0.0, 0.0])
    wants = least + np.column_stack(
        [rng.random((5, 4)) * [4.0, 3.0, 0.05, 5.0], np.zeros(5), np.full(5, 50.0)]
    )
    (which, stiff, *ours), (_, _, *theirs) = pivoting_case(seed, n, r), pivoting_case(seed, n, r)
    kernels.search_rows(which, stiff - 1.0, wants, stiff, *ours)
    with np.errstate(all="ignore"):
        preferences.search_some(which, stiff - 1.0, wants, stiff, *theirs)
    for a, b in zip(ours, theirs, strict=True):
        same(a, b)


def walkers(seed: int, n: int, t: int, c: int = 4) -> tuple[Any, ...]:
    """Clients at one weight, with a force that fades and scenarios on both sides of the
    reference."""
    rng = np.random.default_rng(seed)
    shared = (
        covariance(rng, n),
        rng.random((t, n)) * 0.4 - 0.15,
        np.ones((1, n)),
        np.array([-np.inf]),
        np.array([2.0]),
        np.zeros(n),
        np.ones(n),
    )
    w = np.full((c, n), 1.0 / n)
    over = np.einsum("cn,tn->ct", w, shared[1])
    zone = np.where(over < 0.0, -1, 1)
    most = rng.random(c) * 0.2 + 0.01
    state = (
        w,
        np.zeros((c, n), dtype=np.int64),
        np.zeros((c, 1), dtype=np.int64),
        np.zeros((c, 2)),
        zone,
        np.where(zone < 0, most[:, None], 0.0),
    )
    return (
        *shared,
        (rng.random((c, n)) - 0.5) * 0.3,
        most,
        *state,
        over,
        np.zeros((c, n)),
        np.zeros(c, dtype=np.bool_),
    )


@given(SEEDS, st.integers(2, 8), st.integers(1, 12))
def test_scenarios(seed: int, n: int, t: int) -> None:
    ours, theirs = walkers(seed, n, t), walkers(seed, n, t)
    kernels.walk_scenarios(*ours)
    with np.errstate(all="ignore"):
        scenarios.walk_scenarios(*theirs)
    for a, b in zip(ours, theirs, strict=True):
        same(a, b)


def test_golden_bits_of_preferences() -> None:
    corners, path_, rest = frontier(5, 9)
    told = np.empty((16, 9)), np.empty((16, 3))
    kernels.place_rows(
        np.geomspace(1e-3, 1e4, 16).round(6),
        np.float64(0.01),
        np.inf,
        *corners,
        *path_,
        *rest,
        *told,
    )
    walked = walkers(5, 8, 12, 20)
    kernels.walk_scenarios(*walked)
    which, stiff, *rows = pivoting_case(11, 10, 0, 40)
    kernels.search_rows(
        which, stiff - 1.0, np.tile([3.0, 1.25, 0.02, 2.0, 0.0, 50.0], (40, 1)), stiff, *rows
    )
    assert (digest(*told), digest(*walked[-9:]), digest(*rows[-5:])) == (
        "b9f53c6916a1d866",
        "04fdc460719586b0",
        "b60fc979f1b1f1ee",
    )
