"""FAR-Trans: the paper's protocol (Table 2 of arXiv:2407.08692) over the time points given, our
recipes beside the published numbers.

At a time point: train on what was bought before, rank the assets that have prices through the whole
test window and that the customer does not have, for the customers who bought before and in the
window; nDCG@10 with binary gains and the achievable ideal; mean over customers, then over time
points.

    python benchmarks/far_trans.py [--quick]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))

import far_trans_data as far

from advisor import ALS, BPR, EASE, Blend, ItemKNN, Popularity, evaluate_match
from advisor.data import ClientTable, Eligibility, Ranking, RiskProfiles
from advisor.evaluate import MatchReport, compare_over_time
from advisor.measures import block_interval
from advisor.recommend import ColdStart, Demographic, Recipe
from advisor.suitability import Regime

K = 10
CLEAN_FROM = "2020-06-01"
"""Settings were tuned on the first twelve points, whose test windows reach until here: only later
points are untouched by tuning."""
WINDOW_POINTS = 13
"""Time points that one test window spans: neighbours within it share purchases, so intervals are
drawn in blocks of this length."""
PUBLISHED = {
    "random": 0.0106,
    "popularity": 0.2710,
    "association rules": 0.2556,
    "matrix factorisation (BPR)": 0.1780,
    "user kNN": 0.1599,
    "LightGCN": 0.3404,
}
"""Means over the paper's 61 time points (its Table 2)."""
RECIPES: dict[str, Recipe] = {
    "Popularity()": Popularity(),
    "EASE(500)": EASE(500.0),
    "ItemKNN() (cosine, 100)": ItemKNN(),
    "ItemKNN(conditional, all)": ItemKNN(
        neighbours=10_000, shrinkage=0.0, similarity="conditional"
    ),
    "ItemKNN(conditional), 90-day half-life": ItemKNN.conditional(half_life_days=90.0),
    "Blend.for_banks()": Blend.for_banks(),
    "Blend.robust()": Blend.robust(),
    "ALS()": ALS(),
    "ALS(100, .01): implicit's defaults": ALS(factors=100, regularization=0.01),
    "BPR()": BPR(),
    "Blend(EASE, conditional kNN)": Blend(
        (EASE(500.0), ItemKNN(neighbours=10_000, shrinkage=0.0, similarity="conditional")),
        (0.5, 0.5),
    ),
    "for_banks() and EASE with recency": Blend(
        (*Blend.for_banks().recipes, EASE(half_life_days=90.0)), (1.0, 1.0, 1.0, 1.0)
    ),
    "for_banks(), weights learnt on the last 182 days": Blend(Blend.for_banks().recipes),
}
TUNING_POINTS = 12
"""The first points, on which settings were chosen."""
BLEND = "Blend.for_banks()"
ATTRIBUTES = ("segment", "answer:risk", "answer:capacity")
NEWCOMERS: dict[str, Recipe] = {
    "Popularity()": Popularity(),
    "Popularity(half_life_days=90)": Popularity(half_life_days=90.0),
    "Popularity(by=attributes)": Popularity(by=ATTRIBUTES),
    "Demographic(attributes)": Demographic(ATTRIBUTES),
    "ColdStart(for_banks, Demographic(attributes, half_life_days=90))": ColdStart(
        Blend.for_banks(), Demographic(ATTRIBUTES, half_life_days=90.0)
    ),
}


@dataclass(frozen=True)
class Point:
    """One recipe at one time point."""

    day: str
    report: MatchReport
    seconds: float


def judged(
    folder: Path, day: str, recipe: Recipe, baseline: Ranking | None
) -> tuple[Point, Ranking]:
    """Fit, rank and judge one recipe at one time point."""
    bought, people = far.interactions(folder, day), far.evaluated(folder, day)
    started = time.perf_counter()
    fitted = recipe.fit(bought, seed=0)
    offered = np.isin(fitted.products, far.eligible(folder, day))
    eligible = Eligibility(np.zeros(len(people), dtype=np.int64), offered[None, :])
    ranking = fitted.rank(people, K, eligible=eligible)
    spent = time.perf_counter() - started
    report = evaluate_match(
        ranking,
        far.held_out(folder, day),
        eligible=eligible,
        ks=(K,),
        baseline=baseline,
        resamples=1,
    )
    return Point(day, report, spent), ranking


def run(folder: Path, days: list[str], recipes: dict[str, Recipe]) -> dict[str, list[Point]]:
    """Every recipe at every time point, against popularity on the same point."""
    found: dict[str, list[Point]] = {name: [] for name in recipes}
    for day in days:
        _, popular = judged(folder, day, Popularity(), None)
        for name, recipe in recipes.items():
            found[name].append(judged(folder, day, recipe, popular)[0])
    return found


def series(points: list[Point]) -> np.ndarray:
    """nDCG by time point."""
    return np.array([p.report.score("ndcg", K).value for p in points])


def singles(found: dict[str, list[Point]]) -> dict[str, list[Point]]:
    """Recipes that are no blend."""
    return {name: points for name, points in found.items() if not isinstance(RECIPES[name], Blend)}


def gap_text(gap: np.ndarray, points_a_window: int) -> str:
    """Mean difference with its block interval; blocks are one test window, or half of what there
    is."""
    if len(gap) < 4:
        return f"{gap.mean():+.4f} [too few points]" if len(gap) else "-"
    span = block_interval(gap, block=max(1, min(points_a_window, len(gap) // 2)))
    return f"{span.mean:+.4f} [{span.low:+.4f}, {span.high:+.4f}]"


def accuracy_table(found: dict[str, list[Point]], points_a_window: int) -> str:
    """One row a recipe: means over time points, the gap to popularity, and on the clean points the
    gap to the best single recipe."""
    popular = series(found["Popularity()"])
    best = max(singles(found), key=lambda n: series(found[n]).mean())
    clean = np.array([p.day >= CLEAN_FROM for p in found[best]])
    lines = [
        (
            f"| recipe | nDCG@{K} | minus popularity [95 %] | points won | clean points | clean,"
            f" minus {best} [95 %] | recall@{K} | hit@{K} | MAP@{K} | coverage | fit + rank, s |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, points in found.items():
        ndcg = series(points)
        gap = ndcg - popular
        other = [
            f"{np.mean([p.report.score(m, K).value for p in points]):.4f}"
            for m in ("recall", "hit_rate", "map")
        ]
        coverage = np.mean([p.report.lists[f"coverage@{K}"] for p in points])
        late = f"{ndcg[clean].mean():.4f}" if clean.any() else "-"
        cells = [
            name, f"{ndcg.mean():.4f}", gap_text(gap, points_a_window), f"{(gap > 0).mean():.0%}",
            late,
            gap_text((ndcg - series(found[best]))[clean], points_a_window), *other,
            f"{coverage:.3f}", f"{np.median([p.seconds for p in points]):.2f}",
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def blend_table(found: dict[str, list[Point]]) -> str:
    """The blend that the tuning points chose against each single recipe, on the clean points
    alone."""
    single = singles(found)
    tuned = max(single, key=lambda n: series(single[n])[:TUNING_POINTS].mean())
    clean = [i for i, p in enumerate(found[BLEND]) if p.day >= CLEAN_FROM]
    if len(clean) < 4:
        return "Too few clean points for the blend's interval."
    lines = [
        f"| {BLEND} minus | nDCG@{K} | 95 % | points won | blocks | independent windows |",
        "|---|---|---|---|---|---|",
    ]
    for name, points in sorted(single.items(), key=lambda item: -series(item[1])[clean].mean()):
        mine, theirs = ([p[i].report for i in clean] for p in (found[BLEND], points))
        c = compare_over_time(mine, theirs, [points[i].day for i in clean], k=K)
        mark = " (best single recipe of the tuning points)" if name == tuned else ""
        lines.append(
            f"| {name}{mark} | {c.span.mean:+.4f} | {c.span.low:+.4f} to {c.span.high:+.4f} |"
            f" {c.won:.0%} | {c.block} of {len(clean)} points | about {c.windows:.1f} |"
        )
    return "\n".join(lines)


def suitable_table(folder: Path, days: list[str], recipes: dict[str, Recipe]) -> str:
    """The same under the hard rule R <= C: what suitability leaves of accuracy, and of the
    ceiling."""
    shelf, regime = far.catalogue(folder), Regime.nfra()
    rows: dict[str, list[list[float]]] = {name: [] for name in recipes}
    for day in days:
        table = ClientTable.from_frame(far.clients(folder, day))
        bought, later = far.interactions(folder, day), far.held_out(folder, day)
        known = table.take(
            table.index.find([c for c in far.evaluated(folder, day) if c in table.index])
        )
        valid = known.assessed_on + np.timedelta64(365, "D")
        profiles = RiskProfiles.from_levels(
            np.maximum(known.level, 0),
            as_of=day,
            client_ids=known.ids,
            lowest_category=np.zeros(len(known), dtype=bool),
            valid_until=valid,
        )
        for name, recipe in recipes.items():
            fitted = recipe.fit(bought, catalogue=shelf, seed=0)
            may = regime.eligibility(profiles, known, shelf)
            offered = np.isin(fitted.products, far.eligible(folder, day))
            eligible = Eligibility(may.class_of, may.allowed & offered)
            ranking = fitted.rank(known.ids, K, eligible=eligible)
            report = evaluate_match(
                ranking,
                later,
                eligible=eligible,
                ks=(K,),
                resamples=1,
                profiles=profiles,
                regime=regime,
                clients=known,
                catalogue=shelf,
                check_most=2000,
            )
            views = [report.score("ndcg", K, view=v).value for v in ("raw", "reachable", "ceiling")]
            rows[name].append(
                [
                    report.suitability,
                    *views,
                    report.counts["reachable_purchases"] / report.counts["purchases"],
                ]
            )
    lines = [
        (
            f"| recipe | suitability (re-checked) | nDCG@{K} raw | on reachable purchases | ceiling"
            " of raw | purchases reachable |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for name, values in rows.items():
        share, *views, reach = np.mean(values, axis=0)
        lines.append(
            f"| {name} | {share:.4f} | {' | '.join(f'{v:.4f}' for v in views)} | {reach:.1%} |"
        )
    return "\n".join(lines)


def newcomer_table(folder: Path, days: list[str]) -> str:
    """Customers without a purchase before the point, served by what the bank knows of them the day
    they joined."""
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in NEWCOMERS}
    for day in days:
        bought, later = far.interactions(folder, day), far.held_out_newcomers(folder, day)
        known, new = (
            ClientTable.from_frame(f)
            for f in (
                far.attributes(folder, day),
                far.attributes_at_start(folder, later.clients.ids),
            )
        )
        for name, recipe in NEWCOMERS.items():
            fitted = recipe.fit(bought, clients=known)
            offered = np.isin(fitted.products, far.eligible(folder, day))[None]
            ranking = fitted.rank(
                new.ids,
                K,
                eligible=Eligibility(np.zeros(len(new), dtype=np.int64), offered),
                clients=new,
            )
            score = evaluate_match(ranking, later, ks=(K,), resamples=1).score("ndcg", K)
            rows[name].append((score.value, score.clients))
    plain = np.array([v for v, _ in rows["Popularity()"]])
    lines = [
        f"| recipe | nDCG@{K} of newcomers | minus popularity | points won |",
        "|---|---|---|---|",
    ]
    for name, values in rows.items():
        gap = np.array([v for v, _ in values]) - plain
        lines.append(
            f"| {name} | {np.mean([v for v, _ in values]):.4f} | {gap.mean():+.4f} |"
            f" {(gap > 0).mean():.0%} |"
        )
    lines.append(
        f"\n{len(days)} points, {int(np.mean([c for _, c in rows['Popularity()']])):,} newcomers"
        " each on average."
    )
    return "\n".join(lines)


def tables(quick: bool = False) -> list[str]:
    """Markdown: accuracy over the time points, the published numbers, and the same under
    suitability."""
    folder = far.folder_from_environment()
    if folder is None:
        return ["FAR-Trans is not here (ADVISOR_DATA); nothing was run."]
    every = far.time_points(folder)
    stride = 7 if quick else 1
    days = every[::stride]
    found = run(folder, days, RECIPES)
    few = {name: RECIPES[name] for name in ("Popularity()", "EASE(500)")}
    suited = days if quick else every[::3]
    return [
        (
            f"FAR-Trans, paper's protocol, {len(days)} of the 35 time points given ({days[0]} to"
            f" {days[-1]}); mean over customers, then over points.\n"
        ),
        accuracy_table(found, -(-WINDOW_POINTS // stride)) + "\n",
        "Published, mean over 61 time points: "
        + ", ".join(f"{n} {v:.4f}" for n, v in PUBLISHED.items())
        + ".",
        (
            "**Not comparable as they stand**: the points given are the earlier and easier ones"
            " (popularity alone reaches about .32 on them against the published .2710 over all 61),"
            " so a higher mean here does not beat the paper. Compare recipes with each other and"
            " with popularity, on these points."
        ),
        (
            f"Clean points start on or after {CLEAN_FROM}: settings were tuned on earlier ones."
            " Intervals: circular block bootstrap over time points, blocks of one test window"
            f" ({WINDOW_POINTS} points) or half of what there is: about three independent windows"
            " in all and two on the clean points, so they say less than they seem to.\n"
        ),
        (
            f"The blend chosen on the first {TUNING_POINTS} points, on the clean ones (paired"
            " circular block bootstrap by time):\n"
        ),
        blend_table(found) + "\n",
        (
            "Newcomers: customers without a purchase before the point, served by attributes of the"
            " day they joined:\n"
        ),
        newcomer_table(folder, suited) + "\n",
        (
            f"Under the hard rule R <= C ({len(suited)} points; ratings and levels are this"
            " project's reading, see `examples/far_trans_data.py`):\n"
        ),
        suitable_table(folder, suited, few) + "\n",
    ]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
