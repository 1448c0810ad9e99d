"""Whatever is pushed through a public function, it opens or it says why in an error of ours;
nothing else ever comes out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import (
    Advisor,
    AdvisorError,
    Catalogue,
    Client,
    ClientTable,
    Goal,
    GroupLimit,
    Interactions,
    LinearLimit,
    Mandate,
    Market,
    Preferences,
    Product,
    ReturnModel,
    RiskBands,
    RiskProfiles,
    Trades,
    evaluate_risk,
    optimal_portfolio,
    sample,
    trace_frontier,
)  # fmt: skip

NUMBER = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(10**6), 10**6)
JUNK = (
    st.none()
    | st.booleans()
    | NUMBER
    | st.text(max_size=4)
    | st.dates()
    | st.lists(NUMBER, max_size=3)
    | st.dictionaries(st.text(max_size=3), NUMBER, max_size=2)
)
NAMES = st.text(max_size=3) | st.sampled_from(["a", "b", "cash", "P001"])


def opens(door: Callable[[], object]) -> object | None:
    """What the public function gives, or None where it refused in our words; any other exception
    fails the test."""
    try:
        return door()
    except AdvisorError as refusal:
        told = str(refusal)
    assert len(told) > 20, "a refusal says what, why and what to do"
    return None


@pytest.mark.parametrize(
    "contract", [Client, Goal, Product, GroupLimit, LinearLimit, Mandate, RiskBands]
)
def test_contracts(contract: type) -> None:
    fields = list(contract.model_fields)

    @given(st.dictionaries(st.sampled_from([*fields, "no_such_field"]), JUNK, max_size=6))
    def pushed(values: dict) -> None:
        opens(lambda: contract(**values))
        opens(lambda: contract.model_validate(values))

    pushed()


CELLS = st.lists(JUNK, min_size=1, max_size=4)


@st.composite
def frames(draw: st.DrawFn, columns: list[str]) -> pd.DataFrame:
    rows = draw(st.integers(0, 4))
    chosen = draw(st.lists(st.sampled_from(columns), unique=True))
    return pd.DataFrame(
        {c: pd.Series([draw(JUNK) for _ in range(rows)], dtype=object) for c in chosen}
    )


@given(
    frames(
        [
            "id",
            "wealth",
            "horizon_years",
            "level",
            "age",
            "assessed_on",
            "answer:q",
            "holding:P001",
            "bias:loss_aversion",
            "excluded",
            "goals",
            "odd",
        ]
    )
)
def test_client_frames(frame: pd.DataFrame) -> None:
    table = opens(lambda: ClientTable.from_frame(frame))
    if isinstance(table, ClientTable):
        assert len(table) == len(frame), "a bad row is noted, never lost"


@given(
    frames(
        [
            "id",
            "name",
            "asset",
            "risk_level",
            "min_purchase",
            "annual_fee",
            "complex",
            "exposure:a",
            "odd",
        ]
    )
)
def test_catalogue_frames(frame: pd.DataFrame) -> None:
    opens(lambda: Catalogue.from_frame(frame))


@given(frames(["client_id", "product_id", "day", "value"]))
def test_interaction_frames(frame: pd.DataFrame) -> None:
    opens(lambda: Interactions.from_frame(frame))
    opens(lambda: Interactions.from_frame(frame, value="value"))


@given(frames(["client_id", "asset", "day", "side", "units", "price"]))
def test_trade_frames(frame: pd.DataFrame) -> None:
    opens(lambda: Trades.from_frame(frame))


@given(st.lists(st.lists(NUMBER, min_size=2, max_size=2), max_size=5), st.booleans())
def test_prices(rows: list[list[float]], shuffled: bool) -> None:
    days = pd.date_range("2024-01-01", periods=len(rows))
    frame = pd.DataFrame(
        rows, index=days[::-1] if shuffled else days, columns=["a", "b"] if rows else None
    )
    opens(lambda: Market.from_prices(frame))
    opens(lambda: Market.from_returns(frame))
    opens(lambda: Market.from_prices(frame, fill="forward"))


@given(
    st.lists(NAMES, max_size=3),
    st.lists(NUMBER, max_size=3),
    st.lists(st.lists(NUMBER, max_size=3), max_size=3),
    JUNK,
)
def test_return_models(names: list[str], mean: list, covariance: list, extra: object) -> None:
    opens(lambda: ReturnModel(names, mean, covariance))
    if isinstance(extra, dict):
        opens(lambda: ReturnModel(names, mean, covariance, risk_levels=extra))


@settings(max_examples=40)
@given(
    st.integers(1, 4), st.floats(-0.5, 1.5), st.floats(-0.5, 1.5), st.lists(st.tuples(NAMES, NUMBER, NUMBER), max_size=2), st.floats(1e-4, 1.0) | st.none()
)  # fmt: skip
def test_mandates_and_frontiers(
    n: int, low: float, high: float, bounds: list, cap: float | None
) -> None:
    model = ReturnModel(
        ["a", "b", "c", "d"][:n], np.linspace(0.01, 0.05, n), np.diag(np.linspace(0.0, 0.04, n))
    )
    mandate = opens(
        lambda: Mandate(
            min_weight=low,
            max_weight=high,
            bounds={name: (lo, hi) for name, lo, hi in bounds},
            max_volatility=cap,
        )
    )
    if mandate is not None:
        frontier = opens(lambda: trace_frontier(model, mandate))
        if frontier is not None:
            assert np.isfinite(frontier.weights).all()


@settings(max_examples=40)
@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_preferences_and_targets(gamma: float, loss: float, reference: float, years: float) -> None:
    model = ReturnModel(["a", "b"], [0.01, 0.05], [[0.0004, 0.0], [0.0, 0.04]])
    frontier = trace_frontier(model)
    opens(lambda: Preferences(gamma, loss, reference, years))
    for door in (
        frontier.at_risk_aversion,
        frontier.at_volatility,
        frontier.at_mean,
        frontier.risk_aversion_at,
        frontier.max_sharpe,
    ):
        opens(lambda door=door: door(gamma))
    opens(lambda: optimal_portfolio(model, risk_aversion=gamma))
    opens(lambda: optimal_portfolio(model, target_volatility=gamma))


@given(JUNK, JUNK)
def test_levels_and_days(levels: object, day: object) -> None:
    opens(lambda: RiskProfiles.from_levels(levels, as_of="2026-01-01"))
    opens(lambda: RiskProfiles.from_levels([1], as_of=day))


@cache
def house() -> Advisor:
    return Advisor.fit(sample.market(), sample.interactions(), catalogue=sample.catalogue())


@settings(max_examples=25)
@given(
    st.dictionaries(
        st.sampled_from(["tolerance_fall", "objective_aim", "nonsense", ""]), st.text(max_size=2)
    ),
    st.dictionaries(NAMES.filter(bool), st.floats(0, 10)),
    JUNK,
)
def test_the_front_door(answers: dict, holdings: dict, day: object) -> None:
    client = opens(
        lambda: Client(
            id="x", wealth=100.0, horizon_years=5.0, age=40, answers=answers, holdings=holdings
        )
    )
    if client is not None:
        opens(lambda: house().advise(client, as_of="2026-11-20"))
        opens(lambda: house().advise(client, as_of=day))
        (batch,) = house().advise_many(ClientTable.from_clients([client]), as_of="2026-11-20")
        assert batch[0].reasons, "whatever came of it is explained"


def test_the_judge() -> None:
    market = sample.market()
    for weights, levels in (
        (np.ones((1, 3)), [1]),
        (np.full((1, 8), np.nan), [1]),
        (np.full((1, 8), 0.125), [9]),
    ):
        assert (
            opens(
                lambda w=weights, v=levels: evaluate_risk(
                    w, market, levels=np.array(v), bands=RiskBands.default()
                )
            )
            is None
        )
