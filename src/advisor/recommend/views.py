"""Arrays as compiled loops want them."""

from __future__ import annotations

from typing import Any, cast

import numpy as np


def sealed(argument: Any) -> Any:
    """Arrays (also in tuples) as read-only C-ordered views, so that a loop meets one kind of array and is compiled once; anything else as it is."""
    if isinstance(argument, np.ndarray):
        flags = cast(np.ndarray, argument).flags
        if not flags.c_contiguous:
            argument = np.ascontiguousarray(argument)
        elif not flags.writeable:
            return argument
        view = argument.view()
        view.setflags(write=False)
        return view
    return tuple([sealed(part) for part in cast(tuple[Any, ...], argument)]) if isinstance(argument, tuple) else argument
