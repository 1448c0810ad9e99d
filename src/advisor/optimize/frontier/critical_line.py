"""Markowitz' critical line: every corner of the frontier, each one certified.

The program is `min 1/2 w'Sw - t m'w` over the limits, for all risk tolerances `t >= 0` at once. Its
solution is piecewise linear in `t`; the corners are where the set of active limits changes. The
walk goes upward from the least risky portfolio, found by pivoting: from that side ties at the top
of the frontier (equal best means, caps that divide 1) are ordinary events. Where events coincide
the textbook rule can take a wrong turn: then the walk says so, the exact solver finds the active
set a little further up, and the walk goes on from there. At the end every corner is certified by
its duality gap; what does not certify, or descends, is walked again (with every weight in units of
its own risk, where risks differ by orders of magnitude), and then traced by `cover`, which asks the
exact solver for every single active set. What even that cannot certify is refused.

Source: Markowitz & Todd (2000), Mean-Variance Analysis in Portfolio Choice and Capital Markets,
chapters 7-9.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from advisor.arrays import FloatArray
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, SolverError
from advisor.optimize.frontier.active_set import ExactSolver
from advisor.optimize.frontier.corner_path import CornerPath, PathProof, certify_path, merged
from advisor.optimize.frontier.cover import cover
from advisor.optimize.frontier.scaled_program import ScaledProgram, active_sides, scaled_program
from advisor.optimize.limits.infeasible import DeferredInfeasibleError, out_of_reach
from advisor.optimize.limits.limits import Limits

CERTIFIED = 1e-10
"""Largest KKT residual of a corner: a few ulps in practice, more only where a singular covariance
needs a ridge."""
PROMISED = 1e-9
"""Largest one that is returned, where no way comes to a better proof."""
ASCENDING = 1e-9
"""By how much of what they are made of mean and variance may fall from corner to corner:
rounding."""
RISKLESS = 1e-20
"""Share of the largest variance below which an asset has none."""
UNEVEN = 100.0
"""Volatilities that differ by more than this factor are worth measuring each by itself."""
NUDGES = (1e-6, 1e-8, 1e-10)
"""How far above a tie the exact solver is asked which limits are active, as a share of the risk
tolerance there."""
MAX_RESTARTS = 200
Traced = tuple[CornerPath, PathProof]


def trace_corners(model: ReturnModel, limits: Limits, *, judged: bool = False) -> Traced:
    """Every corner portfolio, from the least risky one upward.

    Args:
        model: Means and covariance of n assets.
        limits: Their limits; the volatility cap is not looked at here.
        judged: The caller proves each portfolio that is taken from the path.

    Returns:
        The corners, and their proof: every KKT residual is below 1e-9, also between corners, and
        mean and variance do not fall. Where the caller judges, the best path there is.

    Raises:
        InfeasibleError: No portfolio satisfies the limits (unnamed: see
            `infeasible.name_contradiction`).
        SolverError: A corner could not be certified.
    """
    if bool((limits.lower >= limits.upper).all()):
        return _single(model, limits)
    paths: list[tuple[bool, Traced]] = []
    for way in (_straightforward, _walked_evenly, _walked, _covered):
        if way is _walked_evenly and out_of_reach(limits):
            raise DeferredInfeasibleError(limits)
        try:
            traced = way(model, limits)
        except SolverError:
            if way is _covered and not paths:
                raise
            continue
        if traced is None:
            continue
        rises = _ascends(model, *traced)
        if rises and traced[1].worst <= CERTIFIED:
            return traced
        paths.append((rises, traced))
    usable = [traced for rises, traced in paths if rises or judged]
    best = min(usable, key=lambda t: float(np.nan_to_num(t[1].worst, nan=np.inf)), default=None)
    if best is None:
        raise SolverError(
            "Risk and return do not rise along the frontier that was found, so some of its"
            " portfolios are not optimal and none is returned. The covariance is near-singular,"
            " with volatilities that differ by orders of magnitude; shrink it, or leave out what is"
            " nearly riskless.",
            solver="critical line",
            status="not certified",
        )
    if not judged and not best[1].worst <= PROMISED:
        raise SolverError(
            f"A portfolio of the frontier has a KKT residual of {best[1].worst:.3g}, above"
            f" {PROMISED:g}: it may not be optimal and is not returned. The covariance is likely"
            " near-singular; shrink it, or remove duplicate assets.",
            solver="critical line",
            status="not certified",
        )
    return best


def _ascends(model: ReturnModel, path: CornerPath, proof: PathProof) -> bool:
    """Whether mean and variance rise from corner to corner, to a small part of what they are made
    of: a residual, which is measured against 1, cannot see what is wrong among assets whose risks
    are far below 1.
    """
    fall, drop = proof.mean[:-1] - proof.mean[1:], proof.variance[:-1] - proof.variance[1:]
    if not (fall > 0.0).any() and not (drop > 0.0).any():
        return True
    held = np.abs(path.weights)
    made, risked = (
        np.einsum("ci,i->c", held, np.abs(model.mean)),
        np.einsum("ci,i->c", held, np.sqrt(np.diagonal(model.covariance))) ** 2,
    )
    return bool((fall <= ASCENDING * made[1:]).all() and (drop <= ASCENDING * risked[1:]).all())


def _single(model: ReturnModel, limits: Limits) -> Traced:
    """The frontier of one portfolio, where every weight is fixed."""
    y = np.zeros(1 + len(limits.row_names))
    path = CornerPath(np.zeros(1), limits.lower[None].copy(), np.zeros((0, 2, y.size)), y, y)
    proof = certify_path(model, limits, path)
    if not proof.residual[0] <= CERTIFIED:
        raise InfeasibleError("The fixed weights break a limit.")
    return path, proof


def _straightforward(model: ReturnModel, limits: Limits) -> Traced | None:
    """The path and its proof in one compiled call, where nothing ties."""
    import advisor.optimize.kernels as kernels

    edges = (limits.lower, limits.upper, limits.rows, limits.row_lower, limits.row_upper)
    answer: Any = kernels.trace_path(model.covariance, model.mean, *edges)
    code, t, w, y, last, slope, *proof = answer
    if code != kernels.END:
        return None
    return CornerPath(t, w, y, slope, last), PathProof(*proof)


def _walked(model: ReturnModel, limits: Limits, *, even: bool = False) -> Traced | None:
    """The path of the walk and its proof; None where it does not get to the end."""
    scaled = scaled_program(model, limits, even=even)
    walked = _walk(scaled)
    if walked is None:
        return None
    path = scaled.unscaled(walked, len(limits.row_names))
    return path, certify_path(model, limits, path)


def _walked_evenly(model: ReturnModel, limits: Limits) -> Traced | None:
    """The walk with every weight in units of its own risk, where volatilities differ by orders of
    magnitude; whether there is any portfolio at all is for the plain walk to say.
    """
    variances = np.diagonal(model.covariance)
    risky = variances[variances > RISKLESS * float(variances.max())]
    if not risky.size or float(risky.max()) <= UNEVEN**2 * float(risky.min()):
        return None
    try:
        return _walked(model, limits, even=True)
    except InfeasibleError:
        return None


def _covered(model: ReturnModel, limits: Limits) -> Traced:
    """The path without a walk, and its proof."""
    scaled = scaled_program(model, limits)
    path = scaled.unscaled(
        merged(cover(scaled, ExactSolver(scaled.program))), len(limits.row_names)
    )
    return path, certify_path(model, limits, path)


def _walk(scaled: ScaledProgram) -> CornerPath | None:
    """The compiled walk, helped over ties by the exact solver; None where that does not get it to
    the end.
    """
    import advisor.optimize.kernels as kernels

    tau, pieces = 0.0, []
    room = 2 * (scaled.mean.size + scaled.row_lower.size) + 32
    limits = (scaled.rows, scaled.row_lower, scaled.row_upper, scaled.lower, scaled.upper)
    solver = ExactSolver(scaled.program)
    point, *sides = active_sides(scaled, solver, 0.0)
    for _ in range(MAX_RESTARTS):
        data = (scaled.covariance, scaled.mean, scaled.pull, *limits)
        code, taus, weights, multipliers, *ray = kernels.walk_critical_line(
            *data, sides[0], sides[1], point, tau, room
        )
        if len(taus) > 1 or code == kernels.END:
            pieces.append((taus, weights, multipliers))
            tau = float(taus[-1])
        if code == kernels.END:
            path = _joined(pieces, np.array(ray))
            return path if len(pieces) == 1 and bool((taus[1:] > taus[:-1]).all()) else merged(path)
        if code == kernels.FULL:
            continue
        for nudge in NUDGES:
            point, *sides = active_sides(scaled, solver, tau + nudge * max(tau, 1e-3))
            trial = kernels.walk_critical_line(
                *data, sides[0].copy(), sides[1].copy(), point.copy(), tau, 1
            )
            if trial[0] == kernels.END or len(trial[1]) > 1:
                break
        else:
            return None
    return None


def _joined(pieces: list[tuple[FloatArray, FloatArray, FloatArray]], ray: FloatArray) -> CornerPath:
    """Pieces end to end; between them a segment of no width, with the multipliers of its
    neighbour.
    """
    taus, weights = (
        np.concatenate([t for t, _, _ in pieces]),
        np.concatenate([w for _, w, _ in pieces]),
    )
    ys: list[FloatArray] = []
    for i, (_, _, y) in enumerate(pieces):
        if i > 0:
            before = ys[-1][-1:, 1] if len(ys[-1]) else (y[:1, 0] if len(y) else ray[:1])
            ys.append(np.stack([before, y[:1, 0] if len(y) else ray[:1]], axis=1))
        ys.append(y)
    return CornerPath(taus, weights, np.concatenate(ys), ray[1], ray[0])
