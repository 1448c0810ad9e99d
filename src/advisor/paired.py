"""Arguments of one call that are read by position, though their labels are not in one order.

pandas is not imported: who has no table does not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def is_labelled(value: object) -> bool:
    """Whether a value is a Series or DataFrame of pandas."""
    return hasattr(value, "iloc") and hasattr(value, "axes")


def check_paired(values: Mapping[str, Any]) -> None:
    """Raise `InputError` where two axes of the pandas objects among `values`, of one length, have
    labels of one kind (a label in common, or days both) and not the same ones in the same order.

    >>> import pandas as pd
    >>> check_paired({"weights": pd.Series([0.4, 0.6], ["a", "b"]), "days": pd.Series([1.0, 2.0])})
    """
    axes = [
        (name, axis)
        for name, value in values.items()
        if is_labelled(value)
        for axis in value.axes
        if not is_in_order(axis)
    ]
    for (first, a), (second, b) in combinations(axes, 2):
        if len(a) != len(b) or a.equals(b):
            continue
        if a.dtype.kind == b.dtype.kind == "M" or len(a.intersection(b)):
            raise InputError(
                f"{first} and {second} are labelled by other labels, or in another order, and each"
                " value would be paired with another's. Put them in one order:"
                f" {second}.reindex({first}.index).",
                field=second,
                value=len(b),
            )


def is_in_order(index: pd.Index) -> bool:
    """Whether labels are bare positions 0, 1, 2, ... in order, which say nothing; any other labels
    count.
    """
    if (step := getattr(index, "step", None)) is not None:  # a RangeIndex
        return len(index) == 0 or (getattr(index, "start", None) == 0 and step == 1)
    whole = index.dtype.kind in "iu"
    return bool(whole and (index.to_numpy() == np.arange(len(index))).all())
