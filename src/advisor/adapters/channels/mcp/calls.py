"""What every tool is made with: parameters as schemas, refusals in our words, an answer."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any

from mcp.server.mcpserver import exceptions
from mcp.types import CallToolResult, TextContent
from pydantic import WithJsonSchema
from pydantic_core import to_jsonable_python

from advisor.errors import AdvisorError

WITHHELD = (
    "answers", "level", "knowledge", "assessed_on", "lowest_category", "biases", "professional",
    "institution", "private_qualified", "guardian", "insists", "written_warning",
)  # fmt: skip
"""Of a client what no assistant states: it comes from the client's own answers, or from whoever has
assessed them."""


def shown(kind: str, description: str, **more: Any) -> Any:
    """Annotates a parameter that is shown as a schema, and checked by our contracts inside."""
    return WithJsonSchema({"type": kind, "description": description, **more})


Session = Annotated[Any, shown("string", "Session that an earlier call gave; it is a secret")]
Day = Annotated[Any, shown("string", "Day of the advice; default today", format="date")]
Language = Annotated[Any, shown("string", "Such as en or zh; default the advisor's own")]
Product = Annotated[Any, shown("string", "Id of a product to ask the rules about")]
Picks = Annotated[Any, shown("integer", "Products to recommend at most; default 5", minimum=0)]


def refusing(function: Callable[..., Any], **annotations: Any) -> Callable[..., Any]:
    """The function, whose refusals are the tool's answer, in our words.

    Args:
        function: A tool, or what asks.
        annotations: Of parameters that it has, where they depend on the server.
    """

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except AdvisorError as error:
            raise exceptions.ToolError(str(error)) from None

    signature = inspect.signature(function)
    parameters = [
        p.replace(annotation=annotations.get(name, p.annotation))
        for name, p in signature.parameters.items()
    ]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, **annotations}
    return run


def result(structured: Mapping[str, Any], *lines: str) -> CallToolResult:
    """An answer: values for programs, a few sentences for people."""
    value = to_jsonable_python(structured, inf_nan_mode="null", fallback=str)
    return CallToolResult(
        content=[TextContent(type="text", text="\n".join(lines))], structured_content=value
    )
