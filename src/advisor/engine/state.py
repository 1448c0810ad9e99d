"""Everything an advice depends on besides the client: one frozen value, one fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray
from advisor.contracts.bands import RiskBands
from advisor.contracts.mandate import Mandate
from advisor.contracts.product import Product
from advisor.contracts.questionnaire import Questionnaire
from advisor.contracts.wording import Language
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.profiles import RiskProfiles
from advisor.data.returns import ReturnModel
from advisor.engine.data_days import DataDays
from advisor.engine.orders import Caps, TradeSettings
from advisor.engine.parts import NEWER, PARTS, Arrays, FittedPart, Kinds, check_fields, part_of
from advisor.engine.portfolios.frontier_cache import FrontierCache
from advisor.engine.universe.eligibility_cache import EligibilityCache
from advisor.engine.universe.universe import Universe
from advisor.errors import InputError
from advisor.optimize.preferences.corrections import BiasPolicy
from advisor.recommend.calibration import Calibration
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.portfolio_fit.own_portfolio import ProductMoments
from advisor.recommend.portfolio_fit.utility import exposure_similarity
from advisor.recommend.saved import FORECAST, MODEL
from advisor.risk_profile.coherence import Controls
from advisor.risk_profile.profile import profile_risk
from advisor.suitability.regime import Regime

RECORD_VERSION = 7
"""Raised when the same inputs would give another advice, so that fingerprints of different rules of
computation differ."""


@dataclass(frozen=True, eq=False)
class AdvisorState:
    """Model, rules, catalogue and relevance of one advisor.

    Attributes:
        model: Returns of the n assets.
        catalogue: Products in the catalogue, p of them.
        questionnaire: What answers are scored by; None where every client comes with a level.
        mandate: Limits for everybody.
        regime: The rule pack that governs products which name none themselves.
        bands: What each level promises.
        recommender: The fitted recommender; its columns are the catalogue's.
        biases: How measured biases correct risk aversion.
        fit_weight: What closing the whole gap of a portfolio is worth against the difference
            between the best and the worst liked product.
        utility_share: What the most useful product gains over the least useful one, against 1 for
            closing the client's whole gap.
        diversity: What a product unlike those already picked gains, against the whole range of
            relevance.
        language: Of sentences.
        seed: Of the recommender's fit.
        trading: Which trades are worth making, and the largest shares of wealth.
        calibration: What the preferences for products of served picks were worth on a validation
            window; None: picks carry no probability.
        days: How far the data reach; what is said of them is no part of any advice.
    """

    model: ReturnModel
    catalogue: Catalogue
    questionnaire: Questionnaire | None
    mandate: Mandate
    regime: Regime
    bands: RiskBands
    recommender: FittedModel
    biases: BiasPolicy
    fit_weight: float
    utility_share: float
    diversity: float
    language: Language
    seed: int
    trading: TradeSettings = field(default_factory=TradeSettings)
    calibration: Calibration | None = None
    days: DataDays = field(default_factory=DataDays)

    def parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything of an advisor that JSON can hold, and its arrays by name: what is saved."""
        parts: dict[str, Any] = {}
        arrays: dict[str, np.ndarray] = {}
        for own in fields(self):
            plain, numbers = part_of(own.name).save(own.name, getattr(self, own.name))
            parts |= plain
            arrays |= numbers
        return parts, arrays

    @cached_property
    def controls(self) -> Controls:
        """How careful profiles are, and how long the rule pack lets an assessment be used."""
        return Controls(valid_months=self.regime.pack.validity_months)

    def profiles(self, clients: ClientTable, as_of: np.datetime64) -> RiskProfiles:
        """Risk profiles of clients on a day."""
        asked, bands = self.questionnaire, self.bands
        return profile_risk(clients, asked, as_of=as_of, bands=bands, controls=self.controls)

    @cached_property
    def vehicles(self) -> Universe:
        """What portfolios are made of."""
        return Universe.of(self.model, self.catalogue, self.mandate)

    @cached_property
    def frontiers(self) -> FrontierCache:
        """Frontiers traced so far."""
        return FrontierCache(self.vehicles.model, self.vehicles.mandate, self.bands)

    @cached_property
    def offers(self) -> EligibilityCache:
        """What clients may be offered, by kind."""
        return EligibilityCache.of(self.regime, self.catalogue, self.vehicles)

    @cached_property
    def moments(self) -> tuple[ProductMoments, ProductMoments]:
        """Return and risk of each product as its own vehicle, and as its parts."""
        vehicles, fee = self.vehicles, self.catalogue.annual_fee
        mixes, parts = (
            ProductMoments.of(exposures, vehicles.model, fee=fee)
            for exposures in (vehicles.as_mix, vehicles.as_parts)
        )
        return mixes, parts

    @cached_property
    def offered(self) -> tuple[Exposures, Exposures]:
        """Products as their own vehicles, and as their parts, with what buying them costs."""
        mixes, parts = (
            exposures.with_terms(
                min_purchase=self.catalogue.min_purchase,
                fee=self.catalogue.annual_fee,
                dearness=self.caps.dearness,
            )
            for exposures in (self.vehicles.mixes, self.vehicles.parts)
        )
        return mixes, parts

    @cached_property
    def exposed_to(self) -> tuple[IntArray, FloatArray]:
        """Assets of each product in their order, and its share in each, both of shape (p, m);
        shares of 0 fill short rows.
        """
        shares = self.catalogue.exposures(self.model.ids)
        order = np.argsort(shares == 0.0, axis=1, kind="stable")[
            :, : max((shares != 0.0).sum(axis=1).max(initial=1), 1)
        ]
        return order.astype(np.int64), np.take_along_axis(shares, order, axis=1)

    @cached_property
    def plain_moments(self) -> tuple[list[float], list[list[float]]]:
        """Mean and covariance of the assets as numbers."""
        return self.model.mean.tolist(), self.model.covariance.tolist()

    def volatility_of(self, weights: FloatArray) -> float:
        """Annual volatility by the covariance that composes portfolios, of weights by asset, shape
        (n,).
        """
        seen = np.einsum("i,ij->j", weights, self.model.covariance)
        return float(np.sqrt(max(np.einsum("j,j->", seen, weights), 0.0)))

    @cached_property
    def popularity(self) -> FloatArray:
        """Share of the clients whose purchases are on record who have bought each product, shape
        (p,).
        """
        history = self.recommender.history
        bought = np.bincount(history.rows.codes, minlength=len(history.items))
        return bought[: len(self.catalogue)] / max(len(history.clients), 1)

    @cached_property
    def caps(self) -> Caps:
        """Largest shares of wealth in one product and with one issuer."""
        shares = self.trading.shares(self.regime.pack)
        return Caps.of(self.catalogue, self.vehicles, shares, self.fit_weight)

    @cached_property
    def likeness(self) -> FloatArray | None:
        """How alike products are, shape (p, p); None where diversity does not count."""
        return exposure_similarity(self.catalogue, self.model) if self.diversity > 0.0 else None

    @cached_property
    def _remarks(self) -> dict[np.datetime64, list[str]]:
        return {}

    def remarks(self, as_of: np.datetime64) -> list[str]:
        """What is wrong with the days of the data on a day of advice, which is said in the log
        once a day of advice; see `DataDays.remarks`.
        """
        if as_of not in self._remarks:
            last, assets = self.recommender.history.last_day, len(self.model)
            self._remarks[as_of] = self.days.remarks(last, assets, as_of)
        return self._remarks[as_of]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over everything an advice depends on besides the client: the parts that are
        saved, but for labels and the days that data reach, and the bundled packs that products
        name; 64 hex digits.
        """
        parts, arrays = self.parts()
        del parts["days"]
        products: list[dict[str, Any]] = parts["catalogue"]
        for product in products:
            product.pop("labels", None)
        packs = self.regime.named_digests(p.regime for p in self.catalogue.products)
        names = sorted(arrays)
        return digest([RECORD_VERSION, parts, packs, names], (arrays[name] for name in names))


def state_of(parts: Mapping[str, Any], arrays: Arrays) -> AdvisorState:
    """The advisor whose `AdvisorState.parts` these are.

    Raises:
        InputError: A part is missing, of another kind, or unknown here, since a newer version wrote
            it. Values that fit together nowhere may raise the plain errors of those who read them.
    """
    names = [field.name for field in fields(AdvisorState)]
    known: dict[str, Kinds] = {}
    for name in names:
        known |= part_of(name).names(name)
    check_fields(parts, known, "parts")
    _check_arrays(arrays)
    return AdvisorState(**{name: part_of(name).load(name, parts, arrays) for name in names})


def _check_arrays(arrays: Arrays) -> None:
    learnt = tuple(f"{name}." for name, part in PARTS.items() if isinstance(part, FittedPart))
    for name in arrays:
        if name not in MODEL and name not in FORECAST and not name.startswith(learnt):
            raise InputError(
                f"The array {name!r} is not known to this version, so {NEWER}",
                field=name,
                value=name,
            )


def digest(words: object, numbers: Iterable[np.ndarray] = ()) -> str:
    """SHA-256 of plain values (as canonical JSON) and arrays (type, shape and bytes)."""
    state = hashlib.sha256(
        json.dumps(words, sort_keys=True, ensure_ascii=True, default=str).encode()
    )
    for array in numbers:
        state.update(f"|{array.dtype.str}{array.shape}|".encode())
        state.update(np.ascontiguousarray(array).tobytes())
    return state.hexdigest()


def assets_as_products(model: ReturnModel) -> Catalogue:
    """A catalogue for an advisor that sells assets themselves: every asset with a risk level is a
    product of its own.

    Raises:
        InputError: No asset has a risk level, so nobody could be sold anything.
    """
    rated = [
        (a, int(level))
        for a, level in zip(model.assets, model.risk_levels, strict=True)
        if level > 0
    ]
    if not rated:
        raise InputError(
            "There is neither a catalogue nor a risk level for any asset, so no client may hold"
            " anything. Pass catalogue=..., or risk_levels={asset: 1..5} to Market.from_prices.",
            field="catalogue",
            value=None,
        )
    return Catalogue.from_products(
        Product(id=a, name=a, asset=a, risk_level=level) for a, level in rated
    )
