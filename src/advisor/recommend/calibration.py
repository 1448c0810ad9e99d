"""Scores as probabilities: of a list's picks, how many are bought, how far that moves from window
to window, and what it costs to promise more.

What the number means: P(the client buys this pick within the window | they buy something new within
it), on lists as they are served, masks included. The unconditional one is the same times the share
of clients who buy anything. Base rates are near one in ten a pick and scores add little sharpness,
so say "about one in ten", never "a 90 % match".

Scores of most recipes are sums over what is held: who holds more scores higher everywhere, and is
no likelier to buy for it. Taken relative to the client's own list they tell far more (on FAR-Trans,
learnt in one half-year and judged in the next, the surest picks are bought about 47 times in 100
instead of 21), so they are where that predicts better.

What one window shows the next does not repeat: the share of picks bought moves by a third of its
log-odds from half-year to half-year. So a probability is learnt on several past windows, stated
with the interval between them ("5 to 16 in 100"), and the surest are drawn in by how much flatter a
curve is in a window it was not learnt in. Learnt on one window alone it says so (`note`), and
supposes the usual spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, check_number, check_whole
from advisor.errors import InputError
from advisor.recommend.coverage import Coverage, coverage_of, length_of
from advisor.recommend.curves import Curve
from advisor.recommend.saved import CALIBRATION, check_saved

UNATTAINABLE = "unattainable"


@dataclass(frozen=True, eq=False)
class Calibration:
    """What scores were worth on a validation window.

    Attributes:
        pick: P(a pick is bought | the client buys something), by score.
        listed: P(at least one pick of the list is bought | the client buys something), by the
            list's expected number of hits.
        buys: Share of clients who bought something new in the window.
        base_rate: Share of picks bought, of those clients.
        picks: Number of picks it rests on.
        evidence: Scores (as weighed: relative where they are) and hits of those picks, best score
            first, each shape (picks,).
        relative_to: 0: scores count as they are. Else a score counts as its share of the best
            `relative_to` scores of the client's list.
        low, high: Edges of the interval between windows (nine of ten), on the knots of `pick`.
        spread: How far a window's level lies from the curve, as a standard deviation in log-odds.
        slope: What the distance of the curve from its base rate was multiplied with, at most 1.
        covered: Share of buyers who bought one of the first j picks, by window (the oldest first)
            and j - 1, shape (w, k).
        purchases: Of each window, those that no later one has: what it weighs, shape (w,).
    """

    pick: Curve
    listed: Curve
    buys: float
    base_rate: float
    picks: int
    evidence: tuple[FloatArray, BoolArray]
    relative_to: int
    low: Curve
    high: Curve
    spread: float
    slope: float
    covered: FloatArray
    purchases: IntArray

    @property
    def windows(self) -> int:
        """Past windows it was learnt on."""
        return len(self.covered)

    @property
    def note(self) -> str | None:
        """What must be said with every probability that rests on one window; None from two on."""
        if self.windows > 1:
            return None
        return (
            "Learnt on one window of purchases: how far the next may lie from it was not seen, and"
            " is supposed to be what it was at another bank. Calibrate on several (earlier=...)."
        )

    def interval(self, scores: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Between which P(bought | the client buys something) of each pick lies in nine of ten
        windows, two arrays of the same shape, nan where empty.
        """
        at = self.weighed(scores)
        return self.low(at), self.high(at)

    def coverage(self, length: int) -> Coverage:
        """How often one of the first `length` picks of a list is bought by a client who buys
        something. Raises `InputError` beyond the calibrated lists.
        """
        return coverage_of(self.covered, self.purchases, length)

    def list_length(self, share: float, *, in_every_window: bool = False) -> Coverage | None:
        """The shortest list of which at least `share` of buyers buy one, in expectation or in every
        past window; None where the calibrated lists are too short.
        """
        return length_of(self.covered, self.purchases, share, in_every_window=in_every_window)

    def weighed(self, scores: FloatArray) -> FloatArray:
        """Scores as the curves read them, same shape; one list a row (or one list alone), as long
        as when it was calibrated if it can be.
        """
        return scores if self.relative_to == 0 else relative_to_list(scores, self.relative_to)

    def probability(self, scores: FloatArray) -> FloatArray:
        """P(bought | the client buys something) of each pick, same shape, nan where empty."""
        return self.pick(self.weighed(scores))

    def unconditional(self, scores: FloatArray) -> FloatArray:
        """P(bought): whether or not the client buys anything."""
        return self.buys * self.probability(scores)

    def list_probability(self, scores: FloatArray) -> FloatArray:
        """P(at least one of a list's picks is bought | the client buys something), shape (c,) for
        scores (c, k); nan for an empty list.
        """
        expected = expected_hits(self.pick, self.weighed(scores))
        return np.where(np.isnan(scores).all(axis=1), np.nan, self.listed(expected))

    def threshold(self, precision: float, *, least: int = 100) -> Threshold:
        """The lowest score from which picks were bought at least that often.

        Args:
            precision: Wanted share of picks bought, of clients who buy something.
            least: Picks it must rest on.

        Returns:
            The score and the share of picks that pass it, or `unattainable` with the best that was
            seen.
        """
        check_number(precision, "precision", "It is a share of picks.", above=0.0, high=1.0)
        check_whole(least, "least", "Give the number of picks it must rest on.", low=1)
        scores, hits = self.evidence
        last = (
            np.flatnonzero(np.append(np.diff(scores) != 0.0, True))
            if len(scores)
            else np.zeros(0, dtype=np.int64)
        )
        last = last[last + 1 >= least]
        reached = np.cumsum(hits)[last] / (last + 1) if len(last) else np.zeros(0)
        best = float(reached.max()) if len(reached) else 0.0
        if not len(passing := np.flatnonzero(reached >= precision)):
            return Threshold(precision, UNATTAINABLE, None, 0.0, best)
        at = int(last[passing[-1]])
        return Threshold(
            precision,
            "attained",
            float(scores[at]),
            (at + 1) / len(scores),
            float(reached[passing[-1]]),
        )

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON-able rest; `Calibration.restored` builds it again."""
        arrays = {
            "pick.scores": self.pick.scores,
            "pick.probabilities": self.pick.probabilities,
            "pick.low": self.low.probabilities,
            "pick.high": self.high.probabilities,
            "covered": self.covered,
            "purchases": self.purchases,
            "listed.scores": self.listed.scores,
            "listed.probabilities": self.listed.probabilities,
            "evidence.scores": self.evidence[0],
            "evidence.hits": self.evidence[1],
        }
        rates = {
            "buys": self.buys,
            "base_rate": self.base_rate,
            "spread": self.spread,
            "slope": self.slope,
        }
        return arrays, rates | {"picks": self.picks, "relative_to": self.relative_to}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Calibration:
        """From what `state` gave."""
        check_saved(arrays, CALIBRATION, {}, where="the calibration", complete=True)
        pick, listed = (
            Curve(arrays[f"{n}.scores"], arrays[f"{n}.probabilities"]) for n in ("pick", "listed")
        )
        low, high = (Curve(pick.scores, arrays[f"pick.{n}"]) for n in ("low", "high"))
        if (low.probabilities > pick.probabilities).any() or (
            pick.probabilities > high.probabilities
        ).any():
            raise InputError(
                "The interval of the calibration does not hold its probabilities; what was saved is"
                " damaged, and is not used. Restore it from a copy.",
                field="pick.low",
                value=low.probabilities.shape,
            )
        evidence = (arrays["evidence.scores"], arrays["evidence.hits"])
        buys, base_rate, slope = (_share(meta, name) for name in ("buys", "base_rate", "slope"))
        spread = check_number(meta["spread"], "spread", "It is a standard deviation.", low=0.0)
        counts = int(meta["picks"]), evidence, int(meta["relative_to"])
        covered = arrays["covered"], arrays["purchases"]
        return cls(pick, listed, buys, base_rate, *counts, low, high, spread, slope, *covered)

    def __repr__(self) -> str:
        windows = f"{self.windows} windows" if self.windows > 1 else "one window alone"
        return (
            f"Calibration({self.picks:,} picks of {windows}, {self.base_rate:.1%} bought by the"
            f" {self.buys:.1%} of clients who bought something)"
        )


@dataclass(frozen=True)
class Threshold:
    """What a wanted precision costs.

    Attributes:
        precision: Wanted.
        status: "attained" or "unattainable".
        score: Lowest score that passes, as `Calibration.weighed` gives it; None where unattainable.
        coverage: Share of picks that pass.
        reached: Precision of those that pass; where unattainable the best precision of any
            threshold.
    """

    precision: float
    status: Literal["attained", "unattainable"]
    score: float | None
    coverage: float
    reached: float


def relative_to_list(scores: FloatArray, width: int) -> FloatArray:
    """Each score over `width` times the mean size of the best `width` of its list (the last axis),
    nan where it is nan; 0 where all are 0.
    """
    best = -np.sort(np.where(np.isnan(scores), np.inf, -scores), axis=-1)[..., :width]
    there = np.isfinite(best)
    total = np.einsum("...k->...", np.where(there, np.abs(best), 0.0))[..., None]
    whole = total * (width / np.maximum(there.sum(axis=-1, keepdims=True), 1))
    return np.where(
        np.isnan(scores),
        np.nan,
        np.divide(scores, whole, out=np.zeros_like(scores), where=whole > 0.0),
    )


def expected_hits(pick: Curve, scores: FloatArray) -> FloatArray:
    """Sum of the probabilities of each list's picks, shape (c,) for scores (c, k)."""
    return np.nansum(pick(scores), axis=1)


def _share(meta: Mapping[str, Any], name: str) -> float:
    return check_number(meta[name], name, "It is a share.", low=0.0, high=1.0)
