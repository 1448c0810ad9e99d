"""What the lists are like beside being right, from the history they were made on."""

from __future__ import annotations

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.measures.exposure import (
    coverage,
    diversity,
    exposure_counts,
    gini,
    list_mean,
    novelty,
    popularity_lift,
)


def list_quality(
    ranking: Ranking, history: Interactions | None, catalogue: Catalogue | None, k: int
) -> dict[str, float]:
    """Coverage and Gini of the first k, and with a history novelty and popularity, with a catalogue
    diversity: means over the clients for whom they exist, by name.

    Products are alike by the assets they expose to and by risk level.
    """
    codes = ranking.codes[:, :k]
    p = len(ranking.products)
    quality = {f"coverage@{k}": coverage(codes, p), f"gini@{k}": gini(exposure_counts(codes, p))}
    if catalogue is not None:
        quality[f"diversity@{k}"] = _mean(
            diversity(codes, product_features(catalogue, ranking.products))
        )
    if history is not None:
        holders, held_popularity = _popularity(ranking, history)
        share = holders / max(len(history.clients), 1)
        quality[f"novelty@{k}"] = _mean(novelty(codes, holders, max(len(history.clients), 1)))
        quality[f"popularity@{k}"] = _mean(list_mean(codes, share))
        quality[f"popularity_lift@{k}"] = _mean(popularity_lift(codes, share, held_popularity))
    return quality


def product_features(catalogue: Catalogue, products: tuple[str, ...]) -> FloatArray:
    """What products are like: exposures by asset beside one column a risk level, shape (p, n + 5);
    zeros for products that are not in the catalogue.
    """
    assets = catalogue.exposures(IdMap(catalogue.assets))
    levels = (catalogue.risk_level[:, None] == np.arange(1, 6)).astype(np.float64)
    features = np.concatenate([assets, levels], axis=1)
    row = catalogue.ids.find(products)
    return np.where((row >= 0)[:, None], features[np.maximum(row, 0)], 0.0)


def _popularity(ranking: Ranking, history: Interactions) -> tuple[IntArray, FloatArray]:
    """Holders of each ranked product (p,), mean popularity of what each client holds (c,)."""
    held, buyers = history.matrix(), len(history.clients)
    count = np.bincount(held.indices, minlength=len(history.products))
    row_of = np.repeat(np.arange(buyers), np.diff(held.indptr))
    share = np.bincount(row_of, weights=count[held.indices] / max(buyers, 1), minlength=buyers)
    mean = share / np.maximum(np.bincount(row_of, minlength=buyers), 1)
    # who and what is not known is found at -1, the place of what is appended
    holders = np.append(count, 0)[history.products.find(ranking.products)]
    held_popularity = np.append(mean, np.nan)[history.clients.find(ranking.client_ids)]
    return holders.astype(np.int64), held_popularity


def _mean(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
