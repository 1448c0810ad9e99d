"""Arrays as compiled loops want them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np


def sealed(argument: Any) -> Any:
    """Arrays (also in tuples) as read-only C-ordered views, so that a loop meets one kind of array and is compiled once; anything else as it is."""
    if isinstance(argument, tuple):
        return tuple(map(sealed, cast(tuple[Any, ...], argument)))
    if not isinstance(argument, np.ndarray):
        return argument
    flags = argument.flags
    if flags.c_contiguous and not flags.writeable:
        return argument
    view = np.ascontiguousarray(np.asarray(argument)).view()
    view.flags.writeable = False
    return view


def row_count(argument: Any) -> int:
    """Length of an array, or of a tuple's first array."""
    return len(argument[0]) if isinstance(argument, tuple) else len(argument)
