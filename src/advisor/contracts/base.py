"""The base of every contract: frozen, closed, and refusing in our words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Annotated, Any, ClassVar, NoReturn, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from advisor.errors import InputError
from advisor.privacy import MASK, kept, masked, personal, short
from advisor.validation import checked

_OTHERS = 10
"""Complaints that a message names."""
LONGEST_TEXT = 100_000
"""Characters of a text in a contract."""


def input_error(name: str, error: ValidationError, *, private: bool = False) -> InputError:
    """The first complaint of a pydantic error as an `InputError`, with a count of the rest.

    Args:
        name: Of the contract.
        error: What pydantic complains of.
        private: Whether the values are a client's, and masked where `privacy` says so.
    """
    complaints = error.errors(include_url=False)
    first = complaints[0]
    field, where = _path(first), ".".join(filter(None, (name, _path(first))))
    value: Any = first["input"]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        text = str(cause)
        if cause.field is not None:
            inside = field and isinstance(value, Mapping)  # refused by what is there, as a whole
            field, value = f"{field}.{cause.field}" if inside else cause.field, cause.value
    else:
        hint = {"missing": "pass it", "extra_forbidden": "remove it or correct its spelling"}.get(
            first["type"], "correct it"
        )
        if first["type"] == "missing":  # its input is the whole record
            text, value = f"{where} is missing; pass it.", None
        else:
            shown = personal(value) if private else _shown(value)
            message = first["msg"].removeprefix("Value error, ")
            text = f"{where} = {shown}: {message}; {hint}."
    if len(complaints) > 1:
        others = ", ".join(_in_short(complaint, name) for complaint in complaints[1:_OTHERS])
        text += f" ({len(complaints) - 1} more: {others})"
    return InputError(text, field=field or None, value=kept(value) if private else value)


def _path(complaint: Any) -> str:
    """Where a complaint of pydantic points, dotted; empty: at the whole."""
    return ".".join(str(part) for part in complaint["loc"])


def _in_short(complaint: ErrorDetails, name: str) -> str:
    """The field of another complaint, and in words of the schema what is wrong with it."""
    field = _path(complaint) or name
    why = {"missing": "missing", "extra_forbidden": "unknown"}.get(complaint["type"])
    if why is None and isinstance(complaint.get("ctx", {}).get("error"), InputError):
        return field
    why = why or complaint["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{field} ({why})"


def _shown(value: object) -> str:
    return short(value, 80)


def finite_or_none(value: float | None) -> float | None:
    """The number as JSON can hold it: None in place of an infinity."""
    return None if value is not None and value in (inf, -inf) else value


_TO_JSON = PlainSerializer(finite_or_none, when_used="json")
_NO_LIMIT = WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})
LowerEdge = Annotated[
    float, BeforeValidator(lambda v: -inf if v is None else v), _TO_JSON, _NO_LIMIT
]
"""A lower limit; -inf = none, which JSON writes as null."""
UpperEdge = Annotated[
    float, BeforeValidator(lambda v: inf if v is None else v), _TO_JSON, _NO_LIMIT
]
"""An upper limit; inf = none, which JSON writes as null."""


def _personal(kind: Any) -> bool:
    """Whether a type, or a part of it, is a contract of a client's data."""
    return getattr(kind, "personal_data", False) is True or any(map(_personal, get_args(kind)))


class _Masked:
    """A value that is not shown."""

    def __repr__(self) -> str:
        return MASK


class Contract(BaseModel):
    """A frozen value that crosses a public function. Unknown fields and values that are not finite
    where a number is needed are refused.

    Raises:
        InputError: Wherever pydantic would raise its `ValidationError`.
    """

    # A bound on text also makes pydantic refuse what cannot be written as UTF-8 (half a pair of
    # surrogates).
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="strings",
        val_json_bytes="utf8",
        str_max_length=LONGEST_TEXT, hide_input_in_errors=True,
    )  # fmt: skip

    personal_data: ClassVar[bool] = False
    """Whether the values are a client's: `repr` and messages mask them where `privacy` says so."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Whatever holds a client's data is a client's data."""
        held = (field.annotation for field in cls.model_fields.values())
        cls.personal_data = cls.personal_data or any(map(_personal, held))

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise input_error(type(self).__name__, error, private=self.personal_data) from None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Fields and values, `***` in place of a client's."""
        if not (self.personal_data and masked()):
            return super().__repr_args__()
        return [(name, _Masked()) for name, _ in super().__repr_args__()]

    # Nested contracts are then validated by pydantic's own core, so that a complaint keeps its full
    # path.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: Any) -> None:
        self._stays(
            name, f"be set to {personal(value) if self.personal_data else _shown(value)}", value
        )

    def __delattr__(self, name: str) -> None:
        self._stays(name, "be removed", None)

    def _stays(self, name: str, what: str, value: object) -> NoReturn:
        kind = type(self).__name__
        raise InputError(
            f"{kind}.{name} cannot {what}: what was made from this {kind} would no longer belong to"
            f" it. Make another {kind} that holds what you want.",
            field=name,
            value=kept(value) if self.personal_data else value,
        )

    @checked
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; with other values in `update`, checked like any other. What was not stated stays
        unstated.
        """
        values = {} if update is None else dict(update)
        if not values:
            return super().model_copy(deep=deep)
        return type(self).model_validate(
            {name: getattr(self, name) for name in self.model_fields_set} | values
        )

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """As pydantic's, but raising `InputError`."""
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise input_error(cls.__name__, error, private=cls.personal_data) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """As pydantic's, but raising `InputError`."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise input_error(cls.__name__, error, private=cls.personal_data) from None

    @classmethod
    def restored(cls, obj: Any) -> Self:
        """As `model_validate`, of what the library itself once wrote: a field that is unknown here
        was written by a newer version, and is no slip of the pen.

        Raises:
            InputError: A field is unknown, missing or wrong.
        """
        try:
            return super().model_validate(obj)
        except ValidationError as error:
            unknown = [
                _path(c) for c in error.errors(include_url=False) if c["type"] == "extra_forbidden"
            ]
            if not unknown:
                raise input_error(cls.__name__, error, private=cls.personal_data) from None
            raise InputError(
                f"{cls.__name__}.{unknown[0]} is a field that this version of the library does not"
                " know, so a newer version wrote it. Upgrade the library.",
                field=unknown[0],
                value=unknown,
            ) from None
