"""`profile`, `advise` and `verify`: of one client as JSON, or of many as files."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

# `advise_stream` and `replay` need an extra, and are imported where they are used
import advisor as library
from advisor import Advice, load, sentences
from advisor.adapters.channels.cli.reading import answer, client_of, files, is_one, text_of
from advisor.errors import InputError


def profile(given: Namespace) -> int:
    """Print a client's profile; 1 where no level suits them."""
    client, advisor = client_of(given.client), load(given.advisor)
    found = advisor.profile(client, as_of=given.as_of, language=given.language)
    shares = enumerate(found.level_probability, start=1)
    lines = [
        f"{found.client_id}: C{found.level}, on {found.as_of}; {found.limit}",
        "  " + ", ".join(f"C{level} {share:.0%}" for level, share in shares),
        *(f"  {control.text}" for control in found.controls),
        f"  {found.problem or f'valid until {found.valid_until}'}",
    ]
    answer(given, found, lines)
    return 0 if found.level else 1


def advise(given: Namespace) -> int:
    """Advise one client, or many into a folder; 1 where one client gets no advice."""
    if not is_one(given.clients):
        return _many(given)
    client, advisor = client_of(given.clients), load(given.advisor)
    advice = advisor.advise(client, as_of=given.as_of, picks=given.picks)
    if given.to:
        with files(given.to, "written"):
            Path(given.to).write_text(advice.model_dump_json(indent=1) + "\n", encoding="utf-8")
    answer(given, advice, lines_of(advice, given.language))
    return 0 if advice.status == "ok" else 1


def lines_of(advice: Advice, language: Any = None) -> list[str]:
    """An advice in words."""
    reasons = advice.reasons if language is None else sentences(advice, language).reasons
    trades = [("buy" if order.money > 0.0 else "sell", order) for order in advice.orders]
    return [
        f"{advice.client_id}: {advice.status}, C{advice.level}, on {advice.as_of}",
        *(f"  {reason.text}" for reason in reasons),
        *(f"  {side} {order.product_id} {abs(order.money):,.2f}" for side, order in trades),
    ]


def _many(given: Namespace) -> int:
    if given.to is None:
        raise InputError(
            f"{given.clients!r} holds many clients, whose advice needs a place. Name a folder with"
            " --to.",
            field="to",
        )
    done, ended = 0, False

    def moved(rows: int) -> None:
        nonlocal done
        done += rows
        sys.stderr.write(f"advisor: {done:,} clients\n")

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    before = signal.signal(signal.SIGTERM, end)
    try:
        summary = library.advise_stream(
            Path(given.advisor),
            given.clients,
            given.to,
            as_of=given.as_of,
            picks=given.picks,
            workers=given.workers,
            rows_per_part=given.rows_per_part,
            progress=moved,
            stop=lambda: ended,
        )
    finally:
        signal.signal(signal.SIGTERM, before)
    statuses = ", ".join(f"{status} {count:,}" for status, count in summary.statuses.items())
    line = (
        f"{summary.folder}: {summary.clients:,} clients in {len(summary.parts)} parts,"
        f" {summary.made} of them made now ({statuses})"
    )
    names = ("folder", "clients", "statuses", "made")
    answer(given, {name: getattr(summary, name) for name in names}, [line])
    return 0


def verify(given: Namespace) -> int:
    """Print whether advice comes out again; 1 where it does not."""
    advisor = load(given.advisor)
    if is_one(given.clients):
        advice = Advice.model_validate_json(text_of(given.advice))
        proof = advisor.verify(advice, client_of(given.clients))
        problems = "; ".join(proof.problems)
        answer(given, proof, ["proved" if proof.ok else f"not proved: {problems}"])
        return 0 if proof.ok else 1
    found = library.replay(given.advice, advisor, given.clients)
    outcome = "proved" if found.same else f"{found.differing:,} differ"
    lines = [
        f"{found.clients:,} clients in {found.parts} parts: {outcome}",
        *(
            f"  {odd.part}, row {odd.row}: {', '.join(odd.columns)}"
            for odd in found.differences[:20]
        ),
    ]
    answer(given, found, lines)
    return 0 if found.same else 1
