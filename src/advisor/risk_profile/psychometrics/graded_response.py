"""The graded response model: ability with its standard error from ordered answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.annotations import Vector
from advisor.arrays import FloatArray, check_number, check_type, frozen, numbers
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.native.numbers import exp, logistic
from advisor.native.numbers import log as natural_log
from advisor.validation import checked

NODES = 33
REACH = 4.0
"""Quadrature of 33 equidistant nodes over [-4, 4] with a standard normal prior, as catR has it by
default."""
BLOCK = 4096
"""Respondents scored at a time: 4096 x 33 doubles stay in the second-level cache."""
TINY = 1e-300
MOST_CODE = 127
Categories = npt.NDArray[np.int8]


def answer_codes(responses: npt.ArrayLike) -> Categories:
    """Answers as they are kept, in one byte each, any shape.

    Raises:
        InputError: One is no whole number, below -1 or above 127, and would become another.
    """
    if (
        isinstance(responses, np.ndarray)
        and responses.dtype == np.int8
        and not (responses < -1).any()
    ):
        return responses
    values = numbers(responses, "responses")
    bad = ~((values >= -1.0) & (values <= MOST_CODE) & (values == np.floor(values)))
    if bad.any():
        value = float(values[bad][0])
        raise InputError(
            f"responses hold {value:g}; an answer is a whole number from 0 to {MOST_CODE}, and -1"
            " means none. Recode them.",
            field="responses",
            value=value,
        )
    return values.astype(np.int8)


@dataclass(frozen=True, eq=False)
class Ability:
    """Posterior mean and standard deviation of c respondents, shape (c,) each; 0 and 1 are the
    population's mean and deviation.
    """

    theta: FloatArray
    standard_error: FloatArray


@dataclass(frozen=True, eq=False)
class GradedResponseModel:
    """`P(X_i >= k | theta) = 1 / (1 + exp(-a_i (theta - b_ik)))` for `q` items.

    Attributes:
        items: Ids, length q.
        discrimination: a, positive, shape (q,).
        thresholds: b, rising within an item, nan beyond its last, shape (q, m).
        log_likelihood, cycles: Of the calibration, where there was one.

    Source: Samejima (1969), Psychometrika monograph 17.
    """

    items: tuple[str, ...]
    discrimination: FloatArray
    thresholds: FloatArray
    log_likelihood: float = field(default=float("nan"))
    cycles: int = 0

    @classmethod
    @checked
    def of(cls, parameters: Mapping[str, tuple[float, Sequence[float]]]) -> GradedResponseModel:
        """From `{item: (discrimination, thresholds)}`.

        Raises:
            InputError: No item, a discrimination that is not positive, or thresholds that do not
                rise.
        """
        items = unique_ids(tuple(parameters), "items")
        if not items:
            raise InputError(
                "The model has no items; nobody could be scored. Give at least one.",
                field="items",
                value=(),
            )
        slopes, cuts = np.empty(len(items)), list[FloatArray]()
        for row, (name, pair) in enumerate(cast("Mapping[str, Any]", parameters).items()):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                check_type(pair, (), name, "Give its discrimination and its thresholds.")
            remedy = "Only a positive discrimination lets riskier answers mean more tolerance."
            slopes[row] = check_number(pair[0], f"discrimination of {name}", remedy, above=0.0)
            b = numbers(pair[1], f"thresholds of {name}")
            cuts.append(b)
            if b.ndim != 1 or not len(b) or not np.isfinite(b).all() or (np.diff(b) <= 0).any():
                raise InputError(
                    f"Item {name!r} has thresholds {b.tolist()}; they must rise, one between each"
                    " two answers. Sort them.",
                    field=name,
                    value=b.tolist(),
                )
        thresholds = np.full((len(items), max(map(len, cuts))), np.nan)
        for row, b in enumerate(cuts):
            thresholds[row, : len(b)] = b
        return cls(items, frozen(slopes), frozen(thresholds))

    @cached_property
    def categories(self) -> tuple[int, ...]:
        """Number of answers of each item."""
        return tuple(int(n) + 1 for n in (~np.isnan(self.thresholds)).sum(axis=1))

    @checked
    def probability(self, theta: Vector) -> FloatArray:
        """P(X_i = k | theta), shape (t, q, m + 1); 0 beyond an item's last answer."""
        beyond = np.where(np.isnan(self.thresholds), np.inf, self.thresholds)
        above = logistic(self.discrimination[:, None] * (theta[:, None, None] - beyond))
        edge = np.ones((len(theta), len(self.items), 1))
        return np.concatenate([edge, above], axis=2) - np.concatenate(
            [above, np.zeros_like(edge)], axis=2
        )

    @cached_property
    def nodes(self) -> FloatArray:
        """Quadrature nodes, shape (33,)."""
        return frozen(np.linspace(-REACH, REACH, NODES))

    @cached_property
    def prior(self) -> FloatArray:
        """Prior weights of the nodes, shape (33,); they add up to 1."""
        weight = exp(-0.5 * self.nodes**2)
        return frozen(weight / weight.sum())

    @cached_property
    def _log_tables(self) -> tuple[FloatArray, ...]:
        """Per item log P at the nodes by answer, with zeros in the last row, where -1 (no answer)
        finds them.
        """
        log = natural_log(np.maximum(self.probability(self.nodes), TINY))
        return tuple(
            frozen(np.vstack([log[:, i, :n].T, np.zeros(NODES)]))
            for i, n in enumerate(self.categories)
        )

    def posteriors(self, responses: Categories) -> Iterator[tuple[slice, FloatArray]]:
        """Posterior weights over the nodes, block by block, rows adding up to 1; a row's bits do
        not depend on its neighbours.

        Raises:
            InputError: Another number of items, or an answer an item does not have.
        """
        codes = self._checked(responses)
        start_log = natural_log(self.prior)
        for start in range(0, codes.shape[1], BLOCK):
            block = slice(start, min(start + BLOCK, codes.shape[1]))
            log = np.tile(start_log, (block.stop - block.start, 1))
            part = np.empty_like(log)
            for i, table in enumerate(self._log_tables):
                log += np.take(table, codes[i, block], axis=0, out=part, mode="wrap")
            log -= log.max(axis=1, keepdims=True)
            log = exp(log)
            log /= log.sum(axis=1, keepdims=True)
            yield block, log

    def score(self, responses: Categories) -> Ability:
        """Expected a posteriori ability and its posterior standard deviation.

        Args:
            responses: Answers 0, 1, ... of each item, -1 = not answered, shape (c, q).

        Returns:
            Ability; with no answer it is 0 with standard error 1 (to the quadrature's accuracy),
            and it never falls when an answer rises.

        Source: Bock & Mislevy (1982); the grid is that of catR's `eapEst`.
        """
        theta, error = np.empty((2, self._checked(responses).shape[1]))
        for block, posterior in self.posteriors(responses):
            mean = (posterior * self.nodes).sum(axis=1)
            theta[block] = mean
            error[block] = np.sqrt((posterior * (self.nodes - mean[:, None]) ** 2).sum(axis=1))
        return Ability(theta, error)

    @checked
    def information(self, theta: Vector) -> FloatArray:
        """Information of each item, `sum over k of P'_k^2 / P_k`, shape (t, q); the test's is its
        sum over items.
        """
        beyond = np.where(np.isnan(self.thresholds), np.inf, self.thresholds)
        above = logistic(self.discrimination[:, None] * (theta[:, None, None] - beyond))
        slope = self.discrimination[:, None] * above * (1.0 - above)
        edge = np.zeros((len(theta), len(self.items), 1))
        change = np.concatenate([edge, slope], axis=2) - np.concatenate([slope, edge], axis=2)
        return (change**2 / np.maximum(self.probability(theta), TINY)).sum(axis=2)

    def person_fit(self, responses: Categories) -> FloatArray:
        """Standardised log-likelihood l_z of each respondent's answers at their own ability, shape
        (c,); nan where nothing is answered.

        Far below 0: answers that hardly anybody of that ability would give together.

        Source: Drasgow, Levine & Williams (1985), British Journal of Mathematical and Statistical
        Psychology 38.
        """
        codes = self._checked(responses)
        theta = self.score(responses).theta
        fit = np.empty(len(theta))
        for start in range(0, len(theta), BLOCK):
            block = slice(start, start + BLOCK)
            p = self.probability(theta[block])
            log = natural_log(np.maximum(p, TINY))
            answers = codes[:, block].T
            asked = answers >= 0
            observed = np.take_along_axis(
                log, np.maximum(answers, 0)[:, :, None].astype(np.int64), axis=2
            )[:, :, 0]
            mean = (p * log).sum(axis=2)
            variance = (p * log**2).sum(axis=2) - mean**2
            with np.errstate(invalid="ignore", divide="ignore"):
                fit[block] = np.where(asked, observed - mean, 0.0).sum(axis=1) / np.sqrt(
                    np.where(asked, variance, 0.0).sum(axis=1)
                )
        return fit

    def to_frame(self) -> pd.DataFrame:
        """One row an item: discrimination and thresholds b1, b2, ..."""
        columns = {f"b{k + 1}": self.thresholds[:, k] for k in range(self.thresholds.shape[1])}
        return pd.DataFrame(
            {"discrimination": self.discrimination, **columns},
            index=pd.Index(self.items, name="item"),
        )

    def _checked(self, responses: npt.ArrayLike) -> Categories:
        responses = answer_codes(responses)
        if responses.ndim != 2 or responses.shape[1] != len(self.items):
            raise InputError(
                f"responses has shape {responses.shape}, but one column for each of the"
                f" {len(self.items)} items is needed.",
                field="responses",
                value=responses.shape,
            )
        codes = np.ascontiguousarray(responses.T)
        for i, (name, count) in enumerate(zip(self.items, self.categories, strict=True)):
            if codes.shape[1] and (codes[i].max() >= count or codes[i].min() < -1):
                raise InputError(
                    f"Item {name!r} has the answers 0..{count - 1}, but"
                    f" {int(codes[i].min())}..{int(codes[i].max())} were given; -1 means none."
                    " Recode them.",
                    field=name,
                    value=int(codes[i].max()),
                )
        return codes

    def __repr__(self) -> str:
        return (
            f"GradedResponseModel({len(self.items)} items, discrimination"
            f" {self.discrimination.min():.2f}..{self.discrimination.max():.2f})"
        )
