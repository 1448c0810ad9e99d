"""Analytics and what cannot be used: an answer, or a refusal in the library's words; nothing of
statsmodels, scikit-learn or scipy comes out."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import InputError, Interactions, Ranking, privacy
from advisor.adapters import analytics
from advisor.adapters.analytics import (
    ChurnModel,
    IsolationScorer,
    PurchaseModel,
    Score,
    SpendModel,
    ab_test,
    acceptance,
    ces,
    clv,
    complaints,
    concentration,
    csat,
    did,
    drift,
    drivers,
    false_positive_rate,
    hazard_ratios,
    herding,
    judge_churn,
    ks,
    log_of,
    match_pairs,
    nps,
    proportion,
    psi,
    purchase_histories,
    sample_size,
    shapley,
    simulate_value,
    survival,
    watch,
)

RNG = np.random.default_rng(0)
N = 60
FRAME = pd.DataFrame(
    {
        "client_id": np.arange(N) // 2,
        "period": np.arange(N) % 2,
        "treated": np.arange(N) < N // 2,
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "y": RNG.normal(size=N),
        "weeks": RNG.integers(1, 30, N),
        "ended": RNG.random(N) < 0.6,
    }
)
ONE_EACH = FRAME.assign(client_id=np.arange(N), treated=RNG.random(N) < 0.4)
MARKS = (RNG.random(N) < 0.5).astype(float)
FACTS = FRAME[["x", "z", "weeks"]]
HISTORIES = pd.DataFrame(
    {
        "frequency": [0, 2, 5, 1],
        "recency": [0.0, 3.0, 9.0, 1.0],
        "age": [9.0, 9.0, 10.0, 8.0],
        "money": [0.0, 9.0, 5.0, 30.0],
    }
)
PURCHASES = PurchaseModel(0.24, 4.4, 0.8, 2.4, -1.0, 4)
SPEND = SpendModel(6.2, 3.7, 15.4, -1.0, 4)
BOUGHT = Interactions.from_frame(
    pd.DataFrame(
        {
            "client_id": ["a", "a", "b"],
            "product_id": ["p", "q", "p"],
            "day": ["2026-01-01", "2026-01-09", "2026-01-03"],
            "money": [5.0, 7.0, 9.0],
        }
    ),
    value="money",
)
LOG = pd.DataFrame(
    {
        "client_id": ["a", "b"],
        "product_id": ["p", "q"],
        "propensity": [0.5, 0.4],
        "reward": [1.0, 0.0],
    }
)
TARGET = pd.DataFrame([[0.5, 0.5], [0.2, 0.3]], index=["a", "b"], columns=["p", "q"])
CLIENTS = pd.DataFrame({"wealth": [1.0, 2.0]}, index=["a", "b"])
RANKING = Ranking(
    ("a", "b"), ("p", "q"), np.array([[0, 1], [0, -1]]), np.array([[2.0, 1.0], [1.0, np.nan]])
)


def respond(state, action, draws):
    return np.ones(len(state)), state


class Rules:
    def score(self, event):
        return None


CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "nps": (nps, {"scores": [1, 9, 10], "confidence": 0.9}),
    "ces": (ces, {"scores": [1, 5, 7], "scale": 7, "easy": 5, "confidence": 0.9}),
    "csat": (csat, {"scores": [1, 5, 4], "scale": 5, "satisfied": 4, "confidence": 0.9}),
    "proportion": (proportion, {"count": 1, "n": 3, "confidence": 0.9}),
    "complaints": (
        complaints,
        {
            "events": pd.DataFrame(
                {"opened": ["2026-01-01", "2026-01-02"], "closed": ["2026-01-05", None]}
            ),
            "as_of": "2026-02-01",
            "opened": "opened",
            "closed": "closed",
            "confidence": 0.9,
        },
    ),
    "drivers": (drivers, {"frame": FRAME, "outcome": "y", "drivers": ("x", "z"), "samples": None}),
    "shapley": (
        shapley,
        {"value": lambda s: float(len(s)), "players": ["a", "b"], "samples": None, "seed": 0},
    ),
    "ab_test": (
        ab_test,
        {
            "successes": [3, 4],
            "trials": [10, 9],
            "prior": (1.0, 1.0),
            "threshold": 0.01,
            "confidence": 0.9,
        },
    ),
    "sample_size": (sample_size, {"baseline": 0.1, "expected": 0.2, "power": 0.8, "alpha": 0.05}),
    "did": (
        did,
        {
            "frame": FRAME,
            "outcome": "y",
            "start": 1,
            "treated": "treated",
            "period": "period",
            "client": "client_id",
            "covariates": (),
            "confidence": 0.9,
        },
    ),
    "match_pairs": (
        match_pairs,
        {
            "frame": ONE_EACH,
            "covariates": ("x", "z"),
            "treated": "treated",
            "outcome": "y",
            "client": "client_id",
            "caliper": 0.2,
            "confidence": 0.9,
        },
    ),
    "survival": (survival, {"durations": [1.0, 2.0], "ended": [1.0, 0.0]}),
    "hazard_ratios": (
        hazard_ratios,
        {
            "frame": FRAME,
            "duration": "weeks",
            "ended": "ended",
            "covariates": ("x",),
            "confidence": 0.9,
        },
    ),
    "PurchaseModel.fit": (
        PurchaseModel.fit,
        {"frequency": [0, 2, 5, 1], "recency": [0, 3, 9, 1], "age": [9, 9, 10, 8]},
    ),
    "PurchaseModel.expected": (PURCHASES.expected, {"time": 4.0}),
    "PurchaseModel.expected_of": (
        PURCHASES.expected_of,
        {"frequency": [1.0], "recency": [2.0], "age": [3.0], "time": 4.0},
    ),
    "PurchaseModel.p_alive": (
        PURCHASES.p_alive,
        {"frequency": [1.0], "recency": [2.0], "age": [3.0]},
    ),
    "SpendModel.fit": (SpendModel.fit, {"frequency": [0, 2, 5, 1], "money": [0.0, 9.0, 5.0, 30.0]}),
    "SpendModel.expected_of": (SPEND.expected_of, {"frequency": [1.0], "money": [2.0]}),
    "purchase_histories": (
        purchase_histories,
        {"bought": BOUGHT, "until": "2026-02-01", "unit_days": 7.0},
    ),
    "clv": (
        clv,
        {
            "histories": HISTORIES,
            "purchases": PURCHASES,
            "spend": SPEND,
            "periods": 3,
            "period": 1.0,
            "discount": 0.01,
            "margin": 1.0,
        },
    ),
    "ChurnModel.fit": (
        ChurnModel.fit,
        {"facts": FACTS, "churned": MARKS, "strength": 0.1, "seed": 0},
    ),
    "ChurnModel.report": (
        ChurnModel.fit(FACTS, MARKS).report,
        {"facts": FACTS, "churned": MARKS, "bins": 4},
    ),
    "judge_churn": (
        judge_churn,
        {"probability": np.linspace(0.1, 0.9, N), "churned": MARKS, "bins": 4},
    ),
    "psi": (psi, {"reference": [1.0, 2.0, 3.0], "current": [1.0, 2.0], "bins": 3}),
    "ks": (ks, {"reference": [1.0, 2.0, 3.0], "current": [1.0, 2.0]}),
    "drift": (drift, {"reference": FACTS, "current": FACTS, "bins": 4, "watch": 0.1, "act": 0.2}),
    "concentration": (concentration, {"ranking": RANKING}),
    "herding": (herding, {"weights": np.eye(2), "levels": [1, 2], "decimals": 3}),
    "acceptance": (
        acceptance,
        {
            "frame": pd.DataFrame({"tier": ["a", "b"], "accepted": [1, 0]}),
            "by": "tier",
            "accepted": "accepted",
            "confidence": 0.9,
        },
    ),
    "watch": (watch, {"scorer": Rules(), "budget_ms": 5.0, "on_late": None, "clock": lambda: 0.0}),
    "IsolationScorer.fit": (IsolationScorer.fit, {"frame": FACTS, "trees": 3, "seed": 0}),
    "false_positive_rate": (
        false_positive_rate,
        {"scores": [0.1, 0.9], "fraud": [0.0, 1.0], "recall": 0.8},
    ),
    "log_of": (
        log_of,
        {
            "frame": LOG,
            "target": TARGET,
            "rewards": TARGET,
            "client": "client_id",
            "product": "product_id",
            "propensity": "propensity",
            "reward": "reward",
        },
    ),
    "simulate_value": (
        simulate_value,
        {
            "policy": lambda state, period: np.zeros(len(state)),
            "clients": CLIENTS,
            "model": respond,
            "seed": 0,
            "periods": 2,
            "runs": 1,
            "draws": 2,
            "discount": 0.0,
        },
    ),
}
HUGE = {"bins", "periods", "runs", "draws", "trees", "samples", "decimals"}
"""Counts of which a huge one is an honest request for hours of work."""


def test_every_function_has_a_case_that_is_answered() -> None:
    public = {name for name in analytics.__all__ if inspect.isfunction(getattr(analytics, name))}
    assert public - {"check", "compare"} <= set(CASES)  # tried in tests of their own
    for name, (function, arguments) in CASES.items():
        function(**arguments)
        assert set(arguments) == set(inspect.signature(function).parameters), name


@pytest.mark.parametrize("name", CASES)
def test_nothing_raw_comes_out_of_any_argument(
    name: str, garbage: dict[str, Any], raw_error: Callable[..., str | None]
) -> None:
    function, arguments = CASES[name]
    raw = [
        f"{field} = {label}: {error}"
        for field in arguments
        for label, bad in garbage.items()
        if not (field in HUGE and label in {"great", "huge"})
        if field not in {"value", "policy", "model", "clock", "on_late"} or not callable(bad)
        if (error := raw_error(function, arguments, field, bad)) is not None
    ]
    assert not raw, "\n".join(raw)


REFUSED: dict[str, tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], str]] = {
    "one arm": (ab_test, ([3], [10]), {}, "at least 2"),
    "negative successes": (ab_test, ([-1, 2], [10, 10]), {}, "at least 0"),
    "half a success": (ab_test, ([0.5, 2], [10, 10]), {}, "whole"),
    "more successes than trials": (ab_test, ([11, 2], [10, 10]), {}, "in 10 trials"),
    "an arm nobody saw": (ab_test, ([0, 2], [0, 10]), {}, "at least 1"),
    "other arms": (ab_test, ({"a": 1, "b": 1}, {"a": 3, "c": 3}), {}, "same ones"),
    "half named": (ab_test, ({"a": 1, "b": 1}, [3, 3]), {}, "both or neither"),
    "equal rates": (sample_size, (0.1, 0.1), {}, "no number of clients"),
    "certain power": (sample_size, (0.1, 0.2), {"power": 1.0}, "power"),
    "power below alpha": (sample_size, (0.1, 0.2), {"power": 0.04}, "not above alpha"),
    "an answer of 11": (nps, ([11],), {}, "at most 10"),
    "half an answer": (nps, ([7.5],), {}, "whole"),
    "no answers": (nps, ([],), {}, "at least 1"),
    "an answer of 0": (csat, ([0],), {}, "at least 1"),
    "everybody satisfied": (csat, ([3],), {"satisfied": 1}, "every answer counts"),
    "a part above the whole": (proportion, (4, 3), {}, "cannot exceed"),
    "no player": (shapley, (lambda s: 0.0, []), {}, "empty"),
    "a player twice": (shapley, (lambda s: 0.0, ["a", "a"]), {}, "twice"),
    "a value that is none": (shapley, (lambda s: float("nan"), ["a"]), {}, "finite"),
    "one sample": (shapley, (lambda s: 0.0, ["a"]), {"samples": 1}, "at least 2"),
    "only treated": (
        did,
        (FRAME.assign(treated=True),),
        {"outcome": "y", "start": 1},
        "0 untreated clients",
    ),
    "nothing before": (did, (FRAME,), {"outcome": "y", "start": 0}, "before the start"),
    "nothing after": (did, (FRAME,), {"outcome": "y", "start": 9}, "from the start on"),
    "a client in both arms": (
        did,
        (FRAME.assign(treated=[*([True] * 11), *([False] * 49)]),),
        {"outcome": "y", "start": 1},
        "treated in some rows",
    ),
    "a constant outcome": (did, (FRAME.assign(y=1.0),), {"outcome": "y", "start": 1}, "constant"),
    "a covariate that is the arm": (
        did,
        (FRAME.assign(c=FRAME["treated"] * 1.0),),
        {"outcome": "y", "start": 1, "covariates": ("c",)},
        "determine",
    ),
    "no rows": (did, (FRAME.head(0),), {"outcome": "y", "start": 1}, "no rows"),
    "all treated": (
        match_pairs,
        (ONE_EACH.assign(treated=True),),
        {"covariates": ("x",)},
        "both arms",
    ),
    "a client twice": (match_pairs, (FRAME,), {"covariates": ("x",)}, "one row a client"),
    "a covariate that tells": (
        match_pairs,
        (ONE_EACH.assign(x=ONE_EACH["treated"] * 1.0),),
        {"covariates": ("x",)},
        "tells who",
    ),
    "a constant covariate": (
        match_pairs,
        (ONE_EACH.assign(x=3.0),),
        {"covariates": ("x",)},
        "constant",
    ),
    "two covariates alike": (
        match_pairs,
        (ONE_EACH.assign(z=2.0 * ONE_EACH["x"]),),
        {"covariates": ("x", "z")},
        "follows from",
    ),
    "nobody near": (match_pairs, (ONE_EACH,), {"covariates": ("x",), "caliper": 1e-300}, "caliper"),
    "a negative duration": (survival, ([-1.0], [1.0]), {}, "at least 0"),
    "a half ending": (survival, ([1.0], [0.5]), {}, "whole"),
    "lengths": (survival, ([1.0, 2.0], [1.0]), {}, "shape"),
    "nothing ended": (
        hazard_ratios,
        (FRAME.assign(ended=False),),
        {"duration": "weeks", "ended": "ended", "covariates": ("x",)},
        "no in every row",
    ),
    "a covariate that follows": (
        hazard_ratios,
        (FRAME.assign(z=2.0 * FRAME["x"]),),
        {"duration": "weeks", "ended": "ended", "covariates": ("x", "z")},
        "follows from",
    ),
    "opened later": (
        complaints,
        (pd.DataFrame({"opened": ["2026-03-01"], "closed": [None]}),),
        {"as_of": "2026-02-01"},
        "after 2026-02-01",
    ),
    "closed before opened": (
        complaints,
        (pd.DataFrame({"opened": ["2026-01-05"], "closed": ["2026-01-01"]}),),
        {"as_of": "2026-02-01"},
        "closed",
    ),
    "an outcome that drives itself": (
        drivers,
        (FRAME,),
        {"outcome": "y", "drivers": ("y", "x")},
        "explains itself",
    ),
    "fewer rows than drivers": (
        drivers,
        (FRAME.head(3),),
        {"outcome": "y", "drivers": ("x", "z")},
        "more rows",
    ),
    "a negative frequency": (PurchaseModel.fit, ([-1], [0], [5]), {}, "at least 0"),
    "nobody bought again": (PurchaseModel.fit, ([0, 0], [0, 0], [5, 5]), {}, "bought again"),
    "recency above age": (PurchaseModel.fit, ([1], [6], [5]), {}, "above age"),
    "recency without repeats": (PurchaseModel.fit, ([0], [2], [5]), {}, "one purchase only"),
    "repeats on one day": (PurchaseModel.fit, ([3], [0], [5]), {}, "one purchase a day"),
    "free purchases": (SpendModel.fit, ([1, 2], [0.0, 3.0]), {}, "positive"),
    "everybody spends the same": (SpendModel.fit, ([1, 2], [3.0, 3.0]), {}, "spread"),
    "nothing bought yet": (
        purchase_histories,
        (BOUGHT,),
        {"until": "2025-01-01"},
        "Nothing was bought",
    ),
    "nobody left": (ChurnModel.fit, (FACTS, np.zeros(N)), {}, "one outcome"),
    "no fact": (ChurnModel.fit, (FACTS[[]], MARKS), {}, "no column"),
    "no fact varies": (ChurnModel.fit, (FACTS[[]].assign(c=1.0), MARKS), {}, "varies"),
    "a constant reference": (psi, ([1.0, 1.0], [1.0, 2.0]), {}, "constant"),
    "one bin": (psi, ([1.0, 2.0], [1.0, 2.0]), {"bins": 1}, "2 or more"),
    "a column that went": (drift, (FACTS, FACTS[["x"]]), {}, "need the column"),
    "no portfolio": (herding, (np.full((1, 2), np.nan), [1]), {}, "Nobody"),
    "no fraud": (false_positive_rate, ([0.1, 0.2], [0, 0]), {}, "both kinds"),
    "no scorer": (watch, (object(),), {}, "without score"),
    "a product nobody can show": (log_of, (LOG.assign(product_id="r"), TARGET), {}, "no product"),
    "shown for certain not": (log_of, (LOG.assign(propensity=0.0), TARGET), {}, "probability 0"),
    "shares above the whole": (log_of, (LOG, TARGET + 0.5), {}, "add up to more"),
    "a client twice in a simulation": (
        simulate_value,
        (lambda s, p: s[:, 0], CLIENTS.set_axis(["a", "a"]), respond),
        {},
        "twice",
    ),
    "a policy of another length": (
        simulate_value,
        (lambda s, p: [1], CLIENTS, respond),
        {},
        "shape",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    function, arguments, options, words = REFUSED[name]
    with pytest.raises(InputError, match=words):
        function(*arguments, **options)


def test_an_event_without_a_feature_is_refused() -> None:
    scorer = IsolationScorer.fit(FACTS, trees=3)
    with pytest.raises(InputError, match="finite number"):
        scorer.score({"x": 1.0, "z": None, "weeks": 3})
    with pytest.raises(InputError):
        scorer.score(None)  # type: ignore[arg-type]


def test_clients_who_are_all_alike_are_told() -> None:
    """One rate for all, and nobody leaves: the spread runs to the edge, the model says so, and
    still predicts the rate."""
    rng = np.random.default_rng(0)
    x = rng.poisson(4.0, 2000).astype(float)
    last = np.where(x > 0.0, 10.0 * rng.random(2000) ** (1.0 / np.maximum(x, 1.0)), 0.0)
    model = PurchaseModel.fit(x, last, np.full(2000, 10.0))
    assert "r" in model.at_edge
    assert model.expected_of(x, last, np.full(2000, 10.0), time=10.0).mean() == pytest.approx(
        4.0, rel=0.05
    )
    assert model.p_alive(x, last, np.full(2000, 10.0)).mean() > 0.99


def test_names_are_sorted_and_load_on_use() -> None:
    assert analytics.__all__ == sorted(analytics.__all__)
    for name in analytics.__all__:
        assert inspect.getdoc(getattr(analytics, name)), name
    heavy = (
        "import sys, advisor.adapters.analytics as a; print([m for m in ('statsmodels', 'sklearn',"
        " 'scipy.stats', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.stats.proportion", None)
    with pytest.raises(InputError, match=r"advisor\[analytics\]"):
        proportion(1, 3)


def test_values_of_clients_stay_out_of_messages_and_reprs() -> None:
    """With personal data masked no message, and no value on the error, tells an amount, a day or an
    id of a client."""
    odd, name = 98765.25, "c-secret"
    many = CLIENTS.set_axis([name, "b"])
    tries: list[Callable[[], Any]] = [
        lambda: nps([odd]),
        lambda: csat([odd]),
        lambda: survival([-odd], [1.0]),
        lambda: PurchaseModel.fit([1], [odd], [5.0]),
        lambda: PurchaseModel.fit([0], [odd], [odd]),
        lambda: PurchaseModel.fit([odd], [1.0], [2.0]),
        lambda: SpendModel.fit([1, 2], [-odd, 3.0]),
        lambda: complaints(
            pd.DataFrame({"opened": ["2026-03-01"], "closed": [None]}), as_of="2026-02-01"
        ),
        lambda: did(FRAME.assign(y=odd), outcome="y", start=1),
        lambda: match_pairs(ONE_EACH.assign(client_id=name), covariates=("x",)),
        lambda: log_of(LOG.assign(client_id=name), TARGET),
        lambda: log_of(LOG, TARGET.set_axis([name, name])),
        lambda: simulate_value(lambda s, p: s[:, 0], CLIENTS.set_axis([name, name]), respond),
        lambda: IsolationScorer.fit(FACTS, trees=3).score({"x": str(odd), "z": 1.0, "weeks": 1.0}),
    ]
    with privacy.mask():
        for tried in tries:
            with pytest.raises(InputError) as caught:
                tried()
            shown = f"{caught.value} {caught.value.value!r}"
            assert not any(word in shown for word in ("98765", name, "2026-03")), shown
        simulated = simulate_value(lambda s, p: np.zeros(len(s)), many, respond)
        pairs = match_pairs(
            ONE_EACH.assign(client_id=[f"{name}{i}" for i in range(N)]), covariates=("x",)
        )
        score = Score(0.9, (f"amount is {odd}",))
        assert name not in repr(simulated) + repr(pairs)
        assert "98765" not in repr(score)
