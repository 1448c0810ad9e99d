"""Scores as probabilities: of a list's picks, how many are bought, and what it costs to promise more.

What the number means: P(the client buys this pick within the window | he buys something new within it), on lists as they are served, masks included. The unconditional one is the
same times the share of clients who buy anything. Base rates are near one in ten a pick and scores add little sharpness, so say "about one
in ten", never "a 90 % match".

Scores of most recipes are sums over what is held: who holds more scores higher everywhere, and is no likelier to buy for it. Taken relative to the client's own list they
tell far more (on FAR-Trans, learnt in one half-year and judged in the next, the surest picks are bought about 49 times in 100 instead of 22), so they are where that predicts better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from advisor.arrays import BoolArray, FloatArray, check_number, check_type, check_whole
from advisor.data.days import as_day
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.recommend.curves import Curve, curve_of
from advisor.recommend.saved import CALIBRATION, check_saved
from advisor.validation import checked

METHODS = ("isotonic", "platt")
UNATTAINABLE = "unattainable"


@dataclass(frozen=True, eq=False)
class Calibration:
    """What scores were worth on a validation window.

    Attributes:
        pick: P(a pick is bought | the client buys something), by score.
        listed: P(at least one pick of the list is bought | the client buys something), by the list's expected number of hits.
        buys: Share of clients who bought something new in the window.
        base_rate: Share of picks bought, of those clients.
        picks: Number of picks it rests on.
        evidence: Scores (as weighed: relative where they are) and hits of those picks, best score first, each shape (picks,).
        relative_to: 0: scores count as they are. Else a score counts as its share of the best `relative_to` scores of the client's list.
    """

    pick: Curve
    listed: Curve
    buys: float
    base_rate: float
    picks: int
    evidence: tuple[FloatArray, BoolArray]
    relative_to: int = 0

    def weighed(self, scores: FloatArray) -> FloatArray:
        """Scores as the curves read them, same shape; one list a row (or one list alone), as long as when it was calibrated if it can be."""
        return scores if self.relative_to == 0 else _relative(scores, self.relative_to)

    def probability(self, scores: FloatArray) -> FloatArray:
        """P(bought | the client buys something) of each pick, same shape, nan where empty."""
        return self.pick(self.weighed(scores))

    def unconditional(self, scores: FloatArray) -> FloatArray:
        """P(bought): whether or not the client buys anything."""
        return self.buys * self.probability(scores)

    def list_probability(self, scores: FloatArray) -> FloatArray:
        """P(at least one of a list's picks is bought | the client buys something), shape (c,) for scores (c, k); nan for an empty list."""
        expected = _expected_hits(self.pick, self.weighed(scores))
        return np.where(np.isnan(scores).all(axis=1), np.nan, self.listed(expected))

    def threshold(self, precision: float, *, least: int = 100) -> Threshold:
        """The lowest score from which picks were bought at least that often.

        Args:
            precision: Wanted share of picks bought, of clients who buy something.
            least: Picks it must rest on.

        Returns:
            The score and the share of picks that pass it, or `unattainable` with the best that was seen.
        """
        check_number(precision, "precision", "It is a share of picks.", above=0.0, high=1.0)
        check_whole(least, "least", "Give the number of picks it must rest on.", low=1)
        scores, hits = self.evidence
        last = np.flatnonzero(np.append(np.diff(scores) != 0.0, True)) if len(scores) else np.zeros(0, dtype=np.int64)
        last = last[last + 1 >= least]
        reached = np.cumsum(hits)[last] / (last + 1) if len(last) else np.zeros(0)
        best = float(reached.max()) if len(reached) else 0.0
        if not len(passing := np.flatnonzero(reached >= precision)):
            return Threshold(precision, UNATTAINABLE, None, 0.0, best)
        at = int(last[passing[-1]])
        return Threshold(precision, "attained", float(scores[at]), (at + 1) / len(scores), float(reached[passing[-1]]))

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and JSON-able rest; `Calibration.restored` builds it again."""
        arrays = {
            "pick.scores": self.pick.scores,
            "pick.probabilities": self.pick.probabilities,
            "listed.scores": self.listed.scores,
            "listed.probabilities": self.listed.probabilities,
            "evidence.scores": self.evidence[0],
            "evidence.hits": self.evidence[1],
        }
        return arrays, {"buys": self.buys, "base_rate": self.base_rate, "picks": self.picks, "relative_to": self.relative_to}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Calibration:
        """From what `state` gave."""
        check_saved(arrays, CALIBRATION, {}, where="the calibration")
        pick, listed = (Curve(arrays[f"{n}.scores"], arrays[f"{n}.probabilities"]) for n in ("pick", "listed"))
        evidence = (arrays["evidence.scores"], arrays["evidence.hits"])
        rates = float(meta["buys"]), float(meta["base_rate"])
        return cls(pick, listed, *rates, int(meta["picks"]), evidence, int(meta.get("relative_to", 0)))

    def __repr__(self) -> str:
        return f"Calibration({self.picks:,} picks, {self.base_rate:.1%} bought by the {self.buys:.1%} of clients who bought something)"


@dataclass(frozen=True)
class Threshold:
    """What a wanted precision costs.

    Attributes:
        precision: Wanted.
        status: "attained" or "unattainable".
        score: Lowest score that passes, as `Calibration.weighed` gives it; None where unattainable.
        coverage: Share of picks that pass.
        reached: Precision of those that pass; where unattainable the best precision of any threshold.
    """

    precision: float
    status: Literal["attained", "unattainable"]
    score: float | None
    coverage: float
    reached: float


@checked
def calibrate(
    ranking: Ranking,
    bought: Interactions,
    *,
    method: Literal["isotonic", "platt"] = "isotonic",
    relative: bool | None = None,
    after: date | str | np.datetime64 | None = None,
) -> Calibration:
    """Learn what the scores of served lists are worth.

    Args:
        ranking: Lists served at the start of a window, masks applied.
        bought: Purchases in the window of products that were new to the client.
        method: "isotonic": any non-decreasing curve. "platt": a logistic one, for few purchases.
        relative: Whether a score counts relative to the client's own list; None: as predicts better for one half of the clients what was learnt from the other.
        after: Last day that the lists were made on: the later of the day they were served and the last purchase the model was fitted on. Purchases up to and
            including it are not counted: a list leaves out what is held, so it cannot contain them. None: all of `bought` is taken to be later.

    Raises:
        InputError: An argument is of another kind, there is no such method, no purchase is later than `after`, or no client of the ranking bought
            anything, so there is nothing to learn from.
    """
    bought = _window(ranking, bought, method, relative, after)
    rows = bought.clients.find(ranking.client_ids)
    buys = rows >= 0
    codes, raw = ranking.codes[buys], ranking.scores[buys]
    if not (codes >= 0).any():
        raise InputError(
            f"None of the {len(ranking):,} ranked clients bought anything in the window, so scores cannot be weighed. Choose a longer window.",
            field="bought",
            value=len(bought),
        )
    hits, width = _hits(ranking, bought, rows[buys], codes), codes.shape[1]
    filled = codes >= 0
    shares = _relative(raw, width)
    if relative is None:
        relative = _crossed_error(shares, hits, filled, method) < _crossed_error(raw, hits, filled, method)
    scores = shares if relative else raw
    pick = curve_of(scores[filled], hits[filled], method)
    order = np.argsort(-scores[filled], kind="stable")
    evidence = (scores[filled][order], hits[filled][order])
    listed = curve_of(_expected_hits(pick, scores), np.asarray(hits.any(axis=1)), method)
    return Calibration(pick, listed, float(buys.mean()), float(hits[filled].mean()), int(filled.sum()), evidence, width if relative else 0)


def _window(ranking: object, bought: Interactions, method: str, relative: object, after: date | str | np.datetime64 | None) -> Interactions:
    """The purchases that may count, after everything was checked."""
    check_type(ranking, Ranking, "ranking", "Pass the Ranking that was served, such as fitted.rank(client_ids, k).")
    check_type(bought, Interactions, "bought", "Pass the purchases of the window, made by Interactions.from_frame.")
    if method not in METHODS:
        raise InputError(
            f"method is {method!r}, which is no way to calibrate; choose one of {list(METHODS)}.", field="method", value=method
        )
    if relative is not None and not isinstance(relative, bool):
        check_type(relative, (), "relative", "Pass True or False, or None to let the purchases decide.")
    if after is None:
        return bought
    day = as_day(after, "after")
    later = bought.after(day)
    if not len(later) and len(bought):
        raise InputError(
            f"None of the {len(bought):,} purchases is later than {day} (the last is of {bought.days.max()}): the model may have learnt from them, and what it has "
            "seen cannot tell what its scores are worth. Pass purchases of a later window, or fit the model on purchases up to an earlier day.",
            field="bought",
            value=str(bought.days.max()),
        )
    return later


def _relative(scores: FloatArray, width: int) -> FloatArray:
    """Each score over `width` times the mean size of the best `width` of its list (the last axis), nan where it is nan; 0 where all are 0."""
    best = -np.sort(np.where(np.isnan(scores), np.inf, -scores), axis=-1)[..., :width]
    there = np.isfinite(best)
    total = np.einsum("...k->...", np.where(there, np.abs(best), 0.0))[..., None]
    whole = total * (width / np.maximum(there.sum(axis=-1, keepdims=True), 1))
    return np.where(np.isnan(scores), np.nan, np.divide(scores, whole, out=np.zeros_like(scores), where=whole > 0.0))


def _crossed_error(scores: FloatArray, hits: BoolArray, filled: BoolArray, method: str) -> float:
    """Mean squared error of probabilities learnt on every other client and stated for the rest, both ways."""
    half, errors = np.arange(len(scores)) % 2 == 0, 0.0
    for learn in (half, ~half):
        use, judge = filled & learn[:, None], filled & ~learn[:, None]
        if not use.any() or not judge.any():
            return float("inf")
        errors += float(((curve_of(scores[use], hits[use], method)(scores[judge]) - hits[judge]) ** 2).sum())
    return errors / float(filled.sum())


def _expected_hits(pick: Curve, scores: FloatArray) -> FloatArray:
    return np.nansum(pick(scores), axis=1)


def _hits(ranking: Ranking, bought: Interactions, rows: np.ndarray, codes: np.ndarray) -> BoolArray:
    """Which slots were bought, shape (clients, k)."""
    columns = bought.products.find(ranking.products)
    width = len(bought.products) + 1
    pairs = np.unique(bought.client_codes * width + bought.product_codes)
    asked = rows[:, None] * width + np.where(codes >= 0, columns[codes], -1)
    valid = (codes >= 0) & (columns[codes] >= 0)
    at = np.minimum(np.searchsorted(pairs, asked), len(pairs) - 1)
    return valid & (pairs[at] == asked)
