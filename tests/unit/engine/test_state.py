"""What an advisor is made of: each field is saved once, and each is part of the fingerprint."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from advisor.contracts import Mandate, Questionnaire
from advisor.engine.orders import TradeSettings
from advisor.engine.parts import PARTS
from advisor.engine.state import AdvisorState, state_of
from advisor.errors import InputError
from advisor.optimize import BiasPolicy
from strategies import sample_advisor

OTHERS = {
    "fit_weight": 50.0,
    "utility_share": 0.5,
    "diversity": 1.0,
    "language": "zh",
    "seed": 1,
    "trading": TradeSettings(min_trade=10.0),
    "biases": BiasPolicy(cap=1.25),
    "mandate": Mandate(max_weight=0.5),
    "questionnaire": Questionnaire.grable_lytton(),
}


def test_only_fields_have_a_way_to_be_saved() -> None:
    assert set(PARTS) <= {field.name for field in fields(AdvisorState)}


@pytest.mark.parametrize("name", OTHERS)
def test_another_setting_is_another_fingerprint(name: str) -> None:
    state = sample_advisor(500).state
    other = replace(state, **{name: OTHERS[name]})
    assert other.fingerprint != state.fingerprint
    parts, arrays = other.parts()
    again = state_of(json.loads(json.dumps(parts)), arrays)
    assert again.fingerprint == other.fingerprint
    assert getattr(again, name) == OTHERS[name]


def test_the_order_in_which_assets_are_named_decides_nothing() -> None:
    state = sample_advisor(500).state
    limits = dict.fromkeys(state.model.assets, (0.0, 0.4))
    orders = [limits, dict(reversed(limits.items()))]
    one, other = (replace(state, mandate=Mandate(bounds=bounds)) for bounds in orders)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("name", ["mean", "covariance", "risk_levels", "stress"])
def test_a_model_without_one_of_its_arrays_is_refused(name: str) -> None:
    parts, arrays = sample_advisor(500).state.parts()
    del arrays[name]
    with pytest.raises(InputError, match=f"array '{name}' of the model is missing"):
        state_of(json.loads(json.dumps(parts)), arrays)
