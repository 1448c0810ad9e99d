"""What clients were really shown, judged beside what the recommender alone would have shown
them.
"""

from __future__ import annotations

from advisor.arrays import check_type
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.engine.batch import AdviceBatch
from advisor.engine.learning import not_held, rank_suitable
from advisor.engine.state import AdvisorState
from advisor.evaluate.match.inputs import check_given
from advisor.evaluate.match.match import evaluate_match
from advisor.evaluate.match.report import MatchReport
from advisor.evaluate.match.segments import By


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
    check_type(
        served,
        (AdviceBatch, Ranking),
        "served",
        "Pass a batch of Advisor.advise_table, or a Ranking.",
    )
    check_given(later, Interactions, "later")
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
    return evaluate_match(
        ranking,
        not_held(advisor, later, clients),
        profiles=served.profiles,
        clients=clients,
        regime=advisor.regime,
        catalogue=advisor.catalogue,
        baseline=baseline,
        ks=ks,
        by=by,
    )
