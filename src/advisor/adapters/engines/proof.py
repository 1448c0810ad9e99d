"""Stored rows of advice proved one by one from what is stored: the row, the clients' data of that day, and the saved advisor."""
# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.adapters.engines.job import INPUTS, Desk
from advisor.adapters.engines.repeats import REPEATED, MetIds
from advisor.contracts.advice import Advice, Order, Pick, Verification
from advisor.data.client_arrow import clients_from_arrow
from advisor.data.clients import ClientTable
from advisor.data.days import as_day
from advisor.engine.advisor import Advisor
from advisor.engine.house import House
from advisor.engine.inputs import input_digest, input_digests
from advisor.engine.place import INVALID, STATUSES
from advisor.errors import InputError

UNKNOWN = "no client of the table has the data that this advice was made from: they were changed since, or the row was"
MADE_UP = "the row says that it cannot be used, but nothing is wrong with the client's data"
IGNORED = "the client's data cannot be used, yet the row says otherwise"


@dataclass(frozen=True)
class Proof:
    """What one stored row proves.

    Attributes:
        client_id: Whose; None where the row has none.
        verification: Suitability pick by pick, optimality of the weights, fingerprints.
    """

    client_id: str | None
    verification: Verification


def verify_rows(stored: pa.Table, house: Advisor | str | Path, clients: pa.Table) -> Iterator[Proof]:
    """Prove stored rows, in any order; each takes about as long as advising one client, so of a million prove a sample.

    Args:
        stored: Rows of advice as the engines wrote them, from one day; columns of reasons and scores are not needed.
        house: The advisor, or the folder it was saved to.
        clients: The clients' data of that day; others may be among them.

    Returns:
        A proof for each row. A row's data are found by their digest (column `inputs`), so that data which were changed since do not pass.

    Raises:
        InputError: `stored` is no advice, or of several days.
    """
    advisor = house if isinstance(house, Advisor) else Desk.of(house).advisor()
    day = _day(stored)
    people, row_of = clients_from_arrow(clients), {}
    for row in MetIds().repeated(clients["id"]).tolist() if "id" in clients.schema.names else ():
        alone = _with_problem(people, row)
        row_of[input_digests(alone, day)[0]] = (alone, 0)
    row_of |= {digest: (people, row) for row, digest in enumerate(input_digests(people, day))}
    for batch in stored.to_batches(max_chunksize=1000):
        for told in batch.to_pylist():
            table, row = row_of.get(told[INPUTS], (None, -1))
            yield Proof(told["client_id"], _proved(advisor, told, table, row, day))


def _day(stored: pa.Table) -> Any:
    absent = [name for name in ("client_id", "as_of", "status", "level", INPUTS) if name not in stored.schema.names]
    days = [] if absent else stored["as_of"].unique().to_pylist()
    if absent or len(days) > 1:
        raise InputError(
            f"The stored rows lack {absent} or are of several days {days[:3]}; give the advice of one day as the engines wrote it.",
            field="stored",
            value=absent or days,
        )
    return as_day(days[0] if days else "1970-01-01", "as_of")


def _with_problem(people: ClientTable, row: int) -> ClientTable:
    alone = people.take([row])
    return ClientTable(**{name: getattr(alone, name) for name in alone.__dataclass_fields__ if name != "problems"}, problems={0: REPEATED})


def _proved(advisor: Advisor, told: dict[str, Any], table: ClientTable | None, row: int, day: Any) -> Verification:
    if table is None or (table.ids[row] or None) != told["client_id"]:
        return _failed(UNKNOWN, False)
    unusable = told["status"] == STATUSES[INVALID]
    if row in table.problems:
        return Verification(ok=True, suitable=True, kkt_residual=None, fingerprint_matches=True) if unusable else _failed(IGNORED, True)
    if unusable and advisor.advise_table(table.take([row]), as_of=str(day)).status[0] != told["status"]:
        return _failed(MADE_UP, True)
    return advisor.verify(_advice(advisor.house, told, f"{advisor.fingerprint}:{input_digest(table, row, day)}"), table.client(row))


def _failed(problem: str, fingerprint: bool) -> Verification:
    return Verification(ok=False, suitable=False, kkt_residual=None, fingerprint_matches=fingerprint, problems=(problem,))


def _advice(house: House, told: dict[str, Any], fingerprint: str) -> Advice:
    """A stored row as the advice it stands for, as far as a proof needs it."""
    catalogue = house.catalogue
    picks: list[Pick] = []
    while (product := told.get(f"pick_{len(picks) + 1}")) is not None:
        slot = len(picks) + 1
        asset = catalogue.main_asset[catalogue.ids.code(product)] if product in catalogue.ids else ""
        picks.append(
            Pick(
                product_id=product,
                asset=asset,
                rank=slot,
                score=told.get(f"pick_{slot}_score") or 0.0,
                money=told.get(f"pick_{slot}_money") or 0.0,
            )
        )
    weights = {name.removeprefix("weight:"): value for name, value in told.items() if name.startswith("weight:") and value}
    return Advice(
        client_id=told["client_id"] or "",
        as_of=told["as_of"],
        status=told["status"],
        level=told["level"],
        risk_aversion=told.get("risk_aversion"),
        effective_risk_aversion=told.get("effective_risk_aversion"),
        weights=weights,
        picks=tuple(picks),
        orders=tuple(Order(product_id=p.product_id, money=p.money) for p in picks if p.money > 0.0),
        fingerprint=fingerprint,
    )
