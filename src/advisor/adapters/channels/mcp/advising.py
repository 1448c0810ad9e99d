"""The tools that ask the client: `continue_session`, `profile`, `advise`."""

from typing import Any

from advisor.adapters.channels.mcp.asking import Asking
from advisor.adapters.channels.mcp.calls import (
    CallToolResult,
    Day,
    Language,
    Picks,
    Session,
    advice_lines,
    result,
    tool,
)
from advisor.adapters.channels.mcp.conversation import CHANNEL, Conversation
from advisor.adapters.channels.mcp.forms import text


def _not_assessed(session: Any, sentence: str) -> CallToolResult:
    return result({"status": "not_assessed", "session": session}, sentence)


def add_advising(server: Any, conversation: Conversation, person: Any) -> None:
    """Add them to a server; `person` annotates what may be stated of a client."""
    asking, tenant = Asking(conversation), conversation.tenant

    @tool(server, answers=asking.answers, client=person)
    def continue_session(
        answers: Any, client: Any = None, session: Session = None, language: Language = None
    ) -> CallToolResult:
        """Ask the client what is still open, and keep it: a session of theirs goes on here or in
        any other channel.
        """
        spoken = conversation.language(language)
        talk = asking.answered(client, session, answers)
        lines = [text(spoken, "declined")] if talk is None else []
        talk = conversation.kept(talk or conversation.talk(client, session))
        sheet = talk.sheet
        odd = [rule.text_in(spoken) for rule in sheet.contradictions]
        count = len(sheet.answers), len(sheet.questionnaire.questions)
        lines += [text(spoken, "progress") % count]
        lines += [text(spoken, "left") % len(sheet.missing)] if sheet.missing else []
        state = {
            "session": talk.session_id,
            "finished": talk.finished,
            "progress": sheet.progress,
            "missing": sheet.missing,
            "contradictions": odd,
        }
        return result(state, *lines, *odd)

    @tool(server, answers=asking.answers, client=person)
    def profile(
        answers: Any,
        client: Any = None,
        session: Session = None,
        as_of: Day = None,
        language: Language = None,
    ) -> CallToolResult:
        """The client's risk profile; asks them what is still open."""
        spoken = conversation.language(language)
        talk = asking.answered(client, session, answers)
        if talk is None:
            return _not_assessed(session, text(spoken, "declined"))
        talk = conversation.kept(talk)
        risk_profile = tenant.advisor.profile(talk.client(), as_of=as_of, language=spoken)
        lines = [
            f"C{risk_profile.level}: {risk_profile.limit}",
            *(reason.text for reason in risk_profile.controls),
        ]
        value = {"session": talk.session_id, "profile": risk_profile.model_dump(mode="json")}
        return result(value, *lines, *([risk_profile.problem] if risk_profile.problem else []))

    @tool(server, answers=asking.answers, agreement=asking.agreement, client=person)
    def advise(
        answers: Any,
        agreement: Any,
        client: Any = None,
        session: Session = None,
        as_of: Day = None,
        picks: Picks = 5,
        language: Language = None,
    ) -> CallToolResult:
        """Advice, which is kept and recorded; asks the client what is still open, and whether they
        agree to a higher level.
        """
        spoken = conversation.language(language)
        talk = asking.answered(client, session, answers)
        if talk is None:
            return _not_assessed(session, text(spoken, "declined"))
        name = conversation.kept(talk).session_id or ""
        if agreement.action != "accept" or not getattr(agreement.data, "agreed", True):
            return _not_assessed(name, text(spoken, "unconfirmed"))
        tenant.switch.check()
        confirmed = getattr(agreement.data, "agreed", False)
        known = tenant.sessions.finish(name, channel=CHANNEL, confirmed=confirmed)
        advice = tenant.advise(known, as_of=as_of, picks=picks, channel=CHANNEL)
        value = {"session": name, "advice": advice.model_dump(mode="json")}
        return result(value, *advice_lines(advice, spoken))
