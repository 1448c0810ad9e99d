"""Canonical bytes against another implementation of the standard; every change of a chain is found
where it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor import InputError
from advisor.adapters.records import Ledger, Record, canonical, new_key, public_key, verify_file
from advisor.adapters.records.report import checked_chain, digest_of

AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(VALUES)
def test_canonical_is_rfc_8785(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        {"é": 1},
        {1: 2},
        {"a": [{"b": 0.5}]},
        b"x",
        {1, 2},
        object(),
        "\ud800",
        {"a": "\udfff"},
        AT,
        np.int64(1),
    ],
)
def test_what_has_more_than_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        canonical(value)


def test_what_never_ends_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    deep: object = 1
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(InputError):
            canonical(value)


KEY = new_key()


def chain(count: int) -> tuple[list[tuple[int, str, str]], Ledger, Path, TemporaryDirectory[str]]:
    folder = TemporaryDirectory()
    ledger = Ledger(Path(folder.name) / "audit.jsonl", key=KEY)
    for i in range(count):
        ledger.append(
            Record(
                kind="advice", decision=f"d{i}", rules=("csrc:R1",), data={"n": i, "word": "é\n"}
            ),
            at=AT,
        )
    return list(ledger._chain.lines()), ledger, Path(folder.name), folder


LINES, LEDGER, FOLDER, _KEPT = chain(12)
HEAD = LEDGER.signed_head()


@given(st.data())
def test_any_flip_drop_swap_or_insertion_is_named(data: st.DataObject) -> None:
    lines = list(LINES)
    what = data.draw(
        st.sampled_from(["body", "digest", "drop", "swap", "insert", "move", "renumber"])
    )
    at = data.draw(st.integers(0, len(lines) - 1))
    seq, body, digest = lines[at]
    named = {seq}
    if what in ("body", "digest"):
        text = body if what == "body" else digest
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters(codec="ascii").filter(lambda c: c != text[place]))
        changed = text[:place] + other + text[place + 1 :]
        lines[at] = (seq, changed, digest) if what == "body" else (seq, body, changed)
    elif what == "drop":
        at = min(at, len(lines) - 2)
        named = {lines[at][0]}
        del lines[at]
    elif what == "swap":
        at = min(at, len(lines) - 2)
        a, b = lines[at], lines[at + 1]
        lines[at : at + 2] = [(a[0], *b[1:]), (b[0], *a[1:])]
        named = {a[0], b[0]}
    elif what == "insert":
        forged = body.replace(f'"seq":{seq}}}', f'"seq":{seq + 1}}}')
        lines.insert(at + 1, (seq + 1, forged, digest_of(forged)))
        named = {seq + 1}
    elif what == "move":
        lines.append(lines.pop(0))
        named = {1}
    else:
        lines[at] = (seq + 100, body, digest)
        named = {seq}
    report = checked_chain(lines)
    assert not report.ok
    assert named <= {problem.seq for problem in report.problems}
    if what in ("body", "digest", "drop"):
        assert report.count == 1, "and nothing else is"


@given(st.integers(0, 11))
def test_a_cut_end_is_seen_by_a_signed_head_alone(keep: int) -> None:
    assert checked_chain(LINES[:keep]).ok
    report = checked_chain(LINES[:keep], HEAD)
    assert [problem.seq for problem in report.problems] == [keep + 1]
    assert checked_chain(LINES, HEAD, public_key(KEY)).ok
    assert not checked_chain(LINES, HEAD, public_key(new_key())).ok


def test_a_chain_made_anew_is_not_the_one_that_was_signed() -> None:
    others = LINES
    forged = [*others[:3]]
    body = others[3][1].replace('"d3"', '"dX"')
    forged.append((4, body, digest_of(body)))
    before = forged[-1][2]
    for seq, text, _ in others[4:]:
        again = text.replace(text[text.index('"before":"') + 10 :][:64], before)
        before = digest_of(again)
        forged.append((seq, again, before))
    assert checked_chain(forged).ok, "whole in itself"
    assert [p.seq for p in checked_chain(forged, HEAD).problems] == [12]


@settings(max_examples=150)
@given(st.data())
def test_every_byte_of_a_file_counts(data: st.DataObject) -> None:
    whole = (
        (FOLDER / "out.jsonl").read_bytes()
        if (FOLDER / "out.jsonl").exists()
        else LEDGER.export(FOLDER / "out.jsonl").read_bytes()
    )
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    (FOLDER / "bad.jsonl").write_bytes(changed)
    assert verify_file(FOLDER / "out.jsonl", public_key(KEY)).ok
    report = verify_file(FOLDER / "bad.jsonl", public_key(KEY))
    line = whole[:place].count(b"\n") + 1
    assert not report.ok
    assert {problem.seq for problem in report.problems} & {line, line + 1, line - 1}
