"""Whether a model still sees what it was fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import table, varied, vector
from advisor.adapters.extras import needs
from advisor.annotations import Count, Positive, Vector
from advisor.data.tables import as_numbers, labels_of
from advisor.errors import InputError
from advisor.validation import checked

WATCH, ACT = 0.1, 0.25
"""Population stability index from which a shift is watched, and acted on (Siddiqi 2006, chapter
8)."""


@checked
def psi(reference: Vector, current: Vector, *, bins: Count = 10) -> float:
    """Population stability index: sum of (c - r) ln(c / r) over bins of the reference.

    Args:
        reference: Values that the model was fitted on, shape (n,).
        current: Values that it sees, shape (m,).
        bins: Quantile bins of the reference; fewer where values repeat.

    Returns:
        0 where the shares are the same, then more; an empty bin counts as half a row.

    Raises:
        InputError: A list is empty, or the reference is constant.

    Source: Siddiqi (2006), chapter 8; it is the Jeffreys divergence of the binned shares.
    """
    before = varied(vector(reference, "reference", least=2), "reference")
    after = vector(current, "current")
    if bins < 2:
        why = "bins is 1; one bin holds everything. Use 2 or more."
        raise InputError(why, field="bins", value=1)
    edges = np.unique(np.quantile(before, np.linspace(0.0, 1.0, bins + 1)[1:-1], method="lower"))
    edges = edges[edges < before.max()]
    bins_of = (np.searchsorted(edges, values, side="left") for values in (before, after))
    counts = [np.bincount(row, minlength=len(edges) + 1).astype(np.float64) for row in bins_of]
    first, second = (np.maximum(count, 0.5) / count.sum() for count in counts)
    return float(((second - first) * np.log(second / first)).sum())


@checked
def ks(reference: Vector, current: Vector) -> tuple[float, float]:
    """Largest distance of the two distribution functions, and its asymptotic p-value, by scipy.

    Raises:
        InputError: A list is empty.

    Source: Smirnov (1939).
    """
    before, after = vector(reference, "reference"), vector(current, "current")
    test = needs("analytics", "scipy.stats").ks_2samp(before, after, method="asymp")
    return float(test.statistic), float(test.pvalue)


@checked
def drift(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    *,
    bins: Count = 10,
    watch: Positive = WATCH,
    act: Positive = ACT,
) -> pd.DataFrame:
    """Every column of numbers against what the model was fitted on: inputs and scores alike.

    Args:
        reference: Rows that the model was fitted on.
        current: Rows that it sees; the same columns.
        bins: Of the stability index.
        watch: Stability index from which the verdict is "watch".
        act: Stability index from which it is "act".

    Returns:
        One row a column: psi, ks, p_value (Kolmogorov-Smirnov), missing_before, missing_after
            (shares),
        verdict: "stable", "watch", "act", or "constant" / "unknown" where it cannot be judged.

    Raises:
        InputError: A table is empty, or a column of `reference` is absent from `current`.

    Source: Siddiqi (2006), chapter 8; Smirnov (1939), p-value by scipy.
    """
    names = labels_of(reference.columns)
    remedy = "Give both tables the same columns."
    before = table(reference, names, remedy, field="reference")
    after = table(current, names, remedy, field="current")
    rows: list[tuple[float | str, ...]] = []
    for name in names:
        values = [as_numbers(frame[name]) for frame in (before, after)]
        known = [v[np.isfinite(v)] for v in values]
        missing = [1.0 - len(k) / len(v) for k, v in zip(known, values, strict=True)]
        if min(map(len, known)) == 0 or np.ptp(known[0]) == 0.0:
            word = "unknown" if min(map(len, known)) == 0 else "constant"
            rows.append((np.nan, np.nan, np.nan, *missing, word))
            continue
        index = psi(known[0], known[1], bins=bins)
        word = "act" if index >= act else "watch" if index >= watch else "stable"
        rows.append((index, *ks(known[0], known[1]), *missing, word))
    columns = ["psi", "ks", "p_value", "missing_before", "missing_after", "verdict"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="column"))
