"""Stored rows of advice proved from what is stored: the rows, the clients' data of that day, and
the saved advisor.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from advisor.arrays import check_type
from advisor.contracts.advice import Advice, Order, Pick, Verification
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day
from advisor.engine.advisor import Advisor
from advisor.engine.input_digest import input_digests
from advisor.engine.output.arrow import FIGURES, LABELS
from advisor.engine.portfolios.allocation import INVALID, STATUSES
from advisor.engine.state import AdvisorState
from advisor.engine.verification.differences import told as sentences
from advisor.engine.verification.proofs import prove
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.risk_profile.profile import profile_risk
from advisor.runs.duplicates import REPEATED, SeenIds
from advisor.runs.job import INPUTS, AdvisorRef, Job
from advisor.runs.replaying import differing_rows

UNKNOWN = (
    "no client of the table has the data that this advice was made from: they were changed since,"
    " or the row was"
)
MADE_UP = "the row says that it cannot be used, but nothing is wrong with the client's data"
IGNORED = "the client's data cannot be used, yet the row says otherwise"
TWICE = "an earlier row advises this client already; a run advises nobody twice"
ROWS_AT_A_TIME = 1000
_UNUSABLE = STATUSES[INVALID]
_NOT_NEEDED = re.compile(r"reasons|problem|limited_by|flags|pick_\d+_(score|reasons)")
"""Columns that a proof can do without; where they are there, they must come out again too."""


@hides
@dataclass(frozen=True)
class Proof:
    """What one stored row proves.

    Attributes:
        client_id: Whose; None where the row has none.
        verification: Suitability pick by pick, optimality of the weights, fingerprints, and the
            columns that do not come out again.
    """

    client_id: str | None
    verification: Verification


def verify_rows(
    stored: pa.Table, advisor: Advisor | str | Path, clients: pa.Table
) -> Iterator[Proof]:
    """Prove stored rows, in any order: made again together and compared to the bit, and each proved
    on its own by other means, as `Advisor.verify` does.

    A row takes a few milliseconds, so of a million prove a sample.

    Args:
        stored: Rows of advice as the engines wrote them, from one day; columns of reasons and
            scores may be left out. Engines that keep no metadata of a schema (Spark) cannot say
            which advisor made the rows; then only the columns can be compared.
        advisor: The advisor, or the folder it was saved to.
        clients: The clients' data of that day; others may be among them.

    Returns:
        A proof for each row. A row's data are found by their digest (column `inputs`), so that data
        which were changed since do not pass.

    Raises:
        InputError: `stored` is no advice, of several days, lacks a column or has one that no advice
            has; or `clients` is no table of clients.
    """
    check_type(stored, pa.Table, "stored", "Read the rows with pyarrow.parquet.read_table.")
    check_type(clients, pa.Table, "clients", "Read the clients with pyarrow.parquet.read_table.")
    check_type(
        advisor,
        (Advisor, str, Path),
        "advisor",
        "Give the advisor, or the folder that save() wrote.",
    )
    picks = _picks(stored)
    ref = AdvisorRef.of(advisor, as_of=_day(stored), picks=picks)
    job = Job.of(ref, clients.schema)
    typed = _typed(
        _unlabelled(stored, job.schema), _unlabelled(job.schema.empty_table(), job.schema).schema
    )
    return _Proofs(job, clients, typed, _foreign(stored, ref)).all()


def _unlabelled(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows without labels, which say nothing of the advice: those that `schema` or the rows
    themselves call so.
    """
    names: list[str] = []
    for metadata in (schema.metadata, table.schema.metadata):
        try:
            told = json.loads((metadata or {}).get(LABELS.encode(), b"[]"))
        except (ValueError, RecursionError):
            continue
        names += [name for name in told if isinstance(name, str)] if isinstance(told, list) else []
    return table.drop_columns([name for name in table.schema.names if name in names])


class _Proofs:
    """Rows of an advisor and a day, proved part by part."""

    def __init__(self, job: Job, clients: pa.Table, stored: pa.Table, foreign: str | None) -> None:
        self.job, self.table, self.stored, self.foreign = job, clients, stored, foreign
        self.state: AdvisorState = job.model.advisor().state
        self.day = as_day(job.model.as_of, "as_of")
        people, twice = job.clients(clients), SeenIds().repeated(clients["id"]).tolist()
        self.ids = people.ids
        self.row_of_id = {name: row for row, name in reversed(list(enumerate(people.ids)))}
        told = input_digests(
            replace(people.take(twice), problems=dict.fromkeys(range(len(twice)), REPEATED)),
            self.day,
        )
        self.rows = dict(zip(told, ((row, True) for row in twice), strict=True))
        """Digest of a client's data -> their row, and whether they are told that they stand in an
        earlier one."""
        self.rows |= {
            digest: (row, False) for row, digest in enumerate(input_digests(people, self.day))
        }
        self.advised: set[str] = set()

    def all(self) -> Iterator[Proof]:
        """In the order of the stored rows."""
        for start in range(0, self.stored.num_rows, ROWS_AT_A_TIME):
            yield from self._some(self.stored.slice(start, ROWS_AT_A_TIME))

    def _some(self, stored: pa.Table) -> Iterator[Proof]:
        rows: list[dict[str, Any]] = stored.to_pylist()
        places = [self._place(row) for row in rows]
        known = [at for at, place in enumerate(places) if place is not None]
        mine = [place for place in places if place is not None]
        asked = self.table.take(pa.array([row for row, _ in mine], type=pa.int64()))
        problems = {at: REPEATED for at, (_, again) in enumerate(mine) if again}
        made = self.job.on_table(asked, problems).select(stored.schema.names)
        people = self.job.clients(asked, problems)
        odd = dict(differing_rows(stored.take(pa.array(known, type=pa.int64())), made))
        at_of = {row: at for at, row in enumerate(known)}
        for at, row in enumerate(rows):
            if at not in at_of:
                yield Proof(row["client_id"], _failed(UNKNOWN, False))
                continue
            place = at_of[at]
            again = made.slice(place, 1).to_pylist()[0]
            yield Proof(
                row["client_id"], self._proved(row, again, odd.get(place, ()), people, place)
            )

    def _place(self, row: Mapping[str, Any]) -> tuple[int, bool] | None:
        """Row of the client whose data a stored row was made from, and whether it is a repeated
        one; None where there is none.
        """
        found = self.rows.get(row[INPUTS])
        if found is None and row["status"] == _UNUSABLE and row["client_id"] in self.row_of_id:
            found = self.row_of_id[row["client_id"]], False
        return None if found is None or (self.ids[found[0]] or None) != row["client_id"] else found

    def _proved(
        self,
        row: Mapping[str, Any],
        again: Mapping[str, Any],
        odd: Sequence[str],
        people: ClientTable,
        place: int,
    ) -> Verification:
        if INPUTS in odd:
            return _failed(UNKNOWN, False)
        unusable = again["status"] == _UNUSABLE
        if unusable != (row["status"] == _UNUSABLE):
            return _failed(IGNORED if unusable else MADE_UP, True)
        problems = [
            *((self.foreign,) if self.foreign else ()),
            *sentences(((n, row[n], again[n]) for n in odd), "row"),
        ]
        if unusable or place in people.problems:
            return _verification(problems, (), None, not self.foreign)
        problems += [TWICE] if row[INPUTS] in self.advised else []
        self.advised.add(row[INPUTS])
        try:
            advice = _advice(self.state, row)
        except InputError as error:
            return _failed(f"the row is no advice: {error}", not self.foreign)
        alone = people.take([place])
        profiles = profile_risk(
            alone, self.state.questionnaire, as_of=self.day, bands=self.state.bands
        )
        found = prove(self.state, advice, alone.client(0), alone, profiles)
        return _verification(
            [*problems, *found.wrong], found.unsuitable, found.kkt_residual, not self.foreign
        )


def _verification(
    problems: Sequence[str], unsuitable: Sequence[str], residual: float | None, fingerprint: bool
) -> Verification:
    return Verification(
        ok=not problems and not unsuitable,
        suitable=not unsuitable,
        kkt_residual=residual,
        fingerprint_matches=fingerprint,
        problems=(*problems, *unsuitable),
    )


def _failed(problem: str, fingerprint: bool) -> Verification:
    return Verification(
        ok=False,
        suitable=False,
        kkt_residual=None,
        fingerprint_matches=fingerprint,
        problems=(problem,),
    )


def _day(stored: pa.Table) -> Any:
    absent = [
        name
        for name in ("client_id", "as_of", "status", "level", INPUTS)
        if name not in stored.schema.names
    ]
    days = [] if absent else stored["as_of"].unique().to_pylist()
    if absent or len(days) > 1:
        raise InputError(
            f"The stored rows lack {absent} or are of several days"
            f" {[str(day) for day in days[:3]]}; give the advice of one day as the engines"
            " wrote it.",
            field="stored",
            value=absent or days,
        )
    return as_day(days[0] if days else "1970-01-01", "as_of")


def _picks(stored: pa.Table) -> int:
    """How many products were asked for: as many as there are columns of picks, and as the metadata
    say, where there are any.
    """
    slots = [
        int(found[1])
        for name in stored.schema.names
        if (found := re.fullmatch(r"pick_(\d{1,6})", name))
    ]
    said = (stored.schema.metadata or {}).get(b"advisor.picks", str(len(slots)).encode())
    if sorted(slots) != list(range(1, len(slots) + 1)) or said != str(len(slots)).encode():
        raise InputError(
            f"The stored rows have columns for the picks {sorted(slots)[:8]}, their schema says"
            f" {said.decode(errors='replace')!r} picks; rows cannot be made again without knowing"
            " how many were asked for. Give all columns of picks as the engines wrote them.",
            field="stored",
            value=len(slots),
        )
    return len(slots)


def _typed(stored: pa.Table, schema: pa.Schema) -> pa.Table:
    """The stored rows with the types that advice has."""
    names: list[str] = stored.schema.names
    lacking = [
        name for name in schema.names if name not in names and not _NOT_NEEDED.fullmatch(name)
    ]
    strange = [name for name in names if name not in schema.names] + sorted(
        {name for name in names if names.count(name) > 1}
    )
    if lacking or strange:
        raise InputError(
            f"The stored rows lack the columns {lacking[:5]} of this advisor's advice, and have"
            f" {strange[:5]}, of which it has none or one; what they say could not be proved. Give"
            " the rows as the engines wrote them, with the advisor that made them.",
            field="stored",
            value=lacking or strange,
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


def _foreign(stored: pa.Table, ref: AdvisorRef) -> str | None:
    """What the schema of the rows says of who made them and when, where that is something else."""
    told = {
        name.decode(errors="replace"): value.decode(errors="replace")
        for name, value in (stored.schema.metadata or {}).items()
    }
    for name, mine in (("advisor.fingerprint", ref.fingerprint), ("advisor.as_of", ref.as_of)):
        if told.get(name, mine) != mine:
            return f"the rows say {name} {told[name][:12]!r}, they are proved with {mine[:12]!r}"
    return None


def _advice(advisor: AdvisorState, row: Mapping[str, Any]) -> Advice:
    """A stored row as the advice it stands for, as far as a proof needs it."""
    catalogue = advisor.catalogue
    picks: list[Pick] = []
    while (product := row.get(f"pick_{len(picks) + 1}")) is not None:
        slot = len(picks) + 1
        asset = (
            catalogue.main_asset[catalogue.ids.code(product)] if product in catalogue.ids else ""
        )
        picks.append(
            Pick(
                product_id=product,
                asset=asset,
                rank=slot,
                score=0.0,
                money=row[f"pick_{slot}_money"],
            )
        )
    sold = [
        Order(product_id=sale["product_id"], money=-sale["money"]) for sale in row["sales"] or ()
    ]
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
        orders=(
            *sold,
            *(Order(product_id=p.product_id, money=p.money) for p in picks if p.money != 0.0),
        ),
        unplaced=_by_asset(row, "unplaced:"),
    )


def _by_asset(row: Mapping[str, Any], prefix: str) -> dict[str, float]:
    """The columns that begin with `prefix`, by asset; zeros and nulls are left out."""
    names = {
        name.removeprefix(prefix): value for name, value in row.items() if name.startswith(prefix)
    }
    return {asset: value for asset, value in names.items() if value}
