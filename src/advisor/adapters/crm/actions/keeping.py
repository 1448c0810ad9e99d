"""Actions and consents in the store: what waits, what was sent, who consents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.consent import Consent, SentAction
from advisor.adapters.crm.actions.releases import Released
from advisor.adapters.crm.values import Written
from advisor.arrays import check_type

if TYPE_CHECKING:
    from advisor.adapters.crm.store import Store


def keep_actions(store: Store, actions: Released | Iterable[Action], *, at: datetime) -> Written:
    """Write actions: proposed ones, or what a release said of each (sent, or held and why).

    Args:
        store: Where they are kept; an action that is there is written over.
        actions: What `propose` or `release` gave.
        at: When it was so, with a time zone.
    """
    return store.put_rows("actions", _rows(actions, at))


def open_actions(store: Store) -> tuple[Action, ...]:
    """Actions that wait: proposed, or held and worth another try."""
    rows = store.rows("actions", state=["proposed", "held"])
    return tuple(Action.model_validate_json(row["data"]) for row in rows if row["data"])


def sent_actions(store: Store, *, since: datetime | None = None) -> tuple[SentAction, ...]:
    """Actions that were sent, from a moment on."""
    where: dict[str, Any] = {"state": "sent"} | (
        {} if since is None else {"changed": (since, None)}
    )
    return tuple(
        SentAction(client_id=r["client_id"], play=r["play"], at=r["changed"], action_id=r["id"])
        for r in store.rows("actions", **where)
        if r["changed"] is not None
    )


def consents(store: Store) -> tuple[Consent, ...]:
    """Every consent on record, given and withdrawn."""
    names = ("client_id", "purpose", "given", "withdrawn")
    return tuple(Consent(**{name: row[name] for name in names}) for row in store.rows("consents"))


def _rows(actions: Released | Iterable[Action], at: datetime) -> Iterator[dict[str, Any]]:
    if isinstance(actions, Released):
        yield from (_row(action, "sent", at, None) for action in actions.send)
        held = (h for h in actions.held if h.code != "repeated")
        yield from (_row(h.action, "held", at, f"{h.code}: {h.why}") for h in held)
        return
    for action in actions:
        check_type(action, Action, "actions", "Pass what propose(...) or release(...) gave.")
        yield _row(action, "proposed", at, None)


def _row(action: Action, state: str, at: datetime, why: str | None) -> dict[str, Any]:
    same = {n: getattr(action, n) for n in ("id", "client_id", "play", "action", "product_id")}
    row = {**same, "state": state, "proposed": action.proposed_at, "changed": at, "why": why}
    return {**row, "data": action.model_dump_json()}
