"""Advice that is being served into the store: a few at a time, each with its document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor import Advice
from advisor.adapters.crm import tables
from advisor.adapters.records.bulk import insert_new
from advisor.adapters.records.libraries import sa


def put_served(
    connection: sa.Connection,
    advice: Sequence[Advice],
    run: str,
    documents: Sequence[str] | None = None,
) -> int:
    """Write advice that the run does not hold yet (its JSON where made). Returns how many."""
    texts = documents or [one.model_dump_json() for one in advice]
    rows = [_row(one, run, text) for one, text in zip(advice, texts, strict=True)]
    written = insert_new(connection, tables.advice, rows)
    insert_new(connection, tables.picks, [pick for one in advice for pick in _picks(one, run)])
    return written


def _row(advice: Advice, run: str, document: str) -> dict[str, Any]:
    fingerprint, _, inputs = advice.fingerprint.rpartition(":")
    same = ("client_id", "as_of", "status", "level", "cash", *tables.FIGURES)
    row = {name: getattr(advice, name) for name in same}
    row |= {"run": run, "inputs": inputs, "fingerprint": fingerprint}
    return row | {"reasons": _codes(advice), "document": document}


def _picks(advice: Advice, run: str) -> list[dict[str, Any]]:
    same = ("rank", "product_id", "score", "money")
    whose = {"run": run, "client_id": advice.client_id}
    return [
        {**whose, "reasons": _codes(pick), **{name: getattr(pick, name) for name in same}}
        for pick in advice.picks
    ]


def _codes(advice: Any) -> str:
    return "|".join(dict.fromkeys(reason.code for reason in advice.reasons))
