"""What the judges of lists are given, as annotations that their public functions check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd

from advisor.arrays import check_whole
from advisor.data.eligibility import Eligibility
from advisor.errors import InputError
from advisor.evaluate.match.outcomes import Mask, Refused
from advisor.readers import Named, Reader, fault


class _CutOffs(Reader):
    """Cut-offs, ascending and distinct."""

    remedy = "Give cut-offs of 1 or more, such as (1, 5, 10)."

    def read(self, value: Any) -> tuple[int, ...]:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise fault("kind", "it must be a list of whole numbers", self.remedy)
        try:
            whole = {check_whole(k, "ks", self.remedy, low=1) for k in value}
        except (InputError, TypeError):  # an array without dimensions is no list
            raise fault("value", "a cut-off is a whole number of 1 or more", self.remedy) from None
        if not whole:
            raise fault("value", "it is empty", self.remedy)
        return tuple(sorted(whole))


def _is_mask(value: object) -> bool:
    if isinstance(value, Eligibility | Refused):
        return True
    try:
        return np.asarray(value).dtype == np.bool_
    except ValueError:
        return False


def _splits(value: object) -> bool:
    if isinstance(value, str | Mapping | pd.Series | pd.DataFrame):
        return True
    if not isinstance(value, Iterable) or isinstance(value, Iterator):
        return False
    return getattr(value, "ndim", 1) == 1 and all(isinstance(name, str) for name in value)


def _can_be_asked(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "check", None))


CutOffs = Annotated[tuple[int, ...], _CutOffs()]
GivenMask = Annotated[
    Mask,
    Named(
        "mask",
        _is_mask,
        "a mask of booleans, one row a ranked client and one column a product, or an Eligibility",
    ),
]
"""Its shape is checked where it is used."""
Rules = Annotated[Any, Named("rules", _can_be_asked, "a Regime, such as Regime.nfra()")]
By = str | Sequence[str] | Mapping[str, object] | pd.Series | pd.DataFrame
"""`"level"`, `"segment"`, `"tenure"` or several of them; or by name labels in the order of the
ranking or by client id; or labels by client id, or a table that has them in its index or in a
column `client_id`."""
Segmentation = Annotated[
    By, Named("by", _splits, '"level", "segment" or "tenure", a list of these, or labels by client')
]
