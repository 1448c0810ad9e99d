"""`profile`, `advise` and `verify`: of one client as JSON, or of many as files."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

# `advise_stream` and `replay` need an extra, and are imported where they are used
import advisor as library
from advisor import Advice, sentences
from advisor.adapters.channels.cli.reading import (
    advisor_of,
    client_of,
    is_one,
    say,
    say_json,
    text_of,
    write,
)
from advisor.errors import InputError


def profile(given: Namespace) -> int:
    """Print a client's profile; 1 where no level suits them."""
    found = advisor_of(given.advisor).profile(
        client_of(given.client), as_of=given.as_of, language=given.language
    )
    if given.json:
        say(found.model_dump_json(indent=1))
    else:
        say(f"{found.client_id}: C{found.level}, on {found.as_of}; {found.limit}")
        say(
            "  "
            + ", ".join(
                f"C{level} {share:.0%}"
                for level, share in enumerate(found.level_probability, start=1)
            )
        )
        for control in found.controls:
            say(f"  {control.text}")
        say(f"  {found.problem or f'valid until {found.valid_until}'}")
    return 0 if found.level else 1


def advise(given: Namespace) -> int:
    """Advise one client, or many into a folder; 1 where one client gets no advice."""
    if not is_one(given.clients):
        return _many(given)
    advice = advisor_of(given.advisor).advise(
        client_of(given.clients), as_of=given.as_of, picks=given.picks
    )
    if given.to:
        write(given.to, advice.model_dump_json(indent=1) + "\n")
    if given.json:
        say(advice.model_dump_json(indent=1))
    else:
        show(advice, given.language)
    return 0 if advice.status == "ok" else 1


def show(advice: Advice, language: Any = None) -> None:
    """Print an advice in words."""
    reasons = advice.reasons if language is None else sentences(advice, language).reasons
    say(f"{advice.client_id}: {advice.status}, C{advice.level}, on {advice.as_of}")
    for reason in reasons:
        say(f"  {reason.text}")
    for order in advice.orders:
        say(
            f"  {'buy' if order.money > 0.0 else 'sell'} {order.product_id} {abs(order.money):,.2f}"
        )


def _many(given: Namespace) -> int:
    if given.to is None:
        raise InputError(
            f"{given.clients!r} holds many clients, whose advice needs a place. Name a folder with"
            " --to.",
            field="to",
            value=None,
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
    if given.json:
        say_json(
            {
                "folder": summary.folder,
                "clients": summary.clients,
                "statuses": summary.statuses,
                "made": summary.made,
            }
        )
    else:
        said = ", ".join(f"{status} {count:,}" for status, count in summary.statuses.items())
        say(
            f"{summary.folder}: {summary.clients:,} clients in {len(summary.parts)} parts,"
            f" {summary.made} of them made now ({said})"
        )
    return 0


def verify(given: Namespace) -> int:
    """Print whether advice comes out again; 1 where it does not."""
    advisor = advisor_of(given.advisor)
    if is_one(given.clients):
        proof = advisor.verify(
            Advice.model_validate_json(text_of(given.advice)), client_of(given.clients)
        )
        if given.json:
            say(proof.model_dump_json(indent=1))
        else:
            say("proved" if proof.ok else "not proved: " + "; ".join(proof.problems))
        return 0 if proof.ok else 1
    found = library.replay(given.advice, advisor, given.clients)
    if given.json:
        say_json(found)
    else:
        say(
            f"{found.clients:,} clients in {found.parts} parts:"
            f" {'proved' if found.same else f'{found.differing:,} differ'}"
        )
        for odd in found.differences[:20]:
            say(f"  {odd.part}, row {odd.row}: {', '.join(odd.columns)}")
    return 0 if found.same else 1
