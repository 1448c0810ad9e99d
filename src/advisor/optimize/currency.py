"""The client's currency, fees and taxes: what stands between an asset's return and his."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.errors import InputError


def in_home_currency(
    market: Market,
    currencies: Mapping[str, str],
    rates: Market,
    *,
    hedged: Mapping[str, float] | float = 0.0,
    carry: Mapping[str, float] | None = None,
) -> Market:
    """Returns in the client's currency, part of the foreign exposure hedged.

    Args:
        market: Returns in each asset's own currency.
        currencies: Currency of each foreign asset; unnamed assets are at home.
        rates: Returns of one unit of each foreign currency in home money, on the same days.
        hedged: Share of the currency exposure that is hedged, 0 to 1: one for all, or by asset.
        carry: Annual gain of hedging each currency (home minus foreign short rate); 0 where unnamed.

    Returns:
        `(1 + r) * (1 + e) - 1 - h * (e - carry per day)`: at h = 0 the unhedged return, at h = 1 the local return plus carry (and the small cross term, which a
        hedge of the opening value leaves open).

    Raises:
        InputError: An unknown asset or currency, other days, or a share outside [0, 1].
    """
    _known(currencies, market.assets, "currencies")
    if len(rates) != len(market) or not (rates.dates == market.dates).all():
        raise InputError(
            f"rates cover {len(rates)} days, the market {len(market)}; a return is converted on its own day. Align them first.",
            field="rates",
            value=len(rates),
        )
    returns = market.returns.copy()
    for asset, currency in currencies.items():
        if currency not in rates.assets:
            raise InputError(f"rates hold no {currency!r}, the currency of {asset!r}; add its column.", field="rates", value=currency)
        share = hedged if isinstance(hedged, int | float) else hedged.get(asset, 0.0)
        if not 0.0 <= share <= 1.0:
            raise InputError(f"hedged[{asset!r}] is {share}; it is a share, 0 to 1.", field="hedged", value=share)
        column = market.assets.index(asset)
        change = rates.returns[:, rates.assets.index(currency)]
        gain = (carry or {}).get(currency, 0.0) / market.periods_per_year
        returns[:, column] = (1.0 + returns[:, column]) * (1.0 + change) - 1.0 - share * (change - gain)
    returns = np.maximum(returns, -1.0)
    returns.flags.writeable = False
    return Market(market.assets, market.dates, returns, market.groups, market.risk_levels, market.periods_per_year)


def hedge_share(model: ReturnModel, asset: str, currency: str) -> float:
    """The share of an asset's currency exposure whose hedging minimises its variance, cut to [0, 1].

    Args:
        model: Holds the unhedged asset and its currency (as an asset), both in home money.
        asset: Id of the asset.
        currency: Id of the currency.

    Returns:
        `cov(asset, currency) / var(currency)`: 0 where the currency cushions the asset.

    Raises:
        InputError: An unknown id, or a currency that does not move.

    Source: Anderson and Danthine (1981); Campbell, Serfaty-de Medeiros and Viceira (2010), section I.
    """
    i, j = model.ids.code(asset, "asset"), model.ids.code(currency, "currency")
    variance = float(model.covariance[j, j])
    if not variance > 0.0:
        raise InputError(f"{currency!r} has no variance, so there is nothing to hedge.", field="currency", value=currency)
    return float(np.clip(model.covariance[i, j] / variance, 0.0, 1.0))


def after_costs(
    model: ReturnModel,
    *,
    fees: Mapping[str, float] | None = None,
    income: Mapping[str, float] | None = None,
    income_tax: float = 0.0,
    gains_tax: float = 0.0,
    turnover: float = 1.0,
) -> ReturnModel:
    """Expected returns after annual fees and taxes; covariances stay.

    Args:
        model: Before costs.
        fees: Annual fee by asset.
        income: Part of the expected return that is paid out and taxed each year, by asset.
        income_tax: Rate on it.
        gains_tax: Rate on the rest of a positive expected return, in the measure it is realised.
        turnover: Share of gains realised in a year, 0 to 1.

    Returns:
        `mean - fee - income_tax * income - gains_tax * turnover * max(0, mean - fee - income)`. Taxes on losses are not refunded, which is on the safe side.

    Raises:
        InputError: An unknown asset, or a rate outside [0, 1].
    """
    for name, rate in (("income_tax", income_tax), ("gains_tax", gains_tax), ("turnover", turnover)):
        if not 0.0 <= rate <= 1.0:
            raise InputError(f"{name} is {rate}; it is a fraction, 0 to 1.", field=name, value=rate)
    fee, paid = _column(fees, model, "fees"), _column(income, model, "income")
    gain = np.maximum(0.0, model.mean - fee - paid)
    mean = model.mean - fee - income_tax * paid - gains_tax * turnover * gain
    stress = dict(zip(model.assets, model.stress.tolist(), strict=True))
    return ReturnModel(model.assets, mean, model.covariance, model.groups, model.risk_levels.tolist(), stress)


def _column(values: Mapping[str, float] | None, model: ReturnModel, field: str) -> FloatArray:
    _known(values or {}, model.assets, field)
    return np.array([float((values or {}).get(a, 0.0)) for a in model.assets])


def _known(values: Mapping[str, object], assets: tuple[str, ...], field: str) -> None:
    unknown = sorted(set(values) - set(assets))
    if unknown:
        raise InputError(f"{field} names {unknown[:5]}, not among the assets; correct or remove.", field=field, value=unknown)
