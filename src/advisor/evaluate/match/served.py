"""What clients were really shown, judged beside the recommender's own lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from advisor.arrays import BoolArray, check_type
from advisor.data.clients.table import ClientTable
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.engine.batch import AdviceBatch
from advisor.engine.learning import not_held, rank_suitable
from advisor.engine.state import AdvisorState
from advisor.errors import InputError
from advisor.evaluate.match.check import recheck
from advisor.evaluate.match.doubts import seen, warned
from advisor.evaluate.match.inputs import By
from advisor.evaluate.match.match import evaluate_match
from advisor.evaluate.match.report import MatchReport

_WHAT = (
    "Pass advice, one batch of advise_many (chunk=len(clients) gives one), or a Ranking"
    " (Ranking.from_frame(table)); and the later Interactions."
)
CUT_OFFS = (1, 5, 10)
"""Where none are given, as far as the lists reach."""


def evaluate_served(
    advisor: AdvisorState,
    served: AdviceBatch | Ranking,
    later: Interactions,
    *,
    baseline: Ranking | None = None,
    ks: tuple[int, ...] | None = None,
    by: By | None = None,
) -> MatchReport:
    """See `Advisor.evaluate`."""
    for field, value, kinds in (
        ("served", served, (AdviceBatch, Ranking)),
        ("later", later, Interactions),
    ):
        check_type(value, kinds, field, _WHAT)
    # 1. what was new, and whether the advisor has seen it
    clients = None if isinstance(served, Ranking) else served.clients
    warnings = warned(seen(later, advisor.recommender.history.last_day, "advisor"))
    new = _new(advisor, later, clients)
    ranking = served if isinstance(served, Ranking) else served.ranking()
    slots = max(ranking.codes.shape[1], 1)
    same: dict[str, Any] = {
        "baseline": baseline,
        "ks": tuple(sorted({min(k, slots) for k in CUT_OFFS})) if ks is None else ks,
        "by": by,
        "catalogue": advisor.catalogue,
    }
    if isinstance(served, Ranking):
        report = evaluate_match(ranking, new, **same)
        return replace(report, warnings=(*warnings, *report.warnings))
    # 2. picks of something new; top-ups are checked for suitability alone
    clients = served.clients
    if baseline is None:
        same["baseline"] = rank_suitable(advisor, clients, served.as_of, slots)
    owned = _owned(advisor, ranking, clients)
    rules: dict[str, Any] = {
        "regime": advisor.regime,
        "profiles": served.profiles,
        "clients": clients,
    }
    report = evaluate_match(_where(ranking, ~owned), new, **rules, **same)
    check = report.suitability_check
    if owned.any():
        top_ups = _where(ranking, owned)
        check += recheck(top_ups, **rules, catalogue=advisor.catalogue)
    return replace(report, suitability_check=check, warnings=(*warnings, *report.warnings))


def _new(advisor: AdvisorState, later: Interactions, clients: ClientTable | None) -> Interactions:
    """The later purchases that were new to their clients.

    Raises:
        InputError: All of them were known to the recommender, which has then learnt from them.
    """
    new, last = not_held(advisor, later, clients), advisor.recommender.history.last_day
    if len(later) and not len(new):
        raise InputError(
            f"All {len(later):,} later purchases are of what the advisor knew the client to have;"
            f" it has learnt from purchases up to {last}, so it has seen them. Fit it on"
            " purchases.until(cut), and evaluate on purchases.after(cut).",
            field="later",
            value=len(later),
        )
    return new


def _owned(advisor: AdvisorState, ranking: Ranking, clients: ClientTable) -> BoolArray:
    """Which picks are of something the client has already, as far as the recommender and the table
    know, shape (c, k): a top-up, which a purchase of something new can never match.
    """
    held, width = advisor.recommender.held(ranking.client_ids, clients), len(ranking.products)
    in_catalogue = held.codes < width
    has = np.zeros((len(ranking), width + 1), dtype=np.bool_)
    has[held.row_of_entry()[in_catalogue], held.codes[in_catalogue]] = True
    return np.take_along_axis(has, ranking.codes, axis=1)


def _where(ranking: Ranking, use: BoolArray) -> Ranking:
    """The picks in `use`, shape (c, k), each moved up to the first free slot."""
    codes = np.where(use, ranking.codes, -1)
    order = np.argsort(codes < 0, axis=1, kind="stable")
    codes = np.take_along_axis(codes, order, axis=1)
    scores = np.take_along_axis(ranking.scores, order, axis=1)
    return replace(ranking, codes=codes, scores=np.where(codes < 0, np.nan, scores))
