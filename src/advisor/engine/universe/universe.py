"""What a portfolio can really be made of: pure assets, and the mixes that products sell only
together.

A client who may not buy a pure equity fund, but may buy a balanced one, can hold equity only along
with its bonds. So the optimiser chooses among *vehicles*: every asset, and every distinct mix in
the catalogue as a column of its own, whose return is the mix of its assets' returns. Where a client
may buy each of the assets they can reach purely, mixes add nothing and are left out; a balanced
fund then counts as its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.mandate import LinearLimit, Mandate
from advisor.data.catalogue import Catalogue
from advisor.data.returns import ReturnModel
from advisor.recommend.portfolio_fit.exposures import Exposures

_ROUNDING = 9
"""Decimals to which two exposures are the same mix."""


@dataclass(frozen=True, eq=False)
class Universe:
    """The columns of every portfolio of an advisor: n assets, then m mixes.

    Attributes:
        model: Their returns, n + m of them.
        mandate: The advisor's limits, said of vehicles.
        exposures: Share of each vehicle in each asset, shape (n + m, n).
        as_parts: Each product as its assets, shape (p, n + m).
        as_mix: Each product as its own vehicle, shape (p, n + m).
        vehicle_of: Column of each product's own vehicle, shape (p,).
    """

    model: ReturnModel
    mandate: Mandate
    exposures: FloatArray
    as_parts: FloatArray
    as_mix: FloatArray
    vehicle_of: IntArray

    @classmethod
    def of(cls, model: ReturnModel, catalogue: Catalogue, mandate: Mandate) -> Universe:
        """The vehicles of a catalogue.

        Raises:
            InputError: A product names an asset that the model does not have.
        """
        n, products = len(model), catalogue.exposures(model.ids)
        rounded = products.round(_ROUNDING)
        pure = rounded.max(axis=1) == 1.0
        mixes, first, which = np.unique(
            rounded[~pure], axis=0, return_index=True, return_inverse=True
        )
        vehicle_of = np.empty(len(products), dtype=np.int64)
        vehicle_of[pure] = rounded[pure].argmax(axis=1)
        vehicle_of[~pure] = n + which
        exposures = np.vstack([np.eye(n), products[~pure][first].reshape(len(mixes), n)])
        names = [f"mix:{catalogue.products[i].id}" for i in np.flatnonzero(~pure)[first].tolist()]
        as_mix = np.zeros((len(products), n + len(names)))
        as_mix[np.arange(len(products)), vehicle_of] = 1.0
        as_parts = np.hstack([products, np.zeros((len(products), len(names)))])
        if not names:
            return cls(model, mandate, exposures, as_parts, as_mix, vehicle_of)
        return cls(
            _mixed_model(model, exposures, names),
            _mandate_of_universe(mandate, model, exposures, names),
            exposures,
            as_parts,
            as_mix,
            vehicle_of,
        )

    @cached_property
    def holding(self) -> tuple[list[int], ...]:
        """Vehicles that hold each asset."""
        return tuple((column > 0.0).nonzero()[0].tolist() for column in self.exposures.T)

    @cached_property
    def mixes(self) -> Exposures:
        """`as_mix`, compressed."""
        return Exposures.of(self.as_mix)

    @cached_property
    def parts(self) -> Exposures:
        """`as_parts`, compressed."""
        return Exposures.of(self.as_parts)

    def columns(self, allowed: BoolArray) -> tuple[BoolArray, BoolArray]:
        """Vehicles that classes of clients may use, by the products they may buy.

        Args:
            allowed: Shape (k, p).

        Returns:
            Usable vehicles, shape (k, n + m); and for each class whether it reaches its assets
            purely (then no mix is used), shape (k,).
        """
        n = self.exposures.shape[1]
        own = (np.einsum("kp,pv->kv", allowed.astype(np.float64), self.as_mix)) > 0.0
        reached = (np.einsum("kv,vn->kn", own.astype(np.float64), self.exposures)) > 0.0
        pure = (reached == own[:, :n]).all(axis=1)
        own[np.ix_(pure, np.arange(n, own.shape[1]))] = False
        return own, pure

    def smallest(self, allowed: BoolArray, least: FloatArray) -> FloatArray:
        """Of the products of each vehicle that classes may buy, shape (k, p), the smallest of
        `least`, shape (p,); inf where there is none. Shape (k, n + m).
        """
        least_by_vehicle: FloatArray = np.full((len(allowed), len(self.exposures)), np.inf)
        for products, row in zip(allowed, least_by_vehicle, strict=True):
            np.minimum.at(row, self.vehicle_of[products], least[products])
        return least_by_vehicle

    def by_asset(self, weights: FloatArray) -> FloatArray:
        """Weights or money by asset, shape (c, n), of rows by vehicle, shape (c, n + m); each row
        from itself alone.
        """
        return (
            np.einsum("cv,vn->cn", weights, self.exposures)
            if len(self.exposures) > self.exposures.shape[1]
            else weights
        )

    def made_of(self, weights: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
        """Weights by vehicle, shape (n + m,), that come nearest to asset weights of shape (n,).

        Args:
            weights: By asset, shape (n,).
            lower: Least weight of each vehicle, shape (n + m,).
            upper: Largest weight of each, shape (n + m,).
        """
        from scipy.optimize import lsq_linear

        made, open_ = lower.copy(), upper > lower
        rest = weights - np.einsum("v,vi->i", lower, self.exposures)
        room = (np.zeros(int(open_.sum())), (upper - lower)[open_])
        made[open_] += lsq_linear(self.exposures[open_].T, rest, room, method="bvls", tol=1e-14).x
        return made


def _mixed_model(model: ReturnModel, exposures: FloatArray, names: list[str]) -> ReturnModel:
    mixes = exposures[len(model) :]
    stress = np.concatenate([model.stress, np.einsum("mi,i->m", mixes, model.stress)])
    labels = (*model.assets, *names)
    return ReturnModel(
        labels,
        np.concatenate([model.mean, np.einsum("mi,i->m", mixes, model.mean)]),
        _mixed(model.covariance, exposures),
        risk_levels=[*model.risk_levels.tolist(), *([0] * len(names))],
        stress=dict(zip(labels, stress.tolist(), strict=True)),
        forecast=None if model.forecast is None else _mixed(model.forecast, exposures),
    )


def _mixed(of_assets: FloatArray, exposures: FloatArray) -> FloatArray:
    """Covariance of assets and mixes, from that of the assets."""
    covariance = np.einsum("vj,wj->vw", np.einsum("vi,ij->vj", exposures, of_assets), exposures)
    covariance[: len(of_assets), : len(of_assets)] = of_assets
    return 0.5 * (covariance + covariance.T)


def _mandate_of_universe(
    mandate: Mandate, model: ReturnModel, exposures: FloatArray, names: list[str]
) -> Mandate:
    """Limits on assets and groups as limits on what vehicles hold of them; limits that nothing can
    break are left out.
    """
    labels = [*model.assets, *names]

    def row(name: str, shares: FloatArray, lower: float, upper: float) -> LinearLimit:
        coefficients = {
            label: float(c)
            for label, c in zip(labels, np.einsum("vi,i->v", exposures, shares), strict=True)
            if c != 0.0
        }
        return LinearLimit(name=name, coefficients=coefficients, lower=lower, upper=upper)

    limits: list[LinearLimit] = []
    for i, asset in enumerate(model.assets):
        lower, upper = mandate.bounds.get(asset, (mandate.min_weight, mandate.max_weight))
        if (lower > 0.0 or upper < 1.0) and exposures[len(model) :, i].any():
            limits.append(row(f"weight:{asset}", np.eye(len(model))[i], lower, upper))
    limits += [
        row(
            f"group:{g.group}",
            np.array([float(g.group == of) for of in model.groups]),
            g.lower,
            g.upper,
        )
        for g in mandate.group_limits
    ]
    for linear in mandate.linear_limits:
        shares = np.zeros(len(model))
        for asset, coefficient in linear.coefficients.items():
            shares[model.ids.code(asset, f"LinearLimit {linear.name!r} asset")] = coefficient
        limits.append(row(linear.name, shares, linear.lower, linear.upper))
    mixed = {asset for i, asset in enumerate(model.assets) if exposures[len(model) :, i].any()}
    bounds = {a: b for a, b in mandate.bounds.items() if a not in mixed} | {
        a: (min(0.0, mandate.min_weight), 1.0) for a in mixed
    }
    bounds |= dict.fromkeys(names, (0.0, 1.0))
    return Mandate(
        min_weight=mandate.min_weight,
        max_weight=mandate.max_weight,
        bounds=bounds,
        linear_limits=tuple(limits),
        max_volatility=mandate.max_volatility,
    )
