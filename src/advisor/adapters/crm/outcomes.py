"""What became of records on their way in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from advisor import ClientTable
from advisor.adapters.crm.sending import GoneError
from advisor.adapters.records.moments import moment_of
from advisor.errors import AdapterError
from advisor.privacy import hides

EMPTY_PAGES = 100
"""Pages without an entry in a row, after which a list is not followed any longer."""


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
    """Raise `InputError` where a moment has no time zone, or is beyond the calendar."""
    if since is not None:
        moment_of(since, "since")


def one_by_one(
    records: Iterable[tuple[str, Any]], write: Callable[[str, Any], bool]
) -> Iterator[Outcome]:
    """Outcomes of records by key, whether each was new; once the system is gone no more is sent."""
    gone: str | None = None
    for key, record in records:
        problem = gone
        if gone is None:
            try:
                yield Outcome(key, ok=True, created=write(key, record))
                continue
            except GoneError as error:
                gone = problem = str(error)
            except AdapterError as error:
                problem = str(error)
        yield Outcome(key, ok=False, problem=problem)


def paged(ask: Callable[[Any], tuple[list[Any], Any]]) -> Iterator[Any]:
    """Entries of a list: `ask` gives those of the page that a token leads to, and the next token.

    Raises:
        AdapterError: The pages lead in a circle, or on and on without an entry.
    """
    seen, token, empty = set[str](), None, 0
    while True:
        entries, after = ask(token)
        yield from entries
        empty = 0 if entries else empty + 1
        if not after or after == token:
            return
        if str(after) in seen or empty > EMPTY_PAGES:
            why = "The pages of the list lead in a circle, so that its end is never reached."
            remedy = "Pull again; where it stays so, tell those who run the system."
            raise AdapterError(f"{why} {remedy}")
        seen.add(str(after))
        token = after
