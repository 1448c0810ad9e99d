"""An advisor as plain values and arrays, and back: what is saved of it. Nothing of another version
passes as if it were understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from advisor.engine.parts import NEWER, PARTS, Arrays, FittedPart, Kinds, check_fields, part_of
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.recommend.saved import FORECAST, MODEL


def state_of(parts: Mapping[str, Any], arrays: Arrays) -> AdvisorState:
    """The advisor whose `AdvisorState.parts` these are.

    Raises:
        InputError: A part is missing, of another kind, or unknown here, since a newer version wrote
            it. Values that fit together nowhere may raise the plain errors of those who read them.
    """
    names = [field.name for field in fields(AdvisorState)]
    known: dict[str, Kinds] = {}
    for name in names:
        known |= part_of(name).names(name)
    check_fields(parts, known, "parts")
    _check_arrays(arrays)
    return AdvisorState(**{name: part_of(name).load(name, parts, arrays) for name in names})


def _check_arrays(arrays: Arrays) -> None:
    learnt = tuple(f"{name}." for name, part in PARTS.items() if isinstance(part, FittedPart))
    for name in arrays:
        if name not in MODEL and name not in FORECAST and not name.startswith(learnt):
            raise InputError(
                f"The array {name!r} is not known to this version, so {NEWER}",
                field=name,
                value=name,
            )
