"""Probabilities and promises of lists, learnt on FAR-Trans windows that were over and judged on the
next; a part of `carry_over`."""

from __future__ import annotations

from pathlib import Path

import far_trans_data as far
import numpy as np
from far_trans_lists import LONG, REST, WINDOW, K, hits_of, served, span

from advisor import Blend, Ranking, calibrate


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
