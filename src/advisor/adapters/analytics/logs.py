"""Trying a way of recommending on the log of another: what the core's off-policy module reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.adapters.analytics.columns import coded, measured, table
from advisor.annotations import Text
from advisor.arrays import FloatArray, IntArray, float_array
from advisor.data.ids import IdMap
from advisor.errors import InputError
from advisor.evaluate import LoggedChoices
from advisor.privacy import personal
from advisor.validation import checked


@checked
def log_of(
    frame: pd.DataFrame,
    target: pd.DataFrame,
    *,
    rewards: pd.DataFrame | None = None,
    client: Text = "client_id",
    product: Text = "product_id",
    propensity: Text = "propensity",
    reward: Text = "reward",
) -> LoggedChoices:
    """A log of what was shown as `LoggedChoices`, for `off_policy`: IPS, SNIPS and, with rewards,
    DR.

    Args:
        frame: One row a product shown: client, product, propensity (with which it was drawn),
            reward.
        target: Probability with which the new policy shows each product, one row a client (index),
            one column a product; rows add up to at most 1.
        rewards: Modelled reward of each product for each client, laid out as `target`.
        client: Column of client ids.
        product: Column of product ids.
        propensity: Column of probabilities, above 0.
        reward: Column of numbers.

    Raises:
        InputError: A client or product of the log is not in `target`, or a probability is none.

    Source: Swaminathan and Joachims (2015); Dudik, Langford and Li (2011).
    """
    frame = table(frame, [client, product, propensity, reward], "One row a product shown.")
    who, names = coded(frame, client)
    what, products = coded(frame, product)
    value, odds = measured(frame, reward), measured(frame, propensity, high=1.0)
    chance = _laid_out(target, "target", names, products, whole=True)
    shown = chance.values[chance.rows[who], chance.columns[what]]
    if rewards is None:
        return LoggedChoices(value, odds, shown, cluster=who)
    model = _laid_out(rewards, "rewards", names, products, whole=False)
    every = IdMap(model.products).find(chance.products)
    if (every < 0).any():
        why = f"rewards has no column {chance.products[int(np.argmin(every))]!r}, which target has;"
        raise InputError(f"{why} the new policy's reward needs each. Add it.", field="rewards")
    mean = (chance.values[chance.rows] * model.values[model.rows][:, every]).sum(axis=1)
    predicted = model.values[model.rows[who], model.columns[what]]
    return LoggedChoices(value, odds, shown, predicted, mean[who], who)


@dataclass(frozen=True, eq=False)
class _Table:
    """Numbers by client and product, and where those of a log are in them."""

    values: FloatArray
    products: tuple[str, ...]
    rows: IntArray
    columns: IntArray


def _laid_out(
    frame: pd.DataFrame,
    field: str,
    clients: tuple[str, ...],
    products: tuple[str, ...],
    *,
    whole: bool,
) -> _Table:
    values = float_array(frame, field, shape=(None, None))
    known, names = IdMap.of(frame.index, f"{field} client_ids"), IdMap.of(frame.columns, field)
    rows, columns = known.find(clients), names.find(products)
    for places, ids, what in ((rows, clients, "client"), (columns, products, "product")):
        if (places < 0).any():
            first = ids[int(np.argmin(places))]
            shown = personal(first) if what == "client" else repr(first)
            raise InputError(
                f"{field} has no {what} {shown}, which the log has "
                f"({int((places < 0).sum())} missing). Add them, or leave them out of the log.",
                field=field,
            )
    if whole and ((values < 0.0).any() or (values.sum(axis=1) > 1.0 + 1e-9).any()):
        raise InputError(
            f"{field} holds a negative probability, or a client whose probabilities add up to more"
            " than 1. Give probabilities of showing each product in one place.",
            field=field,
        )
    return _Table(values, tuple(names.ids), rows, columns)
