"""What the tools do; blocks, and raises `InputError` and `StoppedError`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from advisor import Advice, AnswerSheet, Client, ClientTable, Product, profile_risk
from advisor.adapters.channels.mcp.calls import WITHHELD
from advisor.adapters.channels.session import Session, answered
from advisor.adapters.channels.tenant import Tenant
from advisor.errors import InputError
from advisor.lifecycle import HoldingsReview, review_holdings

CHANNEL = "mcp"


@dataclass(frozen=True)
class Talk:
    """Who is spoken of: their answers, what else is known, and their session where there is one."""

    sheet: AnswerSheet
    base: Client
    session: Session | None = None

    @property
    def finished(self) -> bool:
        """Whether they were assessed."""
        return bool(self.session and self.session.finished)

    @property
    def session_id(self) -> str | None:
        """Of the session, where there is one."""
        return None if self.session is None else self.session.id

    def client(self) -> Client:
        """The client with their answers, of today until assessed. Raises where one is missing."""
        return self.sheet.client(self.base, on=None if self.finished else today())


def today() -> date:
    """In UTC."""
    return datetime.now(UTC).date()


class Conversation:
    """The tools of one tenant.

    Args:
        tenant: Whose.
        supplied: Whether answers may come as arguments of a tool.
    """

    def __init__(self, tenant: Tenant, *, supplied: bool) -> None:
        self.tenant, self._supplied = tenant, supplied
        self.questionnaire = tenant.sessions.questionnaire

    def language(self, requested: Any) -> str:
        """A language that the questions are there in; None: the advisor's."""
        spoken = ("en", *self.questionnaire.languages)
        language = self.tenant.advisor.state.language if requested is None else requested
        if language not in spoken:
            text = f"language is {requested!r}; the questions are there in {', '.join(spoken)}."
            raise InputError(text, field="language", value=requested)
        return language

    def talk(self, client: Any, session: Any) -> Talk:
        """Who is spoken of: a client who is described, or the one of a session."""
        if (client is None) == (session is None):
            text = "Say who it is about: either client, or the session that an earlier call gave."
            raise InputError(text, field="session")
        if session is not None:
            if not isinstance(session, str):
                text = "session is no text; give the one that an earlier call gave."
                raise InputError(text, field="session")
            loaded = self.tenant.sessions.load(session)
            return Talk(loaded.sheet, loaded.base, loaded)
        if not isinstance(client, Mapping):
            text = "client is no object; give at least id, wealth and horizon_years."
            raise InputError(text, field="client")
        hidden = [n for n in WITHHELD if n in client and not (self._supplied and n == "answers")]
        if hidden:
            raise InputError(
                f"client.{hidden[0]} cannot be told by an assistant: it comes from the client's own"
                " answers, or from who assessed them. Leave it out; the client is asked.",
                field=hidden[0],
            )
        base = Client.model_validate(client)
        sheet = AnswerSheet(questionnaire=self.questionnaire)
        return Talk(answered(sheet, base.answers), base)

    def answered(self, client: Any, session: Any, answers: Any) -> Talk | None:
        """The talk with what was answered in a form; None where the client declined."""
        talk = self.talk(client, session)
        if answers.action != "accept":
            return None
        form: Any = answers.data
        chosen = form if isinstance(form, dict) else form.model_dump(by_alias=True)
        return replace(talk, sheet=answered(talk.sheet, chosen))

    def kept(self, talk: Talk) -> Talk:
        """With a session that has the answers."""
        session = talk.session or self.tenant.sessions.open(talk.base, channel=CHANNEL)
        if session.sheet.answers != talk.sheet.answers:
            session = self.tenant.sessions.save(session.id, talk.sheet, session.version, CHANNEL)
        return replace(talk, session=session)

    def verdict(self, client: Client, product_id: Any, as_of: Any, language: str) -> dict[str, Any]:
        """The rules' decision on a product for a client, and each rule that fired."""
        advisor = self.tenant.advisor
        product = self._product(product_id)
        if product is None:
            raise InputError(
                f"There is no product {product_id!r} in the catalogue; name one by its id.",
                field="product",
                value=product_id,
            )
        table, day = ClientTable.from_clients([client]), as_of or today()
        asked, bands, controls = advisor.questionnaire, advisor.bands, advisor.controls
        profiles = profile_risk(table, asked, as_of=day, bands=bands, controls=controls)
        verdict = advisor.regime.check(profiles[0], client, product)
        rules = (advisor.regime.pack_of(product.regime).by_id[name] for name in verdict.rules)
        value = {"product": product.id, "name": product.name, "decision": verdict.decision}
        return value | {
            "rules": [
                {"rule": rule.id, "article": rule.article, "text": rule.text_in(language)}
                for rule in rules
            ]
        }

    def _product(self, name: Any) -> Product | None:
        catalogue = self.tenant.advisor.catalogue
        known = isinstance(name, str) and name in catalogue.ids
        return catalogue.products[catalogue.ids.code(name)] if known else None

    def review(self, client: Client, advice: Advice) -> HoldingsReview:
        """What the client holds, by asset, against the portfolio advised."""
        held = dict[str, float]()
        for name, money in client.holdings.items():
            product = self._product(name)
            spread = {name: 1.0}
            if product is not None:
                spread = product.exposures or {product.asset or name: 1.0}
            for asset, share in spread.items():
                held[asset] = held.get(asset, 0.0) + money * share
        flow = client.wealth - sum(client.holdings.values())
        return review_holdings(held, advice.weights, flow=flow)
