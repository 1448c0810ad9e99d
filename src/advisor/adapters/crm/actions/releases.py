"""The last check before anything is sent: consent, caps, the switch, and suitability today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from advisor import ClientTable
from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.checks import HeldAction, ReleaseCheck
from advisor.adapters.crm.actions.consent import SentBefore, StandingConsents
from advisor.adapters.crm.facts.events import instant_of
from advisor.annotations import Items
from advisor.arrays import check_type
from advisor.validation import checked


@dataclass(frozen=True, repr=False)
class Released:
    """What may be sent, first things first, and what is held."""

    send: tuple[Action, ...]
    held: tuple[HeldAction, ...]

    def __repr__(self) -> str:
        return f"Released({len(self.send):,} to send, {len(self.held):,} held)"


@checked
def release(
    actions: Items,
    advisor: Any,
    clients: ClientTable,
    *,
    consents: Items,
    sent: Items,
    at: datetime,
) -> Released:
    """What of the proposed actions may be sent now: every check is made again, on today's data.

    An action is sent where advice is not stopped, the client is in the table with usable data,
    their consent to its purpose stands, its play's cap is not reached (by what was sent before and
    by this release), and the rules say "allow" of every product that it names, for the client's
    profile on the day of `at`, with the product as the catalogue has it now.

    Args:
        actions: `Actions`, or single `Action`s from wherever they were kept.
        advisor: Rules, questionnaire and catalogue of today; with a switch, `guarded(...)`.
        clients: The clients of today.
        consents: `Consent`s, given and withdrawn.
        sent: `SentAction`s, at least of the longest `cap_days` of any play.
        at: The moment, with its time zone.

    Returns:
        Each action once, in `send` or in `held`; which one does not depend on their order.

    Raises:
        InputError: An argument is not of its kind. What is wrong with one action is why it is held.
    """
    day = instant_of(at, "at").astype("datetime64[D]")
    remedy = "Pass what propose(...) gave, or Action(...)s."
    listed: list[Action] = []
    for action in actions:
        check_type(action, Action, "actions", remedy)
        listed.append(action)
    listed.sort(key=lambda a: (a.priority, a.play, a.client_id, -a.count, a.product_id or "", a.id))
    kept = StandingConsents(consents, at), SentBefore(sent, at)
    check, send, held = ReleaseCheck(advisor, clients, day, *kept, at, listed), [], []
    for action in listed:
        if (held_action := check.why_held(action)) is not None:
            held.append(held_action)
            continue
        check.sent.add(action.client_id, action.play, at, action.id)
        send.append(action)
    return Released(tuple(send), tuple(held))
