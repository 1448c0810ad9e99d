"""What carries over: recommenders, probabilities and lists learnt on the first of the given
FAR-Trans points and judged on the rest.

At a time point nothing later is used: recipes are fitted on what was bought before, probabilities
are learnt on windows that are over. Intervals are block bootstraps over time points (a test window
spans about 13 of them, so the evidence is a few independent windows, whatever the number of
points).

    python benchmarks/carry_over.py [--quick]

MovieLens-100k is read from `movielens/u.data` under ADVISOR_DATA, where it is there.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

import far_trans_data as far

from advisor import (
    ALS,
    BPR,
    EASE,
    Blend,
    Catalogue,
    ColdStart,
    Demographic,
    Interactions,
    ItemKNN,
    Popularity,
    Ranking,
    Recipe,
    calibrate,
)
from advisor.data import ClientTable, Eligibility
from advisor.data.ids import IdMap
from advisor.measures import block_interval, mark_hits, ndcg
from advisor.recommend.recipes.blend import best_weights, spread

K, LONG = 10, 30
FIRST, REST = slice(12, 24), slice(24, 35)
"""Points on which the parts of `Blend.robust()` were compared, and points that were only looked at
afterwards."""
WINDOW = 13
"""Points from which on two test windows do not overlap."""
ATTRIBUTES = ("segment", "answer:risk", "answer:capacity")
RECIPES: dict[str, Recipe] = {
    "EASE()": EASE(),
    "Blend.robust()": Blend.robust(),
    "Blend.for_banks()": Blend.for_banks(),
    "ItemKNN.conditional(half_life_days=90)": ItemKNN.conditional(half_life_days=90.0),
    "Popularity(half_life_days=90)": Popularity(half_life_days=90.0),
    "Popularity()": Popularity(),
    "ALS()": ALS(),
    "BPR()": BPR(),
}
SPIKES: dict[str, Recipe] = {
    "Popularity(half_life_days=90)": Popularity(half_life_days=90.0),
    "ItemKNN.conditional(half_life_days=90)": ItemKNN.conditional(half_life_days=90.0),
    "Blend.for_banks()": Blend.for_banks(),
    "EASE()": EASE(),
}


@cache
def with_all_open(folder: Path) -> Catalogue:
    """The catalogue with every product stated to be sold, so that nothing is inferred."""
    return Catalogue.from_frame(far.catalogue(folder).to_frame().assign(closed=False))


def served(folder: Path, day: str, recipe: Recipe, k: int = K, *, infer: bool = True) -> Ranking:
    """Lists of the evaluated clients among the eligible products."""
    fitted = recipe.fit(
        far.interactions(folder, day), catalogue=None if infer else with_all_open(folder)
    )
    people = far.evaluated(folder, day)
    shelf = np.isin(fitted.products, far.eligible(folder, day))[None]
    return fitted.rank(
        people, k, eligible=Eligibility(np.zeros(len(people), dtype=np.int64), shelf)
    )


def hits_of(ranking: Ranking, bought: Interactions) -> np.ndarray:
    return mark_hits(
        ranking.codes, bought.matrix(IdMap(ranking.client_ids), IdMap(ranking.products))
    )


def quality(ranking: Ranking, bought: Interactions) -> float:
    """Mean nDCG@10; who bought nothing counts as 0."""
    at = bought.clients.find(ranking.client_ids)
    wanted = np.where(
        at >= 0, np.bincount(bought.client_codes, minlength=len(bought.clients))[at], 0
    )
    return float(np.nan_to_num(ndcg(hits_of(ranking, bought), wanted, K)).mean())


def span(gap: np.ndarray, block: int) -> str:
    """Mean with its block interval."""
    if len(gap) < 4:
        return f"{gap.mean():+.4f}" if len(gap) else "-"
    found = block_interval(gap, block=max(1, min(block, len(gap) // 2)))
    return f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"


def accuracy(folder: Path, days: list[str], stride: int) -> list[str]:
    """One row a recipe: the first points, the rest, and its gap to `EASE()` there."""
    every = far.time_points(folder)
    parts = [
        np.array([every.index(d) in range(*part.indices(len(every))) for d in days])
        for part in (FIRST, REST)
    ]
    values = {
        name: np.array([quality(served(folder, d, r), far.held_out(folder, d)) for d in days])
        for name, r in RECIPES.items()
    }
    lines = [
        (
            f"| recipe | all {len(days)} points | first part | rest | rest minus EASE [95 %] |"
            " points above EASE |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for name, found in values.items():
        gap = found - values["EASE()"]
        cells = [
            f"{found.mean():.4f}",
            *(f"{found[p].mean():.4f}" for p in parts),
            span(gap[parts[1]], -(-13 // stride)),
            f"{(gap > 0).mean():.0%}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def chosen_weights(folder: Path, days: list[str]) -> tuple[float, ...]:
    """Weights of the parts of `Blend.robust()` with the best lists on some points, one moved at a
    time."""
    scores: list[list[np.ndarray]] = []
    barred: list[np.ndarray] = []
    bought: list[np.ndarray] = []
    for day in days:
        later = far.held_out(folder, day)
        ids = later.clients.ids
        models = [
            part.fit(far.interactions(folder, day), catalogue=far.catalogue(folder))
            for part in Blend.robust().recipes
        ]
        scores.append([m.scores(ids) / spread(m) for m in models])
        held, products = models[0].held(ids), models[0].products
        owned = np.zeros((len(ids), len(models[0].history.items)), dtype=bool)
        owned[held.row_of_entry(), held.codes] = True
        offered = np.isin(products, far.eligible(folder, day)) & ~models[0].history.closed
        barred.append(owned[:, : len(products)] | ~offered)
        bought.append((later.matrix(IdMap(ids), IdMap(products)).toarray() > 0.0) & ~barred[-1])
    use = [b.any(axis=1) for b in bought]
    by_part = [
        np.concatenate([s[part][u] for s, u in zip(scores, use, strict=True)])
        for part in range(len(scores[0]))
    ]
    rows = [np.concatenate([x[u] for x, u in zip(y, use, strict=True)]) for y in (barred, bought)]
    return best_weights(by_part, *rows)


def left_out(folder: Path) -> list[str]:
    """Weights chosen on some points and judged on others, beside those of `Blend.robust()`."""
    every = far.time_points(folder)
    robust = Blend.robust()
    lines = [
        "| chosen on points | weights | judged on | chosen | Blend.robust() | EASE() |",
        "|---|---|---|---|---|---|",
    ]
    for choose, judge in (
        (slice(12, 24), slice(24, 35)),
        (slice(24, 35), slice(12, 24)),
        (slice(12, 29), slice(29, 35)),
    ):
        weights = chosen_weights(folder, every[choose][::5])
        days = every[judge][::3]
        values = [
            np.mean([quality(served(folder, d, recipe), far.held_out(folder, d)) for d in days])
            for recipe in (Blend(robust.recipes, weights), robust, EASE())
        ]
        lines.append(
            f"| {choose.start + 1} to {choose.stop} | {', '.join(f'{w:g}' for w in weights)} |"
            f" {judge.start + 1} to {judge.stop} | {' | '.join(f'{v:.4f}' for v in values)} |"
        )
    return lines


def spikes(folder: Path, days: list[str]) -> list[str]:
    """Nothing done, capped counts, the mask, and both."""
    lines = [
        (
            f"| recipe | as it is | capped | masked | both ({len(days)} points) | last point: as it"
            " is | both |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for name, recipe in SPIKES.items():
        ways = [(recipe, False), (_capped(recipe), False), (recipe, True), (_capped(recipe), True)]
        found = np.array(
            [
                [quality(served(folder, d, r, infer=i), far.held_out(folder, d)) for r, i in ways]
                for d in days
            ]
        )
        lines.append(
            f"| {name} | {' | '.join(f'{v:.4f}' for v in found.mean(axis=0))} | {found[-1, 0]:.4f}"
            f" | {found[-1, 3]:.4f} |"
        )
    return lines


def _capped(recipe: Recipe) -> Recipe:
    if isinstance(recipe, Blend):
        return Blend([_capped(part) for part in recipe.recipes], recipe.weights)
    return type(recipe)(**(recipe.settings() | {"capped": True}))


def tuned(folder: Path, days: list[str]) -> list[str]:
    """What `tuned` keeps, and what that is worth in the window that follows."""
    lines = ["| point | asked | kept | nDCG@10 after | EASE() after |", "|---|---|---|---|---|"]
    for day in days:
        bought, later = far.interactions(folder, day), far.held_out(folder, day)
        plain = quality(served(folder, day, EASE()), later)
        for recipe in (Blend.robust(), EASE()):
            kept = recipe.tuned(bought)
            name = "as asked" if kept == recipe else "EASE()" if kept == EASE() else _short(kept)
            lines.append(
                f"| {day} | {_short(recipe)} | {name} |"
                f" {quality(served(folder, day, kept), later):.4f} | {plain:.4f} |"
            )
    return lines


def _short(recipe: Recipe) -> str:
    if isinstance(recipe, Blend):
        return f"Blend of {len(recipe.recipes)} parts"
    changed = {n: v for n, v in recipe.settings().items() if v != type(recipe)().settings()[n]}
    return f"{type(recipe).__name__}({', '.join(f'{n}={v}' for n, v in changed.items())})"


def promises(folder: Path, day: str, past: list[str]) -> list[float]:
    """What was learnt on the windows of `past` says of the lists of `day`, beside what came."""
    windows = [(served(folder, d, Blend.robust(), LONG), far.held_out(folder, d)) for d in past]
    now, later = served(folder, day, Blend.robust(), LONG), far.held_out(folder, day)
    buyers = later.clients.find(now.client_ids) >= 0
    hits, scores = hits_of(now, later)[buyers], now.scores[buyers, :K]
    short = [
        (Ranking(r.client_ids, r.products, r.codes[:, :K], r.scores[:, :K]), bought)
        for r, bought in windows
    ]
    picks, lists = (calibrate(*w[-1], earlier=w[:-1]) for w in (short, windows))
    stated, true = picks.probability(scores), hits[:, :K]
    low, high = picks.interval(scores)
    base = float(true.mean())
    surest = np.argsort(-stated, axis=None)[: max(stated.size // 1000, 1)]
    bins = np.minimum((10 * stated).astype(int), 9)
    eighty = lists.list_length(0.8, in_every_window=True)
    return [
        sum(
            abs(stated[bins == b].mean() - true[bins == b].mean()) * (bins == b).mean()
            for b in np.unique(bins)
        ),
        1.0 - float(((stated - true) ** 2).mean()) / (base * (1.0 - base)),
        float(low.mean() < base < high.mean()),
        stated.ravel()[surest].mean(),
        true.ravel()[surest].mean(),
        *(lists.coverage(n).share - hits[:, :n].any(axis=1).mean() for n in (K, LONG)),
        np.nan if eighty is None else eighty.length,
        np.nan if eighty is None else hits[:, : eighty.length].any(axis=1).mean(),
    ]


def probabilities(folder: Path, days: list[str], stride: int) -> list[str]:
    """One window against several, on the first part of the points and on the rest: calibration
    error, skill over the window's own base rate, and what a list of 10 or 30 covers."""
    every = far.time_points(folder)
    ends = {d: str(far.held_out(folder, d).days.max()) for d in every}
    rows: dict[str, list[list[float]]] = {}
    for day in days:
        past = [d for d in every if ends[d] <= day][::-1][::WINDOW][::-1]
        if sum(ends[d] <= day for d in every) < 2:
            continue
        part = "first part" if every.index(day) < REST.start else "rest"
        for name, use in (("one window", past[-1:]), ("every past window", past)):
            rows.setdefault(f"{name}, {part}", []).append(promises(folder, day, use))
    lines = [
        (
            "| learnt on | points | calibration error | skill [95 %] | points above 0 | base rate"
            " inside the interval | surest .1 %: stated | came true | coverage of"
            f" {K}: stated minus true | of {LONG} | length for 80 % | covered then |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, values in rows.items():
        v = np.array(values)
        m = np.nanmean(v, axis=0)
        gaps = [
            f"{span(v[:, i], -(-13 // stride))}, size {np.abs(v[:, i]).mean():.3f}" for i in (5, 6)
        ]
        lines.append(
            f"| {name} | {len(v)} | {m[0]:.3f} | {span(v[:, 1], -(-13 // stride))} |"
            f" {(v[:, 1] > 0).mean():.0%} | {m[2]:.0%} | {m[3]:.2f} | {m[4]:.2f} | {gaps[0]} |"
            f" {gaps[1]} | {m[7]:.0f} | {m[8]:.0%} |"
        )
    return lines


NEWCOMERS: dict[str, tuple[Recipe, bool]] = {
    "Popularity()": (Popularity(), False),
    "Popularity(90), capped and masked": (Popularity(half_life_days=90.0, capped=True), True),
    "attributes": (Demographic(ATTRIBUTES, half_life_days=90.0), False),
    "ColdStart.by_attributes(): capped and masked": (ColdStart.by_attributes(), True),
}
"""Recipe, and whether what is closed to new buyers is inferred."""


def newcomers(folder: Path, days: list[str], stride: int) -> list[str]:
    """Clients without a purchase: attributes, with and without the mask."""
    values: dict[str, list[float]] = {name: [] for name in NEWCOMERS}
    for day in days:
        bought, later = far.interactions(folder, day), far.held_out_newcomers(folder, day)
        known, new = (
            ClientTable.from_frame(f)
            for f in (
                far.attributes(folder, day),
                far.attributes_at_start(folder, later.clients.ids),
            )
        )
        for name, (recipe, infer) in NEWCOMERS.items():
            fitted = recipe.fit(
                bought, clients=known, catalogue=None if infer else with_all_open(folder)
            )
            offered = np.isin(fitted.products, far.eligible(folder, day))[None]
            eligible = Eligibility(np.zeros(len(new), dtype=np.int64), offered)
            lists = fitted.rank(new.ids, K, eligible=eligible, clients=new)
            values[name].append(quality(lists, later))
    plain = np.array(values["Popularity()"])
    return [
        f"| newcomers, {len(days)} points | nDCG@{K} | minus Popularity() [95 %] |",
        "|---|---|---|",
        *(
            f"| {name} | {np.mean(v):.4f} | {span(np.array(v) - plain, -(-WINDOW // stride))} |"
            for name, v in values.items()
        ),
    ]


def other_domain(file: Path) -> list[str]:
    """MovieLens-100k, the last film of each client left out: the factor models beside the defaults
    of `implicit`, and what `tuned` keeps."""
    if not file.is_file():
        return ["MovieLens-100k is not here; nothing was run on it."]
    frame = pd.read_csv(
        file,
        sep="\t",
        names=["client_id", "product_id", "value", "time"],
        dtype={"client_id": str, "product_id": str},
    )
    frame = frame.sort_values(["client_id", "time"], kind="stable")
    last = frame.groupby("client_id").tail(1)
    day = pd.to_datetime(frame.time, unit="s").dt.floor("D")
    past = Interactions.from_frame(frame.assign(day=day).drop(last.index))
    later = Interactions.from_frame(last.assign(day=day.max()))
    recipes: dict[str, Recipe] = {
        **RECIPES,
        "ALS(100, .01): implicit's defaults": ALS(factors=100, regularization=0.01),
        "Blend.robust().tuned(...)": Blend.robust().tuned(past),
    }
    lines = ["| recipe | nDCG@10 |", "|---|---|"]
    lines += [
        f"| {name} | {quality(r.fit(past).rank(later.clients.ids, K), later):.4f} |"
        for name, r in recipes.items()
    ]
    return lines


def tables(quick: bool = False) -> list[str]:
    """For `benchmarks/run.py`."""
    folder = far.folder_from_environment()
    if folder is None:
        return ["FAR-Trans is not here (ADVISOR_DATA); nothing was run."]
    every = far.time_points(folder)
    stride = 6 if quick else 2
    days, few = every[::-1][::stride][::-1], every[::-1][::10][::-1]
    parts = (
        (
            (
                f"nDCG@10 on {len(days)} of 35 points; points 13 to 24 are the first part, 25 to 35"
                " the rest."
            ),
            accuracy(folder, days, stride),
        ),
        ("Weights of the parts chosen on some points and judged on others.", left_out(folder)),
        ("Products closed to new buyers: masked, capped, both.", spikes(folder, days)),
        (
            (
                "`tuned`: what it keeps on the last 182 days before a point, and what that is worth"
                " after it."
            ),
            tuned(folder, few),
        ),
        (
            (
                "Probabilities of `Blend.robust()`: learnt on windows that were over, judged on the"
                " next."
            ),
            probabilities(folder, days, stride),
        ),
        ("Newcomers.", newcomers(folder, days, stride)),
        ("Another domain.", other_domain(folder.parent / "movielens" / "u.data")),
    )
    return [f"{title}\n\n" + "\n".join(lines) + "\n" for title, lines in parts]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
