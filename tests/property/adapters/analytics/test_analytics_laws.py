"""Laws of the analytics: axioms of the Shapley value, invariances, and limits."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import Event, Interactions, Ranking
from advisor.adapters.analytics import (
    ChurnModel,
    ab_test,
    acceptance,
    complaints,
    concentration,
    csat,
    drift,
    herding,
    match_pairs,
    nps,
    proportion,
    psi,
    purchase_histories,
    shapley,
    simulate_value,
    survival,
    watch,
)
from advisor.adapters.crm import ClientFacts

PLAYERS = ("branch", "phone", "web", "adviser")
games = st.lists(st.integers(-50, 50), min_size=16, max_size=16)


def game(values: list[int]):
    """A value for every coalition of the four players, that of nobody included."""
    return lambda s: float(values[sum(1 << i for i, p in enumerate(PLAYERS) if p in s)])


@given(games)
def test_shapley_is_the_mean_over_all_orders(values: list[int]) -> None:
    v = game(values)
    mean = dict.fromkeys(PLAYERS, 0.0)
    for order in permutations(PLAYERS):
        for i, player in enumerate(order):
            mean[player] += (v(frozenset(order[: i + 1])) - v(frozenset(order[:i]))) / 24.0
    found = shapley(v, PLAYERS)
    assert found.values == pytest.approx(list(mean.values()), abs=1e-9)
    assert found.values.sum() == pytest.approx(found.total - found.empty, abs=1e-9)  # efficiency


@given(games, games)
def test_shapley_adds_up_over_games(first: list[int], second: list[int]) -> None:
    both = [a + b for a, b in zip(first, second, strict=True)]
    together = shapley(game(first), PLAYERS).values + shapley(game(second), PLAYERS).values
    assert shapley(game(both), PLAYERS).values == pytest.approx(together, abs=1e-9)


@given(games)
def test_shapley_gives_nothing_to_a_dummy_and_the_same_to_equals(values: list[int]) -> None:
    v = game(values)
    found = shapley(lambda s: v(s - {"idle"}), (*PLAYERS, "idle"))
    assert found["idle"] == pytest.approx(0.0, abs=1e-9)
    assert [found[p] for p in PLAYERS] == pytest.approx(shapley(v, PLAYERS).values, abs=1e-9)
    sizes = shapley(lambda s: float(values[len(s)]), PLAYERS).values
    assert sizes == pytest.approx([sizes[0]] * 4, abs=1e-9)


def test_sampled_shapley_is_efficient_and_near() -> None:
    players = [f"p{i}" for i in range(16)]
    weights = {p: float(i) for i, p in enumerate(players)}
    value = lambda s: sum(weights[p] for p in s) + 10.0 * ({"p0", "p1"} <= s)  # noqa: E731
    found = shapley(value, players)
    truth = np.array([*([5.0, 6.0]), *range(2, 16)], dtype=float)
    assert found.samples == 2000
    assert found.values.sum() == pytest.approx(found.total)
    assert (np.abs(found.values - truth) <= 4.0 * found.standard_errors + 1e-9).all()
    assert found.standard_errors[0] > 0.05
    again = shapley(value, players)
    assert again.values.tolist() == found.values.tolist()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=5))
def test_arms_are_compared_whatever_their_order(rows: list[tuple[int, int]]) -> None:
    won, seen = [min(a, b) for a, b in rows], [max(a, b, 1) for a, b in rows]
    result = ab_test(won, seen)
    turned = ab_test(won[::-1], seen[::-1])
    assert result.p_best.sum() == pytest.approx(1.0, abs=1e-9)
    assert result.p_best == pytest.approx(turned.p_best[::-1], abs=1e-9)
    assert result.expected_loss == pytest.approx(turned.expected_loss[::-1], abs=1e-10)
    assert (result.expected_loss >= 0.0).all()
    gaps = result.expected_loss[:, None] - result.expected_loss + result.rate[:, None] - result.rate
    assert np.abs(gaps).max() < 1e-9  # loss_i - loss_j = rate_j - rate_i


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_scores_and_shares_stay_in_their_range(scores: list[int]) -> None:
    score = nps(scores)
    assert -100.0 <= score.low <= score.value <= score.high <= 100.0
    assert score.value == pytest.approx(100.0 * np.mean([(s >= 9) - (s <= 6) for s in scores]))
    share = csat([1 + s // 3 for s in scores], scale=5)
    assert 0.0 <= share.low <= share.value <= share.high <= 1.0
    assert proportion(share.n - share.count, share.n).low == pytest.approx(
        1.0 - share.high, abs=1e-12
    )


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40))
def test_survival_is_the_product_by_hand(rows: list[tuple[int, bool]]) -> None:
    durations, ended = [float(t) for t, _ in rows], [float(e) for _, e in rows]
    curve = survival(durations, ended)
    share = 1.0
    for time in sorted({t for t, e in rows if e}):
        share *= 1.0 - sum(1 for t, e in rows if e and t == time) / sum(
            1 for t, _ in rows if t >= time
        )
        assert curve.at(time) == pytest.approx(share, abs=1e-12)
    assert curve.at(1000) == pytest.approx(share, abs=1e-12)
    assert len(curve.times) == len({t for t, e in rows if e})
    low, high = curve.interval()
    inner = np.isfinite(low)
    assert ((low <= curve.share) & (curve.share <= high))[inner].all()


def test_open_complaints_are_not_taken_for_closed_ones() -> None:
    frame = pd.DataFrame(
        {"opened": ["2026-01-01"] * 4, "closed": ["2026-01-11", "2026-03-01", None, None]}
    )
    report = complaints(frame, as_of="2026-02-01")
    assert (report.closed.count, report.closed.n) == (1, 4)  # one was closed only later
    assert np.isnan(report.median_days)
    assert report.oldest_open_days == 31.0
    assert complaints(frame, as_of="2026-03-01").median_days == 59.0


def test_complaints_of_events_are_those_of_the_frame() -> None:
    def event(day: str, what: str, complaint: str, client: str = "a") -> Event:
        fields = {
            "id": f"{client}{complaint}{what}{day}",
            "source": "desk",
            "subject": client,
            "time": f"{day}T09:00:00Z",
        }
        return Event(
            type=f"advisor.complaint.{what}.v1", data={"complaint_id": complaint}, **fields
        )

    events = [
        event("2026-01-09", "closed", "1"),
        event("2026-01-01", "opened", "1"),
        event(
            "2026-01-03", "opened", "1", client="b"
        ),  # another client's complaint of the same number
        event("2026-01-02", "opened", "2"),
        event("2026-01-04", "closed", "2"),
        event("2026-01-06", "opened", "2"),  # opened again, and open
        event("2026-01-05", "closed", "3"),  # opened before anything is known
        Event(
            id="x",
            source="desk",
            subject="a",
            type="advisor.product.viewed.v1",
            time="2026-01-08T00:00:00Z",
            data={"product_id": "p"},
        ),
    ]
    frame = pd.DataFrame(
        {"opened": ["2026-01-01", "2026-01-03", "2026-01-02"], "closed": ["2026-01-09", None, None]}
    )
    for as_of in ("2026-02-01", None):
        one, two = complaints(iter(events), as_of=as_of), complaints(frame, as_of=as_of)
        assert (one.closed, one.oldest_open_days) == (two.closed, two.oldest_open_days)
        assert one.open_share.share.tolist() == two.open_share.share.tolist()
    assert (one.closed.count, one.closed.n, one.oldest_open_days) == (1, 3, 7.0)


@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=50),
    st.lists(st.integers(-9, 9), min_size=1, max_size=50),
)
def test_stability_index_is_no_less_than_nothing(reference: list[int], current: list[int]) -> None:
    if len(set(reference)) == 1:
        return
    index = psi(reference, current)
    assert index >= -1e-12
    assert psi(reference, reference) == 0.0
    assert psi([10 * r for r in reference], [10 * c for c in current]) == pytest.approx(index)


def test_stability_index_by_hand() -> None:
    """Shares .5 .5 against .75 .25: .25 ln 1.5 + .25 ln 2."""
    assert psi([0, 0, 1, 1], [0, 0, 0, 1], bins=2) == pytest.approx(
        0.25 * np.log(1.5) + 0.25 * np.log(2.0)
    )


def test_drift_names_the_column_that_moved() -> None:
    rng = np.random.default_rng(1)
    before = pd.DataFrame(
        {
            "age": rng.normal(50, 9, 4000),
            "wealth": rng.lognormal(11, 1, 4000),
            "flat": 1.0,
            "none": np.nan,
        }
    )
    after = before.sample(frac=1.0, random_state=0).assign(wealth=lambda f: 2.0 * f["wealth"])
    after.iloc[:400, 0] = np.nan
    table = drift(before, after)
    assert table["verdict"].to_dict() == {
        "age": "stable",
        "wealth": "act",
        "flat": "constant",
        "none": "unknown",
    }
    assert table.loc["age", "missing_after"] == pytest.approx(0.1)


def test_herding_counts_equal_portfolios_within_a_level() -> None:
    weights = np.array([[0.5, 0.5], [0.50001, 0.49999], [1.0, 0.0], [0.5, 0.5], [np.nan, np.nan]])
    table = herding(weights, [1, 1, 1, 2, 2])
    assert table["clients"].tolist() == [3, 1]
    assert table["portfolios"].tolist() == [2, 1]
    assert table["largest_share"].tolist() == [pytest.approx(2 / 3), 1.0]


def test_concentration_of_picks_by_hand() -> None:
    """Shares 3/6, 2/6 and 1/6: 9/36 + 4/36 + 1/36; an empty slot is no pick."""
    codes = np.array([[0, 1, 2], [0, 1, -1], [0, -1, -1]])
    found = concentration(
        Ranking(("a", "b", "c"), ("p", "q", "r", "s"), codes, np.where(codes < 0, np.nan, 1.0))
    )
    assert found.hhi == pytest.approx(14 / 36)
    assert found.effective == pytest.approx(36 / 14)
    assert (found.top, found.top_share, found.picks) == ("p", 0.5, 6)


def test_acceptance_by_segment() -> None:
    frame = pd.DataFrame(
        {"tier": ["base", "high", "base", "base"], "accepted": [True, False, 0, "yes"]}
    )
    table = acceptance(frame, by="tier")
    assert table["advice"].to_dict() == {"base": 3, "high": 1}
    assert table["accepted"].to_dict() == {"base": 2, "high": 0}
    assert (table["low"] <= table["share"]).all()
    assert table.loc["base", "high"] == pytest.approx(proportion(2, 3).high)


def test_pairs_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=200)
    frame = pd.DataFrame(
        {
            "client_id": np.arange(200),
            "treated": rng.random(200) < 1 / (1 + np.exp(1 - x)),
            "x": x,
            "y": x,
        }
    )
    one = match_pairs(frame, covariates=("x",), outcome="y")
    two = match_pairs(frame.sample(frac=1.0, random_state=3), covariates=("x",), outcome="y")
    pd.testing.assert_frame_equal(one.pairs, two.pairs)
    assert one.pairs["control"].is_unique
    assert (one.pairs["distance"] <= one.caliper).all()
    assert set(one.pairs["treated"]) | set(one.unmatched) == set(
        frame.loc[frame["treated"], "client_id"].astype(str)
    )


def test_greedy_pairs_by_brute_force() -> None:
    """The highest score first takes the nearest untreated client that is free: looked up among all,
    each time."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=120)
    frame = pd.DataFrame(
        {
            "client_id": [f"c{i:03}" for i in range(120)],
            "treated": rng.random(120) < 1 / (1 + np.exp(-x)),
            "x": x,
        }
    )
    found = match_pairs(frame, covariates=("x",))
    treated = frame[frame["treated"]].sort_values("x", ascending=False)
    free = frame[~frame["treated"]].set_index("client_id")["x"].to_dict()
    slope = found.pairs["distance"].iloc[0] / abs(
        _x(frame, found.pairs.iloc[0]["treated"]) - _x(frame, found.pairs.iloc[0]["control"])
    )
    expected: list[tuple[str, str]] = []
    for row in treated.itertuples():
        nearest = min(free, key=lambda c: abs(free[c] - row.x), default=None)
        if nearest is not None and slope * abs(free[nearest] - row.x) <= found.caliper:
            expected.append((row.client_id, nearest))
            del free[nearest]
    assert list(zip(found.pairs["treated"], found.pairs["control"], strict=True)) == expected


def _x(frame: pd.DataFrame, client: str) -> float:
    return float(frame.set_index("client_id")["x"][client])


def test_a_client_lives_the_same_life_whoever_else_is_there() -> None:
    def respond(state, action, draws):
        return draws[:, 0] * state[:, 0], np.where(draws[:, 1:2] < 0.8, state, np.nan)

    clients = pd.DataFrame({"size": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    act = lambda state, period: np.zeros(len(state))  # noqa: E731
    whole = dict(zip("abc", simulate_value(act, clients, respond, 9, runs=3).value, strict=True))
    part = simulate_value(act, clients.loc[["c", "a"]], respond, 9, runs=3).value
    assert part.tolist() == [whole["c"], whole["a"]]


def test_money_of_a_period_is_discounted_at_its_end() -> None:
    def stay(state, action, draws):
        return 10.0 * state[:, 0], state

    clients = pd.DataFrame({"size": [1.0, 2.0]}, index=["a", "b"])
    value = simulate_value(
        lambda state, period: np.zeros(len(state)), clients, stay, periods=3, discount=0.1
    ).value
    assert value.tolist() == pytest.approx(
        [10.0 * k * (1 / 1.1 + 1 / 1.21 + 1 / 1.331) for k in (1, 2)]
    )


def test_churn_model_takes_unknown_facts_and_any_scale() -> None:
    rng = np.random.default_rng(8)
    x = rng.normal(size=(600, 2))
    left = (rng.random(600) < 1 / (1 + np.exp(-2.0 * x[:, 0]))).astype(float)
    facts = pd.DataFrame({"recency": x[:, 0], "noise": x[:, 1], "same": 5.0, "never": np.nan})
    facts.loc[::7, "recency"] = np.nan
    model = ChurnModel.fit(facts, left)
    assert model.facts == ("recency", "noise")
    assert model.dropped == ("same", "never")
    p = model.probability(facts)
    assert model.report(facts, left).auc > 0.75
    scaled = facts.assign(recency=facts["recency"] * 1e6, noise=facts["noise"] * 1e-6)
    assert ChurnModel.fit(scaled, left).probability(scaled) == pytest.approx(p, abs=1e-4)
    assert p.mean() == pytest.approx(left.mean(), abs=0.02)


def test_churn_reads_facts_of_clients_and_many_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    columns = {"recency": rng.normal(size=400), "tenure": rng.normal(size=400)}
    facts = ClientFacts(tuple(f"c{i}" for i in range(400)), np.datetime64("2026-01-01"), columns)
    left = (rng.random(400) < 1 / (1 + np.exp(-2.0 * columns["recency"]))).astype(float)
    model = ChurnModel.fit(facts, left)
    p = model.probability(facts)
    assert p.tolist() == model.probability(facts.to_frame()).tolist()
    monkeypatch.setattr("advisor.adapters.analytics.churn.CHUNK", 7)
    assert model.probability(facts).tolist() == p.tolist()
    monkeypatch.setattr("advisor.adapters.analytics.churn.MOST", 300)
    some = ChurnModel.fit(facts, left, seed=3)
    assert some.clients == 300
    assert np.abs(some.probability(facts) - p).mean() < 0.1


def test_histories_count_days_of_purchase_until_the_day() -> None:
    """CDNOW's first customer: 1997-01-01, 1997-01-18, 1997-08-02 and 1997-12-12; until 1997-09-30 2
    repeats, 30.43 and 38.86 weeks, mean 22.35."""
    rows = [
        ("c1", "1997-01-01", 29.33),
        ("c1", "1997-01-18", 29.73),
        ("c1", "1997-08-02", 14.96),
        ("c1", "1997-12-12", 26.48),
    ]
    rows += [
        ("c2", "1997-01-01", 50.0),
        ("c2", "1997-01-01", 13.34),
        ("c2", "1997-01-13", 6.0),
        ("c2", "1997-01-13", 5.77),
        ("c3", "1997-01-01", 6.79),
    ]
    frame = pd.DataFrame(rows, columns=["client_id", "day", "money"]).assign(
        product_id=[f"cd{i}" for i in range(len(rows))]
    )
    table = purchase_histories(
        Interactions.from_frame(frame, value="money"), until="1997-09-30", unit_days=7
    )
    assert table.index.tolist() == ["c1", "c2", "c3"]
    assert table["frequency"].tolist() == [2, 1, 0]
    assert table["recency"].round(2).tolist() == [30.43, 1.71, 0.0]
    assert table["age"].round(2).tolist() == [38.86] * 3
    assert table["money"].tolist() == pytest.approx([22.345, 11.77, 0.0])


def test_every_call_is_timed_also_one_that_fails() -> None:
    ticks = iter([0.0, 0.005, 1.0, 1.2, 2.0, 2.001])
    late: list[float] = []

    class Host:
        def score(self, event):
            if event["amount"] > 5:
                raise KeyError("no such rule")
            return

    watched = watch(
        Host(), 100.0, on_late=lambda event, ms: late.append(ms), clock=lambda: next(ticks)
    )
    watched.score({"amount": 1})
    with pytest.raises(KeyError):
        watched.score({"amount": 9})
    watched.score({"amount": 2})
    report = watched.report()
    assert (report.calls, report.late, report.failed) == (3, 1, 1)
    assert late == [pytest.approx(200.0)]
    assert report.p50_ms == pytest.approx(5.0)
