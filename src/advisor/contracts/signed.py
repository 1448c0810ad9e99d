"""Contracts that come from files and are signed by their content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from advisor.contracts.base import Contract
from advisor.errors import InputError
from advisor.files import read_text
from advisor.validation import checked

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


LARGEST = 10_000_000
"""Bytes of a file that is read."""


class Signed(Contract):
    """A contract with a file format, a JSON Schema and a digest."""

    file_kind: ClassVar[str] = "File"

    @classmethod
    @checked
    def load(cls, path: str | Path) -> Self:
        """From a JSON file. Raises `InputError` when it cannot be read, or breaks a rule of the
        schema or of its content.
        """
        try:
            text = read_text(Path(path), LARGEST)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{cls.file_kind} {str(path)!r} cannot be read ({error}); pass the path of a UTF-8"
                " JSON file.",
                field="path",
                value=str(path),
            ) from error
        try:
            return cls.model_validate_json(text.removeprefix("\ufeff"))
        except InputError as error:
            message = f"{cls.file_kind} {str(path)!r}: {error}"
            raise InputError(message, field=error.field, value=error.value) from None

    @classmethod
    def schema_text(cls) -> str:
        """The JSON Schema of such a file, as published beside the bundled ones."""
        return (
            json.dumps(
                {"$schema": SCHEMA_ID, **cls.model_json_schema()},
                indent=2,
                ensure_ascii=False,
                sort_keys=True,
            )
            + "\n"
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the layout of the file."""
        return hashlib.sha256(
            json.dumps(self._content(), sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()

    @checked
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # noqa: ARG002  everything is frozen
        """A copy with other values, checked like any other: a copy cannot carry the old digest or
        skip a rule.
        """
        return type(self).model_validate(
            {
                **{name: getattr(self, name) for name in type(self).model_fields},
                **({} if update is None else dict(update)),
            }
        )

    def _content(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
