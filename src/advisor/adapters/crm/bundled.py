"""The JSON that comes with the library: packs, field maps, dialects, facts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

from advisor.contracts import Signed
from advisor.errors import InputError

_Signed = TypeVar("_Signed", bound=Signed)


def bundled_file(folder: str, name: str) -> Path:
    """The JSON file of that name. Raises `InputError` where there is none."""
    files = {file.stem: file for file in sorted((Path(__file__).parent / folder).glob("*.json"))}
    if name in files:
        return files[name]
    why = f"name is {name!r}, and there is {', '.join(files)}."
    raise InputError(f"{why} Take one of these, or load(path) your own.", field="name", value=name)


@cache
def bundled(kind: type[_Signed], folder: str, name: str) -> _Signed:
    """A signed file of that name."""
    return kind.load(bundled_file(folder, name))
