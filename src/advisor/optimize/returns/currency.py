"""The client's currency, fees and taxes: what stands between an asset's return and theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from advisor.annotations import Share
from advisor.arrays import NUMBER, FloatArray, check_number, check_type
from advisor.data.by_asset import check_names, numbers_by_id
from advisor.data.market import Market
from advisor.data.returns import ReturnModel
from advisor.errors import InputError
from advisor.validation import checked


@checked
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
        hedged: Share of the currency exposure that is hedged, 0 to 1: one for all, or by foreign
            asset (0 where unnamed).
        carry: Annual gain of hedging each currency (home minus foreign short rate); 0 where
            unnamed.

    Returns:
        `(1 + r) * (1 + e) - 1 - h * (e - carry per day)`: unhedged at h = 0, at h = 1 the local
        return plus carry (and the cross term, which a hedge of the opening value leaves open).

    Raises:
        InputError: An unknown asset or currency, other days, no rate on any day of an asset, a
            share outside [0, 1], or a carry that is no finite number.
    """
    check_names(currencies, market.assets, "currencies")
    shares, remedy = _shares(hedged, currencies), "Give an annual gain, 0.02 for 2 %."
    gains = numbers_by_id(carry, rates.assets, "carry", remedy, what="the currencies of rates")
    if len(rates) != len(market) or not (rates.dates == market.dates).all():
        raise InputError(
            f"rates cover {len(rates)} days, the market {len(market)}; a return is converted on its"
            " own day. Align them first.",
            field="rates",
            value=len(rates),
        )
    returns = market.returns.copy()
    for asset, currency in currencies.items():
        if currency not in rates.assets:
            raise InputError(
                f"rates hold no {currency!r}, the currency of {asset!r}; add its column.",
                field="rates",
                value=currency,
            )
        column = market.assets.index(asset)
        change, own = rates.returns[:, rates.assets.index(currency)], returns[:, column]
        hedge = shares[asset] * (change - gains.get(currency, 0.0) / market.periods_per_year)
        returns[:, column] = (1.0 + own) * (1.0 + change) - 1.0 - hedge
        if not np.isfinite(returns[:, column]).any():
            raise InputError(
                f"rates hold no {currency!r} on any day of {asset!r}, so nothing would be left of"
                " its history. Pass rates of the same years.",
                field="rates",
                value=currency,
            )
    returns = np.maximum(returns, -1.0)
    returns.flags.writeable = False
    return replace(market, returns=returns)


@checked
def hedge_share(model: ReturnModel, asset: str, currency: str) -> float:
    """The share of an asset's currency exposure whose hedging minimises its variance, cut to [0,
    1].

    Args:
        model: Holds the unhedged asset and its currency (as an asset), both in home money.
        asset: Id of the asset.
        currency: Id of the currency.

    Returns:
        `cov(asset, currency) / var(currency)`: 0 where the currency cushions the asset.

    Raises:
        InputError: An unknown id, or a currency that does not move.

    Source: Anderson and Danthine (1981); Campbell, Serfaty-de Medeiros and Viceira (2010), section
    I.
    """
    i, j = model.ids.code(asset, "asset"), model.ids.code(currency, "currency")
    variance = float(model.covariance[j, j])
    if not variance > 0.0:
        raise InputError(
            f"{currency!r} has no variance, so there is nothing to hedge.",
            field="currency",
            value=currency,
        )
    return float(np.clip(model.covariance[i, j] / variance, 0.0, 1.0))


@checked
def after_costs(
    model: ReturnModel,
    *,
    fees: Mapping[str, float] | None = None,
    income: Mapping[str, float] | None = None,
    income_tax: Share = 0.0,
    gains_tax: Share = 0.0,
    turnover: Share = 1.0,
) -> ReturnModel:
    """Expected returns after annual fees and taxes; covariances stay.

    Args:
        model: Before costs.
        fees: Annual fee by asset, a fraction of the money held.
        income: Part of the expected return that is paid out and taxed each year, by asset.
        income_tax: Rate on it.
        gains_tax: Rate on the rest of a positive expected return, in the measure it is realised.
        turnover: Share of gains realised in a year, 0 to 1.

    Returns:
        `mean - fee - income_tax * income - gains_tax * turnover * max(0, mean - fee - income)`.
        Taxes on losses are not refunded, which is on the safe side.

    Raises:
        InputError: An unknown asset, or a fee, income or rate outside [0, 1].
    """
    fee, paid = _column(fees, model, "fees"), _column(income, model, "income")
    gain = np.maximum(0.0, model.mean - fee - paid)
    mean = model.mean - fee - income_tax * paid - gains_tax * turnover * gain
    stress = dict(zip(model.assets, model.stress.tolist(), strict=True))
    return ReturnModel(
        model.assets,
        mean,
        model.covariance,
        model.groups,
        model.risk_levels.tolist(),
        stress,
        model.forecast,
    )


def _column(values: Mapping[str, float] | None, model: ReturnModel, field: str) -> FloatArray:
    """Annual fractions by asset, 0 where unnamed, shape (n,)."""
    stated = numbers_by_id(
        values, model.assets, field, "It is an annual fraction, 0.01 for 1 %.", low=0.0, high=1.0
    )
    return np.array([stated.get(a, 0.0) for a in model.assets])


def _shares(hedged: Mapping[str, float] | float, currencies: Mapping[str, str]) -> dict[str, float]:
    """Share hedged of every foreign asset."""
    check_type(
        hedged,
        (*NUMBER, Mapping),
        "hedged",
        "Give one share, 0 to 1, or a mapping by foreign asset.",
    )
    remedy = "It is a share of the currency exposure, 0 to 1."
    if isinstance(hedged, Mapping):
        return dict.fromkeys(currencies, 0.0) | numbers_by_id(
            hedged,
            currencies,
            "hedged",
            remedy,
            low=0.0,
            high=1.0,
            what="the foreign assets that currencies names",
        )
    return dict.fromkeys(currencies, check_number(hedged, "hedged", remedy, low=0.0, high=1.0))
