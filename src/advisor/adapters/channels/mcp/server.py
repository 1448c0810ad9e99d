"""The server: tools, resources and a prompt. No assistant gives answers of a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from mcp.server import mcpserver
from mcp.server.mcpserver import exceptions
from pydantic import WithJsonSchema

from advisor import Questionnaire, Regime
from advisor.adapters.channels.mcp.assistant import Tools
from advisor.adapters.channels.mcp.calls import refusing
from advisor.adapters.channels.mcp.conversation import Conversation
from advisor.adapters.channels.mcp.forms import asking, client_schema
from advisor.adapters.channels.tenant import Tenant
from advisor.contracts.answer_sheet import BUNDLED

INSTRUCTIONS = (
    "Assess a client's risk profile and advise them. The client answers the questions themself, in"
    " forms that the tools show; never answer for them. Call continue_session or advise with what"
    " is known of the client; keep the session that comes back."
)


def chat(tenant: Tenant, *, supplied: bool = False) -> mcpserver.MCPServer:
    """The server of one tenant: `.run("stdio")`, or `.streamable_http_app()` to mount (enter its
    lifespan, too).

    Args:
        tenant: Whose advisor, store and ledger. Advice is kept before it is given.
        supplied: Whether answers may come as arguments of a tool, where the host itself has asked
            the client.
    """
    server = mcpserver.MCPServer("advisor", instructions=INSTRUCTIONS, log_level="WARNING")
    conversation = Conversation(tenant, supplied=supplied)
    person = Annotated[Any, WithJsonSchema(client_schema(supplied=supplied))]
    made_here = {"client": person, **asking(conversation)}
    tools = Tools(conversation)
    for tool in (
        tools.questionnaire, tools.explain, tools.review_holdings,
        tools.continue_session, tools.profile, tools.advise,
    ):  # fmt: skip
        server.tool()(refusing(tool, **made_here))
    _add_texts(server, tenant)
    return server


def _add_texts(server: Any, tenant: Tenant) -> None:
    """Resources and the prompt."""
    own: Questionnaire = tenant.sessions.questionnaire
    asked = {one.id: one for one in (*(made() for made in BUNDLED), own)}
    regimes = (Regime.csrc(), Regime.nfra(), Regime.mifid(), tenant.advisor.regime)
    packs = {one.id: one.pack for one in regimes}

    def named(kind: str, known: Mapping[str, Any], name: str) -> Any:
        if name not in known:
            raise exceptions.ResourceError(
                f"There is no {kind} {name!r}; there are {', '.join(known)}."
            )
        return known[name]

    @server.resource("advisor://questionnaires/{name}/{language}", mime_type="text/plain")
    def questionnaire_text(name: str, language: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """A questionnaire as a client reads it."""
        questionnaire = named("questionnaire", asked, name)
        named("language", dict.fromkeys(("en", *questionnaire.languages)), language)
        lines = [questionnaire.title_in(language)]
        for question in questionnaire.questions:
            lines += ["", question.text_in(language)]
            lines += [f"- {option.text_in(language)}" for option in question.options]
        return "\n".join(lines)

    @server.resource("advisor://rules/{regime}", mime_type="application/json")
    def rules(regime: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """A rule pack, with the articles that its rules stand in."""
        return named("rule pack", packs, regime).model_dump_json(indent=1)

    @server.prompt()
    def assessment(language: str = "en") -> str:  # pyright: ignore[reportUnusedFunction]
        """A conversation that assesses a client and advises them."""
        return (
            f"{INSTRUCTIONS} Speak {language}. Ask for an id, the wealth to invest, the years and"
            f" the age, then call advise with language={language}."
        )
