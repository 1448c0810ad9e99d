"""The catalogue: products as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import DecimalMark, Share, Texts, are_items
from advisor.arrays import BoolArray, FloatArray, IntArray, check_type, frozen
from advisor.contracts.product import Product
from advisor.data.bad_rows import OnBadRows, log_set_aside, refusal
from advisor.data.by_asset import check_spread
from advisor.data.catalogue_emt import SRI_TO_LEVEL, products_from_emt
from advisor.data.catalogue_frame import check_fee, products_of_frame
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.readers import Named
from advisor.validation import checked

_PRODUCTS = (
    "Pass a sequence of Product(id=..., name=..., asset=..., risk_level=...), or a table to"
    " Catalogue.from_frame."
)
Products = Annotated[
    Iterable[Product], Named("products", are_items, "a sequence of Product", _PRODUCTS)
]
MAX_FEE = 0.05
"""A larger fraction of wealth a year is taken for a percentage, or a slip, until `max_fee` says
otherwise."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products in a fixed order, and their fields as arrays of length p.

    >>> catalogue = Catalogue.from_products(
    ...     [Product(id="F1", name="Bond fund", asset="bonds", risk_level=2)]
    ... )
    >>> catalogue.risk_level.tolist(), catalogue.assets
    ([2], ('bonds',))
    """

    products: tuple[Product, ...]
    unknown_fees: tuple[str, ...] = ()
    """Ids of products whose fee is not stated, in order: they count with the fee that `unknown_fee`
    said."""
    problems: Mapping[int, str] = field(default_factory=dict[int, str])
    """Row of the table -> why it was set aside."""

    @classmethod
    @checked
    def from_products(
        cls, products: Products, *, max_fee: Share = MAX_FEE, unknown_fee: Share = 0.0
    ) -> Catalogue:
        """From contracts.

        Args:
            products: At least one.
            max_fee: The largest believable fee, a fraction a year.
            unknown_fee: What unknown fees count as, a fraction a year; `unknown_fees` names
                the products.

        Raises:
            InputError: Empty, something is no `Product`, an id is there twice, or a fee is above
                `max_fee`.
        """
        catalogue = tuple(products)
        for product in catalogue:
            check_type(product, Product, "products", _PRODUCTS)
        if not catalogue:
            raise InputError(
                "The catalogue is empty; nothing could be recommended. Add at least one product.",
                field="catalogue",
                value=(),
            )
        IdMap.of([p.id for p in catalogue], "product ids")
        for product in catalogue:
            check_fee(product, max_fee)
        unknown = tuple(p.id for p in catalogue if not p.states_fee)
        if unknown and unknown_fee:
            catalogue = tuple(
                p.model_copy(update={"annual_fee": unknown_fee}) if p.id in set(unknown) else p
                for p in catalogue
            )
        return cls(catalogue, unknown)

    @classmethod
    @checked
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        max_fee: Share = MAX_FEE,
        unknown_fee: Share = 0.0,
        id_column: str | None = None,
        labels: Texts | str = (),
        decimal: DecimalMark = ".",
        on_bad_rows: OnBadRows = "refuse",
    ) -> Catalogue:
        """From a table with `Product`'s fields as columns (missing cells take the default).

        Exposures may also be given as one column an asset, named `exposure:<asset>`, and fees in
        percent as `annual_fee_percent` (0.41 is 0.41 %). Shares and fees may have a percent sign
        (in `annual_fee`, "0.41%" is 0.0041), risk levels their letter (R3), numbers commas between
        thousands.

        Args:
            frame: One row a product.
            max_fee: The largest believable fee, a fraction a year.
            unknown_fee: What unknown fees count as, a fraction a year; `unknown_fees` names
                the products.
            id_column: Column of the ids that trades and purchases name; None: `id`, or `isin` (any
                case) where there is no `id`.
            labels: Columns of your own, such as an ISIN, that stand beside each pick (`label:isin`
                is one without being named here); any other unknown column is refused.
            decimal: The decimal mark of numbers that are text.
            on_bad_rows: "refuse" raises for all bad rows at once; "set_aside" reads the others, and
                `problems` says why not these.

        Raises:
            InputError: No table, a column is unknown or there twice, a field is wrong (the row is
                named), ids repeat, or a fee is above `max_fee`.
        """
        products, bad = products_of_frame(frame, max_fee, id_column, labels, decimal)
        if bad and (on_bad_rows == "refuse" or not products):
            raise refusal(bad, len(frame), "the catalogue")
        if bad:
            log_set_aside(len(bad), len(frame), "the catalogue")
        catalogue = cls.from_products(products.values(), max_fee=max_fee, unknown_fee=unknown_fee)
        return (
            replace(catalogue, problems={row: str(error) for row, error in bad.items()})
            if bad
            else catalogue
        )

    @classmethod
    @checked
    def from_emt(
        cls,
        frame: pd.DataFrame,
        *,
        assets: Mapping[str, str],
        sri_to_level: Sequence[int] = SRI_TO_LEVEL,
        regime: str | None = "mifid",
        max_fee: Share = MAX_FEE,
        unknown_fee: Share = 0.0,
    ) -> Catalogue:
        """From a European MiFID Template (FinDatEx EMT) table, target markets included.

        A column is a field's number, alone (`04010`) or with the name that a version from 3 to 4.3
        publishes (`04010_Risk_Tolerance_PRIIPS_Methodology`); columns of other fields are passed
        over. An empty answer is neutral. What is leveraged (00100) counts as complex.

        Args:
            frame: One row a product, in the template's columns.
            assets: Which asset (class) each product id implements; the template does not say.
            sri_to_level: R level of the risk indicators 1..7; the PRIIPs indicator counts, else the
                UCITS one.
            regime: The rule pack that governs them.
            max_fee: The largest believable ongoing cost, a fraction a year.
            unknown_fee: What unknown ongoing costs count as, a fraction a year.

        Raises:
            InputError: A mandatory field is absent, a field is there twice or under a name that is
                another's, an answer is not of the template, or `assets` lacks a product (the row is
                named).
        """
        products = products_from_emt(frame, assets=assets, sri_to_level=sri_to_level, regime=regime)
        return cls.from_products(products, max_fee=max_fee, unknown_fee=unknown_fee)

    @cached_property
    def ids(self) -> IdMap:
        """Product ids to columns."""
        return IdMap(tuple(p.id for p in self.products))

    @cached_property
    def risk_level(self) -> IntArray:
        """Effective R1..R5: the higher of the seller's and the issuer's rating, shape (p,)."""
        return frozen(np.array([p.effective_risk_level for p in self.products], dtype=np.int64))

    @cached_property
    def assets(self) -> tuple[str, ...]:
        """Assets the catalogue implements, in order of first appearance."""
        return tuple(
            dict.fromkeys(a for p in self.products for a in p.exposures or {p.asset or "": 1.0})
        )

    @cached_property
    def main_asset(self) -> tuple[str, ...]:
        """Of each product the asset it is most exposed to (the first of equals)."""
        return tuple(
            max(p.exposures, key=lambda a, p=p: p.exposures[a]) if p.exposures else (p.asset or "")
            for p in self.products
        )

    @cached_property
    def min_purchase(self) -> FloatArray:
        """Smallest purchase in money, shape (p,)."""
        return frozen(np.array([p.min_purchase for p in self.products]))

    @cached_property
    def annual_fee(self) -> FloatArray:
        """Fee as a fraction a year, shape (p,)."""
        return frozen(np.array([p.annual_fee for p in self.products]))

    @cached_property
    def term_days(self) -> IntArray:
        """Days money is locked, shape (p,)."""
        return frozen(np.array([p.term_days for p in self.products], dtype=np.int64))

    @cached_property
    def complex(self) -> BoolArray:
        """Which products need a knowledge test, shape (p,)."""
        return frozen(np.array([p.complex for p in self.products], dtype=np.bool_))

    @cached_property
    def private(self) -> BoolArray:
        """Which products are privately offered, shape (p,)."""
        return frozen(np.array([p.private for p in self.products], dtype=np.bool_))

    @cached_property
    def closed(self) -> BoolArray:
        """Which products are no longer sold, shape (p,)."""
        return frozen(np.array([p.closed for p in self.products], dtype=np.bool_))

    @cached_property
    def told_closed(self) -> IntArray:
        """Of each product 1 where it is stated to be closed, 0 where stated to be sold, -1 where
        nothing is stated, shape (p,).
        """
        return frozen(
            np.array(
                [int(p.closed) if p.states_closed else -1 for p in self.products], dtype=np.int64
            )
        )

    @cached_property
    def labels(self) -> dict[str, tuple[str | None, ...]]:
        """By name the label of each product, None where it has none, length p."""
        names = dict.fromkeys(name for p in self.products for name in p.labels)
        return {name: tuple(p.labels.get(name) for p in self.products) for name in names}

    @checked
    def exposures(self, assets: IdMap) -> FloatArray:
        """Share of each product in each asset, shape (p, n), rows adding up to 1.

        Raises:
            InputError: A product names an asset that is not among `assets`.
        """
        matrix = np.zeros((len(self), len(assets)))
        spreads = [product.exposures or {product.asset or "": 1.0} for product in self.products]
        check_spread(zip(self.ids.ids, spreads, strict=True), assets.ids)
        for row, spread in enumerate(spreads):
            total = sum(spread.values())
            for asset, share in spread.items():
                matrix[row, assets.code(asset)] = share / total
        matrix.flags.writeable = False
        return matrix

    def to_frame(self) -> pd.DataFrame:
        """One row a product; a fee that is not stated is empty."""
        return pd.DataFrame(
            [p.model_dump() for p in self.products], columns=[*Product.model_fields]
        )

    def __len__(self) -> int:
        return len(self.products)

    def __repr__(self) -> str:
        counts = np.bincount(self.risk_level, minlength=6)[1:]
        fees = f", {len(self.unknown_fees)} of unknown fee" if self.unknown_fees else ""
        return (
            f"Catalogue({len(self)} products, "
            + " ".join(f"R{i}:{n}" for i, n in enumerate(counts, start=1))
            + fees
            + ")"
        )
