"""Factor models trained by `implicit`: the one file that imports it. Only its training is used,
never its ranking.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from advisor.annotations import Count
from advisor.arrays import FloatArray
from advisor.errors import SolverError
from advisor.recommend.model.encoders import Held
from advisor.recommend.model.factors import FoldedIn, Member
from advisor.recommend.model.fitted import FittedModel
from advisor.recommend.model.purchases import History
from advisor.recommend.recipes.recipe import Recipe, Training
from advisor.recommend.recipes.settings import HalfLife, LearningRate, PurchaseWeight, Ridge
from advisor.recommend.ridge import ridge_of
from advisor.recommend.threads import one_thread
from advisor.validation import checked

MAP_RIDGE = 10.0
"""Ridge of the map from holdings to BPR factors, in clients: an item with fewer owners than this
says little about a newcomer."""

PASSES, MOST_PASSES, STEPS = 100, 1_000, 1_000_000
"""Of BPR: passes over the purchases, the most there may be, and the steps there should be."""


@contextmanager
def _openmp_runtime() -> Generator[None]:
    """Say what is missing where the compiled loops of `implicit` cannot be loaded."""
    try:
        yield
    except ImportError as error:
        raise SolverError(
            f"implicit cannot be loaded ({error}); its loops need the OpenMP runtime libgomp."
            " Install it (Debian: the package libgomp1), or use a recipe that needs no training by"
            " implicit, such as EASE.",
            solver="implicit",
            status="not loaded",
        ) from error


def _trained(trainer: Any, history: History, name: str) -> tuple[FloatArray, FloatArray]:
    """Client and item factors as float64."""
    rows = history.rows
    matrix = sparse.csr_matrix(
        (rows.full_weights().astype(np.float32), rows.codes.astype(np.int32), rows.indptr),
        shape=(len(rows), len(history.items)),
    )
    try:
        trainer.fit(matrix, show_progress=False)
    except Exception as error:
        raise SolverError(
            f"{name} could not be trained ({error}).",
            solver="implicit",
            status=type(error).__name__,
        ) from error
    clients, items = (
        np.asarray(trainer.user_factors, dtype=np.float64),
        np.asarray(trainer.item_factors, dtype=np.float64),
    )
    if not (np.isfinite(clients).all() and np.isfinite(items).all()):
        raise SolverError(
            f"{name} diverged: factors are not finite. Raise regularization.",
            solver="implicit",
            status="not finite",
        )
    return clients, items


@checked
@dataclass(frozen=True)
class ALS(Recipe):
    """Weighted least-squares factors; clients are folded in exactly when they are scored.

    Args:
        factors: Length of a factor.
        regularization: Ridge on both sides; None: the one that finds left-out purchases best (see
            `ridge_of`), so that it has the scale of the data (the fitted model's `parameters` say
            what it was). One that leaves no factor is refused. `implicit`'s own default (0.01)
            loses to popularity by far where clients hold little, and is right where they hold much.
        alpha: Weight of a purchase against 1 for what was not bought.
        iterations: Sweeps.
        half_life_days: Days in which a purchase loses half its weight as something to learn from;
            None: no recency.

    Source: Hu, Koren & Volinsky (2008), section 4.
    """

    GRID = ({"factors": 16}, {"factors": 64}, {"half_life_days": 90.0}, {"alpha": 4.0})

    factors: Count = 32
    regularization: Ridge | None = None
    alpha: PurchaseWeight = 1.0
    iterations: Count = 15
    half_life_days: HalfLife | None = None

    def learn(self, training: Training) -> FittedModel:
        """Alternate. Same bytes for the same seed at any thread count."""
        with _openmp_runtime():
            from implicit.cpu.als import AlternatingLeastSquares

        history = training.history(self.half_life_days)
        with one_thread():
            ridge = ridge_of(history, self.alpha, self.regularization, self.factors)
            settings = self.settings() | {"regularization": ridge, "seed": training.seed}
            trainer = AlternatingLeastSquares(
                factors=self.factors,
                regularization=ridge,
                alpha=self.alpha,
                iterations=self.iterations,
                random_state=training.seed,
            )
            _, items = (
                _trained(trainer, history, "ALS")
                if len(training.interactions)
                else (None, np.zeros((len(history.items), self.factors)))
            )
            base = items.T @ items
            popular = history.popularity()[None, : history.n_products]
            if (
                self.alpha == 1.0
                # every client has the same system, so scores are linear in what is held:
                # an item model
            ):
                weights = items @ np.linalg.solve(
                    base + ridge * np.eye(self.factors), items[: history.n_products].T
                )
                return FittedModel(
                    "ALS", history, Held(history.items), np.vstack([weights, popular]), settings
                )
        none, zero = np.zeros((0, self.factors)), np.zeros(self.factors)
        encoder = FoldedIn(
            history.items, items, base, ridge, self.alpha - 1.0, self.alpha * items, none, zero
        )
        return FittedModel(
            "ALS", history, encoder, np.vstack([items[: history.n_products].T, popular]), settings
        )


@checked
@dataclass(frozen=True)
class BPR(Recipe):
    """Factors trained to put what was bought above what was not, pair by pair.

    On a bank's small catalogue it loses to popularity (FAR-Trans, 6 of the given time points:
    nDCG@10 .23 against .31). It is here for large catalogues and for comparison.

    Args:
        factors: Length of a factor.
        learning_rate: Step of the stochastic gradient.
        regularization: Ridge on both sides, applied once a step and so per purchase: it has no
            scale of its own.
        iterations: Passes over the purchases; None: 100, and where purchases are few as many as
            make `STEPS` steps (at most `MOST_PASSES`). These are the defaults of `implicit`. More
            steps, longer ones or a larger ridge do no better on FAR-Trans, and worse on
            MovieLens-100k.

    Source: Rendle, Freudenthaler, Gantner & Schmidt-Thieme (2009), section 4.
    """

    GRID = ({"factors": 32}, {"regularization": 0.05, "learning_rate": 0.05})

    factors: Count = 100
    learning_rate: LearningRate = 0.01
    regularization: Ridge = 0.01
    iterations: Count | None = None

    def learn(self, training: Training) -> FittedModel:
        """Descend, on one thread: with more, the order of the steps (and the result) would depend
        on their number.
        """
        with _openmp_runtime():
            from implicit.cpu.bpr import BayesianPersonalizedRanking

        history = training.history()
        few = min(-(-STEPS // max(len(history.rows.codes), 1)), MOST_PASSES)
        passes = max(PASSES, few) if self.iterations is None else self.iterations
        with one_thread():
            trainer = BayesianPersonalizedRanking(
                factors=self.factors,
                learning_rate=self.learning_rate,
                regularization=self.regularization,
                iterations=passes,
                random_state=training.seed,
                num_threads=1,
            )
            people, items = _trained(trainer, history, "BPR")
            image = _newcomers_map(history, people[:, :-1])
        encoder = Member(history.items, people[:, :-1].copy(), image)
        matrix = np.vstack(
            [items[: history.n_products].T, history.popularity()[None, : history.n_products]]
        )
        settings = self.settings()
        return FittedModel(
            "BPR",
            history,
            encoder,
            matrix,
            settings | {"seed": training.seed, "iterations": passes},
        )


def _newcomers_map(history: History, people: FloatArray) -> FloatArray:
    """Ridge regression of trained client factors on what is held: what holding each item adds, and
    the constant, shape (items + 1, f).
    """
    rows = history.rows
    held = rows.matrix(len(history.items))
    mean = people.mean(axis=0)
    system = (held.T @ held).toarray() + MAP_RIDGE * np.eye(len(history.items))
    return np.vstack([np.linalg.solve(system, held.T @ (people - mean)), mean])
