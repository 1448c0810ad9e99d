"""A household as one balance sheet: what is managed here, what is held away, what is owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.arrays import FloatArray, check_number, check_whole, frozen
from advisor.contracts.bands import LEVELS
from advisor.data.ids import IdMap
from advisor.lifecycle.inputs import listed
from advisor.lifecycle.trading.cash_flow import fill, target_table
from advisor.privacy import hides
from advisor.validation import checked


@hides
@dataclass(frozen=True)
class Position:
    """Money of one owner in one asset, in one account; `held_away` = managed elsewhere, seen but
    not traded.
    """

    owner: str
    account: str
    asset: str
    money: float
    held_away: bool = False


@hides
@dataclass(frozen=True, eq=False, repr=False)
class Household:
    """Members' positions and liabilities together.

    Attributes:
        assets: What the columns are, n names.
        managed, away: Money by asset, shape (n,).
        liabilities: Money owed by name.
        positions: What it was made of.
        level: The lowest of the members' risk levels, 0 where that of an owner is not known: never
            their average.
    """

    assets: tuple[str, ...]
    managed: FloatArray
    away: FloatArray
    liabilities: Mapping[str, float]
    positions: tuple[Position, ...]
    level: int

    @classmethod
    @checked
    def of(
        cls,
        positions: Sequence[Position],
        assets: Sequence[str],
        *,
        liabilities: Mapping[str, float] | None = None,
        levels: Mapping[str, int] | None = None,
    ) -> Household:
        """From positions.

        Args:
            positions: Money of 0 or more.
            assets: All assets, in the order wanted.
            liabilities: Money owed, 0 or more, by name.
            levels: Risk level of each member.

        Raises:
            InputError: A position names another asset, or money is negative.

        Source: ESMA35-43-3172, guideline 6: of a group the most prudent member counts.
        """
        ids = IdMap.of(assets, "assets")
        positions = listed(positions, Position, "positions", "Give a list of Position.")
        of_member = dict(levels or {})
        for member, level in of_member.items():
            check_whole(level, "levels", "They run from 0 to 5.", low=0, high=LEVELS, key=member)
        owed = dict(liabilities or {})
        amounts = [(f"position {p.account}/{p.asset}", p.money) for p in positions]
        for name, money in (*amounts, *((f"liability {k}", v) for k, v in owed.items())):
            check_number(money, name, "Enter what is owed as a liability.", low=0.0)
        codes = np.array([ids.code(p.asset, "asset") for p in positions], dtype=np.int64)
        managed, away = np.zeros(len(ids)), np.zeros(len(ids))
        for code, position in zip(codes.tolist(), positions, strict=True):
            (away if position.held_away else managed)[code] += position.money
        level = min(
            [*of_member.values(), *(of_member.get(p.owner, 0) for p in positions)], default=0
        )
        return cls(ids.ids, frozen(managed), frozen(away), owed, tuple(positions), level)

    @property
    def total(self) -> float:
        """All money, managed and held away."""
        return float(self.managed.sum() + self.away.sum())

    @property
    def net_worth(self) -> float:
        """All money less what is owed."""
        return self.total - sum(self.liabilities.values())

    @property
    def weights(self) -> FloatArray:
        """Share of each asset in all money, shape (n,); zeros where there is none."""
        return (self.managed + self.away) / (self.total or 1.0)

    def complete(self, target: object) -> FloatArray:
        """What the managed accounts should hold so that the whole household is nearest to a target.

        Args:
            target: Weights of the whole, shape (n,), adding up to 1.

        Returns:
            Money in the managed accounts, shape (n,), 0 or more, adding up to what is managed now.
            It minimises the squared distance of the whole to the target: the managed money is a
            flow that is filled in on top of what is held away, so that an asset of which too much
            is held away gets none.
        """
        weights = target_table(target, (1, len(self.assets)))
        return fill(self.away[None, :], weights, np.array([self.managed.sum()]))[0]

    def to_frame(self) -> pd.DataFrame:
        """One row an asset: managed, held away, weight of the whole."""
        return pd.DataFrame(
            {"managed": self.managed, "held_away": self.away, "weight": self.weights},
            index=pd.Index(self.assets, name="asset"),
        )

    def __repr__(self) -> str:
        return (
            f"Household({len({p.owner for p in self.positions})} members, {self.total:,.2f} of"
            f" which {self.away.sum():,.2f} held away, net worth {self.net_worth:,.2f})"
        )
