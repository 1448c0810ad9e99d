"""What a personal adviser gets when a client is handed to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisor import Advice, Client, Questionnaire
from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.checks import HeldAction, rules_of
from advisor.adapters.crm.values import CustomerView
from advisor.annotations import Items
from advisor.arrays import check_type
from advisor.errors import InputError, StoppedError
from advisor.privacy import hides, personal
from advisor.validation import checked


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
    questions += [
        f"Held: {h.action.play}. {h.why}" for h in waiting if h.action.client_id == client.id
    ]
    return HandOff(view, advice, tuple(questions))


def _unanswered(client: Client, questionnaire: Questionnaire | None) -> Iterable[str]:
    """What the client has not answered; nothing where they were assessed elsewhere."""
    if questionnaire is None or client.level is not None:
        return
    for question in questionnaire.questions:
        if question.id not in client.answers:
            yield f"Not answered: {question.text}"
