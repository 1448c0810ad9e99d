"""What a client wants: risk aversion, loss aversion round a reference return, and the horizon at
which they look.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from advisor.arrays import FloatArray, IntArray, frozen, numbers
from advisor.errors import InputError
from advisor.native.numbers import exp, normal_cdf
from advisor.readers import row_numbers

_INV_SQRT_2PI = 0.3989422804014327


RULES = {
    "risk_aversion": (0.0, "0 (only the mean counts) to inf (only the risk counts)"),
    "loss_aversion": (
        1.0,
        "1 (losses weigh as gains) or more; below 1 the best portfolio is no longer unique",
    ),
    "reference_return": (-np.inf, "a finite annual return"),
    "evaluation_years": (np.nextafter(0.0, 1.0), "more than 0 years"),
    "status_quo_cost": (0.0, "0 or more"),
    "mean": (-np.inf, "a finite annual return"),
    "volatility": (0.0, "0 or more"),
}
"""Smallest value of each quantity, and what it must be in words; only a risk aversion may be
infinite."""


@dataclass(frozen=True, eq=False)
class Preferences:
    """Preferences of c clients: maximise `m - g/2 s^2 - (l - 1) E[(b - r)+]`, for returns r of mean
    m and volatility s.

    Args:
        risk_aversion: `g`, shape (c,) or a number; 0 or more, inf for as little risk as can be.
        loss_aversion: `l`: how many times a loss below the reference hurts as a gain pleases, 1 or
            more; 1 is plain Markowitz.
        reference_return: `b`, annual: what is felt as a loss when missed.
        evaluation_years: After how many years the client looks. Long looks make losses rare.
        status_quo_cost: One-off cost of leaving the present holdings, a fraction of what is traded;
            needs holdings.

    Numbers are broadcast. Raises `InputError` where shapes disagree or a value is out of range.
    """

    risk_aversion: FloatArray
    loss_aversion: FloatArray
    reference_return: FloatArray
    evaluation_years: FloatArray
    status_quo_cost: FloatArray

    def __init__(
        self,
        risk_aversion: object,
        loss_aversion: object = 1.0,
        reference_return: object = 0.0,
        evaluation_years: object = 1.0,
        status_quo_cost: object = 0.0,
    ) -> None:
        values = (risk_aversion, loss_aversion, reference_return, evaluation_years, status_quo_cost)
        arrays = {
            item.name: _vector(value, item.name)
            for item, value in zip(fields(Preferences), values, strict=True)
        }
        try:
            rows = np.broadcast_arrays(*arrays.values())
        except ValueError:
            shapes = {name: a.shape for name, a in arrays.items()}
            raise InputError(
                f"Preferences have lengths {shapes}; give one number, or one a client.",
                field="preferences",
                value=shapes,
            ) from None
        for name, row in zip(arrays, rows, strict=True):
            object.__setattr__(self, name, frozen(row + 0.0))  # no negative zero

    def __len__(self) -> int:
        return len(self.risk_aversion)

    def __repr__(self) -> str:
        return (
            f"Preferences({len(self)} clients, risk aversion"
            f" {self.risk_aversion.min(initial=np.inf):g}..{self.risk_aversion.max(initial=0.0):g})"
        )

    def take(self, rows: IntArray | slice) -> Preferences:
        """The clients asked for, in that order.

        Raises:
            InputError: No row numbers, or one that there is not.
        """
        index = row_numbers(rows, len(self))
        return Preferences(*(getattr(self, item.name)[index] for item in fields(self)))

    def with_risk_aversion(self, risk_aversion: object) -> Preferences:
        """The same preferences with another risk aversion, shape (c,) or a number."""
        return Preferences(
            risk_aversion,
            self.loss_aversion,
            self.reference_return,
            self.evaluation_years,
            self.status_quo_cost,
        )

    def effective_risk_aversion(
        self,
        tolerance: FloatArray,
        mean: FloatArray,
        variance: FloatArray,
        slope: FloatArray,
        curve: FloatArray,
    ) -> FloatArray:
        """The fixed point of `loss_averse_risk_aversion` along a frontier, shape (c,): there the
        closed form, fed with the moments of the portfolio that it leads to, gives itself back.

        Args:
            tolerance: Risk tolerance of m corners, ascending.
            mean: Of the corners, shape (m,).
            variance: Shape (m,).
            slope: Half the derivative of variance by the share of the way to the next corner, at
                each corner, shape (m,).
            curve: Variance of the step to the next corner, shape (m,).

        Returns:
            Unique, because the objective is concave along the frontier; inf where the client takes
            no risk.

        Raises:
            InputError: A status-quo cost is not 0.
        """
        if (self.status_quo_cost > 0.0).any():
            raise InputError(
                "A status-quo cost is a cost of leaving present holdings, which a frontier does not"
                " know; pass the preferences and `current` to optimal_portfolio or"
                " optimal_portfolios.",
                field="status_quo_cost",
                value=float(self.status_quo_cost.max()),
            )
        gamma = self.risk_aversion.copy()
        averse = np.nonzero((self.loss_aversion > 1.0) & np.isfinite(gamma))[0]
        if averse.size:
            import advisor.optimize.kernels as kernels

            columns = (
                self.risk_aversion,
                self.loss_aversion,
                self.reference_return,
                self.evaluation_years,
            )
            search = kernels.preference_risk_aversions
            gamma[averse] = search(
                tolerance, mean, variance, slope, curve, *(c[averse] for c in columns)
            )
        return gamma


def loss_averse_risk_aversion(
    risk_aversion: FloatArray | float,
    loss_aversion: FloatArray | float,
    mean: FloatArray | float,
    volatility: FloatArray | float,
    *,
    reference_return: FloatArray | float = 0.0,
    evaluation_years: FloatArray | float = 1.0,
) -> FloatArray:
    """The plain risk aversion at which a loss-averse client trades off mean and risk of one
    portfolio.

    `(g + k phi(d) / (s sqrt(T))) / (1 + k Phi(d))` with `k = l - 1`, `d = (b - m) sqrt(T) / s`: the
    marginal rate of substitution, divided by s, of `m - g/2 s^2 - k E[(b - r)+]` for normal returns
    over T years. A portfolio on the frontier at this risk aversion is optimal for them.

    Args:
        risk_aversion: `g`, a number or shape (c,).
        loss_aversion: `l >= 1`.
        mean: `m` of the portfolio, annual.
        volatility: `s` of the portfolio, annual; 0 is the limit from above.
        reference_return: `b`, annual.
        evaluation_years: `T`.

    Returns:
        Shape of the arguments broadcast. At `l = 1` it is `g`; with a reference above the
        attainable mean it may be below `g`.

    Raises:
        InputError: A value is out of the range that `Preferences` allow, a volatility is negative,
            or shapes disagree.

    >>> float(loss_averse_risk_aversion(3.0, 1.0, 0.06, 0.10))
    3.0
    """
    arguments = {
        "risk_aversion": risk_aversion,
        "loss_aversion": loss_aversion,
        "mean": mean,
        "volatility": volatility,
        "reference_return": reference_return,
        "evaluation_years": evaluation_years,
    }
    arrays = {name: _checked(value, name) for name, value in arguments.items()}
    try:
        earned, paid = rates(*np.broadcast_arrays(*arrays.values()))
        return np.asarray(paid / earned)
    except ValueError:
        shapes = {name: a.shape for name, a in arrays.items()}
        raise InputError(
            f"The arguments have shapes {shapes}, which do not go together; give one number, or one"
            " a client.",
            field="mean",
            value=shapes,
        ) from None


def rates(
    risk_aversion: FloatArray,
    loss_aversion: FloatArray,
    mean: FloatArray,
    volatility: FloatArray,
    reference_return: FloatArray,
    evaluation_years: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """What a loss-averse client gains by a unit of mean, `1 + k Phi(d)`, and loses by a unit of
    half the variance, `g + k phi(d) / (s sqrt(T))`: the gradient of the objective, in arrays of one
    shape.
    """
    m, s, b = mean, volatility, reference_return
    kappa, scale = loss_aversion - 1.0, np.sqrt(evaluation_years)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        d = np.where(b == m, 0.0, (b - m) * scale / s)
        pull = np.where(
            s > 0.0,
            _INV_SQRT_2PI * exp(-0.5 * d * d) / (s * scale),
            np.where((b == m) & (kappa > 0.0), np.inf, 0.0),
        )
        paid = risk_aversion + np.where(kappa == 0.0, 0.0, kappa * pull)
        return np.asarray(1.0 + kappa * normal_cdf(d)), np.asarray(paid)


def _vector(value: object, name: str) -> FloatArray:
    rows = np.atleast_1d(_checked(value, name))
    if rows.ndim != 1:
        raise InputError(
            f"{name} has shape {rows.shape}; it must be {RULES[name][1]}, a number or one a"
            " client.",
            field=name,
            value=rows.shape,
        )
    return rows


def _checked(value: object, name: str) -> FloatArray:
    """The numbers of one preference in any shape; the first that is out of range is refused with
    its row.
    """
    values, (lowest, rule) = numbers(value, name), RULES[name]
    bad = ~(values >= lowest) | (np.isinf(values) & (name != "risk_aversion"))
    if bad.any():
        at = [int(i) for i in np.argwhere(bad)[0]]
        shown = float(values[tuple(at)])
        raise InputError(
            f"{name}{at or ''} is {shown}; it must be {rule}, a number or one a client.",
            field=name,
            value=shown,
        )
    return values
