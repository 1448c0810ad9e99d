"""Products known by what they are: the recipe that can recommend a product nobody has bought
yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import Share
from advisor.arrays import FloatArray
from advisor.data.catalogue import Catalogue
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.recommend.model.encoders import Held
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.gram import Gram
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import HalfLife, Shrinkage
from advisor.validation import checked

FEE_BINS = 4


@checked
@dataclass(frozen=True)
class Content(Recipe):
    """A product is scored by how often owners of products like those held buy products like it.

    Every product is spread over its attributes (assets, risk level, issuer, currency, fee, term,
    complexity). Co-purchases are counted between attributes instead of products, and the counts are
    spread back. Among products with the same attributes those that are bought more come first, but
    only in part: a new product starts with what products like it are bought.

    Args:
        shrinkage: Clients added to each attribute: one that few own says little.
        own_record: How much a product's own owners count in its appeal, the rest being the mean
            owners of products like it. 0 tells products with equal attributes apart by nothing; 1
            never shows a product that nobody bought. The default did best on the early FAR-Trans
            points.
        half_life_days: Days in which a purchase loses half its weight as something to predict;
            None: no recency.
        capped: Whether fortnights of a product are capped by its others (see `capped_weights`).
    """

    GRID = ({"own_record": 0.5}, {"own_record": 1.0}, {"half_life_days": 90.0, "capped": True})

    shrinkage: Shrinkage = 20.0
    half_life_days: HalfLife | None = None
    own_record: Share = 0.2
    capped: bool = False

    def learn(self, training: Training) -> FittedModel:
        """Count between attributes. Needs `catalogue`."""
        if training.catalogue is None:
            raise InputError(
                "Content reads product attributes, but no catalogue was given. Pass catalogue=.",
                field="catalogue",
                value=None,
            )
        history = training.history(self.half_life_days, self.capped)
        gram = Gram.of(history)
        spread = product_attributes(training.catalogue, history.items)
        together = gram.toward - np.diag(np.diag(gram.toward))
        counts = spread.T @ together @ spread
        owners = spread.T @ gram.owners
        sizes = np.maximum(spread.sum(axis=0), 1e-12)
        likely = counts / np.maximum(owners + self.shrinkage, 1e-12)[:, None] / sizes[None, :]
        popular = gram.popularity()
        like = spread @ (spread.T @ popular / sizes)
        appeal = self.own_record * popular + (1.0 - self.own_record) * like
        weights = (spread @ likely @ spread.T) * np.divide(
            appeal, like, out=np.zeros_like(like), where=like > 0.0
        )
        np.fill_diagonal(weights, 0.0)
        anybody = appeal[None, : history.n_products]
        return FittedModel(
            "Content",
            history,
            Held(history.items),
            np.vstack([weights[:, : history.n_products], anybody]),
            self.settings(),
        )


def product_attributes(catalogue: Catalogue, items: IdMap) -> FloatArray:
    """Each item's attributes as shares that add up to 1, shape (items, attributes); rows of 0 for
    what is no longer in the catalogue.
    """
    fees = catalogue.annual_fee
    edges = np.unique(np.quantile(fees, np.arange(1, FEE_BINS) / FEE_BINS))
    columns: list[FloatArray] = [catalogue.exposures(IdMap(catalogue.assets))]
    words = (
        [str(v) for v in catalogue.risk_level.tolist()],
        [p.issuer for p in catalogue.products],
        [p.currency for p in catalogue.products],
        [str(b) for b in np.searchsorted(edges, fees, side="right").tolist()],
        [str(days // 365) for days in catalogue.term_days.tolist()],
        [str(c) for c in catalogue.complex.tolist()],
    )
    for column in words:
        kinds = sorted({w for w in column if w is not None})
        if len(kinds) > 1:
            columns.append(np.array([[float(w == k) for k in kinds] for w in column]))
    attributes = np.hstack(columns)
    out = np.zeros((len(items), attributes.shape[1]))
    out[: len(catalogue)] = attributes / np.maximum(attributes.sum(axis=1, keepdims=True), 1e-12)
    return out
