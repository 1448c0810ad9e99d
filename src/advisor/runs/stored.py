"""Stored rows of advice as they are read back: their day, their picks, their types, and each as the
advice it stands for.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from advisor.contracts.advice import Advice, Order, Pick
from advisor.engine.output.arrow import FIGURES, LABELS
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.runs.job import INPUTS, AdvisorRef

_NOT_NEEDED = re.compile(r"reasons|problem|limited_by|flags|pick_\d+_(score|reasons)")
"""Columns that a proof can do without; where they are there, they must come out again too."""


def day_of(stored: pa.Table) -> date:
    """The day of stored rows.

    Raises:
        InputError: They lack a column that says what they are, or are of several days.
    """
    needed = ("client_id", "as_of", "status", "level", INPUTS)
    absent = [name for name in needed if name not in stored.schema.names]
    days = [] if absent else stored["as_of"].unique().to_pylist()
    if absent or len(days) > 1:
        raise InputError(
            f"The stored rows lack {absent} or are of several days"
            f" {[str(day) for day in days[:3]]}; give the advice of one day as the engines"
            " wrote it.",
            field="stored",
            value=absent or days,
        )
    return days[0] if days else date(1970, 1, 1)


def picks_of(stored: pa.Table) -> int:
    """How many products were asked for: as many as there are columns of picks, and as the metadata
    say, where there are any.
    """
    slots = sorted(
        int(match[1])
        for name in stored.schema.names
        if (match := re.fullmatch(r"pick_(\d{1,6})", name))
    )
    said = (stored.schema.metadata or {}).get(b"advisor.picks", str(len(slots)).encode())
    if slots != list(range(1, len(slots) + 1)) or said != str(len(slots)).encode():
        raise InputError(
            f"The stored rows have columns for the picks {slots[:8]}, their schema says"
            f" {said.decode(errors='replace')!r} picks; rows cannot be made again without knowing"
            " how many were asked for. Give all columns of picks as the engines wrote them.",
            field="stored",
            value=len(slots),
        )
    return len(slots)


def unlabelled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows without labels, which say nothing of the advice: those that `schema` or the rows
    themselves call so.
    """
    names: list[str] = []
    for metadata in (schema.metadata, table.schema.metadata):
        try:
            labels: Any = json.loads((metadata or {}).get(LABELS.encode(), b"[]"))
        except (ValueError, RecursionError):
            continue
        names += [n for n in labels if isinstance(n, str)] if isinstance(labels, list) else []
    return table.drop_columns([name for name in table.schema.names if name in names])


def typed(stored: pa.Table, schema: pa.Schema) -> pa.Table:
    """The stored rows with the types that advice has."""
    names: list[str] = stored.schema.names
    absent = [name for name in schema.names if name not in names]
    lacking = [name for name in absent if not _NOT_NEEDED.fullmatch(name)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    unknown = [name for name in names if name not in schema.names] + repeated
    if lacking or unknown:
        faults = [f"lack the columns {lacking[:5]} of this advisor's advice"] if lacking else []
        if unknown:
            faults.append(f"have {unknown[:5]}, of which this advisor's advice has none or one")
        raise InputError(
            f"The stored rows {' and '.join(faults)}; what they say could not be proved. Give the"
            " rows as the engines wrote them, with the advisor that made them; drop labels of your"
            " own where the schema has lost its metadata, as a pandas frame has.",
            field="stored",
            value=lacking or unknown,
        )
    try:
        return pa.table([stored[name].cast(schema.field(name).type) for name in names], names=names)
    except pa.ArrowException as error:
        raise InputError(
            f"The stored rows have other types than advice has ({error}); give them as the engines"
            " wrote them.",
            field="stored",
            value=str(error),
        ) from error


def fault_of_metadata(stored: pa.Table, ref: AdvisorRef) -> str | None:
    """What the schema of the rows says of who made them and when, where that is something else."""
    metadata = stored.schema.metadata or {}
    for name, mine in (("advisor.fingerprint", ref.fingerprint), ("advisor.as_of", ref.as_of)):
        said = metadata.get(name.encode(), mine.encode()).decode(errors="replace")
        if said != mine:
            return f"the rows say {name} {said[:12]!r}, they are proved with {mine[:12]!r}"
    return None


def advice_of_row(state: AdvisorState, row: Mapping[str, Any]) -> Advice:
    """A stored row as the advice it stands for, as far as a proof needs it.

    Raises:
        InputError: It stands for none.
    """
    catalogue = state.catalogue
    picks: list[Pick] = []
    while (product := row.get(f"pick_{len(picks) + 1}")) is not None:
        rank = len(picks) + 1
        asset = (
            catalogue.main_asset[catalogue.ids.code(product)] if product in catalogue.ids else ""
        )
        money = row[f"pick_{rank}_money"]
        picks.append(Pick(product_id=product, asset=asset, rank=rank, score=0.0, money=money))
    sold = [
        Order(product_id=sale["product_id"], money=-sale["money"]) for sale in row["sales"] or ()
    ]
    bought = [Order(product_id=p.product_id, money=p.money) for p in picks if p.money != 0.0]
    return Advice(
        client_id=row["client_id"] or "",
        as_of=row["as_of"],
        status=row["status"],
        level=row["level"],
        risk_aversion=row["risk_aversion"],
        effective_risk_aversion=row["effective_risk_aversion"],
        weights=_by_asset(row, "weight:"),
        weights_after_orders=_by_asset(row, "after:"),
        **{name: row[name] for name in FIGURES},
        picks=tuple(picks),
        orders=(*sold, *bought),
        unplaced=_by_asset(row, "unplaced:"),
    )


def _by_asset(row: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """The columns that begin with `prefix`, by asset; zeros and nulls are left out."""
    return {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if name.startswith(prefix) and value
    }
