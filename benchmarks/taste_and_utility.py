"""What usefulness and variety cost in relevance: the trade-off of `pick_products` on the purchases
of a bank's customers (FAR-Trans).

python benchmarks/taste_and_utility.py [--quick]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))

import far_trans_data as far

from advisor.data import Eligibility, Ranking
from advisor.evaluate import evaluate_match
from advisor.optimize import trace_frontier
from advisor.recommend import (
    EASE,
    Blend,
    PickSettings,
    exposure_similarity,
    pick_products,
    portfolio_utility,
)
from advisor.recommend.portfolio_fit.exposures import Exposures
from advisor.recommend.portfolio_fit.own_portfolio import OwnPortfolio, ProductMoments

K = 10
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 3.0)
CURVE = (*((w, 0.0) for w in WEIGHTS), (0.0, 0.1), (0.0, 0.3), (0.2, 0.1))
"""Weight of usefulness, diversity."""
RISK_AVERSION = 4.0


def curve_table(folder: Path, days: list[str]) -> str:
    """Relevance against usefulness on real purchases, picked as an advice picks: portfolio = what
    was bought in equal parts, no gap."""
    shelf, model = far.catalogue(folder), far.capital_market_assumptions(far.load_assets(folder))
    exposures, alike = shelf.exposures(model.ids), exposure_similarity(shelf, model)
    moments, put = (
        ProductMoments.of(exposures, model, fee=shelf.annual_fee),
        Exposures.of(exposures),
    )
    found: dict[tuple[float, float], list[tuple[float, float, float]]] = {}
    for day in days:
        fitted = Blend.for_banks().fit(far.interactions(folder, day), catalogue=shelf)
        ids, bought = far.evaluated(folder, day), far.held_out(folder, day)
        held = fitted.held(ids)
        owned = np.zeros((len(ids), len(fitted.history.items)), dtype=bool)
        owned[held.row_of_entry(), held.codes] = True
        owned = owned[:, : len(shelf)]
        weights = owned @ exposures / np.maximum(owned.sum(axis=1), 1)[:, None]
        may = Eligibility(
            np.zeros(len(ids), dtype=np.int64),
            np.isin(fitted.products, far.eligible(folder, day))[None],
        )
        taste, none = fitted.scores(ids), np.zeros((len(ids), len(model)))
        full = np.full(len(ids), 1e4), np.full(len(ids), RISK_AVERSION)
        worth = portfolio_utility(weights, *full, shelf, model).certainty_equivalent
        for weight, variety in CURVE:
            own = OwnPortfolio(weights, *full, moments, share=weight)
            settings = PickSettings(K, similarity=alike, diversity=variety)
            picks = pick_products(taste, may, none, put, settings, held=held, own=own)
            ranking = Ranking(ids, fitted.products, picks.codes, picks.scores)
            quality = (
                evaluate_match(ranking, bought, eligible=may, ks=(K,), resamples=1)
                .score("ndcg", K)
                .value
            )
            pairs = [(picks.codes[:, a], picks.codes[:, b]) for a in range(K) for b in range(a)]
            same = float(np.mean([alike[a, b][(a >= 0) & (b >= 0)].mean() for a, b in pairs]))
            gain = np.take_along_axis(worth, np.maximum(picks.codes, 0), axis=1)[
                picks.codes >= 0
            ].mean()
            found.setdefault((weight, variety), []).append((quality, float(gain), same))
    lines = [
        (
            f"| usefulness against relevance | diversity | nDCG@{K} | certainty equivalent of the"
            " picks, a year | likeness within a list |"
        ),
        "|---|---|---|---|---|",
    ]
    for (weight, variety), values in found.items():
        quality, gain, same = np.mean(values, axis=0)
        lines.append(
            f"| {weight:g} | {variety:g} | {quality:.4f} | {1e4 * gain:+.0f} bp | {same:.3f} |"
        )
    return "\n".join(lines)


FIT_WEIGHTS = (0.0, 0.3, 1.0, 2.0, 3.0, 10.0, 30.0, 100.0)
FRESH = 0.1
"""Money to place, as a share of what a customer has."""
DEAREST = 0.02
"""Largest annual fee where fees are supposed: the data set has none."""


def fit_table(folder: Path, days: list[str], k: int, fresh: float | None, fees: bool) -> str:
    """Relevance and certainty equivalent by `fit_weight`: money goes where the portfolio lacks most
    against its optimum. `fresh` is its share beside what is held; None: a customer has cash
    alone."""
    shelf, model = far.catalogue(folder), far.capital_market_assumptions(far.load_assets(folder))
    exposures, target = (
        shelf.exposures(model.ids),
        trace_frontier(model).at_risk_aversion(RISK_AVERSION),
    )
    fee = np.random.default_rng(0).uniform(0.0, DEAREST * fees, len(shelf))
    kind = np.unique(exposures, axis=0, return_inverse=True)[1].ravel()
    cheapest = np.full(kind.max() + 1, np.inf)
    np.minimum.at(cheapest, kind, fee)
    moments, put = (
        ProductMoments.of(exposures, model, fee=fee),
        Exposures.of(exposures, fee=fee, dearness=fee - cheapest[kind]),
    )
    total = 1.0 if fresh is None else 1.0 + fresh
    found: dict[float, list[tuple[float, ...]]] = {}
    for day in days:
        fitted = EASE().fit(far.interactions(folder, day), catalogue=shelf)
        ids, bought = far.evaluated(folder, day), far.held_out(folder, day)
        held = fitted.held(ids)
        owned = np.zeros((len(ids), len(fitted.history.items)), dtype=bool)
        owned[held.row_of_entry(), held.codes] = True
        owned = owned[:, : len(shelf)]
        weights = owned @ exposures / np.maximum(owned.sum(axis=1), 1)[:, None]
        may = Eligibility(
            np.zeros(len(ids), dtype=np.int64),
            np.isin(fitted.products, far.eligible(folder, day))[None],
        )
        weights = weights * (fresh is not None)
        taste, wealth = fitted.scores(ids), np.full(len(ids), 1e4)
        lacking = np.maximum(target * total - weights, 0.0)
        gaps = 1e4 * (fresh or 1.0) * lacking / np.maximum(lacking.sum(axis=1), 1e-12)[:, None]
        own = OwnPortfolio(weights, wealth, np.full(len(ids), RISK_AVERSION), moments)
        for weight in FIT_WEIGHTS:
            settings = PickSettings(k, fit_weight=weight, allow_held=False)
            picks = pick_products(taste, may, gaps, put, settings, held=held, own=own)
            ranking = Ranking(ids, fitted.products, picks.codes, picks.scores)
            quality = (
                evaluate_match(ranking, bought, eligible=may, ks=(k,), resamples=1)
                .score("ndcg", k)
                .value
            )
            at = np.maximum(picks.codes, 0)
            placed = np.einsum("ck,ckn->cn", picks.money, exposures[at]) / 1e4
            paid = (picks.money * fee[at]).sum(axis=1) / 1e4 / total
            before, after = weights / total, (weights + placed) / total
            worth = [
                w @ model.mean
                - 0.5 * RISK_AVERSION * np.einsum("ci,ij,cj->c", w, model.covariance, w)
                for w in (before, after)
            ]
            closed = 1.0 - picks.unplaced.sum(axis=1) / gaps.sum(axis=1)
            found.setdefault(weight, []).append(
                (
                    quality,
                    float(closed.mean()),
                    float((closed < 0.95).mean()),
                    float((worth[1] - worth[0] - paid).mean()),
                )
            )
    lines = [
        (
            f"| fit_weight | nDCG@{k} | of the money placed | customers with more than 5 % unplaced"
            " | certainty equivalent beside leaving it in cash, fees paid, a year |"
        ),
        "|---|---|---|---|---|",
    ]
    for weight, values in found.items():
        quality, closed, short, gain = np.mean(values, axis=0)
        lines.append(
            f"| {weight:g} | {quality:.4f} | {closed:.0%} | {short:.0%} | {1e4 * gain:+.0f} bp of"
            " wealth |"
        )
    return "\n".join(lines)


def tables(quick: bool = False) -> list[str]:
    """For `benchmarks/run.py`."""
    folder = far.folder_from_environment()
    if folder is None:
        return ["FAR-Trans is not here (ADVISOR_DATA); nothing was run."]
    days = far.time_points(folder)[:: 34 if quick else 9]
    return [
        (
            f"FAR-Trans, {len(days)} points: `pick_products` with an `OwnPortfolio` (marginal"
            f" certainty equivalent, risk aversion {RISK_AVERSION:g}, portfolio = what was bought"
            " in equal parts, no gap, stated capital-market assumptions). The weight is"
            " `fit_weight * share`: what the most useful product gains over the least useful one,"
            " in units of the whole range of relevance; 0 is pure relevance.\n"
        ),
        curve_table(folder, days) + "\n",
        (
            f"\n**The price of `fit_weight`**: the same points, EASE, {FRESH:.0%} of fresh money"
            " that should go where the portfolio lacks most against its optimum (risk aversion"
            f" {RISK_AVERSION:g}); what the list of {K} can close of it is placed.\n"
        ),
        *(
            f"{k} picks, {what}{', annual fees of 0 to 2 % supposed' * fees}:\n\n"
            + fit_table(folder, days, k, fresh, fees)
            + "\n"
            for k, fresh, what in ((K, FRESH, "a tenth of fresh money"), (5, None, "all in cash"))
            for fees in (False, True)
        ),
    ]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
