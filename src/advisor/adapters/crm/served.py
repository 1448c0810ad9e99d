"""Advice that is being served into the store: a few at a time, each with its document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from advisor import Advice
from advisor.adapters.crm import tables
from advisor.adapters.records.bulk import insert_new

if TYPE_CHECKING:
    import sqlalchemy as sa


def put_served(
    connection: sa.Connection,
    advice: Sequence[Advice],
    run: str,
    documents: Sequence[str] | None = None,
) -> int:
    """Write advice that the run does not hold yet. Returns how many.

    Args:
        connection: Inside a transaction that writes.
        advice: Whole.
        run: Name of the run.
        documents: The JSON of each, where it is made already.
    """
    texts = documents or [one.model_dump_json() for one in advice]
    rows = [_row(one, run, text) for one, text in zip(advice, texts, strict=True)]
    written = insert_new(connection, tables.advice, rows)
    insert_new(connection, tables.picks, [pick for one in advice for pick in _picks(one, run)])
    return written


def _row(advice: Advice, run: str, document: str) -> dict[str, Any]:
    fingerprint, _, inputs = advice.fingerprint.rpartition(":")
    return {
        "run": run,
        "client_id": advice.client_id,
        "as_of": advice.as_of,
        "status": advice.status,
        "level": advice.level,
        "reasons": "|".join(dict.fromkeys(r.code for r in advice.reasons)),
        **{name: getattr(advice, name) for name in tables.FIGURES},
        "cash": advice.cash,
        "inputs": inputs,
        "fingerprint": fingerprint,
        "document": document,
    }


def _picks(advice: Advice, run: str) -> list[dict[str, Any]]:
    return [
        {
            "run": run,
            "client_id": advice.client_id,
            "rank": pick.rank,
            "product_id": pick.product_id,
            "score": pick.score,
            "money": pick.money,
            "reasons": "|".join(dict.fromkeys(r.code for r in pick.reasons)),
        }
        for pick in advice.picks
    ]
