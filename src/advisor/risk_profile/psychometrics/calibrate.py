"""Item parameters of the graded response model by marginal maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from advisor.arrays import FloatArray, check_number, check_whole
from advisor.contracts.thresholds import reaches
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.risk_profile.psychometrics.graded_response import (
    TINY,
    Categories,
    GradedResponseModel,
    answer_codes,
)

STEEPEST = 6.0
"""Largest discrimination: an item that splits people like a switch has none that is finite."""
FLATTEST = 0.02
"""Smallest discrimination: an item that ends here does not measure what the others do."""


def calibrate(
    responses: npt.ArrayLike,
    *,
    items: Sequence[str] | None = None,
    tolerance: float = 1e-4,
    max_cycles: int = 500,
) -> GradedResponseModel:
    """Item parameters from answers alone, by expectation-maximisation over the quadrature.

    Args:
        responses: Answers 0, 1, ... of each item, -1 = not answered, shape (c, q). Score reversed
            items the right way round first.
        items: Ids of the columns; default "0", "1", ...
        tolerance: Stop when no parameter moves by more than this in a cycle.
        max_cycles: Most cycles; the model says how many it took.

    Returns:
        A model whose scale is that of the respondents (mean 0, deviation 1). Its log-likelihood
        never falls from cycle to cycle, since a step that would not raise an item's expected
        log-likelihood is halved or dropped.

    Raises:
        InputError: Fewer than two items, an answer that nobody gave (its thresholds would be
            anywhere), or an item that runs against the others or tells nothing of what they measure
            (it is named).

    Source: Bock & Aitkin (1981); Baker & Kim (2004), Item Response Theory, chapter 8.
    """
    check_number(tolerance, "tolerance", "It stops the cycles.", above=0.0)
    check_whole(max_cycles, "max_cycles", "It is a number of cycles.", low=1)
    codes = answer_codes(responses)
    width = codes.shape[1] if codes.ndim > 1 else 0
    names = unique_ids(range(width) if items is None else items, "items")
    counts = _answer_counts(codes, names)
    slopes = np.ones(len(names))
    cuts = [_starting_cuts(n) for n in counts]
    model = _model(names, slopes, cuts)
    for cycle in range(1, max_cycles + 1):
        expected, log_likelihood = _expected_counts(model, codes, counts)
        change = 0.0
        for i, table in enumerate(expected):
            a, c = _improve(float(slopes[i]), cuts[i], table, model.nodes)
            change = max(change, abs(a - float(slopes[i])), float(np.abs(c - cuts[i]).max()))
            slopes[i], cuts[i] = a, c
        model = _model(names, slopes, cuts, log_likelihood, cycle)
        if change < tolerance:
            break
    _check_slopes(codes, names, slopes)
    return model


def _check_slopes(codes: Categories, names: Sequence[str], slopes: FloatArray) -> None:
    """Raise `InputError` that names the items which run against the others, or tell nothing, by
    their correlation with the mean of the rest.
    """
    flat = [i for i in range(len(names)) if reaches(FLATTEST, float(slopes[i]))]
    if not flat:
        return
    scores = np.where(codes >= 0, codes, np.nan).astype(np.float64)
    scores -= np.nanmean(scores, axis=0)
    items: list[str] = []
    for i in flat:
        rest = np.delete(scores, i, axis=1)
        known = ~np.isnan(scores[:, i]) & ~np.isnan(rest).all(axis=1)
        other, own = np.nanmean(rest[known], axis=1), scores[known, i]
        spread = float(np.sqrt((own**2).sum() * (other**2).sum()))
        items.append(f"{names[i]!r} ({(own * other).sum() / spread if spread > 0.0 else 0.0:+.2f})")
    raise InputError(
        f"Item(s) {', '.join(items)} do not rise with the others (in brackets the correlation with"
        " the rest); below 0 an item is scored the wrong way round and would count against"
        " tolerance, near 0 it tells nothing. Reverse its answers, or drop it.",
        field=names[flat[0]],
        value=[names[i] for i in flat],
    )


def _answer_counts(codes: Categories, names: Sequence[str]) -> list[FloatArray]:
    if codes.ndim != 2 or codes.shape[1] < 2 or codes.shape[1] != len(names):
        raise InputError(
            f"responses has shape {codes.shape} for {len(names)} items; at least two items, a"
            " column each, are needed.",
            field="responses",
            value=codes.shape,
        )
    counts: list[FloatArray] = []
    for i, name in enumerate(names):
        seen = np.bincount(codes[codes[:, i] >= 0, i]).astype(np.float64)
        if len(seen) < 2 or (seen == 0).any():
            empty = int(np.argmin(seen)) if len(seen) > 1 else 1
            raise InputError(
                f"Nobody gave answer {empty} to item {name!r}; where it begins cannot be estimated."
                " Join it with its neighbour, or drop the item.",
                field=name,
                value=seen.tolist(),
            )
        counts.append(seen)
    return counts


def _starting_cuts(seen: FloatArray) -> FloatArray:
    """Intercepts that reproduce the shares of answers for a person in the middle."""
    above = 1.0 - np.cumsum(seen)[:-1] / seen.sum()
    return logit(np.clip(above, 1e-4, 1.0 - 1e-4))


def _model(
    names: Sequence[str],
    slopes: FloatArray,
    cuts: Sequence[FloatArray],
    log_likelihood: float = float("nan"),
    cycles: int = 0,
) -> GradedResponseModel:
    base = GradedResponseModel.of(
        {
            name: (float(a), (-c / a).tolist())
            for name, a, c in zip(names, slopes, cuts, strict=True)
        }
    )
    return GradedResponseModel(
        base.items, base.discrimination, base.thresholds, log_likelihood, cycles
    )


def _expected_counts(
    model: GradedResponseModel, codes: Categories, counts: Sequence[FloatArray]
) -> tuple[list[FloatArray], float]:
    """Per item how many respondents at each node gave each answer, shape (answers, nodes), and the
    marginal log-likelihood.
    """
    tables = [np.zeros((len(seen), len(model.nodes))) for seen in counts]
    log_likelihood = 0.0
    probability = np.log(np.maximum(model.probability(model.nodes), TINY))
    for block, posterior in model.posteriors(codes):
        best = int(np.argmax(model.prior))
        log_likelihood += float(np.log(model.prior[best] / posterior[:, best]).sum())
        for i, table in enumerate(tables):
            item_answers = codes[block, i]
            log_likelihood += float(probability[best, i, item_answers[item_answers >= 0]].sum())
            for answer in range(len(table)):
                table[answer] += posterior[item_answers == answer].sum(axis=0)
    return tables, log_likelihood


def _improve(
    a: float, c: FloatArray, table: FloatArray, nodes: FloatArray, steps: int = 3
) -> tuple[float, FloatArray]:
    """A few Fisher scoring steps on one item's expected log-likelihood, each halved until it
    helps.
    """
    value = _value(a, c, table, nodes)
    for _ in range(steps):
        gradient, information = _slope(a, c, table, nodes)
        step = np.linalg.solve(
            information + 1e-9 * np.trace(information) * np.eye(len(gradient)), gradient
        )
        for _ in range(12):
            new_a, new_c = float(np.clip(a + step[0], FLATTEST, STEEPEST)), c + step[1:]
            new_value = (
                _value(new_a, new_c, table, nodes) if (np.diff(new_c) < -1e-6).all() else -np.inf
            )
            if new_value >= value:
                a, c, value = new_a, new_c, new_value
                break
            step = 0.5 * step
    return a, c


def _cumulative(a: float, c: FloatArray, nodes: FloatArray) -> FloatArray:
    return expit(a * nodes + c[:, None])


def _value(a: float, c: FloatArray, table: FloatArray, nodes: FloatArray) -> float:
    above = _cumulative(a, c, nodes)
    p = np.vstack([np.ones_like(nodes), above]) - np.vstack([above, np.zeros_like(nodes)])
    return float((table * np.log(np.maximum(p, TINY))).sum())


def _slope(
    a: float, c: FloatArray, table: FloatArray, nodes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gradient and expected information of (a, c), shapes (1 + m,) and (1 + m, 1 + m)."""
    above = _cumulative(a, c, nodes)
    edge = np.zeros((1, len(nodes)))
    p = np.maximum(np.vstack([edge + 1.0, above]) - np.vstack([above, edge]), 1e-12)
    density = above * (1.0 - above)
    m = len(c)
    change = np.zeros((1 + m, m + 1, len(nodes)))  # of each answer's probability, by parameter
    change[0] = (np.vstack([edge, density]) - np.vstack([density, edge])) * nodes
    for k in range(m):
        change[1 + k, k + 1] = density[k]
        change[1 + k, k] = -density[k]
    gradient = (change * (table / p)).sum(axis=(1, 2))
    weight = table.sum(axis=0) / p
    information = np.einsum("ikn,jkn,kn->ij", change, change, weight)
    return gradient, information
