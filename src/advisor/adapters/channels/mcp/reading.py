"""The tools that ask nothing: `questionnaire`, `explain`, `review_holdings`."""

from typing import Any

from advisor.adapters.channels.mcp.calls import (
    CallToolResult,
    Day,
    Language,
    Product,
    Session,
    advice_lines,
    result,
    tool,
)
from advisor.adapters.channels.mcp.conversation import CHANNEL, Conversation


def add_reading(server: Any, conversation: Conversation) -> None:
    """Add them to a server."""
    tenant = conversation.tenant

    @tool(server)
    def questionnaire(language: Language = None) -> CallToolResult:
        """The questions that a client is asked, to explain them. The client answers in forms; do
        not answer for them.
        """
        asked, spoken = conversation.questionnaire, conversation.language(language)
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

    @tool(server)
    def explain(
        session: Session, product: Product = None, as_of: Day = None, language: Language = None
    ) -> CallToolResult:
        """Why better-known products are missing from the client's advice; with a product, what the
        rules say of it, with articles.
        """
        client, spoken = conversation.talk(None, session).client(), conversation.language(language)
        if product is not None:
            verdict = conversation.verdict(client, product, as_of, spoken)
            rules = [f"{rule['article']}: {rule['text']}" for rule in verdict["rules"]]
            return result(verdict, f"{verdict['name']}: {verdict['decision']}", *rules)
        missing = tenant.advisor.report(client, as_of=as_of, language=spoken).omissions
        reasons = {"omissions": [reason.model_dump(mode="json") for reason in missing]}
        return result(reasons, *(reason.text for reason in missing))

    @tool(server)
    def review_holdings(
        session: Session, as_of: Day = None, language: Language = None
    ) -> CallToolResult:
        """What the client holds against the portfolio advised on the day, asset by asset, and what
        to trade.
        """
        client, spoken = conversation.talk(None, session).client(), conversation.language(language)
        advice = tenant.advise(client, as_of=as_of, channel=CHANNEL)
        if advice.status != "ok":
            return result({"status": advice.status}, *advice_lines(advice, spoken))
        review = conversation.review(client, advice)
        value = {
            "status": "ok",
            "lines": [vars(line) for line in review.lines],
            "drift": review.drift,
            "due": review.due,
            "orders": [order.model_dump(mode="json") for order in advice.orders],
        }
        lines = (
            f"{x.asset}: {x.weight:.1%} -> {x.target:.1%} ({x.standing})" for x in review.lines
        )
        return result(value, *lines)
