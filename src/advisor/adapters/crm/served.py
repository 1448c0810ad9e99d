"""Advice that is being served into the store: a few at a time, each with its document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor import Advice
from advisor.adapters.crm.client_columns import MOST_MONEY
from advisor.adapters.crm.rows import checked_value
from advisor.adapters.crm.values import Written
from advisor.adapters.records import tables
from advisor.adapters.records.bulk import insert_new
from advisor.adapters.records.libraries import sa
from advisor.errors import AdapterError, InputError

TOO_MUCH = f"Money of the advice is above {MOST_MONEY:g}, which is not kept exactly."
_OF_ADVICE = ("as_of", "status", "level", "cash", *tables.FIGURES)
_OF_PICK = ("rank", "product_id", "score", "money")


def put_served(
    connection: sa.Connection,
    advice: Sequence[Advice],
    run: str,
    documents: Sequence[str] | None = None,
) -> Written:
    """Write advice that the run does not hold yet (its JSON where made)."""
    rows: list[dict[str, Any]] = []
    picks: list[dict[str, Any]] = []
    problems: list[AdapterError] = []
    texts = documents or [one.model_dump_json() for one in advice]
    if len(texts) != len(advice):
        why = f"documents has {len(texts)} texts for {len(advice)} advice; give each its own."
        raise InputError(why, field="documents", value=len(texts))
    for one, text in zip(advice, texts, strict=True):
        checked_value(tables.advice.c.document, text)
        if max([abs(one.cash or 0.0), *(abs(pick.money) for pick in one.picks)]) > MOST_MONEY:
            problems.append(AdapterError(TOO_MUCH, record_id=one.client_id))
            continue
        fingerprint, _, inputs = one.fingerprint.rpartition(":")
        stamps = {"inputs": inputs, "fingerprint": fingerprint, "document": text}
        whose = {"run": run, "client_id": one.client_id}
        rows.append({**whose, **stamps, **_told(one, _OF_ADVICE)})
        picks += [{**whose, **_told(pick, _OF_PICK)} for pick in one.picks]
    written = insert_new(connection, tables.advice, rows)
    insert_new(connection, tables.picks, picks)
    return Written(len(advice), written, tuple(problems))


def _told(item: Any, names: Sequence[str]) -> dict[str, Any]:
    """Fields of an advice or a pick, and the codes of its reasons."""
    codes = "|".join(dict.fromkeys(reason.code for reason in item.reasons))
    return {"reasons": codes, **{name: getattr(item, name) for name in names}}
