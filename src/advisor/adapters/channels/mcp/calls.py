"""What every tool is made with: parameters as schemas, refusals in our words, an answer."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

from mcp.server.mcpserver import exceptions
from mcp.types import CallToolResult, TextContent
from pydantic import WithJsonSchema
from pydantic_core import to_jsonable_python

from advisor import Advice, sentences
from advisor.errors import AdvisorError


def shown(schema: dict[str, Any]) -> Any:
    """Annotates a parameter that is shown as a schema, and checked by our contracts inside."""
    return WithJsonSchema(schema)


def _text(description: str, **more: str) -> Any:
    return shown({"type": "string", **more, "description": description})


Session = Annotated[Any, _text("Session that an earlier call gave; it is a secret")]
Day = Annotated[Any, _text("Day of the advice; default today", format="date")]
Language = Annotated[Any, _text("Such as en or zh; default the advisor's own")]
Product = Annotated[Any, _text("Id of a product to ask the rules about")]
_PICKS = {
    "type": "integer",
    "minimum": 0,
    "description": "Products to recommend at most; default 5",
}
Picks = Annotated[Any, shown(_PICKS)]


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose refusals are the tool's answer, in our words."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except AdvisorError as error:
            raise exceptions.ToolError(str(error)) from None

    return run


def tool(server: Any, **made_of: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that makes a function a tool of a server.

    Args:
        server: Which.
        made_of: What its parameters are, where that depends on the server: a schema, or what is
            asked of the client.
    """

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__annotations__.update(made_of)
        return server.tool()(refusing(function))

    return add


def result(structured: dict[str, Any], *lines: str) -> CallToolResult:
    """An answer: values for programs, a few sentences for people."""
    value = to_jsonable_python(structured, inf_nan_mode="null", fallback=str)
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))], structured_content=value
    )


def advice_lines(advice: Advice, language: Any) -> list[str]:
    """An advice in sentences of a language."""
    return [
        f"{advice.status}, C{advice.level}",
        *(reason.text for reason in sentences(advice, language).reasons),
    ]
