"""What stands between a proposal and a client: consents, and what was sent before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from advisor.arrays import check_type
from advisor.contracts import Contract, Id, Moment
from advisor.errors import InputError

TEXTS = {
    "stopped": "Advice is stopped: {why}",
    "later": "It was proposed at {at}, after the moment of release.",
    "repeated": "It is there twice, or was sent before.",
    "unknown_client": "The client is not in the table, so nothing about them can be checked.",
    "bad_client": "The client's data cannot be used: {why}",
    "no_consent": "No consent to {purpose} stands.",
    "capped": "{sent} of at most {cap} were sent within {days} days.",
    "no_product": "The play names a product, and the action has none.",
    "unknown_product": "The product is not in the catalogue.",
    "closed_product": "The product is no longer sold.",
    "unjudged": "The rules cannot judge it: {why}",
    "unsuitable": "The rules say {}: {}.",
}
"""Why an action is held, by code."""


class Consent(Contract):
    """A client's consent to be written to for a purpose, when given and when withdrawn."""

    personal_data: ClassVar[bool] = True

    client_id: Id
    purpose: Id
    given: Moment
    withdrawn: Moment | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.withdrawn is not None and self.withdrawn < self.given:
            why = f"A consent to {self.purpose!r} was withdrawn before it was given,"
            remedy = "so it is not known whether it stands. Correct the moments."
            raise InputError(f"{why} {remedy}", field="withdrawn", value=str(self.withdrawn))
        return self


class SentAction(Contract):
    """An action that was sent: of which play, to whom, when; `action_id` where it is known."""

    personal_data: ClassVar[bool] = True

    client_id: Id
    play: Id
    at: Moment
    action_id: Annotated[str, Field(min_length=1)] | None = None


class StandingConsents:
    """Which consents stand at a moment: of each client and purpose the one that was given last."""

    def __init__(self, consents: Iterable[Any], at: datetime) -> None:
        last: dict[tuple[str, str], Consent] = {}
        for one in consents:
            check_type(one, Consent, "consents", "Make them with Consent(client_id=..., ...).")
            if one.given <= at:
                key = (one.client_id, one.purpose)
                last[key] = max(last.get(key, one), one, key=_rank)
        self._stands = {k for k, c in last.items() if c.withdrawn is None or c.withdrawn > at}

    def stands(self, client_id: str, purpose: str) -> bool:
        """Whether the client consents to the purpose."""
        return (client_id, purpose) in self._stands


def _rank(consent: Consent) -> tuple[datetime, bool]:
    """Of two given at one moment the withdrawn one counts."""
    return consent.given, consent.withdrawn is not None


class SentBefore:
    """What was sent, how often within a play's days; what is dated later counts as sent today."""

    def __init__(self, sent: Iterable[Any], at: datetime) -> None:
        self._at = at
        self._times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.ids: set[str] = set()
        for one in sent:
            check_type(one, SentAction, "sent", "Make them with SentAction(client_id=..., ...).")
            self.add(one.client_id, one.play, one.at, one.action_id)

    def add(self, client_id: str, play: str, at: datetime, action_id: str | None) -> None:
        """Note one more."""
        self._times[client_id, play].append(at)
        if action_id is not None:
            self.ids.add(action_id)

    def within(self, client_id: str, play: str, days: int) -> int:
        """How many of the play the client was sent within so many days."""
        start = self._at - timedelta(days=days)
        return sum(at > start for at in self._times.get((client_id, play), ()))
