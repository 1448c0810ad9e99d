"""Analytics on simulated truth: intervals that cover, models that find their own parameters,
policies judged from logs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from advisor.adapters.analytics import (
    IsolationScorer,
    PurchaseModel,
    ab_test,
    did,
    false_positive_rate,
    log_of,
    match_pairs,
    psi,
    simulate_value,
    watch,
)
from advisor.evaluate import off_policy

SEEDS = 500


def panel(seed: int, effect: float, clients: int = 60, periods: int = 4) -> pd.DataFrame:
    """Half are treated from period 2 on; each client has a level and luck that lasts (errors within
    a client are correlated)."""
    rng = np.random.default_rng(seed)
    who, when = np.repeat(np.arange(clients), periods), np.tile(np.arange(periods), clients)
    treated = who < clients // 2
    level = rng.normal(size=clients)[who] + 0.7 * treated
    slow = np.cumsum(rng.normal(scale=0.5, size=(clients, periods)), axis=1).ravel()
    y = level + slow + 0.3 * when + effect * (treated & (when >= 2)) + rng.normal(size=len(who))
    return pd.DataFrame({"client_id": who, "period": when, "treated": treated, "y": y})


def test_difference_in_differences_covers_the_truth() -> None:
    """95 % intervals of effect and pre-trend cover in 93 to 97 % of 500 worlds, though errors are
    correlated within clients."""
    reports = [did(panel(seed, 1.0), outcome="y", start=2) for seed in range(SEEDS)]
    assert 0.93 <= np.mean([r.effect.low <= 1.0 <= r.effect.high for r in reports]) <= 0.97
    trends = [r.pre_trend for r in reports if r.pre_trend is not None]
    assert len(trends) == SEEDS
    assert 0.93 <= np.mean([t.low <= 0.0 <= t.high for t in trends]) <= 0.975
    assert np.mean([r.effect.value for r in reports]) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("clients", "treated"), [(12, 6), (40, 5), (100, 8)])
def test_few_treated_clients_are_not_taken_for_many(clients: int, treated: int) -> None:
    """With (clients - 1) degrees of freedom 5 treated of 40 would cover in 90 % of the worlds."""
    covered = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        who, when = np.repeat(np.arange(clients), 2), np.tile([0, 1], clients)
        arm = who < treated
        y = rng.normal(size=clients)[who] + rng.normal(size=len(who)) + 1.0 * (arm & (when == 1))
        frame = pd.DataFrame({"client_id": who, "period": when, "treated": arm, "y": y})
        effect = did(frame, outcome="y", start=1).effect
        covered += effect.low <= 1.0 <= effect.high
    assert 0.93 <= covered / SEEDS <= 0.975


def test_the_error_is_that_of_statsmodels_and_the_effect_that_of_four_means() -> None:
    frame = panel(1, 1.0)
    effect = did(frame, outcome="y", start=2).effect
    frame["post"] = (frame["period"] >= 2) * 1.0
    fit = smf.ols("y ~ treated * post", frame.assign(treated=frame["treated"] * 1.0)).fit(
        cov_type="cluster", cov_kwds={"groups": frame["client_id"]}
    )
    mean = frame.groupby(["treated", "post"])["y"].mean()
    by_hand = (mean[True, 1.0] - mean[True, 0.0]) - (mean[False, 1.0] - mean[False, 0.0])
    assert effect.value == pytest.approx(by_hand, abs=1e-12)
    assert effect.value == pytest.approx(fit.params["treated:post"], abs=1e-12)
    assert effect.standard_error == pytest.approx(fit.bse["treated:post"], rel=1e-10)


def test_the_pre_trend_check_sees_a_trend() -> None:
    frame = panel(0, 0.0, clients=400, periods=6).assign(period=lambda f: f["period"] - 2)
    frame["y"] += 0.5 * frame["period"] * frame["treated"]
    report = did(frame, outcome="y", start=2)
    assert report.pre_trend is not None
    assert report.pre_trend.low > 0.0
    assert report.pre_trend.value == pytest.approx(0.5, abs=0.1)


def cohort(seed: int, clients: int = 300) -> pd.DataFrame:
    """Who is treated depends on what the outcome depends on; the truth is 2 for everybody."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(clients, 3))
    treated = rng.random(clients) < 1.0 / (1.0 + np.exp(1.0 - x @ [0.8, -0.5, 0.3]))
    y = x @ [1.0, -0.5, 0.8] + 2.0 * treated + rng.normal(size=clients)
    return pd.DataFrame(
        {
            "client_id": np.arange(clients),
            "treated": treated,
            "a": x[:, 0],
            "b": x[:, 1],
            "c": x[:, 2],
            "y": y,
        }
    )


def test_matched_pairs_cover_the_truth() -> None:
    """Naively the treated differ by far more than 2; matched, 95 % intervals cover 2 in 93 to 97 %
    of 500 worlds."""
    frames = [cohort(seed) for seed in range(SEEDS)]
    naive = np.mean(
        [f.loc[f["treated"], "y"].mean() - f.loc[~f["treated"], "y"].mean() for f in frames]
    )
    assert naive > 2.8
    matched = [match_pairs(f, covariates=("a", "b", "c"), outcome="y") for f in frames]
    effects = [m.effect for m in matched if m.effect is not None]
    assert len(effects) == SEEDS
    assert 0.93 <= np.mean([e.low <= 2.0 <= e.high for e in effects]) <= 0.97
    assert np.mean([e.value for e in effects]) == pytest.approx(2.0, abs=0.03)
    before = np.mean([m.balance["smd_before"].abs().mean() for m in matched])
    after = np.mean([m.balance["smd_after"].abs().mean() for m in matched])
    assert after < before / 3.0


def test_credible_intervals_cover_what_the_prior_draws() -> None:
    """Rates drawn from the prior itself lie inside 95 % of the time, and the best arm is best as
    often as it says."""
    rng = np.random.default_rng(3)
    rates = rng.random((SEEDS, 2))
    won = rng.binomial(40, rates)
    results = [ab_test(row.tolist(), [40, 40]) for row in won]
    inside = [(r.low <= p) & (p <= r.high) for r, p in zip(results, rates, strict=True)]
    assert 0.93 <= np.mean(inside) <= 0.97
    first = np.array([r.p_best[0] for r in results])
    assert np.mean(rates[:, 0] > rates[:, 1]) == pytest.approx(first.mean(), abs=0.03)


def test_purchase_model_finds_the_parameters_that_made_the_data() -> None:
    """Clients who buy and leave as BG/NBD says; purchases of the next year are predicted within
    5 %."""
    rng = np.random.default_rng(11)
    clients, r, alpha, a, b = 6000, 0.8, 6.0, 0.9, 3.0
    rate, chance = rng.gamma(r, 1.0 / alpha, clients), rng.beta(a, b, clients)
    age, later = rng.uniform(30.0, 52.0, clients), 52.0
    x, last, after = np.zeros(clients), np.zeros(clients), np.zeros(clients)
    for i in range(clients):
        time = 0.0
        while True:
            time += rng.exponential(1.0 / rate[i])
            if time > age[i] + later:
                break
            if time <= age[i]:
                x[i], last[i] = x[i] + 1.0, time
            else:
                after[i] += 1.0
            if rng.random() < chance[i]:
                break
    model = PurchaseModel.fit(x, last, age)
    assert (model.r, model.alpha) == (pytest.approx(r, rel=0.1), pytest.approx(alpha, rel=0.12))
    assert model.a / (model.a + model.b) == pytest.approx(a / (a + b), rel=0.1)
    predicted = model.expected_of(x, last, age, time=later)
    assert predicted.sum() == pytest.approx(after.sum(), rel=0.05)
    busy = predicted > np.median(predicted)
    assert predicted[busy].sum() == pytest.approx(after[busy].sum(), rel=0.05)


def test_a_policy_is_judged_from_the_log_of_another() -> None:
    """Truth known: rewards of three products by two kinds of client; the log shows them at random
    with known odds."""
    rng = np.random.default_rng(5)
    clients, products = [f"c{i}" for i in range(400)], ["x", "y", "z"]
    reward = np.array([[0.1, 0.5, 0.2], [0.6, 0.2, 0.1]])[rng.integers(0, 2, 400)]
    odds = np.array([0.5, 0.3, 0.2])
    who, what = rng.integers(0, 400, 20_000), rng.choice(3, 20_000, p=odds)
    log = pd.DataFrame(
        {
            "client_id": np.array(clients)[who],
            "product_id": np.array(products)[what],
            "propensity": odds[what],
            "reward": (rng.random(20_000) < reward[who, what]).astype(float),
        }
    )
    chance = np.eye(3)[reward.argmax(axis=1)] * 0.8 + 0.2 / 3.0
    target = pd.DataFrame(chance, index=clients, columns=products)
    truth = float((chance * reward)[who].sum(axis=1).mean())
    report = off_policy(log_of(log, target))
    for name in ("ips", "snips"):
        assert report[name].low <= truth <= report[name].high
    modelled = pd.DataFrame(reward + 0.1, index=clients, columns=products)[["z", "x", "y"]]
    robust = off_policy(log_of(log, target, rewards=modelled))
    assert robust["dr"].low <= truth <= robust["dr"].high
    assert robust["dr"].standard_error < report["ips"].standard_error
    assert robust["direct"].value == pytest.approx(truth + 0.1, abs=1e-9)


def test_simulated_value_is_the_closed_form() -> None:
    """Each period pays 10 and a client stays with .9: discounted at 2 % the value is 10 x sum of
    (.9^(t-1) / 1.02^t)."""

    def respond(state, action, draws):
        return np.full(len(state), 10.0) * action, np.where(draws[:, :1] < 0.9, state, np.nan)

    clients = pd.DataFrame({"wealth": np.ones(2000)}, index=[f"c{i}" for i in range(2000)])
    result = simulate_value(
        lambda state, period: np.ones(len(state), dtype=int),
        clients,
        respond,
        1,
        periods=12,
        discount=0.02,
    )
    truth = sum(10.0 * 0.9 ** (t - 1) / 1.02**t for t in range(1, 13))
    assert abs(result.mean - truth) < 3.0 * result.standard_error
    assert result.left == pytest.approx(1.0 - 0.9**12, abs=0.03)
    nothing = simulate_value(
        lambda state, period: np.zeros(len(state), dtype=int), clients, respond, 1, periods=12
    )
    assert nothing.mean == 0.0
    assert nothing.left == result.left  # the same luck


def test_fraud_is_found_with_few_false_alarms() -> None:
    """Usual payments and 2 % odd ones (larger, at night, to new countries): at a recall of .8 fewer
    than 2 % false alarms."""
    rng = np.random.default_rng(7)

    def payments(count: int, odd: bool) -> pd.DataFrame:
        amount = rng.lognormal(4.0 + 2.0 * odd, 0.6, count)
        hour = rng.normal(3.0 if odd else 14.0, 2.5, count)
        return pd.DataFrame(
            {
                "log_amount": np.log(amount),
                "hour": hour,
                "new_country": (rng.random(count) < (0.7 if odd else 0.03)) * 1.0,
            }
        )

    scorer = IsolationScorer.fit(payments(3000, odd=False))
    events = pd.concat([payments(400, odd=False), payments(40, odd=True)], ignore_index=True)
    fraud = np.arange(440) >= 400
    watched = watch(scorer, budget_ms=1000.0)
    scores = [watched.score(event) for event in events.to_dict("records")]
    assert false_positive_rate([s.value for s in scores], fraud.astype(float), recall=0.8) < 0.02
    assert any(
        "log_amount" in reason or "hour" in reason for s in scores[400:] for reason in s.reasons
    )
    report = watched.report()
    assert report.calls == 440
    assert report.p50_ms <= report.p99_ms <= report.max_ms
    assert report.p99_ms < 1000.0


def test_stability_index_of_shifted_normals() -> None:
    """The Jeffreys divergence of N(0, 1) and N(d, 1) is d^2; ten bins lose a little of it."""
    rng = np.random.default_rng(0)
    reference, other = rng.normal(size=(2, 200_000))
    assert psi(reference, other) < 5e-4
    for shift in (0.3, 0.5):
        assert 0.9 * shift**2 < psi(reference, other + shift, bins=50) < 1.05 * shift**2
