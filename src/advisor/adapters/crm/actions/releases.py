"""The last check before anything is sent: consent, caps, the switch, and suitability today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.consent import TEXTS, SentBefore, Standing
from advisor.adapters.crm.facts.events import moment_of
from advisor.annotations import Items
from advisor.arrays import check_type
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.engine.advisor import Advisor
from advisor.errors import InputError, StoppedError
from advisor.privacy import hides
from advisor.risk_profile.profile import profile_risk
from advisor.validation import checked


@hides
@dataclass(frozen=True)
class Held:
    """An action that is not sent: a code of `TEXTS`, a sentence, and the rules that refuse."""

    action: Action
    code: str
    why: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Released:
    """What may be sent, first things first, and what is held."""

    send: tuple[Action, ...]
    held: tuple[Held, ...]

    def __repr__(self) -> str:
        return f"Released({len(self.send):,} to send, {len(self.held):,} held)"


@checked
def release(
    actions: Items,
    advisor: Advisor,
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
    day = moment_of(at, "at").astype("datetime64[D]")
    remedy = "Pass what propose(...) gave, or Action(...)s."
    listed: list[Action] = []
    for action in actions:
        check_type(action, Action, "actions", remedy)
        listed.append(action)
    listed.sort(key=lambda a: (a.priority, a.play, a.client_id, -a.count, a.product_id or "", a.id))
    check = _Check(advisor, clients, day, Standing(consents, at), SentBefore(sent, at), at, listed)
    send: list[Action] = []
    held: list[Held] = []
    for action in listed:
        found = check.why_held(action)
        if found is None:
            check.sent.add(action.client_id, action.play, at, action.id)
            send.append(action)
        else:
            held.append(found)
    return Released(tuple(send), tuple(held))


class _Check:
    """One release: profiles and the switch are looked at once."""

    def __init__(
        self,
        advisor: Advisor,
        clients: ClientTable,
        day: np.datetime64,
        consents: Standing,
        sent: SentBefore,
        at: datetime,
        actions: Iterable[Action],
    ) -> None:
        self.advisor, self.clients, self.consents, self.sent, self.at = advisor, clients, consents, sent, at
        rows = sorted({clients.index.find((a.client_id,)).item(0) for a in actions} - {-1})
        self.table = clients.take(np.array(rows, dtype=np.int64))
        self.profiles = self._profiles(day)
        self.stopped = self._stopped(day)

    def why_held(self, action: Action) -> Held | None:
        """The first reason to hold an action; None where there is none."""
        if self.stopped is not None:
            return _held(action, "stopped", why=self.stopped)
        if action.proposed_at > self.at:
            return _held(action, "later", at=action.proposed_at.isoformat())
        if action.id in self.sent.ids:
            return _held(action, "repeated")
        row = self.table.index.find((action.client_id,)).item(0)
        if row < 0:
            return _held(action, "unknown_client")
        if row in self.table.problems:
            return _held(action, "bad_client", why=self.table.problems[row])
        if not self.consents.stands(action.client_id, action.purpose):
            return _held(action, "no_consent", purpose=action.purpose)
        before = self.sent.within(action.client_id, action.play, action.cap_days)
        if before >= action.cap:
            return _held(action, "capped", sent=before, cap=action.cap, days=action.cap_days)
        if action.product_id is None:
            return _held(action, "no_product") if action.names_product else None
        return self._unsuitable(action, action.product_id, row)

    def _unsuitable(self, action: Action, product_id: str, row: int) -> Held | None:
        catalogue = self.advisor.house.catalogue
        code = catalogue.ids.find((product_id,)).item(0)
        if code < 0:
            return _held(action, "unknown_product")
        product = catalogue.products[code]
        if product.closed:
            return _held(action, "closed_product")
        client = self.table.client(row)
        try:
            verdict = self.advisor.house.regime.check(self.profiles[row], client, product)
        except InputError as error:
            return _held(action, "unjudged", why=error)
        if verdict.decision == "allow":
            return None
        told = _held(action, "unsuitable", decision=verdict.decision, rules=", ".join(verdict.rules))
        return Held(told.action, told.code, told.why, verdict.rules)

    def _profiles(self, day: np.datetime64) -> RiskProfiles:
        house = self.advisor.house
        return profile_risk(self.table, house.questionnaire, as_of=day, bands=house.bands)

    def _stopped(self, day: np.datetime64) -> str | None:
        """Why advice is stopped, None where it is not: asked of the advisor, as anybody would."""
        if not len(self.table):
            return None
        try:
            batch = self.advisor.advise_table(self.table.take(np.zeros(1, dtype=np.int64)), as_of=str(day), picks=0)
        except StoppedError as error:
            return str(error)
        return "the advisor says so." if batch.status[0] == "stopped" else None


def _held(action: Action, code: str, **data: object) -> Held:
    return Held(action, code, TEXTS[code].format(**data))
