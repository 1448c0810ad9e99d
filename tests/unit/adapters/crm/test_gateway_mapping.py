"""Field maps: units, words, dotted paths, what is refused, and what a message may show."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor import AdapterError, InputError, privacy
from advisor.adapters.crm.dialect import Dialect
from advisor.adapters.crm.gateway import MemoryGateway, pull_clients, push_advice
from advisor.adapters.crm.mapping import FieldMap
from advisor.adapters.crm.paths import incoming, outgoing, put_at, value_at
from advisor.contracts import Client
from gateway_contract import advice_for

DAY = date(2026, 4, 1)
WHOLE = {
    "id": "mine", "version": "1", "object": "person", "key": "ids.bank", "changed": "stamp",
    "fields": [
        {"to": "wealth", "path": "money.total", "unit": "thousands"},
        {"to": "horizon_years", "path": "months", "unit": "months", "default": 24},
        {"to": "answers.q1", "path": "form.first", "words": {"A": "a", "B": "b"}},
        {"to": "age", "path": "born", "unit": "birthday"},
        {"to": "professional", "path": "pro"},
    ],
    "written": [
        {"path": "out.level", "of": "level", "words": {"1": "low", "3": "middle"}},
        {"path": "out.return", "of": "expected_return", "unit": "percent"},
        {"path": "out.products", "of": "picks.product_id"},
        {"path": "out.whole", "of": "advice", "unit": "json"},
        {"path": "out.cash", "of": "cash"},
        {"path": "out.tags", "of": "tags", "join": "|"},
    ],
}  # fmt: skip


def mine(**changes: Any) -> FieldMap:
    return FieldMap.model_validate({**WHOLE, **changes})


def test_a_record_becomes_a_client() -> None:
    record = {
        "ids": {"bank": 101.0}, "money": {"total": "120.5"}, "months": 90, "form": {"first": "B"}, "born": "1990-04-02", "pro": "yes", "x": 1
    }  # fmt: skip
    client = Client(
        id="101", wealth=120_500, horizon_years=7.5, answers={"q1": "b"}, age=35, professional=True
    )
    assert mine().to_client(record, as_of=DAY) == client
    assert mine().to_client({**record, "months": " "}, as_of=DAY).horizon_years == 24.0


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"ids": {"bank": None}}, "ids.bank"),
        ({"ids": {"bank": ["a"]}}, "ids.bank"),
        ({"ids": 5}, "ids.bank"),
        ({"money": {"total": "a lot"}}, "wealth"),
        ({"money": {"total": -1}}, "wealth"),
        ({"money": None}, "wealth"),
        ({"money": [{"total": 1}, {"total": 2}]}, "wealth"),
        ({"form": {"first": "C"}}, "form.first"),
        ({"born": "in spring"}, "age"),
        ({"born": "2030-01-01"}, "age"),
        ({"pro": "perhaps"}, "professional"),
        ({"money": {"total": float("inf")}}, "wealth"),
    ],
)
def test_a_record_that_is_no_client(changes: dict[str, Any], what: str) -> None:
    record = {
        "ids": {"bank": "7"},
        "money": {"total": 1},
        "form": {"first": "A"},
        "born": "1990-01-01",
        "pro": False,
    }
    mine().to_client(record, as_of=DAY)
    with pytest.raises(AdapterError, match=what) as raised:
        mine().to_client({**record, **changes}, as_of=DAY)
    assert raised.value.record_id == (None if "ids" in changes else "7")


def test_messages_mask_what_a_record_says() -> None:
    record = {"ids": {"bank": "K-4711"}, "money": {"total": "98765x"}, "form": {"first": "Zebra"}}
    with privacy.mask(), pytest.raises(AdapterError) as raised:
        mine().to_client(record, as_of=DAY)
    assert not [word for word in ("4711", "98765", "Zebra") if word in str(raised.value)]
    with privacy.mask(), pytest.raises(AdapterError) as raised:
        mine().to_client({**record, "form": None}, as_of=DAY)
    assert "98765" not in str(raised.value)
    outcome = push_advice(MemoryGateway(mine(), {}), [advice_for("K-4711", 2)])[0]
    with privacy.mask():
        assert "4711" not in repr(outcome)


def test_an_advice_becomes_a_record() -> None:
    advice = advice_for("7")
    record = mine().to_record(advice, tags=("t1", "t2"))
    assert json.loads(record["out"].pop("whole"))["fingerprint"] == "abc123"
    assert record == {
        "ids": {"bank": "7"},
        "out": {
            "level": "middle",
            "return": 7.0,
            "products": ["CH0012005267", "F2"],
            "cash": None,
            "tags": "t1|t2",
        },
    }
    assert "tags" not in mine().to_record(advice)["out"]
    assert mine().to_record(advice, tags=())["out"]["tags"] == ""
    with pytest.raises(AdapterError, match=r"out\.level") as raised:
        mine().to_record(advice_for("7", 4))
    assert raised.value.record_id == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": [{"to": "wealth", "path": "a"}]},
        {"fields": [*WHOLE["fields"], {"to": "wealth", "path": "b"}]},
        {"fields": [*WHOLE["fields"], {"to": "salary", "path": "b"}]},
        {"fields": [*WHOLE["fields"], {"to": "id", "path": "b"}]},
        {"fields": [*WHOLE["fields"], {"to": "income.net", "path": "b"}]},
        {"fields": [*WHOLE["fields"], {"to": "income", "path": "b", "unit": "pounds"}]},
        {"written": [{"path": "x", "of": "levels"}]},
        {"written": [{"path": "x", "of": "level", "unit": "birthday"}]},
        {"other": 1},
    ],
)
def test_a_map_that_no_record_could_be_read_with(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        mine(**changes)


@pytest.mark.parametrize("name", ["plain", "salesforce", "hubspot", "dynamics"])
def test_bundled_maps_are_signed_and_fit_their_dialect(name: str, tmp_path: Any) -> None:
    fields = FieldMap.bundled(name)
    file = tmp_path / "map.json"
    file.write_text(fields.model_dump_json(), encoding="utf-8")
    assert FieldMap.load(file).digest == fields.digest
    assert fields.model_copy(update={"version": "2"}).digest != fields.digest
    if name != "plain":
        assert Dialect.bundled(name).id == fields.id
    with pytest.raises(InputError, match="plain"):
        FieldMap.bundled("other")


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=4),
    st.sampled_from(["thousands", "millions", "cents", "percent"]),
)
def test_a_unit_is_exact_to_a_float(amount: Decimal, unit: str) -> None:
    """The oracle multiplies as a whole number of ten-thousandths."""
    factor = {
        "thousands": 1000,
        "millions": 1_000_000,
        "cents": Decimal("0.01"),
        "percent": Decimal("0.01"),
    }[unit]
    assert incoming(str(amount), unit, DAY) == float(Decimal(repr(float(amount))) * factor)
    assert incoming(outgoing(float(amount), unit, None), unit, DAY) == pytest.approx(
        float(amount), rel=1e-15
    )


_RECORDS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner) | st.lists(inner),
)


@given(_RECORDS, st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
def test_a_path_into_any_record_ends(record: Any, parts: list[str]) -> None:
    value_at(record, ".".join(parts))
    fresh: dict[str, Any] = {}
    put_at(fresh, ".".join(parts), 5)
    assert value_at(fresh, ".".join(parts)) == 5


def test_a_birthday_counts_whole_years() -> None:
    assert [incoming("2000-02-29", "birthday", date(2026, 2, d)) for d in (28,)] == [25]
    assert incoming("2000-02-29", "birthday", date(2026, 3, 1)) == 26
    assert incoming(datetime(2000, 4, 1, tzinfo=UTC), "birthday", DAY) == 26


def test_two_records_of_one_client() -> None:
    rows = {
        str(n): {"ids": {"bank": "7"}, "money": {"total": total}, "form": {"first": "A"}}
        for n, total in enumerate((1, 1.0, 2))
    }
    pulled = pull_clients(MemoryGateway(mine(changed=None), rows), as_of=DAY)
    assert pulled.clients.wealth.tolist() == [1000.0]
    assert [p.record_id for p in pulled.problems] == ["7"]
    assert "1 clients, 1 problems, complete" in repr(pulled)


def test_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(InputError, match="time zone"):
        pull_clients(MemoryGateway(mine(), {}), since=datetime(2026, 1, 1))  # noqa: DTZ001
