"""The checks of one action before it is sent, on the data of the moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from advisor import Catalogue, ClientTable, Controls, Questionnaire, Regime, RiskBands, profile_risk
from advisor.adapters.crm.actions.action import Action
from advisor.adapters.crm.actions.consent import TEXTS, SentBefore, StandingConsents
from advisor.errors import InputError, StoppedError
from advisor.privacy import argument, hides


@hides
@dataclass(frozen=True)
class HeldAction:
    """An action that is not sent: a code of `TEXTS`, a sentence, and the rules that refuse."""

    action: Action
    code: str
    why: str
    rules: tuple[str, ...] = ()


class ReleaseCheck:
    """One release: profiles and the switch are looked at once."""

    def __init__(
        self,
        advisor: Any,
        clients: ClientTable,
        day: np.datetime64,
        consents: StandingConsents,
        sent: SentBefore,
        at: datetime,
        actions: Iterable[Action],
    ) -> None:
        self.advisor, self.rules = advisor, rules_of(advisor)
        self.consents, self.sent, self.at = consents, sent, at
        rows = sorted({clients.index.find((a.client_id,)).item(0) for a in actions} - {-1})
        self.table = clients.take(np.array(rows, dtype=np.int64))
        rules = self.rules
        asked, bands, controls = rules.questionnaire, rules.bands, rules.controls
        self.profiles = profile_risk(self.table, asked, as_of=day, bands=bands, controls=controls)
        self.stopped = self._stopped(day)

    def why_held(self, action: Action) -> HeldAction | None:
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

    def _unsuitable(self, action: Action, product_id: str, row: int) -> HeldAction | None:
        catalogue = self.rules.catalogue
        code = catalogue.ids.find((product_id,)).item(0)
        if code < 0:
            return _held(action, "unknown_product")
        product = catalogue.products[code]
        if product.closed:
            return _held(action, "closed_product")
        client = self.table.client(row)
        try:
            verdict = self.rules.regime.check(self.profiles[row], client, product)
        except InputError as error:
            return _held(action, "unjudged", why=error)
        if verdict.decision == "allow":
            return None
        why = TEXTS["unsuitable"].format(verdict.decision, ", ".join(verdict.rules))
        return HeldAction(action, "unsuitable", why, verdict.rules)

    def _stopped(self, day: np.datetime64) -> str | None:
        """Why advice is stopped, None where it is not: what a batch of one client says."""
        if not len(self.table):
            return None
        try:
            one = self.table.take(np.zeros(1, dtype=np.int64))
            batch = self.advisor.advise_table(one, as_of=str(day), picks=0)
        except StoppedError as error:
            return str(error)
        return batch[0].reasons[0].text if batch.status[0] == "stopped" else None


def _held(action: Action, code: str, **data: object) -> HeldAction:
    return HeldAction(action, code, TEXTS[code].format(**data))


class JudgedBy(NamedTuple):
    """What an advisor judges by."""

    questionnaire: Questionnaire | None
    bands: RiskBands
    controls: Controls
    regime: Regime
    catalogue: Catalogue


def rules_of(advisor: Any) -> JudgedBy:
    """What an advisor judges by. Raises `InputError` where it is no advisor."""
    try:
        return JudgedBy(*(getattr(advisor, name) for name in JudgedBy._fields))
    except AttributeError:
        shown = f"{argument('advisor', advisor)} ({type(advisor).__name__})"
        why = f"advisor is {shown}, by whose rules nothing can be checked."
        remedy = "Pass an Advisor, or guarded(advisor, switch)."
        raise InputError(f"{why} {remedy}", field="advisor", value=None) from None
