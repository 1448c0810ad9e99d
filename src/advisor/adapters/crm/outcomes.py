"""What became of records on their way in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from advisor import ClientTable
from advisor.errors import AdapterError, InputError
from advisor.privacy import hides


@hides
@dataclass(frozen=True)
class Outcome:
    """What became of one record that was sent.

    Attributes:
        record_id: The client's id.
        ok: Whether the other system has it.
        created: Whether it was new there; None where that is not said.
        problem: Why it is not there, and what to do; None where it is.
    """

    record_id: str
    ok: bool
    created: bool | None = None
    problem: str | None = None


@dataclass(frozen=True, repr=False)
class Pulled:
    """What a system gave.

    Attributes:
        clients: Those whose records are usable.
        problems: One a record that is not; the last one says why the system stopped, where it did.
        complete: Whether every record came; if not, pull again since the same moment.
        as_of: The day that ages were worked out for.
    """

    clients: ClientTable
    problems: tuple[AdapterError, ...]
    complete: bool
    as_of: date

    def __repr__(self) -> str:
        state = "complete" if self.complete else "not complete"
        return f"Pulled({len(self.clients):,} clients, {len(self.problems):,} problems, {state})"


def check_moment(since: datetime | None) -> None:
    """Raise `InputError` where a moment has no time zone."""
    if since is not None and since.utcoffset() is None:
        raise InputError(
            f"since is {since}, which has no time zone; changes around it would be lost. Give one,"
            " such as datetime.now(UTC).",
            field="since",
            value=since,
        )
