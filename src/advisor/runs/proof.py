"""Stored rows of advice proved from what is stored: the rows, the clients' data of that day, and
the saved advisor.
"""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from advisor.annotations import Folder
from advisor.contracts.advice import Verification
from advisor.data.clients.repeated import REPEATED, SeenIds
from advisor.data.clients.table import ClientTable
from advisor.engine.advisor import Advisor
from advisor.engine.portfolios.statuses import INVALID, STATUSES
from advisor.engine.verification.compare import differing_rows
from advisor.engine.verification.recompute import recompute
from advisor.engine.verification.report import sentences, verification
from advisor.errors import InputError
from advisor.privacy import hides
from advisor.runs.duplicates import problems_of
from advisor.runs.job import INPUTS, AdvisorRef, Job
from advisor.runs.stored import (
    advice_of_row,
    day_of,
    fault_of_metadata,
    picks_of,
    typed,
    unlabelled,
)
from advisor.validation import checked

UNKNOWN = (
    "no client of the table has the data that this advice was made from: they were changed since,"
    " or the row was"
)
MADE_UP = "the row says that it cannot be used, but nothing is wrong with the client's data"
IGNORED = "the client's data cannot be used, yet the row says otherwise"
TWICE = "an earlier row advises this client already; a run advises nobody twice"
ROWS_AT_A_TIME = 1000
_UNUSABLE = STATUSES[INVALID]


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


@checked
def verify_rows(stored: pa.Table, advisor: Advisor | Folder, clients: pa.Table) -> Iterator[Proof]:
    """Prove stored rows, in any order: made again together and compared to the bit, and each proved
    on its own by other means, as `Advisor.verify` does.

    A row takes a few milliseconds, so of a million prove a sample.

    Args:
        stored: Rows of advice as the engines wrote them, from one day; columns of reasons and
            scores may be left out. Engines that keep no metadata of a schema (Spark) cannot say
            which advisor made the rows; then only the columns can be compared.
        advisor: The advisor, or the folder it was saved to.
        clients: The clients' data of that day; others may be among them. Labels that the rows name
            are passed over.

    Returns:
        A proof for each row. A row's data are found by their digest (column `inputs`), so that data
        which were changed since do not pass.

    Raises:
        InputError: `stored` is no advice, of several days, lacks a column or has one that no advice
            has; or `clients` is no table of clients.
    """
    picks = picks_of(stored)
    ref = AdvisorRef.of(advisor, as_of=day_of(stored), picks=picks)
    clients = unlabelled(clients, stored.schema)
    job = Job.of(ref, clients.schema)
    schema = unlabelled(job.schema.empty_table(), job.schema).schema
    rows = typed(unlabelled(stored, job.schema), schema)
    return _Proofs(job, clients, rows, fault_of_metadata(stored, ref)).all()


class _Proofs:
    """Rows of an advisor and a day, proved some at a time."""

    def __init__(self, job: Job, clients: pa.Table, stored: pa.Table, foreign: str | None) -> None:
        self.job, self.table, self.stored = job, clients, stored
        self.foreign = [] if foreign is None else [foreign]
        self.state = job.model.advisor().state
        people, problems = job.clients(clients), problems_of(SeenIds(), clients)
        repeated = list(problems)
        self.ids = people.ids
        self.row_of_id = {name: row for row, name in reversed(list(enumerate(people.ids)))}
        problems = dict(enumerate(problems.values()))
        again = job.digests(replace(people.take(repeated), problems=problems))
        self.rows = dict(zip(again, ((row, True) for row in repeated), strict=True))
        """Digest of a client's data -> their row, and whether it repeats an earlier one."""
        self.rows |= {digest: (row, False) for row, digest in enumerate(job.digests(people))}
        self.advised: set[str] = set()

    def all(self) -> Iterator[Proof]:
        """In the order of the stored rows."""
        for start in range(0, self.stored.num_rows, ROWS_AT_A_TIME):
            yield from self._some(self.stored.slice(start, ROWS_AT_A_TIME))

    def _some(self, stored: pa.Table) -> Iterator[Proof]:
        # 1. Find the client of each row by the digest of what was read.
        rows: list[dict[str, Any]] = stored.to_pylist()
        sources = [self._source(row) for row in rows]
        known = [at for at, source in enumerate(sources) if source is not None]
        mine = [source for source in sources if source is not None]
        # 2. Make the advice of these clients again, and compare.
        asked = self.table.take(pa.array([row for row, _ in mine], type=pa.int64()))
        problems = {at: REPEATED for at, (_, again) in enumerate(mine) if again}
        made = self.job.on_table(asked, problems).select(stored.schema.names)
        people = self.job.clients(asked, problems)
        differing = dict(differing_rows(stored.take(pa.array(known, type=pa.int64())), made))
        # 3. Judge each row.
        place_of = {row: place for place, row in enumerate(known)}
        for at, row in enumerate(rows):
            place, report = place_of.get(at), verification([UNKNOWN], unsuitable=None)
            if place is not None:
                (again,) = made.slice(place, 1).to_pylist()
                report = self._proved(row, again, differing.get(place, ()), people, place)
            yield Proof(row["client_id"], report)

    def _source(self, row: Mapping[str, Any]) -> tuple[int, bool] | None:
        """Row of the client whose data a stored row was made from, and whether it is a repeated
        one; None where there is none.
        """
        source = self.rows.get(row[INPUTS])
        if source is None and row["status"] == _UNUSABLE and row["client_id"] in self.row_of_id:
            source = self.row_of_id[row["client_id"]], False
        mine = source is not None and (self.ids[source[0]] or None) == row["client_id"]
        return source if mine else None

    def _proved(
        self,
        row: Mapping[str, Any],
        again: Mapping[str, Any],
        differing: Sequence[str],
        people: ClientTable,
        place: int,
    ) -> Verification:
        unusable, matches = again["status"] == _UNUSABLE, not self.foreign
        if INPUTS in differing:
            return verification([UNKNOWN], unsuitable=None)
        if unusable != (row["status"] == _UNUSABLE):
            fault = IGNORED if unusable else MADE_UP
            return verification([fault], unsuitable=None, fingerprint_matches=True)
        fields = ((name, row[name], again[name]) for name in differing)
        problems = [*self.foreign, *sentences(fields, "row")]
        if unusable or place in people.problems:
            return verification(problems, fingerprint_matches=matches)
        problems += [TWICE] if row[INPUTS] in self.advised else []
        self.advised.add(row[INPUTS])
        try:
            advice = advice_of_row(self.state, row)
        except InputError as error:
            fault = f"the row is no advice: {error}"
            return verification([fault], unsuitable=None, fingerprint_matches=matches)
        alone, state = people.take([place]), self.state
        profiles = state.profiles(alone, self.job.day)
        proof = recompute(state, advice, alone.client(0), alone, profiles)
        return verification(
            [*problems, *proof.wrong],
            unsuitable=proof.unsuitable,
            residual=proof.kkt_residual,
            fingerprint_matches=matches,
        )
