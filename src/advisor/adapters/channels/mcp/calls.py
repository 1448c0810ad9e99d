"""What every tool is made with: its parameters as schemas, its refusals in our words, its
answer.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import WithJsonSchema
from pydantic_core import to_jsonable_python

from advisor import Advice, sentences
from advisor.adapters.extras import needs
from advisor.errors import AdvisorError

if TYPE_CHECKING:
    from mcp.server import mcpserver
    from mcp.server.mcpserver import exceptions
    from mcp.types import CallToolResult, TextContent
else:
    mcpserver, exceptions = (
        needs("mcp", "mcp.server.mcpserver"),
        needs("mcp", "mcp.server.mcpserver.exceptions"),
    )
    CallToolResult, TextContent = (
        needs("mcp", "mcp.types").CallToolResult,
        needs("mcp", "mcp.types").TextContent,
    )

__all__ = [
    "CallToolResult", "Day", "Language", "Picks", "Product", "Session",
    "advice_lines", "exceptions", "mcpserver", "result", "told", "tool",
]  # fmt: skip

# Shown as these schemas, and checked by our contracts inside the tool, so that an error is our
# sentence.
Session = Annotated[
    Any,
    WithJsonSchema(
        {"type": "string", "description": "Session that an earlier call gave; it is a secret"}
    ),
]
Day = Annotated[
    Any,
    WithJsonSchema(
        {"type": "string", "format": "date", "description": "Day of the advice; default today"}
    ),
]
Language = Annotated[
    Any,
    WithJsonSchema(
        {"type": "string", "description": "Such as en or zh; default the advisor's own"}
    ),
]
Picks = Annotated[
    Any,
    WithJsonSchema(
        {"type": "integer", "minimum": 0, "description": "Products to recommend at most; default 5"}
    ),
]
Product = Annotated[
    Any, WithJsonSchema({"type": "string", "description": "Id of a product to ask the rules about"})
]


def told(function: Callable[..., Any]) -> Callable[..., Any]:
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
        return server.tool()(told(function))

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
