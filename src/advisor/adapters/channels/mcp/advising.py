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


def add_advising(server: Any, conversation: Conversation, person: Any) -> None:
    """Add them to a server; `person` annotates what may be told of a client."""
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
        declined = talk is None
        talk = conversation.kept(talk or conversation.talk(client, session))
        sheet, said = talk.sheet, [text(spoken, "declined")] if declined else []
        said.append(
            text(spoken, "progress") % (len(sheet.answers), len(sheet.questionnaire.questions))
        )
        said += [text(spoken, "left") % len(sheet.missing)] if sheet.missing else []
        odd = [rule.text_in(spoken) for rule in sheet.contradictions]
        state = {
            "finished": talk.finished,
            "progress": sheet.progress,
            "missing": sheet.missing,
            "contradictions": odd,
        }
        return result({"session": talk.session_id, **state}, *said, *odd)

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
            return result({"status": "not_assessed", "session": session}, text(spoken, "declined"))
        talk = conversation.kept(talk)
        found = tenant.advisor.profile(talk.client(), as_of=as_of, language=spoken)
        said = [f"C{found.level}: {found.limit}", *(reason.text for reason in found.controls)]
        shown = {"session": talk.session_id, "profile": found.model_dump(mode="json")}
        return result(shown, *said, *([found.problem] if found.problem else []))

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
            return result({"status": "not_assessed", "session": session}, text(spoken, "declined"))
        if agreement.action != "accept" or not getattr(agreement.data, "agreed", True):
            kept = conversation.kept(talk).session_id
            return result({"status": "not_assessed", "session": kept}, text(spoken, "unconfirmed"))
        tenant.switch.check()
        known, kept = conversation.assessed(
            talk, confirmed=getattr(agreement.data, "agreed", False)
        )
        advice = tenant.advise(known, as_of=as_of, picks=picks, channel=CHANNEL)
        return result(
            {"session": kept, "advice": advice.model_dump(mode="json")},
            *advice_lines(advice, spoken),
        )
