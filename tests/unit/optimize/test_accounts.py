"""Mental accounts: the published table, the identity, and floors out of reach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from advisor import InfeasibleError, InputError
from advisor.contracts import LinearLimit, Mandate
from advisor.data import ReturnModel
from advisor.optimize import Account, mental_accounts, trace_frontier
from advisor.optimize.behaviour import mental_accounts as accounts

THREE = ReturnModel(
    ["bond", "mix", "stock"], [0.05, 0.10, 0.25], [[0.0025, 0, 0], [0, 0.04, 0.02], [0, 0.02, 0.25]]
)
SHORT = Mandate(min_weight=-10, max_weight=10)
PAPER = (
    Account("retirement", 0.6, -0.10, 0.05),
    Account("education", 0.2, -0.05, 0.15),
    Account("bequest", 0.2, -0.15, 0.20),
)


def test_the_table_of_das_markowitz_scheid_and_statman() -> None:
    """JFQA 45 (2010), section II: short sales allowed; to the four digits printed."""
    plan = mental_accounts(THREE, PAPER, mandate=SHORT)
    expected = [
        (3.7950, [0.5394, 0.2656, 0.1949], 0.1023, 0.1230),
        (2.7063, [0.3787, 0.3499, 0.2714], 0.1218, 0.1657),
        (0.8773, [-0.7890, 0.9620, 0.8270], 0.2635, 0.4913),
    ]
    for account, (gamma, weights, mean, volatility) in zip(plan.accounts, expected, strict=True):
        assert account.status == "ok"
        assert account.risk_aversion == pytest.approx(gamma, abs=5e-5)
        np.testing.assert_allclose(account.weights, weights, atol=6e-5)
        assert (account.mean, account.volatility) == (
            pytest.approx(mean, abs=6e-5),
            pytest.approx(volatility, abs=6e-5),
        )
    assert plan.risk_aversion == pytest.approx(2.1740, abs=5e-5)
    np.testing.assert_allclose(plan.weights, [0.2416, 0.4217, 0.3367], atol=6e-5)
    assert (plan.mean, plan.volatility) == (
        pytest.approx(0.1384, abs=6e-5),
        pytest.approx(0.2032, abs=6e-5),
    )


@given(
    st.lists(
        st.tuples(st.floats(0.1, 1.0), st.floats(-0.3, -0.06), st.floats(0.02, 0.3)),
        min_size=1,
        max_size=5,
    )
)
def test_the_whole_is_the_frontier_portfolio_of_the_harmonic_mean(
    rows: list[tuple[float, float, float]],
) -> None:
    """With short sales: 1 / g = sum of share / g_k, exactly, and the whole loses nothing."""
    total = sum(share for share, _, _ in rows)
    accounts = [
        Account(f"k{i}", share / total, floor, chance)
        for i, (share, floor, chance) in enumerate(rows)
    ]
    try:
        plan = mental_accounts(THREE, accounts, mandate=SHORT)
    except InfeasibleError:
        return
    if any(
        account.status == "unbounded" or np.abs(account.weights).max() > 9.0
        for account in plan.accounts
    ):
        return
    np.testing.assert_allclose(
        plan.weights, trace_frontier(THREE, SHORT).at_risk_aversion(plan.risk_aversion), atol=1e-9
    )
    assert plan.mean_lost == pytest.approx(0.0, abs=1e-9)
    arithmetic = sum(a.share * a.risk_aversion for a in plan.accounts)
    if len({round(a.risk_aversion, 3) for a in plan.accounts}) > 1:
        assert not np.allclose(
            trace_frontier(THREE, SHORT).at_risk_aversion(arithmetic), plan.weights, atol=1e-9
        )


@given(st.floats(-0.25, 0.04), st.floats(0.01, 0.45), st.booleans())
def test_the_floor_is_kept_with_the_accepted_chance_and_no_better_portfolio_keeps_it(
    floor: float, chance: float, short: bool
) -> None:
    mandate = SHORT if short else Mandate()
    frontier = trace_frontier(THREE, mandate)
    z = norm.ppf(chance)
    dense = np.linspace(frontier.volatility[0], frontier.volatility[-1], 3000)
    weights = frontier.at_volatility(dense)
    kept = weights @ THREE.mean + z * dense >= floor
    try:
        (account,) = mental_accounts(
            THREE, [Account("goal", 1.0, floor, chance)], mandate=mandate
        ).accounts
    except InfeasibleError:
        assert not kept.any()
        return
    assert account.mean + z * account.volatility >= floor - 1e-9
    if account.status == "ok" and account.volatility > frontier.volatility[0] + 1e-9:
        assert account.mean + z * account.volatility == pytest.approx(floor, abs=1e-9)
    assert account.mean >= (weights @ THREE.mean)[kept].max(initial=-1.0) - 1e-9


def test_of_two_risk_aversions_that_just_keep_the_floor_the_smaller_is_taken() -> None:
    frontier = trace_frontier(THREE, SHORT)
    (account,) = mental_accounts(THREE, [Account("goal", 1.0, -0.03, 0.05)], mandate=SHORT).accounts
    gamma = np.geomspace(0.5, 5000, 20_000)
    mean, volatility = frontier.moments_at(gamma)
    kept = gamma[mean + norm.ppf(0.05) * volatility >= -0.03]
    assert kept.max() > 2 * account.risk_aversion
    assert account.risk_aversion == pytest.approx(kept.min(), rel=1e-3)


def test_a_floor_that_never_binds_is_unbounded() -> None:
    (account,) = mental_accounts(THREE, [Account("play", 1.0, -0.9, 0.05)]).accounts
    assert (account.status, account.risk_aversion) == ("unbounded", 0.0)
    np.testing.assert_array_equal(account.weights, [0.0, 0.0, 1.0])
    (loose,) = mental_accounts(THREE, [Account("play", 1.0, -0.9, 0.05)], mandate=SHORT).accounts
    assert loose.status == "ok" or loose.weights.max() > 1.0


def test_a_floor_out_of_reach_is_named_with_the_best_one() -> None:
    with pytest.raises(InfeasibleError, match=r"'safe'.*best attainable floor is") as raised:
        mental_accounts(THREE, [Account("safe", 1.0, 0.02, 0.05)])
    assert raised.value.constraints == ("safe",)
    best = float(str(raised.value).split("floor is ")[1].split(". ")[0])
    frontier = trace_frontier(THREE)
    dense = np.linspace(frontier.volatility[0], frontier.volatility[-1], 20_000)
    assert best == pytest.approx(
        (frontier.at_volatility(dense) @ THREE.mean + norm.ppf(0.05) * dense).max(), abs=1e-6
    )
    mental_accounts(THREE, [Account("safe", 1.0, best - 1e-6, 0.05)])


def test_shares_and_numbers_are_checked() -> None:
    with pytest.raises(InputError, match=r"add up to 0\.9"):
        mental_accounts(THREE, [Account("a", 0.9, -0.1, 0.05)])
    with pytest.raises(InputError, match="add up to 0"):
        mental_accounts(THREE, [])
    for bad in ((0.0, -0.1, 0.05), (1.0, np.nan, 0.05), (1.0, -0.1, 0.0), (1.0, -0.1, 5.0)):
        with pytest.raises(InputError):
            Account("a", *bad)


def broken_floors() -> int:
    """On bent frontiers (caps and an equality): how many accounts miss their floor, or a dense grid
    of the frontier keeps it with a higher mean."""
    missed = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        n = 8
        loadings = rng.normal(size=(n, 3)) * 0.12
        model = ReturnModel(
            [f"a{i}" for i in range(n)],
            rng.normal(0.04, 0.05, n),
            loadings @ loadings.T + np.diag(rng.uniform(0.01, 0.1, n) ** 2),
        )
        loss = {
            f"a{i}": float(v) for i, v in enumerate(np.linspace(-0.2, 0.5, n)[rng.permutation(n)])
        }
        mandate = Mandate(
            max_weight=0.35,
            linear_limits=(LinearLimit(name="stress", coefficients=loss, lower=0.12, upper=0.12),),
        )
        frontier = trace_frontier(model, mandate)
        z = float(norm.ppf(0.1))
        worst, best = (
            float(np.quantile(frontier.mean + z * frontier.volatility, q)) for q in (0.0, 1.0)
        )
        floor = worst + 0.9 * (best - worst)
        (account,) = mental_accounts(
            model, [Account("a", 1.0, floor, 0.1)], mandate=mandate
        ).accounts
        grid = frontier.at_volatility(
            np.linspace(frontier.volatility[0], frontier.volatility[-1], 4000)
        )
        mean, volatility = (
            grid @ model.mean,
            np.sqrt(np.einsum("ci,ij,cj->c", grid, model.covariance, grid)),
        )
        highest = float(mean[mean + z * volatility >= floor].max(initial=-np.inf))
        missed += (
            account.mean + z * account.volatility < floor - 1e-8 or account.mean < highest - 1e-8
        )
    return missed


def test_a_root_of_the_squared_floor_is_not_taken_for_the_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Squaring adds roots, also where there is none; believing them (the broken copy) breaks
    floors."""
    assert broken_floors() == 0
    monkeypatch.setattr(accounts, "KEPT", np.inf)
    assert broken_floors() > 0
