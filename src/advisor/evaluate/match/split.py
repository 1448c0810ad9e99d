"""Splits in time: what was known on a day, and what came after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from advisor.annotations import Count
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.errors import InputError
from advisor.recommend.windows import new_pairs
from advisor.validation import checked

Day = date | str | np.datetime64


@dataclass(frozen=True, eq=False)
class TemporalSplit:
    """Purchases up to a day, and the new ones of the window after it.

    Attributes:
        cut: Last day that training may know.
        end: Last day of the window.
        train: Everything up to and including `cut`.
        test: First purchases of a (client, product) pair within (cut, end].
        warm_clients: Clients who bought before and in the window, sorted: whom a protocol without
            cold starts judges.
    """

    cut: np.datetime64
    end: np.datetime64
    train: Interactions
    test: Interactions

    @property
    def warm_clients(self) -> tuple[str, ...]:
        """Clients with purchases on both sides of the cut, sorted."""
        return tuple(c for c in self.test.clients.ids if c in self.train.clients)


@checked
def temporal_split(
    interactions: Interactions, cut: Day, *, days: Count | None = None, only_new: bool = True
) -> TemporalSplit:
    """Split at a day.

    Args:
        interactions: All purchases.
        cut: Last day that training may know.
        days: Length of the window after it; None: everything after.
        only_new: Leave out of the test what the client had already bought (a list that excludes
            held products cannot contain it), and repeats within the window.

    Returns:
        No event of the test is dated on or before `cut`; no event of the training after it.

    Raises:
        InputError: Either side is empty, or days is below 1.
    """
    day = as_day(cut, "cut")
    train, later = interactions.until(day), interactions.after(day)
    if days is not None and len(later):
        later = later.until(day + np.timedelta64(days, "D"))
    if only_new and len(later):
        later = new_pairs(later, train)
    if not len(train) or not len(later):
        side = "before" if not len(train) else "after"
        raise InputError(
            (
                f"There is no (new) purchase {side} the cut {day}; the data run from"
                f" {interactions.days.min()} to {interactions.days.max()}. Move the cut."
                if len(interactions)
                else "There are no purchases to split."
            ),
            field="cut",
            value=str(day),
        )
    end = later.days.max() if days is None else day + np.timedelta64(days, "D")
    return TemporalSplit(day, end, train, later)


@checked
def temporal_splits(
    interactions: Interactions, first: Day, *, days: Count, every: Count, only_new: bool = True
) -> Iterator[TemporalSplit]:
    """Rolling splits: cuts at `first`, `first` + `every` days, ... as long as a whole window of
    `days` fits; the training grows.

    Windows overlap where `every` < `days`: their scores share purchases and are not independent
    (see `block_interval`).

    Raises:
        InputError: every is below 1, no window fits, or a split is empty.
    """
    cut = as_day(first, "first")
    last = interactions.days.max() if len(interactions) else cut
    if cut + np.timedelta64(days, "D") > last:
        raise InputError(
            f"No window of {days} days from {cut} on ends by the last purchase, {last}. Begin"
            " earlier, or take shorter windows.",
            field="first",
            value=str(cut),
        )
    while cut + np.timedelta64(days, "D") <= last:
        yield temporal_split(interactions, cut, days=days, only_new=only_new)
        cut = cut + np.timedelta64(every, "D")
