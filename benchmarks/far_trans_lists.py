"""Lists for the customers of FAR-Trans at a time point, and what they are worth: shared by the
benchmarks that judge on later points."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))

import far_trans_data as far

from advisor import Catalogue, Interactions, Ranking, Recipe
from advisor.data import Eligibility
from advisor.data.ids import IdMap
from advisor.measures import block_interval, mark_hits, ndcg

K, LONG = 10, 30
FIRST, REST = slice(12, 24), slice(24, 35)
"""Points on which the parts of `Blend.robust()` were compared, and points that were only looked at
afterwards."""
WINDOW = 13
"""Points from which on two test windows do not overlap."""


@cache
def with_all_open(folder: Path) -> Catalogue:
    """The catalogue with every product stated to be sold, so that nothing is inferred."""
    return Catalogue.from_frame(far.catalogue(folder).to_frame().assign(closed=False))


def served(folder: Path, day: str, recipe: Recipe, k: int = K, *, infer: bool = True) -> Ranking:
    """Lists of the evaluated clients among the eligible products."""
    fitted = recipe.fit(
        far.interactions(folder, day), catalogue=None if infer else with_all_open(folder)
    )
    people = far.evaluated(folder, day)
    shelf = np.isin(fitted.products, far.eligible(folder, day))[None]
    return fitted.rank(
        people, k, eligible=Eligibility(np.zeros(len(people), dtype=np.int64), shelf)
    )


def hits_of(ranking: Ranking, bought: Interactions) -> np.ndarray:
    return mark_hits(
        ranking.codes, bought.matrix(IdMap(ranking.client_ids), IdMap(ranking.products))
    )


def quality(ranking: Ranking, bought: Interactions) -> float:
    """Mean nDCG@10; who bought nothing counts as 0."""
    at = bought.clients.find(ranking.client_ids)
    wanted = np.where(
        at >= 0, np.bincount(bought.client_codes, minlength=len(bought.clients))[at], 0
    )
    return float(np.nan_to_num(ndcg(hits_of(ranking, bought), wanted, K)).mean())


def span(gap: np.ndarray, block: int) -> str:
    """Mean with its block interval."""
    if len(gap) < 4:
        return f"{gap.mean():+.4f}" if len(gap) else "-"
    found = block_interval(gap, block=max(1, min(block, len(gap) // 2)))
    return f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
