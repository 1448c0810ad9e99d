"""Settings, histories and item models given what cannot be used: an answer, or a refusal in the
library's words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import AdvisorError, Client, ClientTable, InputError, Questionnaire
from advisor.lifecycle import TaxLots, review_holdings, sell_lots
from advisor.risk_profile import (
    AssessmentHistory,
    CapacityRules,
    GradedResponseModel,
    HistoryLimits,
    profile_risk,
)
from advisor.risk_profile.coherence import Controls
from advisor.risk_profile.psychometrics.calibrate import calibrate

DAY = "2027-01-01"
CLIENTS = ClientTable.from_clients([Client(id="a", wealth=1, horizon_years=9, level=3)])
HISTORY = AssessmentHistory.from_frame(
    pd.DataFrame({"client_id": ["a", "a"], "day": ["2026-01-01", "2026-02-01"], "level": [2, 3]})
)
MODEL = GradedResponseModel.of({"x": (1.0, (0.0,)), "y": (1.2, (0.0, 1.0))})
SHEETS = np.array([[0, 1], [1, 0], [0, 0], [1, 1]] * 10, dtype=np.int8)
SALES = pd.DataFrame({"client_id": ["a"], "day": ["2026-02-02"]})
LIMITS = {"per_day": 2, "per_year": 8, "valid_months": 12, "days_before_sale": 30}
CONTROLS = {
    "epsilon": 0.25,
    "straight_lining_share": 0.9,
    "misfit_below": -2.0,
    "misfit_lowers": 1,
    "loss_aversion_above": 2.25,
    "revealed_lowers": 1,
    "capacity": CapacityRules(),
}
CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "HistoryLimits": (HistoryLimits, LIMITS | {"senior_age": 65.0, "adult_age": 18.0}),
    "CapacityRules": (
        CapacityRules,
        {"reserve_months": 3.0, "debt_years": 3.0, "level_without_reserve": 2},
    ),
    "Controls": (Controls, CONTROLS),
    "profile_risk": (
        lambda **given: profile_risk(
            CLIENTS, Questionnaire.default(), as_of=DAY, controls=Controls(**given)
        ),
        CONTROLS,
    ),
    "from_frame": (AssessmentHistory.from_frame, {"frame": SALES.assign(level=1)}),
    "until": (HISTORY.until, {"day": DAY}),
    "standing": (HISTORY.standing, {"client_ids": ["a"], "before": DAY}),
    "may_assess": (HISTORY.may_assess, {"client_ids": ["a"], "day": DAY, "limits": None}),
    "validate": (
        HISTORY.validate,
        {"as_of": DAY, "clients": CLIENTS, "purchases": SALES, "limits": HistoryLimits()},
    ),
    "of": (GradedResponseModel.of, {"parameters": {"x": (1.0, (0.0,))}}),
    "score": (MODEL.score, {"responses": SHEETS}),
    "person_fit": (MODEL.person_fit, {"responses": SHEETS}),
    "information": (MODEL.information, {"theta": np.zeros(2)}),
    "probability": (MODEL.probability, {"theta": np.zeros(2)}),
    "calibrate": (
        calibrate,
        {"responses": SHEETS, "items": ["a", "b"], "tolerance": 1e-3, "max_cycles": 3},
    ),
}
GARBAGE: list[Any] = [
    pd.NA, pd.NaT, None, True, "x", b"x", "\ud800", Decimal("1.5"), Decimal("sNaN"), 1 + 2j,
    -1e12, 1e308, float("nan"), float("inf"), 10**400, 2**64, 0.5, (), [], {}, {("a",): 1.0},
    {"x": (float("nan"), (0.0,))}, {"x": 1.0}, {"x": (1.0, (1.0, 0.0))}, [pd.NA], ["\ud800"],
    date(9999, 12, 31), np.datetime64("100000-01-01"), np.timedelta64(1, "D"), object(),
    np.array(1.0), np.ma.masked, np.ma.array([1.0, 2.0], mask=[True, False]), np.zeros((0, 2)),
    np.zeros((2, 2, 2)), pd.DataFrame(), pd.Series([1, pd.NA], dtype="Int64"), iter([1.0]),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_whatever_an_argument_is_the_answer_is_ours(name: str) -> None:
    function, arguments = CASES[name]
    function(**arguments)
    for field in arguments:
        for value in GARBAGE:
            try:
                function(**(arguments | {field: value}))
            except AdvisorError as refusal:
                assert len(str(refusal)) > 30, refusal  # noqa: PT017 - answers are right, too


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"epsilon": 0.6}, "epsilon"),
        ({"epsilon": 0.0}, "epsilon"),
        ({"misfit_lowers": -1}, "misfit_lowers"),
        ({"revealed_lowers": 1.5}, "revealed_lowers"),
        ({"straight_lining_share": 9.0}, "straight_lining_share"),
    ],
)
def test_a_control_out_of_its_range_is_refused_by_name(settings: dict, field: str) -> None:
    with pytest.raises(InputError, match=field):
        Controls(**settings)


def test_what_is_masked_is_unknown_and_a_word_is_no_yes() -> None:
    lots = TaxLots(np.zeros(1), np.ones(1), np.ones(1), np.array(["2025-01-01"], dtype="M8[D]"))
    with pytest.raises(InputError, match="units is nan"):
        sell_lots(lots, np.ma.array([0.5], mask=[True]), [2.0], on=DAY)
    with pytest.raises(InputError, match="eligible"):
        review_holdings({"a": 1.0}, {"a": 1.0}, eligible={"a": "no"})  # type: ignore[dict-item]
