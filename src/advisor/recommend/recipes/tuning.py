"""Which recipe to use on one's own purchases: a small grid, judged on the last window, and nothing
kept that does not beat `EASE`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.measures.ranking import mark_hits, ndcg
from advisor.recommend.recipes.item_based import EASE
from advisor.recommend.recipes.recipe import Recipe, Training, Tuning
from advisor.recommend.windows import new_to_known

LIST = 10
"""Length of the lists that are judged, by nDCG."""
LEAST_CLIENTS = 100
"""Fewer clients who can be judged choose nothing."""
MOST_CLIENTS = 5_000
"""Clients judged at most, evenly spaced."""
DOUBT = 0.05
"""Chance that any of the grid is kept without being better."""


def tune(recipe: Recipe, training: Training, window: int | None) -> Tuning:
    """See `Recipe.tuning`."""
    tried = tuple(dict.fromkeys((EASE(), recipe, *recipe.variants())))
    past, later, held_out = _held_out(training, window)
    judged = (
        np.flatnonzero(np.bincount(later.client_codes, minlength=len(later.clients)) > 0)
        if len(later)
        else np.zeros(0, dtype=np.int64)
    )
    ids = tuple(
        later.clients.ids[i] for i in judged[:: max(1, -(-len(judged) // MOST_CLIENTS))].tolist()
    )
    if len(ids) < LEAST_CLIENTS:
        none = np.zeros(0)
        return Tuning(EASE(), tried, none, none, none, len(ids), held_out)
    values = np.stack([_quality(one, past, later, ids) for one in tried])
    quality, best = values.mean(axis=1), 0
    for challengers in ([tried.index(recipe)], range(1, len(tried))):
        gap, reach = _against(values, best)
        better = [i for i in challengers if gap[i] > reach[i]]
        best = max(better, key=lambda i: float(quality[i]), default=best)
    return Tuning(tried[best], tried, quality, *_against(values, 0), len(ids), held_out)


def _against(values: FloatArray, one: int) -> tuple[FloatArray, FloatArray]:
    """Mean difference of each row of `values`, shape (m, c), from row `one`, and half the width of
    its interval, all of them together at `DOUBT`.
    """
    gaps = values - values[one]
    width = -float(ndtri(DOUBT / 2.0 / max(len(values) - 1, 1)))
    return gaps.mean(axis=1), width * gaps.std(axis=1, ddof=1) / np.sqrt(values.shape[1])


def _quality(
    recipe: Recipe, past: Training, later: Interactions, ids: tuple[str, ...]
) -> FloatArray:
    """NDCG at `LIST` of each client, shape (c,)."""
    ranking = recipe.learn(past).rank(ids, LIST, clients=past.clients)
    truth = later.matrix(IdMap(ids), IdMap(ranking.products))
    purchases = np.bincount(later.client_codes, minlength=len(later.clients))[
        later.clients.find(ids)
    ]
    return np.nan_to_num(ndcg(mark_hits(ranking.codes, truth), purchases, LIST))


def _held_out(training: Training, window: int | None) -> tuple[Training, Interactions, str]:
    """What is learnt from and what is judged by: the last `window` days; where too few clients
    bought before and in it, one purchase of each.
    """
    whole = training.interactions
    if window is not None and len(whole):
        cut = whole.days.max() - np.timedelta64(window, "D")
        past = training.until(cut)
        later = new_to_known(whole.after(cut), past.interactions)
        if len(np.unique(later.client_codes)) >= LEAST_CLIENTS:
            return past, later, f"the last {window} days"
    out = _one_of_the_last_day(whole, training.seed)
    past = replace(training, interactions=whole.where(~out))
    later = new_to_known(whole.where(out), past.interactions)
    return past, later, "one purchase of each client's last day"


def _one_of_the_last_day(whole: Interactions, seed: int) -> BoolArray:
    """One event of each client's last day, drawn by `seed`: where a day has several, their order
    says nothing.
    """
    draw: IntArray = np.random.default_rng(seed).permutation(len(whole))
    order = np.lexsort((draw, whole.days, whole.client_codes))
    out = np.zeros(len(whole), dtype=np.bool_)
    if len(whole):
        out[order[np.append(np.diff(whole.client_codes[order]) != 0, True)]] = True
    return out
