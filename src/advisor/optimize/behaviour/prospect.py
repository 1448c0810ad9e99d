"""Cumulative prospect theory on the frontier: curved values and weighted chances, by a search over
one dimension.

For elliptically distributed returns every prospect-theory investor holds a portfolio of the
mean-variance frontier, because all portfolios of one volatility have the same shape and the higher
mean is better in every one of them. **Where returns are not elliptical (options, pension
guarantees, lottery stocks) that fails**: the theory likes skewness, and the best portfolio may lie
far from the frontier. Then use scenarios instead.

Source: Tversky & Kahneman (1992), Advances in Prospect Theory, JRU 5; Pirvu & Schulze (2012),
Multi-stock portfolio optimization under prospect theory; Levy & Levy (2004), Prospect theory and
mean-variance analysis, RFS 17.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
from scipy.special import ndtr

from advisor.arrays import FloatArray, frozen
from advisor.errors import InputError
from advisor.optimize.frontier.frontier import Frontier
from advisor.readers import Number
from advisor.validation import checked

NODES = 200
"""Gauss-Legendre nodes on each side of the reference: the value is then good to about 1e-9."""
TAIL = 14.0
"""Standard deviations beyond which weighted chances are zero to the last bit."""
GRID = 33
"""Places looked at on each segment: the objective is not concave, so that the best of them is only
where the search starts."""
GOLDEN = 0.6180339887498949


Size = Annotated[float, Number("Give a number between 1e-12 and 1e6.", low=1e-12, high=1e6)]
Curvature = Annotated[float, Number("Give a number between 0.001 and 1.", low=1e-3, high=1.0)]
Weighting = Annotated[float, Number("Give a number between 0.3 and 1.", low=0.3, high=1.0)]
Reference = Annotated[float, Number("Give an annual return.", low=-1e6, high=1e6)]


@checked
@dataclass(frozen=True)
class Prospect:
    """One client's prospect-theory value of a return x over the reference: `x^a`, and `-l (-x)^a`
    below it, with chances weighted.

    Args:
        loss_aversion: `l`, more than 0; 2.25 in the 1992 experiment, 1.955 in the meta-analysis of
            Brown et al. (2024).
        curvature: `a`, above 0, at most 1 (1 is linear); 0.88.
        gain_weighting: `c` of `w(p) = p^c / (p^c + (1-p)^c)^(1/c)` for gains, 0.3 to 1 (1 leaves
            chances as they are); 0.61.
        loss_weighting: The same for losses; 0.69.
        reference_return: Annual.
        evaluation_years: Years after which the client looks.

    Raises:
        InputError: A number is out of range.
    """

    loss_aversion: Size = 2.25
    curvature: Curvature = 0.88
    gain_weighting: Weighting = 0.61
    loss_weighting: Weighting = 0.69
    reference_return: Reference = 0.0
    evaluation_years: Size = 1.0


def weighted_chance(p: FloatArray, weighting: float) -> FloatArray:
    """Decision weight of a chance, same shape: small chances count for more, large ones for less.
    `w(0.5) = 0.4206` at 0.61.
    """
    up, down = p**weighting, (1.0 - p) ** weighting
    return up / (up + down) ** (1.0 / weighting)


@checked
def prospect_value(prospect: Prospect, mean: FloatArray, volatility: FloatArray) -> FloatArray:
    """Value of normal returns, shape of `mean` and `volatility` broadcast.

    Args:
        prospect: The client.
        mean: Annual, any shape.
        volatility: Annual; 0 is a sure return.

    Returns:
        Gains minus losses in the units of `return^curvature` over the evaluation period. Each side
        is `integral of w(P(X > x)) dv(x)`, an integration by parts that has neither a density nor a
        singular decision weight in it, taken by Gauss-Legendre in the value instead of the return.
    """
    years = prospect.evaluation_years
    try:
        m, s = np.broadcast_arrays(
            (mean - prospect.reference_return) * years, volatility * np.sqrt(years)
        )
    except ValueError:
        raise InputError(
            f"mean has shape {mean.shape}, volatility {volatility.shape}, which do not go together;"
            " give one of each.",
            field="volatility",
            value=volatility.shape,
        ) from None
    gain = _one_side(m, s, prospect.curvature, prospect.gain_weighting)
    loss = _one_side(-m, s, prospect.curvature, prospect.loss_weighting)
    return gain - prospect.loss_aversion * loss


def _one_side(m: FloatArray, s: FloatArray, curvature: float, weighting: float) -> FloatArray:
    nodes, masses = _legendre()
    # the chance of x is all but 1 below m - TAIL s and all but 0 above m + TAIL s: only what lies
    # between is integrated
    low, high = (
        np.maximum(m - TAIL * s, 0.0) ** curvature,
        np.maximum(m + TAIL * s, 0.0) ** curvature,
    )
    value = low[..., None] + (high - low)[..., None] * nodes
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (m[..., None] - value ** (1.0 / curvature)) / s[..., None]
    chance = np.where(s[..., None] > 0.0, ndtr(np.nan_to_num(z)), 0.0)
    return low + (high - low) * np.einsum("...k,k->...", weighted_chance(chance, weighting), masses)


@cache
def _legendre() -> tuple[FloatArray, FloatArray]:
    """Nodes and masses on (0, 1), denser towards 0 by the substitution u^2, where the value of
    small gains bends.
    """
    x, w = np.polynomial.legendre.leggauss(NODES)
    u = 0.5 * (x + 1.0)
    return frozen(u**2), frozen(0.5 * w * 2.0 * u)


@checked
def at_prospect(frontier: Frontier, prospect: Prospect) -> FloatArray:
    """The frontier portfolio a prospect-theory client likes best.

    Args:
        frontier: Of normally (elliptically) distributed returns; see the caveat above.
        prospect: The client.

    Returns:
        Weights, shape (n,). Without limits the problem may have no maximum at all (risk lovers for
        whom leverage always pays); on a frontier with limits it has one. Found by a grid over every
        segment and a golden-section search round its best point.
    """
    s = frontier.segments
    corner = np.repeat(np.arange(len(frontier)), GRID)
    share = np.tile(np.linspace(0.0, 1.0, GRID, endpoint=False), len(frontier))
    corner, share = corner[: -(GRID - 1)], share[: -(GRID - 1)]  # of the last corner only itself
    place = corner + share
    best = int(np.argmax(prospect_value(prospect, *s.moments(corner, share))))
    low, high = float(place[max(best - 1, 0)]), float(place[min(best + 1, len(place) - 1)])

    def worth(x: float) -> float:
        at = np.array([min(int(x), len(frontier) - 1)])
        return float(prospect_value(prospect, *s.moments(at, np.array([x - at[0]])))[0])

    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    worth_a, worth_b = worth(a), worth(b)
    while high - low > 1e-9:
        if worth_a < worth_b:
            low, a, worth_a = a, b, worth_b
            b = low + GOLDEN * (high - low)
            worth_b = worth(b)
        else:
            high, b, worth_b = b, a, worth_a
            a = high - GOLDEN * (high - low)
            worth_a = worth(a)
    position = max((float(place[best]), 0.5 * (low + high)), key=worth)
    at = min(int(position), len(frontier) - 1)
    return s.portfolios(np.array([at]), np.array([position - at]))[0]
