"""What a policy answers, as weights by position; by name where it names its assets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import FloatArray, numbers
from advisor.data.tables import labels_of
from advisor.errors import InputError
from advisor.optimize.portfolio import Portfolio

Answer = npt.ArrayLike | Mapping[str, float] | pd.Series | Portfolio
"""Weights wanted: shape (n,) in the order of the assets; or by asset, where a mapping and a
`Portfolio` leave out what is not wanted and a Series names all."""

_SHOWN = 5


def read_weights(answer: object, assets: tuple[str, ...]) -> FloatArray | str:
    """A copy of the weights in the order of the assets, shape (n,), or why there are none."""
    try:
        return _read(answer, assets)
    except InputError as error:
        return str(error)


def _read(answer: object, assets: tuple[str, ...]) -> FloatArray | str:
    if isinstance(answer, pd.Series):
        return _by_asset(answer.index, answer.to_numpy(), assets, needed=assets)
    if isinstance(answer, Mapping):
        return _by_asset(answer.keys(), list(answer.values()), assets)
    if isinstance(answer, Portfolio):
        return _by_asset(answer.assets, answer.weights, assets)
    if answer is None:
        return "the policy answered None; it must return the weights it wants"
    weights = numbers(answer, "the answer of the policy")
    if weights.shape != (len(assets),):
        return (
            f"the policy answered with shape {weights.shape}; {(len(assets),)}, one weight an"
            " asset, is needed"
        )
    return weights


def _by_asset(
    labels: Iterable[object], values: object, assets: tuple[str, ...], needed: Collection[str] = ()
) -> FloatArray | str:
    names = labels_of(labels)
    place = {asset: i for i, asset in enumerate(assets)}
    unknown = [name for name in names if name not in place]
    if unknown:
        return (
            f"the policy answered weights for {unknown[:_SHOWN]}, which the market does not have;"
            f" it has {list(assets[:_SHOWN])}"
        )
    if len(set(names)) < len(names):
        return (
            "the policy answered more than one weight for"
            f" {next(name for name in names if names.count(name) > 1)!r}"
        )
    missing = [asset for asset in needed if asset not in names]
    if missing:
        return (
            f"the policy answered no weight for {missing[:_SHOWN]}; a Series names every asset, and"
            " what is not wanted is 0"
        )
    answered_weights = numbers(values, "the answer of the policy")
    if answered_weights.shape != (len(names),):
        return (
            f"the policy answered {answered_weights.shape} numbers for {len(names)} assets; one"
            " weight each is needed"
        )
    weights = np.zeros(len(assets))
    weights[[place[name] for name in names]] = answered_weights
    return weights
