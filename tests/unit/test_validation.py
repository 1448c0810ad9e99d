"""Every public function reads its arguments in one way, and refuses in one voice."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from advisor import InputError
from advisor.annotations import (
    Count,
    Day,
    OpenShare,
    Seed,
    Series,
    Share,
    Text,
    WholeArray,
    YesNoArray,
)
from advisor.arrays import FloatArray
from advisor.contracts import Client
from advisor.validation import checked


@checked
def measure(
    returns: Series,
    level: OpenShare = 0.95,
    *,
    share: Share = 0.5,
    k: Count = 1,
    word: Text = "a",
    day: Day = "2026-01-01",
    way: Literal["up", "down"] = "up",
    limit: float | None = None,
    fee: float | FloatArray = 0.0,
    client: Client | None = None,
    codes: WholeArray | None = None,
    marks: YesNoArray | None = None,
    seed: Seed = 0,
) -> tuple[object, ...]:
    """What arrived."""
    return returns, level, share, k, word, day, way, limit, fee, client, codes, marks, seed


@checked
@dataclass(frozen=True)
class Made:
    """A value with a count."""

    count: Count
    name: str = "x"

    @checked
    def times(self, factor: Count) -> int:
        """Product."""
        return self.count * factor

    @classmethod
    @checked
    def of(cls, count: Count) -> Made:
        """Made of a count."""
        return cls(count)


BAD = [
    ("returns", None),
    ("returns", "abc"),
    ("returns", []),
    ("returns", [1.0, float("nan")]),
    ("returns", [1 + 2j]),
    ("returns", [object()]),
    ("returns", [[1.0], [1.0, 2.0]]),
    ("returns", pd.DataFrame({"a": ["x"]})),
    ("level", 0.0),
    ("level", 1.0),
    ("level", float("nan")),
    ("share", 1.1),
    ("share", True),
    ("share", Decimal("sNaN")),
    ("k", 0),
    ("k", 1.5),
    ("k", True),
    ("k", 10**400),
    ("k", "3"),
    ("word", b"a"),
    ("word", "\ud800"),
    ("day", 20260101),
    ("day", "\udfff"),
    ("way", "sideways"),
    ("limit", float("inf")),
    ("limit", "1"),
    ("fee", "1"),
    ("client", {}),
    ("client", {"id": "a", "wealth": 1.0, "horizon_years": 1.0}),
    ("codes", [0.5]),
    ("codes", ["a"]),
    ("marks", [2]),
    ("seed", -1),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=lambda v: ascii(v)[:20])
def test_garbage_is_refused_by_name(field: str, value: object) -> None:
    arguments: dict[str, object] = {"returns": [0.1], field: value}
    with pytest.raises(InputError) as caught:
        measure(**arguments)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert str(caught.value).startswith(f"measure: {field} is ")
    str(caught.value).encode()


def test_what_is_good_arrives_as_the_annotation_says() -> None:
    got = measure(
        [1, 2], np.float32(0.5), k=np.int8(3), fee=[1, 2], codes=[1.0, -1.0], marks=[0, 1], limit=3
    )
    assert isinstance(got[0], np.ndarray)
    assert got[0].dtype == np.float64
    assert got[0].tolist() == [1.0, 2.0]
    assert type(got[1]) is float
    assert got[1] == 0.5
    assert type(got[3]) is int
    assert got[3] == 3
    assert np.asarray(got[8]).tolist() == [1.0, 2.0]
    assert np.asarray(got[10]).tolist() == [1, -1]
    assert np.asarray(got[11]).tolist() == [False, True]
    assert got[7] == 3.0


def test_an_array_is_not_copied() -> None:
    returns = np.ones(3)
    assert measure(returns)[0] is returns


def test_a_wrong_call_is_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="returns"):
        measure()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"measure\(\) got an unexpected .*nothing"):
        measure([0.1], nothing=1)  # type: ignore[call-arg]


def test_methods_classes_and_classmethods_are_checked() -> None:
    assert Made.of(3).times(2) == 6
    for call in (
        lambda: Made(0),
        lambda: Made.of(0),
        lambda: Made(1).times("2"),
        lambda: Made(1, name=3),
    ):  # type: ignore[arg-type]
        with pytest.raises(InputError, match=r"^Made"):
            call()


def test_the_message_says_what_why_and_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        measure([0.1], 1.5)
    assert (
        str(caught.value)
        == "measure: level is 1.5 (float); it must be a finite number above 0 and below 1. "
        "Give a fraction strictly between 0 and 1, such as 0.95."
    )


def test_what_it_may_be_is_one_list() -> None:
    @checked
    def act(by: int | pd.Series | str | list[int], weight: float | FloatArray = 1.0) -> None:
        del by, weight

    with pytest.raises(
        InputError, match=r"must be a whole number, a Series, a text .* or a list\."
    ):
        act(None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="it must be a finite number or numeric"):
        act(1, "x")  # type: ignore[arg-type]


def test_a_class_that_is_needed_is_named_with_how_to_make_it() -> None:
    with pytest.raises(InputError, match=r"must be a Client. Make it with Client\(id="):
        measure([0.1], client={})  # type: ignore[arg-type]


def test_an_error_of_the_body_is_left_as_it_is() -> None:
    @checked
    def broken(k: Count) -> int:
        return [1][k]

    with pytest.raises(IndexError):
        broken(3)


def test_the_function_keeps_its_name_signature_and_pickles() -> None:
    assert measure.__name__ == "measure"
    assert measure.__doc__ == "What arrived."
    assert list(inspect.signature(measure).parameters)[:2] == ["returns", "level"]
    assert pickle.loads(pickle.dumps(measure)) is measure
