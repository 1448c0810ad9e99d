"""What is asked of the client in forms, in the middle of a call: missing answers, and whether they
agree to a higher level.

Done by `Resolve` and `Elicit`, which work over the protocols of 2025-11-25 and 2026-07-28. A
function may run again for each round of a call, so that nothing is kept here.
"""

from typing import Annotated, Any

from advisor.adapters.channels.mcp.calls import mcpserver, told
from advisor.adapters.channels.mcp.conversation import Conversation, Talk
from advisor.adapters.channels.mcp.forms import confirmation, form, text


class Asking:
    """What the tools of a conversation ask.

    Attributes:
        answers: Annotation of a parameter that is filled with the client's answers.
        agreement: Annotation of one that is filled with whether they agree to a higher level.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

        @told
        def ask(client: Any, session: Any, language: Any) -> Any:
            talk, spoken = conversation.talk(client, session), conversation.language(language)
            if talk.finished or talk.sheet.complete:
                return {}
            asked = talk.sheet.questionnaire
            names = tuple(
                question.id for question in asked.questions if question.id not in talk.sheet.answers
            )
            return mcpserver.Elicit(
                text(spoken, "ask") % asked.title_in(spoken), form(asked, names, spoken)
            )

        self.answers: Any = Annotated[mcpserver.ElicitationResult, mcpserver.Resolve(ask)]

        def agree(client: Any, session: Any, language: Any, answers: Any) -> Any:
            talk, spoken = self.answered(client, session, answers), conversation.language(language)
            rise = None if talk is None else conversation.rise(talk)
            return (
                {}
                if rise is None
                else mcpserver.Elicit(text(spoken, "confirm") % rise, confirmation(spoken))
            )

        agree.__annotations__["answers"] = self.answers
        self.agreement: Any = Annotated[mcpserver.ElicitationResult, mcpserver.Resolve(told(agree))]

    def answered(self, client: Any, session: Any, answers: Any) -> Talk | None:
        """The talk with what was answered; None where the client declined."""
        talk = self._conversation.talk(client, session)
        if answers.action != "accept":
            return None
        given: dict[str, Any] = (
            answers.data
            if isinstance(answers.data, dict)
            else answers.data.model_dump(by_alias=True)
        )
        return self._conversation.answered(talk, given)
