"""Arguments of one call that are read by position, though their labels are not in one order."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from advisor.errors import InputError

LABELLED = (pd.Series, pd.DataFrame)


def check_paired(values: Mapping[str, Any]) -> None:
    """Raise `InputError` where two axes of the pandas objects among `values`, of one length, have
    labels of one kind (a label in common, or days both) and not the same ones in the same order.

    >>> check_paired({"weights": pd.Series([0.4, 0.6], ["a", "b"]), "days": pd.Series([1.0, 2.0])})
    """
    axes = [
        (name, axis)
        for name, value in values.items()
        if isinstance(value, LABELLED)
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
    if isinstance(index, pd.RangeIndex):
        return len(index) == 0 or (index.start == 0 and index.step == 1)
    whole = index.dtype.kind in "iu" and not isinstance(index, pd.MultiIndex)
    return bool(whole and (index.to_numpy() == np.arange(len(index))).all())
