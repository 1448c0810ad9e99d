"""The tools: `questionnaire`, `explain` and `review_holdings`, which ask nothing, and
`continue_session`, `profile` and `advise`, which ask the client what is still open.
"""

from typing import Any

from advisor import Advice, sentences
from advisor.adapters.channels.mcp.calls import (
    CallToolResult,
    Day,
    Language,
    Picks,
    Product,
    Session,
    result,
)
from advisor.adapters.channels.mcp.conversation import CHANNEL, Conversation
from advisor.adapters.channels.mcp.forms import text


class Tools:
    """The tools of a conversation. `answers` and `agreement` hold what the client said in forms."""

    def __init__(self, conversation: Conversation) -> None:
        self._talks, self._tenant = conversation, conversation.tenant

    def questionnaire(self, language: Language = None) -> CallToolResult:
        """The questions that a client is asked, to explain them. The client answers in forms; do
        not answer for them.
        """
        asked, spoken = self._talks.questionnaire, self._talks.language(language)
        questions = [
            {
                "id": q.id,
                "text": q.text_in(spoken),
                "required": q.required,
                "options": {o.id: o.text_in(spoken) for o in q.options},
            }
            for q in asked.questions
        ]
        value = {"questionnaire": asked.signature, "questions": questions}
        return result(value, asked.title_in(spoken))

    def explain(
        self, session: Session, product: Product = None, as_of: Day = None,
        language: Language = None,
    ) -> CallToolResult:  # fmt: skip
        """Why better-known products are missing from the client's advice; with a product, what the
        rules say of it, with articles.
        """
        spoken = self._talks.language(language)
        client = self._talks.talk(None, session).client()
        if product is not None:
            verdict = self._talks.verdict(client, product, as_of, spoken)
            rules = [f"{rule['article']}: {rule['text']}" for rule in verdict["rules"]]
            return result(verdict, f"{verdict['name']}: {verdict['decision']}", *rules)
        missing = self._tenant.advisor.report(client, as_of=as_of, language=spoken).omissions
        return result({"omissions": missing}, *(reason.text for reason in missing))

    def review_holdings(
        self, session: Session, as_of: Day = None, language: Language = None
    ) -> CallToolResult:
        """What the client holds against the portfolio advised on the day, asset by asset, and what
        to trade.
        """
        spoken = self._talks.language(language)
        client = self._talks.talk(None, session).client()
        advice = self._tenant.advise(client, as_of=as_of, channel=CHANNEL)
        if advice.status != "ok":
            return result({"status": advice.status}, *_lines(advice, spoken))
        review = self._talks.review(client, advice)
        value = {"status": "ok", "lines": [vars(line) for line in review.lines]}
        value |= {"drift": review.drift, "due": review.due, "orders": advice.orders}
        return result(
            value, *(f"{x.asset}: {x.weight:.1%} -> {x.target:.1%}" for x in review.lines)
        )

    def continue_session(
        self, answers: Any, client: Any = None, session: Session = None, language: Language = None
    ) -> CallToolResult:
        """Ask the client what is still open, and keep it: a session of theirs goes on here or in
        any other channel.
        """
        spoken = self._talks.language(language)
        talk = self._talks.answered(client, session, answers)
        lines = [text(spoken, "declined")] if talk is None else []
        talk = self._talks.kept(talk or self._talks.talk(client, session))
        sheet = talk.sheet
        odd = [rule.text_in(spoken) for rule in sheet.contradictions]
        lines += [
            text(spoken, "progress") % (len(sheet.answers), len(sheet.questionnaire.questions))
        ]
        lines += [text(spoken, "left") % len(sheet.missing)] if sheet.missing else []
        state = {"session": talk.session_id, "finished": talk.finished, "contradictions": odd}
        state |= {"progress": sheet.progress, "missing": sheet.missing}
        return result(state, *lines, *odd)

    def profile(
        self, answers: Any, client: Any = None, session: Session = None, as_of: Day = None,
        language: Language = None,
    ) -> CallToolResult:  # fmt: skip
        """The client's risk profile; asks them what is still open."""
        spoken = self._talks.language(language)
        talk = self._talks.answered(client, session, answers)
        if talk is None:
            return _not_assessed(session, text(spoken, "declined"))
        talk = self._talks.kept(talk)
        found = self._tenant.advisor.profile(talk.client(), as_of=as_of, language=spoken)
        lines = [f"C{found.level}: {found.limit}", *(control.text for control in found.controls)]
        value = {"session": talk.session_id, "profile": found}
        return result(value, *lines, *([found.problem] if found.problem else []))

    def advise(
        self, answers: Any, agreement: Any, client: Any = None, session: Session = None,
        as_of: Day = None, picks: Picks = 5, language: Language = None,
    ) -> CallToolResult:  # fmt: skip
        """Advice, which is kept and recorded; asks the client what is still open, and whether they
        agree to a higher level.
        """
        spoken = self._talks.language(language)
        talk = self._talks.answered(client, session, answers)
        if talk is None:
            return _not_assessed(session, text(spoken, "declined"))
        talk = self._talks.kept(talk)
        name = talk.session_id or ""
        confirmed = getattr(agreement.data, "agreed", None)  # None: there was nothing to agree to
        if agreement.action != "accept" or confirmed is False:
            return _not_assessed(name, text(spoken, "unconfirmed"))
        if not talk.finished:  # what cannot be advised is refused before the assessment counts
            self._tenant.advisor.advise(talk.client(), as_of=as_of, picks=picks)
        known = self._tenant.sessions.finish(name, channel=CHANNEL, confirmed=bool(confirmed))
        advice = self._tenant.advise(known, as_of=as_of, picks=picks, channel=CHANNEL)
        return result({"session": name, "advice": advice}, *_lines(advice, spoken))


def _not_assessed(session: Any, sentence: str) -> CallToolResult:
    return result({"status": "not_assessed", "session": session}, sentence)


def _lines(advice: Advice, language: Any) -> list[str]:
    reasons = sentences(advice, language).reasons
    return [f"{advice.status}, C{advice.level}", *(reason.text for reason in reasons)]
