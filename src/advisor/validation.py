"""One check at a public function: its arguments, read by their annotations, before its first line
runs.

::

    @checked
    def value_at_risk(returns: Series, level: OpenShare = 0.95) -> FloatArray: ...

What an annotation says is what is checked: the aliases of `advisor.annotations` (`Share`, `Count`,
`Day`, ...), plain `float`, `int`, `bool`, `str`, arrays, classes (an instance is needed, nothing is
built from a dict), `Literal`, and unions of these. What no rule is known for (a protocol, a generic
of something else) passes unread. A refusal is an `InputError`: the function, the argument, the
value, why, and what to do, from one registry of remedies. A call with too few or unknown arguments
is Python's own `TypeError`. Inside a checked function no argument is checked for its kind again.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin

import numpy as np
from pydantic import ConfigDict, ValidationError, validate_call
from pydantic_core import ErrorDetails

from advisor.annotations import PLAIN, TOGETHER, Items, Listed
from advisor.errors import InputError
from advisor.frame_lines import line_for
from advisor.paired import check_paired, is_labelled
from advisor.privacy import argument, kept_of
from advisor.readers import Array, Instance, Named

_Function = TypeVar("_Function", bound=Callable[..., Any])
_CONFIG = ConfigDict(strict=True, arbitrary_types_allowed=True, hide_input_in_errors=True)
_CALL = frozenset(
    {
        "missing_argument",
        "missing_keyword_only_argument",
        "missing_positional_only_argument",
        "multiple_argument_values",
        "unexpected_keyword_argument",
        "unexpected_positional_argument",
    }
)
"""Complaints about the call itself, which Python words better."""

REMEDIES: dict[str, str] = {
    "Advice": "Give what Advisor.advise returned.",
    "AdviceBatch": "Give what Advisor.advise_many yields.",
    "AssessmentHistory": "Make it with AssessmentHistory.from_frame(frame).",
    "Advisor": "Give what Advisor.fit or load returned.",
    "AdvisorRef": "Make it with AdvisorRef.of(advisor or folder, as_of=...).",
    "BiasPolicy": "Make it with BiasPolicy(...), or leave it out.",
    "BiasProfiles": "Make it with measure_biases(trades, prices).",
    "Catalogue": "Make it with Catalogue.from_frame(frame) or Catalogue.from_products(products).",
    "Client": "Make it with Client(id=..., wealth=..., horizon_years=...).",
    "ClientTable": (
        "Make it with ClientTable.from_frame(frame) or ClientTable.from_clients(clients)."
    ),
    "DataFrame": "Pass a pandas DataFrame.",
    "Equilibrium": "Build it with advisor.Equilibrium(weights=..., premium=...).",
    "EstimateSettings": "Build them with advisor.EstimateSettings(half_life=..., ...).",
    "Frontier": "Make it with trace_frontier(model, mandate).",
    "GradedResponseModel": "Make it with GradedResponseModel.calibrate(sheets).",
    "IdMap": "Pass the ids of another table, such as interactions.clients.",
    "Interactions": "Make it with Interactions.from_frame(frame).",
    "Job": "Make it with Job.of(AdvisorRef.of(advisor), schema).",
    "Mandate": "Make it with Mandate(...); Mandate() sets no limits.",
    "Market": "Make it with Market.from_prices(prices) or Market.from_returns(returns).",
    "Preferences": "Make it with Preferences(risk_aversion=...).",
    "Product": "Make it with Product(id=..., name=..., risk_level=..., asset=...).",
    "Questionnaire": "Take Questionnaire.default(), or Questionnaire.load(path).",
    "Ranking": (
        "Give what recommender.rank(...) or Advisor.rank(...) returned, batch.ranking() of advice,"
        " or Ranking.from_frame(frame)."
    ),
    "Recipe": "Give a recipe such as EASE(), not what it fitted, or leave it out.",
    "Regime": "Take Regime.csrc(), .nfra(), .mifid(), or Regime.load(path).",
    "ReturnModel": (
        "Make it with estimate_returns(market) or ReturnModel.from_frame(mean, covariance)."
    ),
    "RiskBands": "Take RiskBands.default(), or make your own.",
    "RiskProfile": "Take one of profile_risk(...): profiles[i].",
    "RiskProfiles": "Make it with profile_risk(...) or RiskProfiles.from_levels(...).",
    "Scenarios": "Make it with Scenarios(...).",
    "Schema": "Give an Arrow schema, such as table.schema.",
    "Table": "Give a pyarrow Table, such as pyarrow.parquet.read_table(path).",
    "Series": "Pass a pandas Series labelled by asset; arrays go to the class itself.",
    "Trades": "Make it with Trades.from_frame(frame).",
}
"""What to do, by the name of the class that is needed; `advisor.annotations` says it for its
aliases."""


def checked(function: _Function) -> _Function:
    """The function, whose arguments are read by their annotations before each call.

    Below `@classmethod`, `@staticmethod` and `@property`, above any other decorator; above
    `@dataclass` it checks how the class is made. About 3 to 7 microseconds a call; the validators
    are built at the first.

    Raises:
        InputError: From each call with an argument that its annotation does not allow.
    """
    if inspect.isclass(function):
        function.__init__ = checked(function.__init__)
        return cast(_Function, function)
    compiled: list[Callable[..., Any]] = []
    bare: list[str] = []  # found once: most functions have none, and are called often

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not compiled:
            bare.extend(_bare(function))
            compiled.append(_compiled(function))
        try:
            if len(bare) > 1 and sum(map(is_labelled, (*args, *kwargs.values()))) > 1:
                named = _arguments(function, args, kwargs).items()
                check_paired({name: value for name, value in named if name in bare})
            return compiled[0](*args, **kwargs)
        except ValidationError as error:
            if error.title != function.__qualname__:
                raise
            _refuse(function, args, kwargs, error)

    return cast(_Function, call)


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function behind pydantic's reader of arguments, its annotations rewritten to what is
    checked.
    """
    twin = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__qualname__ = function.__qualname__
    twin.__annotations__ = {
        name: rule_of(annotation)
        for name, annotation in resolved(function).items()
        if name != "return"
    }
    return validate_call(config=_CONFIG)(twin)


def _bare(function: Callable[..., Any]) -> list[str]:
    """Names of the arguments that are read as bare arrays, without the labels of pandas."""
    rules = [(name, rule_of(kind)) for name, kind in resolved(function).items() if name != "return"]
    parts = [(name, part) for name, rule in rules for part in (rule, *get_args(rule))]
    readers = [(name, one) for name, part in parts for one in getattr(part, "__metadata__", ())]
    return [name for name, reader in readers if isinstance(reader, Array)]


def resolved(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function as objects; one that only a type checker can see is `Any`."""
    space = {**vars(types), **getattr(function, "__globals__", {})}
    objects: dict[str, Any] = {}
    for name, annotation in function.__annotations__.items():
        try:
            objects[name] = eval(annotation, space) if isinstance(annotation, str) else annotation  # noqa: S307 - source, not input
        except (NameError, TypeError, AttributeError):
            objects[name] = Any
    return objects


def rule_of(annotation: Any) -> Any:
    """What pydantic is to check for an annotation; `Any` where no rule is known."""
    if annotation is None or annotation is type(None):
        return None
    for plain, rule in PLAIN:
        if annotation is plain or annotation == plain:
            return rule
    origin = get_origin(annotation)
    if origin is Annotated or origin is Literal:
        return annotation
    if origin in (Union, types.UnionType):
        parts = set(get_args(annotation))
        for several, rule in TOGETHER:
            if several & parts and str in parts:
                rest = [rule_of(part) for part in parts - several - {str, np.datetime64}]
                return Union[(rule, *rest)]
        rules = [rule_of(part) for part in get_args(annotation)]
        return Any if Any in rules else Union[tuple(rules)]  # noqa: UP007 - made at run time
    if origin is not None:
        return _generic(origin)
    if (
        not inspect.isclass(annotation)
        or annotation is object
        or getattr(annotation, "_is_protocol", False)
    ):
        return Any
    return Annotated[Any, Instance(annotation)]


def _generic(origin: Any) -> Any:
    """Of a generic the outer kind alone: what is inside is read by the one who uses it."""
    if not inspect.isclass(origin) or origin is type:
        return Any
    if origin.__name__ == "Callable":
        return Annotated[Any, Named("callable", callable, "a function")]
    if issubclass(origin, np.ndarray):
        return Annotated[Any, Instance(np.ndarray)]
    if issubclass(origin, Mapping):
        return Annotated[Any, Named("mapping", lambda v: isinstance(v, Mapping), "a mapping")]
    if issubclass(origin, Collection):
        return Listed
    if issubclass(origin, Iterable):
        return Items
    return Annotated[Any, Instance(origin)] if origin.__module__.startswith("advisor.") else Any


def _refuse(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    error: ValidationError,
) -> NoReturn:
    """Raise the first complaint in our words; alternatives of one argument are named together."""
    complaints = error.errors(include_url=False)
    if any(c["type"] in _CALL for c in complaints):
        _arguments(function, args, kwargs)
    names = list(inspect.signature(function).parameters)
    first = complaints[0]
    place = first["loc"][0]
    field = names[min(place, len(names) - 1)] if isinstance(place, int) else place
    same = [c for c in complaints if c["loc"][:1] == first["loc"][:1]]
    value = (
        kwargs[field]
        if field in kwargs
        else args[place]
        if isinstance(place, int)
        else first["input"]
    )
    raise refusal(_name_of(function, args), field, value, same) from None


def _arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of a call by name; raises Python's `TypeError` where they do not fit."""
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{_name_of(function, args)}() {error}") from None


def _name_of(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """What was called: a method that is inherited has the name of the caller's class."""
    owner, _, name = function.__qualname__.rpartition(".")
    if name == "__init__":
        return owner
    kinds = [kind.__name__ for kind in type(args[0]).__mro__] if args else []
    return f"{kinds[0]}.{name}" if owner in kinds else function.__qualname__


def refusal(where: str, field: str, value: object, complaints: list[ErrorDetails]) -> InputError:
    """One argument's complaints as one error: value, why, what to do."""
    near = [c for c in complaints if c["type"] in ("value", "shape")] or complaints
    reasons: list[str] = []
    remedies: list[str] = []
    for complaint in near:
        why, remedy = _why(complaint)
        reasons += [why] if why not in reasons else []
        remedies += [remedy] if remedy and remedy not in remedies else []
    remedy = [*remedies, "Correct it."][0]
    remedy += line_for(field, value) if "DataFrame" in remedy else ""
    what = f"{where}: {field} is {argument(field, value)} ({type(value).__name__});"
    text = f"{what} {_either(reasons)}. {remedy}"
    return InputError(text, field=field, value=kept_of(field, value))


def _either(reasons: list[str]) -> str:
    """Reasons as one; what an argument must be stands in one list."""
    must = "it must be "
    kinds = [why.removeprefix(must) for why in reasons if why.startswith(must)]
    kinds = [f"{', '.join(kinds[:-1])} or {kinds[-1]}"] if len(kinds) > 1 else kinds
    return " or ".join([must + k for k in kinds] + [w for w in reasons if not w.startswith(must)])


def _why(complaint: ErrorDetails) -> tuple[str, str]:
    """Why, and what to do."""
    context = complaint.get("ctx", {})
    if "remedy" in context:
        return complaint["msg"], str(context["remedy"])
    if complaint["type"] == "is_instance_of":
        kind = str(context["class"]).rpartition(".")[2]
        named = f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
        return f"it must be {named}", REMEDIES.get(kind, f"Give {named}.")
    if complaint["type"] == "none_required":
        return "it may be None", ""
    if complaint["type"] == "literal_error":
        return f"it must be {context['expected']}", "Give one of these words."
    return complaint["msg"][:1].lower() + complaint["msg"][1:], ""
