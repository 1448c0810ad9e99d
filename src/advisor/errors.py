"""Every error the library raises on purpose, one tree.

::

    AdvisorError
      x InputError (a ValueError)  what you passed cannot be used: `.field`, `.value`; correct it
      x InfeasibleError            limits contradict each other: `.constraints`; relax one
      x SolverError                a solver gave up: `.solver`, `.status`; another one, or scale
      x AdapterError               one record of an outside system: `.record_id`; the rest went on
      x StoppedError               the service was stopped: `.since`, `.reason`; wait

A message says what was wrong (with the value), why it matters, and what to do. In a batch the same
sentence is the reason of a row's `status`; nothing is raised for a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from advisor.privacy import about_clients, kept

_LONGEST = 8_000
"""Characters of a message; of a longer one the middle is left out."""


class AdvisorError(Exception):
    """Base of everything the library raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Pickles with its names: a process pool hands errors from one process to another."""
        return _again, (type(self), self.args, self.__dict__)


def _again(
    kind: type[Exception], arguments: tuple[object, ...], state: dict[str, object]
) -> Exception:
    """An error as it was, without its constructor: that may demand names which are in its state."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class InputError(AdvisorError, ValueError):
    """An argument, field or row cannot be used.

    Args:
        message: What, why and what to do.
        field: Name of the argument or field, dotted for nested ones (`"goals.0.amount"`).
        value: The value that was refused; None where it is a client's, unless `advisor.privacy`
            shows it.
    """

    def __init__(self, message: str, *, field: str | None = None, value: object = None) -> None:
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST // 2]} [...] {message[-_LONGEST // 2 :]}"
        super().__init__(message)
        self.field = field
        self.value = kept(value) if about_clients(field) else value


class InfeasibleError(AdvisorError):
    """No portfolio satisfies all limits together.

    Args:
        message: The contradiction with its numbers and the smallest repair.
        constraints: Names of the limits that contradict each other.
    """

    def __init__(self, message: str, *, constraints: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.constraints: tuple[str, ...] = tuple(constraints)


class SolverError(AdvisorError):
    """A numerical solver stopped without a certified answer.

    Args:
        message: What was being solved and how far it came.
        solver: Name of the solver.
        status: Its own word for how it ended.
    """

    def __init__(self, message: str, *, solver: str, status: str) -> None:
        super().__init__(message)
        self.solver = solver
        self.status = status


class AdapterError(AdvisorError):
    """One record of an outside system could not be translated.

    Args:
        message: What was wrong with the record.
        record_id: The outside system's id of the record, where it has one.
    """

    def __init__(self, message: str, *, record_id: str | None = None) -> None:
        super().__init__(message)
        self.record_id = record_id


class StoppedError(AdvisorError):
    """Advice was stopped by the person responsible, or a run by its host.

    Args:
        message: What was stopped, and what to do.
        since: Since when, in UTC, where it is known.
        reason: Why, in the words of who stopped it.
    """

    def __init__(self, message: str, *, since: datetime | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.since = since
        self.reason = reason
