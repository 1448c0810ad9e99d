"""Whether the probabilities beside the picks come true on a later window."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from advisor.annotations import Count, Share
from advisor.arrays import FloatArray
from advisor.contracts.wording import Language, Phrases
from advisor.data.interactions import Interactions
from advisor.data.ranking import Ranking
from advisor.errors import InputError
from advisor.evaluate.match.outcomes import outcomes
from advisor.measures.calibration import (
    ReliabilityCurve,
    Threshold,
    reliability_curve,
    threshold_for_precision,
)
from advisor.validation import checked


@dataclass(frozen=True, eq=False)
class ProbabilityReport:
    """Reliability of stated probabilities.

    Attributes:
        curves: By name ("pick, buyers", "list, buyers", "pick, everyone") the reliability curve
            with its expected calibration error and Brier scores.
        thresholds: By name the cut for the wanted precision and the coverage it costs, or that it
            is unattainable.
        base_rates: By name the share that came true.
    """

    curves: dict[str, ReliabilityCurve]
    thresholds: dict[str, Threshold]
    base_rates: dict[str, float]

    def to_frame(self) -> pd.DataFrame:
        """One row a curve."""
        rows = {
            name: {
                "stated": int(curve.count.sum()),
                "base_rate": self.base_rates[name],
                "expected_calibration_error": curve.expected_calibration_error,
                "brier": curve.brier,
                "brier_of_base_rate": curve.brier_of_base_rate,
                "wanted_precision": self.thresholds[name].wanted,
                "attainable": self.thresholds[name].attainable,
                "threshold": self.thresholds[name].threshold,
                "coverage": self.thresholds[name].coverage,
                "best_precision": self.thresholds[name].best,
            }
            for name, curve in self.curves.items()
        }
        return pd.DataFrame([{"probability": name, **row} for name, row in rows.items()])

    @checked
    def sentences(self, language: Language = "en") -> list[str]:
        """What may be promised and what not, in plain words, for each curve of buyers.

        Raises:
            InputError: The language has no texts.
        """
        say, lines = Phrases("match_probability", language), list[str]()
        for name, what in (("pick, buyers", "a_pick"), ("list, buyers", "a_list")):
            if name not in self.curves:
                continue
            cut, curve, base = self.thresholds[name], self.curves[name], self.base_rates[name]
            values = {"what": say(what), "base": base, **asdict(cut)}
            lines.append(say("promise_kept" if cut.attainable else "out_of_reach", **values))
            if curve.brier >= curve.brier_of_base_rate:
                lines.append(say("no_better", **values))
        return lines

    def __str__(self) -> str:
        lines: list[str] = []
        for name, curve in self.curves.items():
            cut = self.thresholds[name]
            reach = (
                f"{cut.wanted:.0%} precision: state only p >= {cut.threshold:.3f}, which is"
                f" {cut.coverage:.1%} of them"
                if cut.attainable
                else (
                    f"{cut.wanted:.0%} precision: unattainable, the best cut reaches {cut.best:.1%}"
                )
            )
            lines.append(
                f"{name}: base rate {self.base_rates[name]:.4f}, calibration error"
                f" {curve.expected_calibration_error:.4f}, Brier {curve.brier:.4f} (base rate alone"
                f" {curve.brier_of_base_rate:.4f}); {reach}"
            )
        return "\n".join(lines)


@checked
def evaluate_probability(
    ranking: Ranking,
    held_out: Interactions,
    probability: FloatArray,
    *,
    list_probability: FloatArray | None = None,
    unconditional: FloatArray | None = None,
    wanted: Share = 0.85,
    bins: Count = 10,
) -> ProbabilityReport:
    """Judge stated probabilities on purchases later than those they were calibrated on.

    Args:
        ranking: The served lists (masked: what the client really saw), c clients.
        held_out: New purchases of the window.
        probability: P(buys the pick | buys something) of each slot, nan where empty or not stated,
            shape (c, k).
        list_probability: P(buys at least one of the list | buys something), shape (c,).
        unconditional: P(buys the pick) of each slot, shape (c, k).
        wanted: Precision for which the threshold is sought.
        bins: Bins of about equal counts: base rates are small, and equal widths would put nearly
            everything into one.

    Raises:
        InputError: Shapes differ, or a probability is outside [0, 1].
    """
    outcome = outcomes(ranking, held_out, None)
    hits, filled, buyers = outcome.hits, outcome.filled, outcome.bought > 0
    each = np.ones_like(hits)
    whole = np.asarray(hits.any(axis=1)), np.asarray(filled.any(axis=1)), buyers
    asked = {
        "pick, buyers": ("probability", probability, (hits, filled, each & buyers[:, None])),
        "list, buyers": ("list_probability", list_probability, whole),
        "pick, everyone": ("unconditional", unconditional, (hits, filled, each)),
    }
    curves: dict[str, ReliabilityCurve] = {}
    thresholds: dict[str, Threshold] = {}
    rates: dict[str, float] = {}
    for name, (field, stated, (happened, there, counted)) in asked.items():
        if stated is None:
            continue
        _check_shape(stated, happened.shape, field)
        use = counted & there & ~np.isnan(stated)
        if not use.any():
            raise InputError(
                f"{field} states nothing of {len(use):,} lists that could be judged: each is empty,"
                " without a probability, or of a client who bought nothing. Pass the lists that"
                " were served, and the purchases of their clients.",
                field=field,
            )
        p, y = stated[use], happened[use]
        curves[name] = reliability_curve(p, y, bins=bins, equal_counts=True)
        thresholds[name] = threshold_for_precision(p, y, wanted)
        rates[name] = float(y.mean())
    return ProbabilityReport(curves, thresholds, rates)


def _check_shape(array: FloatArray, shape: tuple[int, ...], field: str) -> None:
    if array.shape != shape:
        raise InputError(
            f"{field} has shape {array.shape}, but {shape} is needed: one for each slot or list of"
            " the ranking.",
            field=field,
            value=array.shape,
        )
