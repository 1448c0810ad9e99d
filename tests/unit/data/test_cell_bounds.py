"""What is read and asked for has bounds, and a batch of which nobody is known says so."""

from __future__ import annotations

import json
import logging
import time
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from advisor import (
    Advisor,
    ClientTable,
    InputError,
    Interactions,
    Popularity,
    Questionnaire,
    load,
    sample,
    save,
)
from advisor.cells import number_of, text_of
from advisor.risk_profile.psychometrics.calibrate import calibrate
from advisor.runs import advise_stream

HISTORY = Interactions.from_frame(
    pd.DataFrame(
        {"client_id": ["101", "102", "7"], "product_id": ["101", "102", "102"], "day": "2026-02-02"}
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 32_000 + "x",
        "1." * 16_000,
        "-" * 32_000,
        "1e" * 16_000,
        " " * 32_000 + "x",
        "." * 32_000,
    ],
)
def test_a_long_cell_is_read_in_linear_time(text: str) -> None:
    start = time.perf_counter()
    assert number_of(text) != number_of(text)
    table = ClientTable.from_frame(
        pd.DataFrame({"id": ["c"], "wealth": [text], "horizon_years": [1.0]})
    )
    assert 0 in table.problems
    assert len(table.problems[0]) < 500
    assert time.perf_counter() - start < 2.0


def test_a_batch_of_which_nobody_is_known_says_so(caplog: pytest.LogCaptureFixture) -> None:
    model = Popularity().fit(HISTORY)
    assert model.rank(["101", "new"], 1).note is None
    assert model.rank(["new"], 1).note is None
    assert not caplog.records
    assert "None of the 2 clients" in str(model.rank(["c101", "c102"], 1).note)
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("advisor.recommend.unknown", logging.WARNING)
    ]


@cache
def small_advisor() -> Advisor:
    return Advisor.fit(sample.market(), sample.interactions(60), catalogue=sample.catalogue())


def test_a_batch_of_advice_says_so_too(caplog: pytest.LogCaptureFixture) -> None:
    advisor = small_advisor()
    table = sample.clients(3)
    (batch,) = advisor.advise_many(table, as_of="2026-02-02", picks=1)
    assert "None of the" not in str(batch.note)
    strangers = ClientTable.from_clients(
        [table.client(i).model_copy(update={"id": f"x{i}"}) for i in range(3)]
    )
    (batch,) = advisor.advise_many(strangers, as_of="2026-02-02", picks=1)
    assert "None of the 3 clients" in str(batch.note)
    assert "None of the 3 clients" in caplog.text


def test_files_questions_and_answers_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "big.json").write_bytes(b" " * 10_000_001)
    with pytest.raises(InputError, match="bytes"):
        Questionnaire.load(tmp_path / "big.json")
    plain = json.loads(Questionnaire.default().model_dump_json())
    option = plain["questions"][0]["options"][0]
    plain["questions"][0]["options"] = [option | {"id": f"o{i}"} for i in range(129)]
    with pytest.raises(InputError, match="100"):
        Questionnaire.model_validate(plain)
    with pytest.raises(InputError, match="256"):
        calibrate(np.array([[256, 1], [257, 0], [256, 0], [257, 1]]))


def test_picks_beyond_reason_are_refused_before_anything_is_built(tmp_path: Path) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError, match="picks"):
        advise_stream(
            small_advisor(), sample.clients(3), tmp_path / "run", as_of="2026-02-02", picks=10**6
        )
    assert time.perf_counter() - start < 5.0
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="k is 100000000"):
        Popularity().fit(HISTORY).rank(["101"], 10**8)


@pytest.mark.parametrize(
    "column",
    ["sustainability", "currency", "gender", "segment", "excluded", "answer:q", "locked", "wealth"],
)
@pytest.mark.parametrize(
    "cell",
    ["taxonomy>=x", "a\ud800", Decimal("sNaN"), "x" * 10_001, "9" * 32_000 + "x"],
    ids=lambda cell: str(cell)[:12],
)
def test_one_cell_stops_nobody_else(column: str, cell: object) -> None:
    """The row has a status, the row beside it has the advice that it has alone."""
    plain = {
        "id": ["a", "b"],
        "wealth": 1e5,
        "horizon_years": 5.0,
        "level": 3,
        "assessed_on": "2026-01-15",
    }
    row = pd.DataFrame(plain).astype(object)
    row[column] = pd.Series([cell, row[column][1] if column in row else None], dtype=object)
    advisor = small_advisor()
    (batch,) = advisor.advise_many(ClientTable.from_frame(row), as_of="2026-02-02")
    beside = row.iloc[1:]
    (alone,) = advisor.advise_many(ClientTable.from_frame(beside), as_of="2026-02-02")
    assert batch[1] == alone[0]
    assert len(batch.to_arrow()) == 2


def test_a_manifest_beyond_reason_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(small_advisor(), tmp_path / "a")
    monkeypatch.setattr(
        "advisor.manifest.read_text",
        lambda path: (_ for _ in ()).throw(ValueError("it has more than 1 bytes")),
    )
    with pytest.raises(InputError, match="more than"):
        load(folder)


def test_one_text_for_one_number() -> None:
    forms = [
        3,
        3.0,
        np.float16(3),
        np.uint8(3),
        Decimal("3.00"),
        Decimal("3E0"),
        b"3",
        bytearray(b"3"),
        memoryview(b"3"),
        "3",
    ]
    assert {text_of(form) for form in forms} == {"3"}
