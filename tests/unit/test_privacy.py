"""A client's values are masked in what contracts show and say, unless a host asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from advisor import Advisor, Client, InputError, privacy, sample

SECRETS = ("SECRET-17", "123456.78", "quite_sure")
FULL: dict[str, Any] = {
    "id": "SECRET-17",
    "wealth": 123456.78,
    "horizon_years": 5.0,
    "holdings": {"OWNED-9": 10.0},
    "answers": {"question": "quite_sure"},
}


@pytest.fixture(autouse=True)
def as_delivered() -> Iterator[None]:
    """Masked, as it is where nobody says otherwise."""
    with privacy.mask():
        yield


def clear(*texts: object) -> bool:
    return not [secret for secret in SECRETS if any(secret in str(text) for text in texts)]


def test_a_client_shows_fields_and_no_values() -> None:
    client = Client(**FULL)
    assert clear(repr(client), str(client))
    assert "wealth=***" in repr(client)
    with privacy.show():
        assert "SECRET-17" in repr(client)
    assert clear(repr(client))


@pytest.mark.parametrize(
    "change",
    [
        {"horizon_years": None},
        {"wealth": "123456.78 pounds"},
        {"holdings": {"OWNED-9": "quite_sure"}},
        {"holdings": "OWNED-9"},
        {"answers": {"question": ["quite_sure"]}},
        {"quite": "SECRET-17"},
    ],
)
def test_a_refusal_names_the_field_and_no_value(change: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        Client(**(FULL | change))
    error = caught.value
    assert clear(str(error), repr(error), error.value, error.__cause__, *error.args)
    assert error.field is not None
    assert error.field.split(".")[0] == next(iter(change))
    with privacy.show(), pytest.raises(InputError) as shown:
        Client(**(FULL | change))
    assert shown.value.value is not None or change == {"horizon_years": None}


def test_a_missing_field_never_quotes_the_record() -> None:
    for mode in (privacy.show, privacy.mask):
        with (
            mode(),
            pytest.raises(InputError, match=r"Client\.horizon_years is missing; pass it") as caught,
        ):
            Client(id="SECRET-17", wealth=123456.78)  # type: ignore[call-arg]
        assert clear(str(caught.value), caught.value.value)


def test_an_advice_shows_no_values() -> None:
    advisor = Advisor.fit(sample.market(), sample.interactions(50), catalogue=sample.catalogue())
    advice = advisor.advise(sample.client(), as_of="2026-11-20")
    assert advice.client_id not in repr(advice)
    assert advice.picks[0].product_id not in repr(advice.picks[0])


def test_masking_is_the_default() -> None:
    code = (
        "from advisor import Client; print(Client(id='SECRET-17', wealth=1.0, horizon_years=2.0))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ADVISOR_PRIVACY"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert "id=***" in done.stdout
    assert "SECRET" not in done.stdout
