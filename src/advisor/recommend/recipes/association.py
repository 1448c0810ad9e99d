"""Association rules: who owns this (and that) also owns those."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.annotations import Share
from advisor.arrays import FloatArray, IntArray
from advisor.data.ids import IdMap
from advisor.recommend.model.batch import Batch
from advisor.recommend.model.contributions import Parts
from advisor.recommend.model.encoders import Encoder
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.gram import Gram
from advisor.recommend.model.rows import NO_WEIGHTS, Rows, starts
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import NotNegative, Support
from advisor.validation import checked

LONGEST = 60
"""Clients with more products than this say nothing about pairs: theirs grow with the square."""


@checked
@dataclass(frozen=True)
class Association(Recipe):
    """Rules "owners of A" and "owners of A and B" -> C; a product's score is the sum of the
    confidences of the rules that fire.

    Args:
        min_support: Clients who own the left side and the right side.
        min_confidence: Share of owners of the left side who own the right side.
        min_lift: Confidence over the right side's popularity: a rule must know more than popularity
            does.
        capped: Whether a fortnight of a product counts for at most 20 purchases as a right side,
            and 5 times the mean of its other fortnights (see `capped_weights`).

    Source: Agrawal, Imielinski & Swami (1993), section 2.
    """

    GRID = ({"min_support": 20.0}, {"min_lift": 1.5}, {"min_confidence": 0.05}, {"capped": True})

    min_support: Support = 5.0
    min_confidence: Share = 0.01
    min_lift: NotNegative = 1.0
    capped: bool = False

    def learn(self, training: Training) -> FittedModel:
        """Count ones, twos and threes."""
        history = training.history(capped=self.capped)
        gram = Gram.of(history)
        size, popularity = len(history.items), history.popularity()
        left, right = np.nonzero(np.triu(gram.both, 1) >= self.min_support)
        pairs = left * size + right
        held = history.rows.matrix(size)
        twos = fired_pairs(history.rows, pairs, size).matrix(len(pairs))
        singles = gram.toward.copy()
        np.fill_diagonal(singles, 0.0)
        triples = np.asarray((twos.T @ held).toarray(), dtype=np.float64)
        triples[np.arange(len(pairs)), left] = triples[np.arange(len(pairs)), right] = 0.0
        rules = [
            self._confidence(singles, gram.owners, popularity),
            self._confidence(
                triples, np.asarray(twos.sum(axis=0), dtype=np.float64).ravel(), popularity
            ),
            popularity[None],
        ]
        matrix = np.ascontiguousarray(np.vstack(rules)[:, : history.n_products])
        return FittedModel(
            "Association", history, Baskets(history.items, pairs), matrix, self.settings()
        )

    def _confidence(
        self, counts: FloatArray, owners: FloatArray, popularity: FloatArray
    ) -> FloatArray:
        confidence = counts / np.maximum(owners, 1.0)[:, None]
        strong = (
            (counts >= self.min_support)
            & (confidence >= self.min_confidence)
            & (confidence >= self.min_lift * popularity)
        )
        return np.where(strong, confidence, 0.0)


@dataclass(frozen=True, eq=False)
class Baskets(Encoder):
    """Each asks for the rows of what they hold and of the known pairs among it; who holds nothing
    asks for the last row, popularity.

    Attributes:
        items: Product ids behind the first rows.
        pairs: Known pairs as first * items + second, ascending, shape (pairs,).
    """

    KIND = "baskets"

    items: IdMap
    pairs: IntArray

    def encode(self, batch: Batch) -> Rows:
        """Singles, then pairs."""
        held, size = batch.held, len(self.items)
        fires = fired_pairs(held, self.pairs, size)
        empty = np.diff(held.indptr) == 0
        row_of = np.concatenate([held.row_of_entry(), fires.row_of_entry(), np.flatnonzero(empty)])
        codes = np.concatenate(
            [held.codes, fires.codes + size, np.full(int(empty.sum()), size + len(self.pairs))]
        )
        return Rows(
            held.indptr + fires.indptr + np.concatenate([[0], np.cumsum(empty)]),
            codes[np.argsort(row_of, kind="stable")],
            NO_WEIGHTS,
        )

    def parts(self, batch: Batch) -> Parts:
        """A held product's part: its own rules, and half of each pair's."""
        codes, size = batch.held.codes, len(self.items)
        rows = np.zeros((len(codes), size + len(self.pairs) + 1))
        rows[np.arange(len(codes)), codes] = 1.0
        for pair in fired_pairs(batch.held, self.pairs, size).codes.tolist():
            for code in divmod(int(self.pairs[pair]), size):
                rows[np.searchsorted(codes, code), size + pair] += 0.5
        return Parts(tuple(self.items.ids[c] for c in codes.tolist()), ("",) * len(codes), rows)


def fired_pairs(held: Rows, pairs: IntArray, size: int) -> Rows:
    """Which of the known pairs each row holds both of."""
    lengths = np.diff(held.indptr)
    use = np.where(lengths <= LONGEST, lengths, 0)
    position = np.arange(len(held.codes)) - np.repeat(held.indptr[:-1], lengths)
    later = np.maximum(np.repeat(use, lengths) - 1 - position, 0)
    first = np.repeat(np.arange(len(held.codes)), later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    keys = held.codes[first] * size + held.codes[second]
    at = np.searchsorted(pairs, keys)
    known = at < len(pairs)
    known[known] = pairs[at[known]] == keys[known]
    indptr = starts(held.row_of_entry()[first[known]], len(held))
    return Rows(indptr, at[known].astype(np.int64), NO_WEIGHTS)
