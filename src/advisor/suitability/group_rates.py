"""Whether groups of clients fare alike: measured, not assumed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from advisor.annotations import Edges
from advisor.arrays import FloatArray
from advisor.contracts.thresholds import count_reached
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.profiles import RiskProfiles
from advisor.errors import InputError
from advisor.validation import checked

AGE_EDGES = (0.0, 35.0, 50.0, 65.0, np.inf)
Z95 = 1.959963984540054


@checked
def fairness(
    profiles: RiskProfiles, groups: Sequence[str | None], *, eligibility: Eligibility | None = None
) -> pd.DataFrame:
    """Levels and refusals by group, each beside everybody else's.

    Args:
        profiles: Of c clients.
        groups: The group of each, length c; None = not stated, left out.
        eligibility: Which products each may have, for the share refused.

    Returns:
        Indexed by group: `clients`; `mean_level` of the assessed, its difference from all others'
        with a 95 % interval (`difference`, `low`, `high`: the interval is what chance alone would
        do, so one that excludes 0 is worth an explanation, not a verdict); `unassessed` (share
        without a level); `refused` (mean share of products refused to the assessed) and `access`
        (share open to the group divided by that open to the others; below 0.8 is the four-fifths
        rule of thumb), nan without eligibility.

    Raises:
        InputError: Not one group a client.
    """
    if len(groups) != len(profiles):
        raise InputError(
            f"groups has {len(groups)} entries for {len(profiles)} clients; give one each.",
            field="groups",
            value=len(groups),
        )
    stated = np.array([group is not None for group in groups])
    words = np.array([group or "" for group in groups], dtype=object)
    level = profiles.level.astype(np.float64)
    open_share = (
        np.full(len(profiles), np.nan)
        if eligibility is None
        else eligibility.allowed.mean(axis=1)[eligibility.class_of]
    )
    rows = {}
    for name in sorted(set(words[stated].tolist())):
        inside, outside = stated & (words == name), stated & (words != name)
        rows[name] = _row(level, open_share, inside, outside)
    columns = [
        "clients",
        "mean_level",
        "difference",
        "low",
        "high",
        "unassessed",
        "refused",
        "access",
    ]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("group")


@checked
def age_groups(clients: ClientTable, edges: Edges = AGE_EDGES) -> list[str | None]:
    """The age band of each client, "0-34" and so on, None where the age is unknown."""
    if (
        len(edges) < 2
        or edges[0] > 0.0
        or edges[-1] < np.inf
        or not all(low < high for low, high in pairwise(edges))
    ):
        raise InputError(
            f"edges are {list(edges)}; bands need ages that increase, from 0 to inf, so that"
            " everybody has one.",
            field="edges",
            value=tuple(edges),
        )
    names = [
        f"{low:g}-{high - 1:g}" if np.isfinite(high) else f"{low:g}+"
        for low, high in pairwise(edges)
    ]
    codes = count_reached(clients.age, edges) - 1
    return [
        None if np.isnan(age) else names[code]
        for age, code in zip(clients.age.tolist(), codes.tolist(), strict=True)
    ]


def _row(
    level: FloatArray, open_share: FloatArray, inside: np.ndarray, outside: np.ndarray
) -> tuple[float, ...]:
    a, b = level[inside & (level > 0)], level[outside & (level > 0)]
    difference = float(a.mean() - b.mean()) if len(a) and len(b) else float("nan")
    error = (
        float(np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))
        if len(a) > 1 and len(b) > 1
        else float("nan")
    )
    ours, theirs = open_share[inside & (level > 0)], open_share[outside & (level > 0)]
    mean_ours, mean_theirs = (float(x.mean()) if len(x) else float("nan") for x in (ours, theirs))
    return (
        int(inside.sum()),
        float(a.mean()) if len(a) else float("nan"),
        difference,
        difference - Z95 * error,
        difference + Z95 * error,
        float((level[inside] == 0).mean()),
        1.0 - mean_ours,
        mean_ours / mean_theirs if mean_theirs > 0 else float("nan"),
    )
