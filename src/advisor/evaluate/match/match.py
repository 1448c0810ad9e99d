"""Match accuracy: suitability, relevance and what was possible, side by side and never blended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from advisor.annotations import Count, OpenShare, Seed
from advisor.arrays import FloatArray, IntArray
from advisor.contracts.wording import Sentence, texts
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.eligibility import Eligibility
from advisor.data.interactions import Interactions
from advisor.data.profiles import RiskProfiles
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.evaluate.match.check import (
    Checks,
    SuitabilityCheck,
    inside_mask,
    recheck,
    refused_purchases,
    unchecked,
)
from advisor.evaluate.match.doubts import doubts
from advisor.evaluate.match.inputs import CutOffs, GivenMask, Rules, Segmentation
from advisor.evaluate.match.lists import list_quality
from advisor.evaluate.match.outcomes import (
    Key,
    Mask,
    Outcomes,
    Refused,
    aligned,
    distinct,
    outcomes,
    values,
)
from advisor.evaluate.match.report import ALL, MatchReport, Score
from advisor.evaluate.match.segments import Words, segments
from advisor.measures.bootstrap import Draws, resampled_means, summarise
from advisor.measures.history import ratio
from advisor.recommend.unknown import log_bought_again
from advisor.validation import checked


@checked
def evaluate_match(
    ranking: Ranking,
    held_out: Interactions,
    *,
    profiles: RiskProfiles | None = None,
    eligible: GivenMask | None = None,
    ks: CutOffs = (1, 5, 10),
    baseline: Ranking | None = None,
    by: Segmentation | None = None,
    regime: Rules | None = None,
    clients: ClientTable | None = None,
    catalogue: Catalogue | None = None,
    history: Interactions | None = None,
    skip_without_purchases: bool = False,
    check_most: Count | None = None,
    confidence: OpenShare = 0.95,
    resamples: Draws = 1000,
    seed: Seed = 0,
) -> MatchReport:
    """Judge ranked lists on what was really bought afterwards.

    Args:
        ranking: Lists of c clients, made without knowledge of `held_out`.
        held_out: New purchases after the cut; lists leave out what a client already had.
        profiles: By client id, for the re-check and for `by="level"`.
        eligible: What may be shown, shape (c, p), in the order of the ranking: which purchases were
            reachable. None: what the `regime` allows, without one every product.
        ks: Cut-offs.
        baseline: Lists of another model for the same clients, in any order, under the same mask.
        by: "level", "segment", "tenure", several, labels by name, or a table by client id.
        regime: What the pair-by-pair re-check asks, with `profiles`, `clients` and `catalogue`.
        clients: By id, for the re-check and for `by="segment"`.
        catalogue: For the re-check and for diversity; its products could be ranked, whether a list
            names them or not.
        history: What was bought before the cut: novelty, popularity and tenure come from it.
        skip_without_purchases: False counts clients who bought nothing as 0; True leaves them out.
        check_most: Re-check about this many picks, whole clients drawn by `seed`; None: all.
        confidence: Covered share of the intervals, which are over clients within this one window.
        resamples: Of the bootstrap over clients.
        seed: Of the draws.

    Raises:
        InputError: Ids that do not match, a list that repeats a product, a mask of another shape, a
            source that is missing.
    """
    rules = _rules(regime, profiles, clients, catalogue)
    served, ranking = ranking, _of_catalogue(ranking, catalogue)
    eligible = None if eligible is None else _widened(eligible, served, ranking)
    suitability, mask = _suitability(ranking, held_out, eligible, rules, check_most, seed)
    lists = _Lists.of(ranking, baseline, held_out, mask)
    if history is not None:
        log_bought_again(ranking, held_out, history)
    groups = segments(by, ranking, profiles, clients, history)
    draws = _Resampling(confidence, resamples, seed)
    return MatchReport(
        client_ids=ranking.client_ids,
        ks=ks,
        counts=lists.own.counts,
        suitability_check=suitability,
        **lists.scored(ks, groups, draws, skip_without_purchases),
        **lists.qualities(history, catalogue, max(ks)),
        definitions=definitions(skip_without_purchases, draws),
        warnings=doubts(ranking, baseline, held_out, lists.own, max(ks), history, catalogue),
    )


@dataclass(frozen=True, eq=False)
class _Lists:
    """Lists and what became of them, with those of the baseline on the same rows and columns."""

    ranking: Ranking
    own: Outcomes
    baseline: Ranking | None
    other: Outcomes | None

    @classmethod
    def of(
        cls, ranking: Ranking, baseline: Ranking | None, held_out: Interactions, mask: Mask | None
    ) -> _Lists:
        own = outcomes(ranking, held_out, mask)
        if baseline is None:
            return cls(ranking, own, None, None)
        rival = aligned(baseline, ranking)
        other = outcomes(rival, held_out, _widened(mask, ranking, rival))
        return cls(ranking, own, rival, other)

    def scored(
        self, ks: tuple[int, ...], groups: Mapping[str, Words], draws: _Resampling, skip: bool
    ) -> dict[str, Any]:
        """Every metric, in the whole and by segment: fields of a report."""
        first, outcome_of = distinct(self.own, self.other)
        table, rival = (
            {} if outcome is None else values(outcome.take(first), ks, skip_without=skip)
            for outcome in (self.own, self.other)
        )
        scores: list[Score] = []
        whole = np.full(len(self.ranking), ALL, dtype=object)
        for name, labels in {ALL: whole, **groups}.items():
            for label in sorted(set(labels.tolist())):
                counts = np.bincount(outcome_of[labels == label], minlength=len(first))
                scores += _scores(name, label, counts, table, rival, draws)
        return {"scores": tuple(scores), "outcome_of": outcome_of, "table": table}

    def qualities(
        self, history: Interactions | None, catalogue: Catalogue | None, k: int
    ) -> dict[str, Any]:
        """What the lists are like beside being right: fields of a report."""
        pair = {"lists": self.ranking, "baseline_lists": self.baseline}
        return {
            field: {} if r is None else list_quality(r, history, catalogue, k)
            for field, r in pair.items()
        }


def _suitability(
    ranking: Ranking,
    held_out: Interactions,
    eligible: Mask | None,
    rules: tuple[Checks, RiskProfiles, ClientTable, Catalogue] | None,
    most: int | None,
    seed: int,
) -> tuple[SuitabilityCheck, Mask | None]:
    """The check of the picks, pair by pair where a regime can be asked, and what was reachable."""
    if rules is not None:
        mask = refused_purchases(ranking, held_out, *rules) if eligible is None else eligible
        return recheck(ranking, *rules, most=most, seed=seed), mask
    return unchecked(ranking) if eligible is None else inside_mask(ranking, eligible), eligible


@dataclass(frozen=True)
class _Resampling:
    confidence: float
    resamples: int
    seed: int


def definitions(skip_without_purchases: bool, draws: _Resampling) -> dict[str, str]:
    """What every number of the report is."""
    treated = Sentence("match_report", "left_out" if skip_without_purchases else "as_zero")
    return {
        name: Sentence("match_definitions", name, treated=treated, **asdict(draws))
        for name in texts("en")["match_definitions"]
    }


def _scores(
    by: str,
    segment: str,
    counts: IntArray,
    table: Mapping[Key, FloatArray],
    rival: Mapping[Key, FloatArray],
    draws: _Resampling,
) -> list[Score]:
    """Means and intervals of one segment; every column is resampled with the same draws."""
    keys = list(table)
    paired = [key for key in keys if key in rival and key[0] != "ceiling"]
    there = counts > 0
    number = counts[there]
    columns = np.stack(
        [table[key][there] for key in keys] + [(table[key] - rival[key])[there] for key in paired],
        axis=1,
    )
    drawn = resampled_means(columns, number, resamples=draws.resamples, seed=draws.seed)
    present, each = np.isfinite(columns), number.astype(np.float64)
    weight = np.einsum("u,um->m", each, present.astype(np.float64))
    mean = ratio(np.einsum("u,um->m", each, np.where(present, columns, 0.0)), weight)
    spans = [summarise(float(m), drawn[:, j], draws.confidence) for j, m in enumerate(mean)]
    gaps = dict(zip(paired, spans[len(keys) :], strict=True))
    scores: list[Score] = []
    for j, key in enumerate(keys):
        own, gap, against = spans[j], gaps.get(key), ()
        if gap is not None:
            against = own.mean - gap.mean, gap.mean, gap.low, gap.high
        span = int(weight[j]), own.mean, own.low, own.high
        scores.append(Score(by, segment, *key, *span, *against))
    return scores


def _rules(
    regime: Checks | None,
    profiles: RiskProfiles | None,
    clients: ClientTable | None,
    catalogue: Catalogue | None,
) -> tuple[Checks, RiskProfiles, ClientTable, Catalogue] | None:
    """What a pair-by-pair check needs, or None where no regime is given."""
    if regime is None:
        return None
    if profiles is not None and clients is not None and catalogue is not None:
        return regime, profiles, clients, catalogue
    sources = {"profiles": profiles, "clients": clients, "catalogue": catalogue}
    absent = [name for name, source in sources.items() if source is None]
    raise InputError(
        f"regime is given but {absent} are not; a pair cannot be checked without them. Pass them.",
        field=absent[0],
        value=absent,
    )


def _of_catalogue(ranking: Ranking, catalogue: Catalogue | None) -> Ranking:
    """The ranking, with what the catalogue has beside as products that no list names: lists read
    from a table know no others. A catalogue that lacks half of the ranked products is another one.
    """
    if catalogue is None or not ranking.products:
        return ranking
    listed = set(ranking.products)
    more = tuple(name for name in catalogue.ids.ids if name not in listed)
    if not more or 2 * (len(catalogue.ids) - len(more)) < len(listed):
        return ranking
    return replace(ranking, products=(*ranking.products, *more))


def _widened(eligible: Mask | None, ranking: Ranking, wider: Ranking) -> Mask | None:
    """The ranking's mask with a column of False for each further product of `wider`, so that both
    are held to the same purchases.
    """
    extra = len(wider.products) - len(ranking.products)
    if extra == 0 or isinstance(eligible, Refused):
        return eligible
    if eligible is None:
        eligible = Eligibility(
            np.zeros(len(ranking), dtype=np.int64),
            np.ones((1, len(ranking.products)), dtype=np.bool_),
        )
    if isinstance(eligible, Eligibility):
        return Eligibility(eligible.class_of, np.pad(eligible.allowed, ((0, 0), (0, extra))))
    return np.pad(np.asarray(eligible, dtype=np.bool_), ((0, 0), (0, extra)))
