"""What products put into assets and on which terms: made once for a catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from advisor.annotations import Matrix, Vector
from advisor.arrays import FloatArray, IntArray, frozen
from advisor.errors import InputError
from advisor.recommend.model.rows import Rows, starts
from advisor.recommend.portfolio_fit.own_portfolio import OwnPortfolio
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class Exposures:
    """What p products put into n assets, compressed: made once for a catalogue.

    Attributes:
        indptr: Product j's entries stand at indptr[j]:indptr[j + 1], shape (p + 1,).
        assets: Shape (e,).
        shares: Shape (e,).
        single: The asset of a product that puts everything into it, -1 for any other, shape (p,).
        asset_indptr: The products that touch asset a stand at asset_indptr[a]:asset_indptr[a + 1],
            shape (n + 1,).
        products: Shape (e,).
        shape: (p, n).
        min_purchase: Smallest purchase of each in money, shape (p,).
        fee: Annual fee as a fraction, shape (p,).
        dearness: Annual fee of each beyond that of the cheapest one that would do the same, shape
            (p,): with a `fit_weight` of 100 one per cent a year is the whole range of relevance.
    """

    indptr: IntArray
    assets: IntArray
    shares: FloatArray
    single: IntArray
    asset_indptr: IntArray
    products: IntArray
    shape: tuple[int, int]
    min_purchase: FloatArray
    fee: FloatArray
    dearness: FloatArray

    @classmethod
    @checked
    def of(
        cls,
        exposures: Matrix,
        *,
        min_purchase: Vector | None = None,
        fee: Vector | None = None,
        dearness: Vector | None = None,
    ) -> Exposures:
        """From shares of each product in each asset, rows adding up to 1, shape (p, n), and the
        terms of buying it, shape (p,) each, 0 where left out.
        """
        if exposures.shape[1] == 0:
            raise InputError(
                "exposures has no column; a product is a share of at least one asset. Give them.",
                field="exposures",
                value=exposures.shape,
            )
        products, assets = np.nonzero(exposures)
        single = np.where(
            (exposures == 1.0).any(axis=1) & ((exposures != 0.0).sum(axis=1) == 1),
            exposures.argmax(axis=1),
            -1,
        )
        touching = np.nonzero(exposures.T)
        return cls(
            indptr=frozen(starts(products, len(exposures))),
            assets=frozen(assets),
            shares=frozen(exposures[products, assets]),
            single=frozen(single),
            asset_indptr=frozen(starts(touching[0], exposures.shape[1])),
            products=frozen(touching[1]),
            shape=(len(exposures), exposures.shape[1]),
            **_columns(len(exposures), min_purchase=min_purchase, fee=fee, dearness=dearness),
        )

    @checked
    def with_terms(self, *, min_purchase: Vector, fee: Vector, dearness: Vector) -> Exposures:
        """The same products on other terms."""
        terms = _columns(self.shape[0], min_purchase=min_purchase, fee=fee, dearness=dearness)
        return replace(self, **terms)

    @cached_property
    def kinds(self) -> Kinds:
        """Products of the same exposures and terms together."""
        kind_of: dict[bytes, int] = {}
        terms = np.stack([self.min_purchase, self.fee, self.dearness], axis=1)
        codes = np.empty(self.shape[0], dtype=np.int64)
        for j in range(self.shape[0]):
            held = slice(self.indptr[j], self.indptr[j + 1])
            key = terms[j].tobytes() + self.assets[held].tobytes() + self.shares[held].tobytes()
            codes[j] = kind_of.setdefault(key, len(kind_of))
        member = np.argsort(codes, kind="stable")
        begin = np.append(0, np.cumsum(np.bincount(codes, minlength=len(kind_of))))
        first = member[begin[:-1]]
        shares = np.zeros((len(first), self.shape[1]))
        products = Rows(self.indptr, self.assets, self.shares).take(first)
        shares[np.repeat(np.arange(len(first)), np.diff(products.indptr)), products.codes] = (
            products.weights
        )
        return Kinds(
            frozen(begin),
            frozen(member),
            Exposures.of(
                shares,
                min_purchase=self.min_purchase[first],
                fee=self.fee[first],
                dearness=self.dearness[first],
            ),
        )

    def arrays(self) -> tuple[IntArray, IntArray, FloatArray, IntArray, IntArray, IntArray]:
        """As the compiled loop wants them."""
        return self.indptr, self.assets, self.shares, self.single, self.asset_indptr, self.products


@dataclass(frozen=True, eq=False)
class Kinds:
    """Products that differ for a client in relevance alone.

    Attributes:
        begin, member: The products of kind i stand at member[begin[i]:begin[i + 1]], ascending.
        exposures: Of one product of each kind.
    """

    begin: IntArray
    member: IntArray
    exposures: Exposures

    def of(self, own: OwnPortfolio) -> OwnPortfolio | None:
        """The portfolios with the moments of the kinds; None where these differ within a kind."""
        moments, first = own.moments, self.member[self.begin[:-1]]
        sizes = np.diff(self.begin)
        for column in (moments.excess, moments.variance):
            if not np.array_equal(column[self.member], np.repeat(column[first], sizes)):
                return None
        by_kind = replace(moments, excess=moments.excess[first], variance=moments.variance[first])
        return replace(own, moments=by_kind)


def _columns(width: int, **terms: FloatArray | None) -> dict[str, FloatArray]:
    """The terms of each of `width` products."""
    for name, column in terms.items():
        if column is not None and len(column) != width:
            raise InputError(
                f"{name} has {len(column)} entries for {width} products; give one each, or leave it"
                " out.",
                field=name,
                value=len(column),
            )
    return {
        name: frozen(np.zeros(width) if column is None else column)
        for name, column in terms.items()
    }
