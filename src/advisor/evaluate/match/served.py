"""What clients were really shown, judged beside the recommender's own lists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advisor.arrays import BoolArray, check_type
from advisor.data.clients.table import ClientTable
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.engine.batch import AdviceBatch
from advisor.engine.learning import not_held, rank_suitable
from advisor.engine.state import AdvisorState
from advisor.evaluate.match.check import recheck
from advisor.evaluate.match.inputs import By
from advisor.evaluate.match.match import evaluate_match
from advisor.evaluate.match.report import MatchReport


def evaluate_served(
    advisor: AdvisorState,
    served: AdviceBatch | Ranking,
    later: Interactions,
    *,
    baseline: Ranking | None = None,
    ks: tuple[int, ...] = (1, 5, 10),
    by: By | None = None,
) -> MatchReport:
    """See `Advisor.evaluate`."""
    for field, value, kinds in (
        ("served", served, (AdviceBatch, Ranking)),
        ("later", later, Interactions),
    ):
        check_type(value, kinds, field, "Pass advice or a Ranking, and the later Interactions.")
    if isinstance(served, Ranking):
        return evaluate_match(
            served,
            not_held(advisor, later, None),
            baseline=baseline,
            ks=ks,
            by=by,
            catalogue=advisor.catalogue,
        )
    clients = served.clients
    ranking = served.ranking()
    if baseline is None:
        baseline = rank_suitable(advisor, clients, served.as_of, max(ranking.codes.shape[1], 1))
    owned = _owned(advisor, ranking, clients)
    report = evaluate_match(
        _where(ranking, ~owned),
        not_held(advisor, later, clients),
        profiles=served.profiles,
        clients=clients,
        regime=advisor.regime,
        catalogue=advisor.catalogue,
        baseline=baseline,
        ks=ks,
        by=by,
    )
    if not owned.any():
        return report
    rules = advisor.regime, served.profiles, clients, advisor.catalogue
    return replace(
        report, suitability_check=report.suitability_check + recheck(_where(ranking, owned), *rules)
    )


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
