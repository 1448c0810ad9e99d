"""What each of several players contributed to a value that they reached together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import factorial, isfinite
from typing import cast

import numpy as np
import pandas as pd

from advisor.annotations import Items, Seed
from advisor.arrays import NUMBER, FloatArray, check_whole
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.validation import checked

EXACT = 12
"""Players up to which every coalition is asked for: 4,096 values."""
SAMPLES = 2000
"""Orders drawn where there are more players, unless the caller says how many."""

Value = Callable[[frozenset[str]], float]
"""Value of a coalition: of the players who took part, and nobody else."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """The Shapley value of each player.

    Attributes:
        players: Names, length n.
        values: Contribution of each; they add up to `total` - `empty`; shape (n,).
        standard_errors: Of sampled values, 0 where exact; shape (n,).
        total: Value of all players together.
        empty: Value of nobody.
        samples: Orders drawn; None where every coalition was asked for.
    """

    players: tuple[str, ...]
    values: FloatArray
    standard_errors: FloatArray
    total: float
    empty: float
    samples: int | None

    def __getitem__(self, player: str) -> float:
        if player in self.players:
            return float(self.values[self.players.index(player)])
        why = f"There is no player {player!r}; there are {list(self.players)[:20]}."
        raise InputError(why, field="player", value=player)

    def to_frame(self) -> pd.DataFrame:
        """One row a player: value, standard_error, share of what all added (nan: nothing)."""
        added = self.total - self.empty
        share = self.values / added if added else np.full(len(self.values), np.nan)
        columns = {"value": self.values, "standard_error": self.standard_errors, "share": share}
        return pd.DataFrame(columns, index=pd.Index(self.players, name="player"))


@checked
def shapley(
    value: Value, players: Items, *, samples: int | None = None, seed: Seed = 0
) -> Attribution:
    """The Shapley value: a player's mean contribution over all orders in which players can join.

    Args:
        value: Value of a coalition, asked for a `frozenset` of names; the empty one as well.
        players: Names: channels, departments, drivers.
        samples: Orders to draw. None: exact up to 12 players (2^n values), 2,000 orders above.
        seed: Of the draws.

    Returns:
        Values that add up to value(all) - value(nobody), drawn or not.

    Raises:
        InputError: No player, one named twice, fewer than 2 samples, a value that is no finite
            number.

    Source: Shapley (1953), "A value for n-person games"; sampling of orders: Castro, Gomez and
    Tejada (2009), section 3.

    >>> shapley(lambda s: float({"a", "b"} <= s), ["a", "b", "c"]).values.tolist()
    [0.5, 0.5, 0.0]
    """
    names = unique_ids(players, "players")
    if not names:
        why = "players is empty; nobody can have contributed. Name them."
        raise InputError(why, field="players")
    known: dict[frozenset[str], float] = {}

    def worth(members: Iterable[str]) -> float:
        coalition = frozenset(members)
        if coalition not in known:
            reached = cast("object", value(coalition))
            if (
                not isinstance(reached, NUMBER)
                or isinstance(reached, bool)
                or not isfinite(reached)
            ):
                why = f"value({sorted(coalition)}) is {reached!r}; every coalition needs a finite"
                remedy = "number, or no share can be told. Return 0.0 where it reaches nothing."
                raise InputError(f"{why} {remedy}", field="value", value=reached)
            known[coalition] = float(reached)
        return known[coalition]

    if samples is None and len(names) <= EXACT:
        values, errors = _exact(worth, names), np.zeros(len(names))
    else:
        remedy = "Give at least 2 orders; a standard error needs them."
        samples = SAMPLES if samples is None else check_whole(samples, "samples", remedy, low=2)
        values, errors = _sampled(worth, names, samples, seed)
    return Attribution(names, values, errors, worth(names), worth(()), samples)


def _exact(worth: Callable[[Iterable[str]], float], names: tuple[str, ...]) -> FloatArray:
    """Sums over every coalition, numbered by the bits of its members."""
    n = len(names)
    number = np.arange(2**n)
    of = np.array([worth(p for i, p in enumerate(names) if c >> i & 1) for c in number.tolist()])
    size = np.bitwise_count(number)
    weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    values = np.empty(n)
    for i in range(n):
        without = number[(number >> i) & 1 == 0]
        values[i] = (weight[size[without]] * (of[without | 1 << i] - of[without])).sum()
    return values


def _sampled(
    worth: Callable[[Iterable[str]], float], names: tuple[str, ...], samples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Means over random orders, and their standard errors."""
    random, gains = np.random.default_rng(seed), np.empty((samples, len(names)))
    for row in gains:
        members: list[str] = []
        before = worth(())
        for i in random.permutation(len(names)).tolist():
            members.append(names[i])
            after = worth(members)
            row[i], before = after - before, after
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(samples)
