"""`profile`, `advise` and `verify`: of one client as JSON, or of many as files."""

from __future__ import annotations

import signal
from argparse import Namespace
from pathlib import Path
from typing import Any

# `advise_stream` and `replay` need an extra, and are imported where they are used
import advisor as library
from advisor import Advice, load, sentences
from advisor.adapters.channels.cli.printing import tell
from advisor.adapters.channels.cli.reading import (
    answer,
    client_of,
    files,
    is_one,
    source_of,
    text_of,
)
from advisor.errors import InputError


def profile(args: Namespace) -> int:
    """Print a client's profile; 1 where no level suits them."""
    client, advisor = client_of(args.client), load(args.advisor)
    risk_profile = advisor.profile(client, as_of=args.as_of, language=args.language)
    shares = enumerate(risk_profile.level_probability, start=1)
    lines = [
        (
            f"{risk_profile.client_id}: C{risk_profile.level}, on {risk_profile.as_of};"
            f" {risk_profile.limit}"
        ),
        "  " + ", ".join(f"C{level} {share:.0%}" for level, share in shares),
        *(f"  {control.text}" for control in risk_profile.controls),
        f"  {risk_profile.problem or f'valid until {risk_profile.valid_until}'}",
    ]
    answer(args, risk_profile, lines)
    return 0 if risk_profile.level else 1


def advise(args: Namespace) -> int:
    """Advise one client, or many into a folder; 1 where one client gets no advice."""
    if not is_one(args.clients):
        return _many(args)
    if args.labels or args.partition_by:
        raise InputError(
            f"{args.clients!r} is one client, and labels stand beside the advice of many. Leave out"
            " --labels and --partition-by, or name Parquet or CSV files.",
            field="labels",
        )
    client, advisor = client_of(args.clients), load(args.advisor)
    advice = advisor.advise(client, as_of=args.as_of, picks=args.picks)
    if args.to:
        with files(args.to, "written"):
            Path(args.to).write_text(advice.model_dump_json(indent=1) + "\n", encoding="utf-8")
    answer(args, advice, lines_of(advice, args.language))
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


def _many(args: Namespace) -> int:
    if args.to is None:
        raise InputError(
            f"{args.clients!r} holds many clients, whose advice needs a place. Name a folder with"
            " --to.",
            field="to",
        )
    if args.language is not None:
        raise InputError(
            "Advice of many is kept without sentences in another language. Leave out --language.",
            field="language",
        )
    done, ended = 0, False

    def moved(rows: int) -> None:
        nonlocal done
        done += rows
        tell(f"{done:,} clients")

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    before = signal.signal(signal.SIGTERM, end)
    try:
        summary = library.advise_stream(
            Path(args.advisor),
            source_of(args.clients, args),
            args.to,
            as_of=args.as_of,
            picks=args.picks,
            labels=args.labels,
            partition_by=args.partition_by,
            workers=args.workers,
            rows_per_part=args.rows_per_part,
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
    answer(args, {name: getattr(summary, name) for name in names}, [line])
    return 0


def verify(args: Namespace) -> int:
    """Print whether advice comes out again; 1 where it does not."""
    advisor = load(args.advisor)
    if is_one(args.clients):
        advice = Advice.model_validate_json(text_of(args.advice))
        proof = advisor.verify(advice, client_of(args.clients))
        problems = "; ".join(proof.problems)
        answer(args, proof, ["proved" if proof.ok else f"not proved: {problems}"])
        return 0 if proof.ok else 1
    report = library.replay(args.advice, advisor, source_of(args.clients, args))
    outcome = "proved" if report.same else f"{report.differing:,} differ"
    lines = [
        f"{report.clients:,} clients in {report.parts} parts: {outcome}",
        *(
            f"  {odd.part}, row {odd.row}: {', '.join(odd.columns)}"
            for odd in report.differences[:20]
        ),
    ]
    answer(args, report, lines)
    return 0 if report.same else 1
