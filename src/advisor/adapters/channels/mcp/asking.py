"""What is asked of the client in forms, in the middle of a call: missing answers, and whether they
agree to a higher level.

Done by `Resolve` and `Elicit`, which work over the protocols of 2025-11-25 and 2026-07-28. A
function may run again for each round of a call, so that nothing is kept here.
"""

from dataclasses import replace
from typing import Annotated, Any

from mcp.server import mcpserver

from advisor.adapters.channels.mcp.calls import refusing
from advisor.adapters.channels.mcp.conversation import Conversation, Talk
from advisor.adapters.channels.mcp.forms import confirmation, form, text
from advisor.adapters.channels.session import answered


class Asking:
    """What the tools of a conversation ask.

    Attributes:
        answers: Annotation of a parameter that is filled with the client's answers.
        agreement: Annotation of one that is filled with whether they agree to a higher level.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

        @refusing
        def ask(client: Any, session: Any, language: Any) -> Any:
            talk, spoken = conversation.talk(client, session), conversation.language(language)
            if talk.finished or talk.sheet.complete:
                return {}
            asked, answers = talk.sheet.questionnaire, talk.sheet.answers
            names = tuple(q.id for q in asked.questions if q.id not in answers)
            sentence = text(spoken, "ask") % asked.title_in(spoken)
            return mcpserver.Elicit(sentence, form(asked, names, spoken))

        self.answers: Any = Annotated[mcpserver.ElicitationResult, mcpserver.Resolve(ask)]

        def agree(client: Any, session: Any, language: Any, answers: Any) -> Any:
            talk, spoken = self.answered(client, session, answers), conversation.language(language)
            if talk is None or talk.finished:
                return {}
            rise = conversation.tenant.sessions.rise(talk.sheet, talk.base)
            if rise is None:
                return {}
            return mcpserver.Elicit(text(spoken, "confirm") % rise, confirmation(spoken))

        agree.__annotations__["answers"] = self.answers
        self.agreement: Any = Annotated[
            mcpserver.ElicitationResult, mcpserver.Resolve(refusing(agree))
        ]

    def answered(self, client: Any, session: Any, answers: Any) -> Talk | None:
        """The talk with what was answered; None where the client declined."""
        talk = self._conversation.talk(client, session)
        if answers.action != "accept":
            return None
        form = answers.data
        form_answers = form if isinstance(form, dict) else form.model_dump(by_alias=True)
        return replace(talk, sheet=answered(talk.sheet, form_answers))
