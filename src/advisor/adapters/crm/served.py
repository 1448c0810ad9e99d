"""Advice that is being served into the store: a few at a time, each with its document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from advisor import Advice
from advisor.adapters.crm import tables
from advisor.adapters.extras import needs

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


def put_served(connection: sa.Connection, advice: Sequence[Advice], run: str) -> int:
    """Write advice that the run does not hold yet. Returns how many."""
    if not advice:
        return 0
    into_advice, into_picks = _inserts(connection.dialect.name)
    rows = [_row(one, run) for one in advice]
    picks = [pick for one in advice for pick in _picks(one, run)]
    written = connection.execute(
        into_advice, rows, execution_options={"preserve_rowcount": True}
    ).rowcount
    if picks:
        connection.execute(into_picks, picks)
    return written


@cache
def _inserts(dialect: str) -> tuple[Any, Any]:
    """Statements that insert advice and picks and leave what is there."""
    insert = needs("crm", f"sqlalchemy.dialects.{dialect}").insert
    return (
        insert(tables.advice).on_conflict_do_nothing(),
        insert(tables.picks).on_conflict_do_nothing(),
    )


def _row(advice: Advice, run: str) -> dict[str, Any]:
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
        "document": advice.model_dump_json(),
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
