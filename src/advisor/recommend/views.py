"""Arrays as compiled loops want them."""

from __future__ import annotations

from typing import Any

import numpy as np


def readonly(argument: Any) -> Any:
    """An array in C order, itself where it already is."""
    return argument if argument.flags.c_contiguous else np.ascontiguousarray(argument)


def read_only(array: Any) -> Any:
    """An array in C order that cannot be written through this view."""
    view = readonly(array).view()
    view.flags.writeable = False
    return view
