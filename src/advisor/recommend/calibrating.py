"""What served lists were worth, learnt from what was then bought: the curves of a `Calibration`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from typing import Literal

import numpy as np

from advisor.arrays import BoolArray, FloatArray, IntArray, check_type
from advisor.data.days import as_day
from advisor.data.ids import IdMap
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.measures.ranking import mark_hits
from advisor.recommend.calibration import Calibration, expected_hits, relative_to_list
from advisor.recommend.coverage import covered_of, new_purchases
from advisor.recommend.curves import curve_of
from advisor.recommend.spread import between
from advisor.recommend.unknown import seen, unmatched
from advisor.validation import checked

_LOG = logging.getLogger(__name__)
Outcomes = tuple[FloatArray, BoolArray, BoolArray, float]
"""Scores, hits and filled slots of the clients who bought something, shape (c, k) each, and their
share of all."""


@checked
def calibrate(
    ranking: Ranking,
    bought: Interactions,
    *,
    method: Literal["isotonic", "platt"] = "isotonic",
    relative: bool | None = None,
    after: date | str | np.datetime64 | None = None,
    earlier: Sequence[tuple[Ranking, Interactions]] = (),
) -> Calibration:
    """Learn what the scores of served lists are worth.

    Args:
        ranking: Lists served at the start of a window, masks applied.
        bought: Purchases in the window of products that were new to the client.
        method: "isotonic": any non-decreasing curve. "platt": a logistic one, for few purchases.
        relative: Whether a score counts relative to the client's own list; None: as predicts better
            for one half of the clients what was learnt from the other.
        after: Last day that the lists were made on: the later of the day they were served and the
            last purchase the model was fitted on. Purchases up to and including it are not counted:
            a list leaves out what is held, so it cannot contain them. None: all of `bought` is
            taken to be later.
        earlier: Windows before this one, the oldest first, each as its lists and what was bought in
            it (`past_windows` makes them); as many slots as `ranking`. Without them nobody knows
            how far the next window may lie from this one: the result says so.

    Raises:
        InputError: An argument is of another kind, there is no such method, no purchase is later
            than `after`, or no client of the ranking bought anything, so there is nothing to learn
            from.
    """
    windows = [*_checked_windows(earlier, ranking), (ranking, _window(bought, after))]
    for lists, later in windows:
        for sentence in (
            *seen(later, lists.known_until, "recommender"),
            *unmatched(lists.products, later, lists.client_ids),
        ):
            _LOG.warning(sentence)
    width, weighs = ranking.codes.shape[1], new_purchases([later for _, later in windows])
    return _learnt([_outcomes(*window) for window in windows], weighs, width, method, relative)


def _learnt(
    sets: Sequence[Outcomes], weighs: IntArray, width: int, method: str, relative: bool | None
) -> Calibration:
    """The curves of several windows; `weighs` are the purchases that each alone has."""
    # 1. whether a score counts relative to the client's own list
    raw, hits, filled = (np.concatenate([s[i] for s in sets]) for i in range(3))
    shares = relative_to_list(raw, width)
    if relative is None:
        errors = [_crossed_error(scores, hits, filled, method) for scores in (shares, raw)]
        relative = errors[0] < errors[1]
    scores = shares if relative else raw
    # 2. the curves of picks, and what differs between windows
    ends = np.cumsum([len(s[0]) for s in sets])[:-1]
    by_window = zip(*(np.split(x, ends) for x in (scores, hits, filled)), strict=True)
    cases = [(one[there], hit[there]) for one, hit, there in by_window if there.any()]
    curves = between(cases, method)
    # 3. of lists
    order = np.argsort(-scores[filled], kind="stable")
    return Calibration(
        pick=curves.pick,
        listed=curve_of(expected_hits(curves.pick, scores), np.asarray(hits.any(axis=1)), method),
        buys=float(np.mean([s[3] for s in sets])),
        base_rate=float(np.mean([hit.mean() for _, hit in cases])),
        picks=int(filled.sum()),
        evidence=(scores[filled][order], hits[filled][order]),
        relative_to=width if relative else 0,
        low=curves.low,
        high=curves.high,
        spread=curves.spread,
        slope=curves.slope,
        covered=covered_of([s[1] for s in sets]),
        purchases=weighs,
    )


def _outcomes(ranking: Ranking, bought: Interactions) -> Outcomes:
    """What became of the lists. Raises `InputError` where no client bought anything."""
    rows = bought.clients.find(ranking.client_ids)
    buys = rows >= 0
    codes = ranking.codes[buys]
    if not (codes >= 0).any():
        raise InputError(
            f"None of the {len(ranking):,} ranked clients bought anything in the window, so scores"
            " cannot be weighed. Choose a longer window.",
            field="bought",
            value=len(bought),
        )
    return (
        ranking.scores[buys],
        mark_hits(codes, bought.matrix(products=IdMap(ranking.products))[rows[buys]]),
        codes >= 0,
        float(buys.mean()),
    )


def _checked_windows(earlier: object, ranking: Ranking) -> list[tuple[Ranking, Interactions]]:
    remedy = "Pass pairs of lists and purchases, such as past_windows(recipe, interactions) gives."
    check_type(earlier, Sequence, "earlier", remedy)
    windows: list[tuple[Ranking, Interactions]] = []
    for i, pair in enumerate(earlier):  # type: ignore[arg-type, var-annotated]
        if not isinstance(pair, tuple) or len(pair) != 2:
            check_type(pair, (), "earlier", remedy, key=i)
        check_type(pair[0], Ranking, "earlier", remedy, key=i)
        check_type(pair[1], Interactions, "earlier", remedy, key=i)
        if pair[0].codes.shape[1] != ranking.codes.shape[1]:
            raise InputError(
                f"earlier[{i}] has lists of {pair[0].codes.shape[1]} slots, the last window of"
                f" {ranking.codes.shape[1]}; a place means the same only in lists of one length."
                " Serve all with the same k.",
                field="earlier",
                value=pair[0].codes.shape[1],
            )
        windows.append((pair[0], pair[1]))
    return windows


def _crossed_error(scores: FloatArray, hits: BoolArray, filled: BoolArray, method: str) -> float:
    """Mean squared error of probabilities learnt on every other client and stated for the rest,
    both ways.
    """
    half, errors = np.arange(len(scores)) % 2 == 0, 0.0
    for learn in (half, ~half):
        use, judge = filled & learn[:, None], filled & ~learn[:, None]
        if not use.any() or not judge.any():
            return float("inf")
        errors += float(
            ((curve_of(scores[use], hits[use], method)(scores[judge]) - hits[judge]) ** 2).sum()
        )
    return errors / float(filled.sum())


def _window(bought: Interactions, after: date | str | np.datetime64 | None) -> Interactions:
    """The purchases that may count."""
    if after is None:
        return bought
    day = as_day(after, "after")
    later = bought.after(day)
    if not len(later) and len(bought):
        raise InputError(
            f"None of the {len(bought):,} purchases is later than {day} (the last is of"
            f" {bought.days.max()}): the model may have learnt from them, and what it has seen"
            " cannot tell what its scores are worth. Pass purchases of a later window, or fit the"
            " model on purchases up to an earlier day.",
            field="bought",
            value=str(bought.days.max()),
        )
    return later
