"""What the store answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from advisor import Advice, Client
from advisor.errors import AdapterError, InputError
from advisor.privacy import hides


@dataclass(frozen=True)
class Written:
    """What a write did.

    Attributes:
        rows: How many were given.
        changed: How many of them were new, or other than what stood there.
        problems: What was set aside, each with its `record_id`.
    """

    rows: int
    changed: int
    problems: tuple[AdapterError, ...] = ()


def check_store(store: object) -> None:
    """Raise `InputError` for what is no store, without loading a library of it."""
    if not hasattr(store, "put_rows"):
        why = f"A store is needed, not {type(store).__name__}. Open one with Store.open(url)."
        raise InputError(why, field="store")


def read_each(
    rows: Iterable[Any], read: Callable[[Any], object], key: str = "id"
) -> tuple[int, list[AdapterError]]:
    """How many rows there were, and what `read` refuses of them, named by their `key`."""
    count, problems = 0, list[AdapterError]()
    for row in rows:
        count += 1
        try:
            read(row)
        except InputError as error:
            name = row.get(key) if isinstance(row, Mapping) else getattr(row, key, None)
            record_id = None if name is None else str(name)
            problems.append(AdapterError(str(error), record_id=record_id))
    return count, problems


@dataclass(frozen=True)
class Forgotten:
    """What an erasure removed.

    Attributes:
        rows: Table -> rows removed.
        pseudonym: Whether the client had a salt, which is gone: what the ledger says belongs to
            nobody now.
    """

    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    pseudonym: bool = False


@hides
@dataclass(frozen=True)
class CustomerView:
    """All that the store knows of one client.

    Attributes:
        client: As known on the day.
        profile: The assessment that stood: day, questionnaire, level and confirmed; None where
            there is none.
        holdings: Money by asset or product id.
        advice: The last advice; None where there is none, or where it came without its document.
        advised: The last advice's row: run, as_of, status, level, figures.
        tier, stage: Words of the tags of these families, None where there is none; one that was
            set by hand goes before the rule's.
        tags: Tags that stand, by name: by rule, event or person (`provenance`).
        actions: Open actions, oldest first.
        consents: Purposes that stand.
        advisers: Ids of the client's advisers.
        feedback: The last feedback.
        events: The last events, newest first.
    """

    client: Client
    profile: Mapping[str, Any] | None
    holdings: Mapping[str, float]
    advice: Advice | None
    advised: Mapping[str, Any] | None
    tier: str | None
    stage: str | None
    tags: Mapping[str, Mapping[str, Any]]
    actions: tuple[Mapping[str, Any], ...]
    consents: tuple[str, ...]
    advisers: tuple[str, ...]
    feedback: Mapping[str, Any] | None
    events: tuple[Any, ...] = ()
    as_of: date | None = None
