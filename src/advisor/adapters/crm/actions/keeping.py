"""Actions and consents in the store, and what a personal adviser gets of a client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from advisor import Advice, Client, Questionnaire
from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.checks import HeldAction, rules_of
from advisor.adapters.crm.actions.consent import Consent, SentAction
from advisor.adapters.crm.actions.releases import Released
from advisor.adapters.crm.values import CustomerView, Written, check_store
from advisor.annotations import Items
from advisor.arrays import check_type
from advisor.errors import InputError, StoppedError
from advisor.privacy import hides, personal
from advisor.validation import checked


def keep_actions(store: Store, actions: Released | Iterable[Action], *, at: datetime) -> Written:
    """Write actions: proposed ones, or what a release said of each (sent, or held and why).

    Args:
        store: Where they are kept; an action that is there is written over.
        actions: What `propose` or `release` gave.
        at: When it was so, with a time zone.
    """
    check_store(store)
    return store.put_rows("actions", _rows(actions, at))


def open_actions(store: Store) -> tuple[Action, ...]:
    """Actions that wait: proposed, or held and worth another try."""
    check_store(store)
    rows = store.rows("actions", state=["proposed", "held"])
    return tuple(Action.model_validate_json(row["data"]) for row in rows if row["data"])


def sent_actions(store: Store, *, since: datetime | None = None) -> tuple[SentAction, ...]:
    """Actions that were sent, from a moment on."""
    check_store(store)
    where: dict[str, Any] = {} if since is None else {"changed": (since, None)}
    return tuple(
        SentAction(client_id=r["client_id"], play=r["play"], at=r["changed"], action_id=r["id"])
        for r in store.rows("actions", state="sent", **where)
        if r["changed"] is not None
    )


def consents(store: Store) -> tuple[Consent, ...]:
    """Every consent on record, given and withdrawn."""
    check_store(store)
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


if TYPE_CHECKING:
    from advisor.adapters.crm.store import Store


@hides
@dataclass(frozen=True)
class HandOff:
    """One client for their adviser.

    Attributes:
        view: All that the store knows.
        advice: The advice that stands, None where there is none.
        questions: What is open, in sentences: answers that are missing, what stops advice, actions
            that wait and why some are held.
    """

    view: CustomerView
    advice: Advice | None
    questions: tuple[str, ...]


@checked
def hand_off(
    view: CustomerView, advisor: Any, *, as_of: date | str, actions: Items = (), held: Items = ()
) -> HandOff:
    """The view of a client with their advice of the day and what is open.

    Args:
        view: From `Store.view`.
        advisor: Who advises, an `Advisor` or `guarded(...)`; one that is stopped gives no advice,
            and the view's last one stands.
        as_of: The day.
        actions: Actions to be done; those of other clients are passed over.
        held: Actions that were held; those of other clients are passed over.
    """
    todo, waiting = tuple(actions), tuple(held)
    for one in todo:
        check_type(one, Action, "actions", "Pass actions of propose(...) or release(...).")
    for one in waiting:
        check_type(one, HeldAction, "held", "Pass what release(...) held.")
    client = view.client
    advice, questions = view.advice, list(_unanswered(client, rules_of(advisor).questionnaire))
    try:
        advice = advisor.advise(client, as_of=as_of)
    except (InputError, StoppedError) as error:
        questions.append(f"No advice can be given: {error}")
    if advice is not None and advice.status not in ("ok", "holdings_above_band"):
        questions += [reason.text for reason in advice.reasons]
    if not view.advisers:
        questions.append(f"No adviser is named for the client {personal(client.id)}.")
    questions += [f"To do: {a.play}." for a in todo if a.client_id == client.id]
    mine = [h for h in waiting if h.action.client_id == client.id]
    questions += [f"Held: {h.action.play}. {h.why}" for h in mine]
    return HandOff(view, advice, tuple(questions))


def _unanswered(client: Client, questionnaire: Questionnaire | None) -> Iterable[str]:
    """What the client has not answered; nothing where they were assessed elsewhere."""
    if questionnaire is None or client.level is not None:
        return
    for question in questionnaire.questions:
        if question.id not in client.answers:
            yield f"Not answered: {question.text}"
