"""The ledger in a file and in both databases: appended to by many, checked, exported, forgotten by
salt."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from advisor import InputError, privacy
from advisor.adapters.crm import Store
from advisor.adapters.records import (
    ClientFilter,
    Ledger,
    Pseudonyms,
    Record,
    SignedHead,
    due_for_deletion,
    masked_id,
    new_key,
    pseudonym,
    public_key,
    verify_file,
)

AT = datetime(2026, 11, 1, tzinfo=UTC)
RECORD = Record(
    kind="advice",
    subject="a" * 64,
    decision="ok",
    rules=("csrc-2016:R1",),
    inputs="b" * 64,
    operator="night",
    as_of="2026-11-01",
)


@pytest.fixture
def place(
    kind: str, database: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Any:
    store = Store.open(**database)
    store.migrate()
    return store


def test_appended_checked_exported(place: Store, tmp_path: Path) -> None:
    key = new_key()
    ledger = Ledger(place, key=key)
    assert ledger.verify().ok
    assert ledger.head().seq == 0
    assert ledger.append([RECORD] * 3, at=AT).seq == 3
    assert ledger.append(RECORD, at=AT).seq == 4
    assert ledger.append([], at=AT).seq == 4
    head = ledger.signed_head()
    assert SignedHead.model_validate_json(head.model_dump_json()) == head
    ledger.append([RECORD], at=AT)
    assert ledger.verify(head, public_key=public_key(key)).ok
    assert [(seq, at, record) for seq, at, record in ledger.records()] == [
        (i, AT, RECORD) for i in range(1, 6)
    ]
    file = ledger.export(tmp_path / "out.jsonl")
    assert verify_file(file, public_key(key)).ok
    assert not verify_file(file, public_key(new_key())).ok
    unsigned = Ledger(place).export(tmp_path / "plain.jsonl")
    assert verify_file(unsigned).ok
    assert "no signature" in verify_file(unsigned, public_key(key)).problems[0].text
    with place.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger SET body = REPLACE(body, '\"ok\"', '\"no\"') WHERE seq = 2"
        )
    assert [p.seq for p in ledger.verify().problems] == [2]
    with place.writing() as connection:
        connection.exec_driver_sql("DELETE FROM ledger WHERE seq = 5")
    assert [p.seq for p in ledger.verify(head).problems] == [2]
    with place.writing() as connection:
        connection.exec_driver_sql("DELETE FROM ledger WHERE seq = 4")
    assert [p.seq for p in ledger.verify(head).problems] == [2, 4]


def append_many(ledger: Ledger) -> None:
    for _ in range(10):
        ledger.append([RECORD] * 5, at=AT)


def test_many_writers_make_one_chain(place: Store, tmp_path: Path) -> None:
    for ledger in (Ledger(place), Ledger(tmp_path / "many.jsonl")):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(append_many, [ledger] * 4))
        report = ledger.verify()
        assert report.ok
        assert report.records == 200


def test_nothing_of_a_failed_batch_is_kept(place: Store, tmp_path: Path) -> None:
    for ledger in (Ledger(place), Ledger(tmp_path / "x.jsonl")):
        ledger.append(RECORD, at=AT)
        with pytest.raises(InputError, match="keeps records"):
            ledger.append([RECORD, "no record"], at=AT)  # type: ignore[list-item]
        with pytest.raises(InputError, match="time zone"):
            ledger.append(RECORD, at=datetime(2026, 1, 1))  # noqa: DTZ001
        assert ledger.head().seq == 1


KILLED = """
import sys
from datetime import datetime, UTC
from advisor.adapters.records import Ledger, Record
ledger = Ledger(sys.argv[1])
print("ready", flush=True)
for turn in range(100_000):
    ledger.append([Record(kind="turn", decision=str(turn), data={"text": "x" * 2000})] * 500, at=datetime(2026, 11, 1, tzinfo=UTC))
"""


def test_a_file_whose_writer_was_killed_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "killed.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for pause in (0.03, 0.11):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE, env=environment
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        report = Ledger(file).verify()
        assert report.ok
        assert report.records % 500 == 0
    (tmp_path / "killed.jsonl.pending").write_text(str(file.stat().st_size))
    with file.open("a") as torn:
        torn.write('{"body": "half a li')
    before = report.records
    report = Ledger(file).verify()
    assert (report.ok, report.records) == (True, before)
    assert Ledger(file).append(RECORD, at=AT).seq == before + 1


def test_a_record_says_nothing_personal() -> None:
    for wrong in (
        {"subject": "c00001"},
        {"data": {"wealth": 5}},
        {"data": {"deep": [{"answers": {"q": "a"}}]}},
        {"data": {"x": 0.5}},
        {"decision": "x" * 501},
        {"kind": ""},
        {"fingerprint": "not a digest"},
        {"moon": 1},
    ):
        with pytest.raises(InputError):
            Record(**{"kind": "k", "decision": "d", **wrong})


def test_pseudonyms_go_with_their_salt(place: Store) -> None:
    names = Pseudonyms(place)
    first = names.of("c1")
    assert names.of("c1") == first
    assert Pseudonyms(place).of_all(["c1", "c2"])["c1"] == first
    assert first != names.of("c2")
    assert len(first) == 64
    assert names.erase("c1")
    assert not names.erase("c1")
    assert names.of("c1") != first
    many = [f"m{i}" for i in range(2500)]
    assert len(set(names.of_all(many).values())) == 2500
    names.end("c2", date(2021, 11, 1))
    assert names.due_for_deletion(date(2026, 10, 31)) == ()
    assert names.due_for_deletion(date(2026, 11, 1)) == ("c2",)
    assert names.due_for_deletion(date(2024, 11, 1), years=3) == ("c2",)
    for years in (-1, 1.5, "5", None, True):
        with pytest.raises(InputError, match="years"):
            due_for_deletion({}, date(2026, 1, 1), years=years)  # type: ignore[arg-type]


def test_a_pseudonym_is_the_hmac_of_the_standard() -> None:
    """RFC 4231, test case 2."""
    assert (
        pseudonym("what do ya want for nothing?", b"Jefe")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_a_signature_is_that_of_the_standard() -> None:
    """RFC 8032, section 7.1, test 1: the key pair."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert public_key(secret) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"


def test_logs_do_not_carry_ids() -> None:
    known = ClientFilter({"c00017", "Ünal"})
    handler, lines = logging.Handler(), list[str]()
    handler.emit = lambda record: lines.append(logging.Formatter("%(message)s").format(record))  # type: ignore[method-assign]
    handler.addFilter(known)
    log = logging.Logger("x")
    log.addHandler(handler)
    with privacy.mask():
        log.warning("advised %s and c00017, then Ünal.", "c00017")
        log.warning('client_id=abc "subject": "xyz", user id: 7')
        try:
            raise ValueError("c00017 failed")
        except ValueError:
            log.exception("it broke")
        assert masked_id("c00017") == "***"
    text = "\n".join(lines)
    assert not [word for word in ("c00017", "Ünal", "abc", "xyz", ": 7") if word in text], text
    assert text.count("***") >= 6
    assert "it broke" in text
    with privacy.show():
        log.warning("c00017")
    assert lines[-1] == "c00017"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"body": 1, "digest": 2, "seq": 3}\n',
        b"[]\n",
        b"null",
    ],
)
def test_a_file_that_is_no_ledger_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.jsonl"
    file.write_bytes(content)
    assert verify_file(file).ok == (content == b"")
    if content:
        with pytest.raises(InputError, match="nothing can follow"):
            Ledger(file).append(RECORD, at=AT)
    with pytest.raises(InputError, match="cannot be read"):
        verify_file(tmp_path / "absent.jsonl")
    with pytest.raises(InputError, match="cannot be used"):
        Ledger(tmp_path / "no" / "folder.jsonl").append(RECORD, at=AT)
    with pytest.raises(InputError, match="cannot be used"):
        Ledger(tmp_path / "fine.jsonl").export(tmp_path / "no" / "out.jsonl")


def test_what_is_no_key_or_store_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    with pytest.raises(InputError, match="no key"):
        ledger.signed_head()
    for key in (b"short", "text", 5):
        with pytest.raises(InputError, match="signing key"):
            ledger.signed_head(key)
    with pytest.raises(InputError, match="store is needed"):
        Ledger(5)


def test_the_lines_are_plain_json(tmp_path: Path) -> None:
    """Anybody can check the chain with two functions of a standard library."""
    from hashlib import sha256

    ledger = Ledger(tmp_path / "a.jsonl")
    ledger.append([RECORD] * 3, at=AT)
    before = "0" * 64
    for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines():
        fields = json.loads(line)
        body = json.loads(fields["body"])
        assert sha256(fields["body"].encode()).hexdigest() == fields["digest"]
        assert body["before"] == before
        assert body["record"]["decision"] == "ok"
        before = fields["digest"]


def test_moments_at_the_ends_of_the_calendar(tmp_path: Path) -> None:
    """Beyond it in UTC a moment is refused; of a year before 1000 a record is written that
    verifies."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    west = timezone(timedelta(hours=-5))
    with pytest.raises(InputError, match="time zone"):
        ledger.append(RECORD, at=datetime.max.replace(tzinfo=west))
    ledger.append(RECORD, at=datetime(900, 3, 1, tzinfo=UTC))
    assert ledger.verify().ok
    assert '"at":"0900-03-01T00:00:00.000000Z"' in (tmp_path / "ledger.jsonl").read_text(
        encoding="utf-8"
    ).replace("\\", "")
