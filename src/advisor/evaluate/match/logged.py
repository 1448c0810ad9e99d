"""A log of what was shown, how likely that was, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from advisor.arrays import FloatArray, IntArray, float_array, numbers
from advisor.data.ids import IdMap, alike_but_for
from advisor.data.ranking import Ranking, places_of
from advisor.data.tables import as_numbers, check_table, ids_of
from advisor.errors import InputError
from advisor.validation import checked

MOST_PLACES = 1_000_000
"""Of one page of a log."""


@dataclass(frozen=True, eq=False)
class LoggedChoices:
    """Shown products, what came of them, and how likely both policies were to show them.

    Attributes:
        reward: What came of each (1 = bought, or money), shape (n,).
        propensity: Probability, in (0, 1], with which the logging policy showed it, shape (n,).
        target: Probability, in [0, 1], with which the new policy would show the same product in the
            same place, shape (n,).
        predicted: Modelled reward of the product shown, shape (n,), or None.
        expected: Modelled reward of the new policy in that place: sum over products of target
            probability x modelled reward, shape (n,), or None.
        cluster: Client of each record, shape (n,): records of one client are not independent. None:
            each stands alone.
    """

    reward: FloatArray
    propensity: FloatArray
    target: FloatArray
    predicted: FloatArray | None = None
    expected: FloatArray | None = None
    cluster: IntArray | None = None

    def __post_init__(self) -> None:
        n = len(numbers(self.reward, "reward").reshape(-1))
        for name in ("reward", "propensity", "target", "predicted", "expected"):
            value = getattr(self, name)
            if value is not None or name not in ("predicted", "expected"):
                object.__setattr__(self, name, float_array(value, name, shape=(n,)))
        if n == 0:
            raise InputError(
                "The log is empty; there is nothing to learn a policy's value from.",
                field="reward",
                value=0,
            )
        _inside("propensity", self.propensity, open_at_zero=True)
        _inside("target", self.target, open_at_zero=False)
        if (self.predicted is None) != (self.expected is None):
            raise InputError(
                "predicted and expected come together: the model's reward of what was shown, and of"
                " what would be.",
                field="expected",
            )
        if self.cluster is not None and len(self.cluster) != n:
            raise InputError(
                f"cluster has {len(self.cluster)} entries for {n} records; give one each.",
                field="cluster",
                value=n,
            )

    @classmethod
    @checked
    def against(
        cls,
        log: Any,
        ranking: Ranking,
        *,
        client: str = "client_id",
        product: str = "product_id",
        propensity: str = "propensity",
        reward: str = "reward",
        slot: str | None = None,
    ) -> LoggedChoices:
        """A log of shown products against new lists: would the same place of the new list hold the
        same product?

        Args:
            log: One row a product shown: client, product, propensity of that product in that place,
                reward.
            ranking: The new lists.
            client: Column of client ids; clients without a new list are left out.
            product: Column of product ids.
            propensity: Column of propensities.
            reward: Column of rewards.
            slot: Column of places from 1; None: every row is a first place.

        Raises:
            InputError: A column is absent, a place is no whole number of 1 or more, or no logged
                client has a new list.
        """
        columns = [client, product, propensity, reward, *([slot] if slot else [])]
        check_table(log, "log", columns, "One row a product shown; name the columns by keyword.")
        logged = ids_of(log[client], client)
        row = IdMap(ranking.client_ids).find(logged)
        ranked = row >= 0
        if not ranked.any():
            raise InputError(
                "No logged client has a new list; the ids do not match. Rank the clients of the"
                f" log.{alike_but_for(filter(None, logged), ranking.client_ids)}",
                field=client,
            )
        code = IdMap(ranking.products).find(ids_of(log[product], product))[ranked]
        place = (
            places_of(log[slot], slot, MOST_PLACES)[ranked]
            if slot
            else np.zeros(int(ranked.sum()), dtype=np.int64)
        )
        inside = (place < ranking.codes.shape[1]) & (code >= 0)
        would = inside & (ranking.codes[row[ranked], np.where(inside, place, 0)] == code)
        return cls(
            as_numbers(log[reward])[ranked],
            as_numbers(log[propensity])[ranked],
            would.astype(np.float64),
            cluster=row[ranked],
        )

    def __len__(self) -> int:
        return len(self.reward)


def _inside(name: str, value: FloatArray, *, open_at_zero: bool) -> None:
    bad = (value > 1.0) | ((value <= 0.0) if open_at_zero else (value < 0.0))
    if bad.any():
        row = int(np.argmax(bad))
        above = ", and what was shown cannot have had probability 0" if open_at_zero else ""
        raise InputError(
            f"{name}[{row}] is {value[row]:g}; it is a probability{above}."
            " Log the probability with which the product was drawn.",
            field=name,
            value=float(value[row]),
        )
