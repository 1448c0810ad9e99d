"""Mental accounts: each goal has its own floor and chance of missing it; each is a point on the one
frontier.

Source: Das, Markowitz, Scheid & Statman (2010), Portfolio Optimization with Mental Accounts, JFQA
45, sections II and III.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from advisor.annotations import OpenShare, Positive
from advisor.arrays import FloatArray, check_type, frozen
from advisor.contracts.mandate import Mandate
from advisor.data.returns import ReturnModel
from advisor.errors import InfeasibleError, InputError
from advisor.optimize.frontier.frontier import Frontier
from advisor.optimize.frontier.trace import trace_frontier
from advisor.optimize.repairs import at_most
from advisor.privacy import hides
from advisor.validation import checked

KEPT = 1e-9
"""A floor missed by less than this, in annual return, is kept: rounding."""
BELOW = 1e-13
"""A floor is asked for no closer than this to the highest there is, where rounding decides whether
the highest meets itself."""
SHARES = 1e-9
"""Shares of the accounts may miss 1 by this."""


@hides
@checked
@dataclass(frozen=True)
class Account:
    """One goal's money: as much expected return as leaves `P(return < floor_return) <=
    shortfall_probability`.

    Args:
        name: What it is for.
        share: Of the whole wealth, a fraction; shares add up to 1.
        floor_return: Annual return that should not be missed (-0.10 is a loss of 10 %).
        shortfall_probability: Accepted chance of missing it in a year, between 0 and 1.

    Raises:
        InputError: A number is out of range.
    """

    name: str
    share: Positive
    floor_return: float
    shortfall_probability: OpenShare


@hides
@dataclass(frozen=True, eq=False)
class AccountPortfolio:
    """The portfolio of one account.

    Args:
        name: The account's.
        share: The account's.
        weights: Fractions of the account's money, shape (n,).
        mean: Expected annual return.
        volatility: Annual.
        risk_aversion: The smallest whose optimum keeps the floor; 0 where unbounded.
        status: "ok"; "unbounded": the floor holds all the way up, so that only the mandate's limits
            hold the portfolio back; "below_wish": of a goal whose chance is out of reach, with the
            best there is.
    """

    name: str
    share: float
    weights: FloatArray
    mean: float
    volatility: float
    risk_aversion: float
    status: str


@hides
@dataclass(frozen=True, eq=False)
class AccountsPlan:
    """The portfolios of all accounts, and what they amount to.

    Args:
        accounts: One each, in the order given.
        weights: Of the whole, shape (n,): shares times weights.
        mean: Of the whole, annual.
        volatility: Of the whole, annual.
        risk_aversion: Harmonic mean of the accounts' by share. With short sales (no limit binding)
            the whole is exactly the frontier portfolio at this risk aversion; under limits it is a
            summary only.
        mean_lost: What the frontier earns a year more at the volatility of the whole: the cost of
            keeping accounts apart, 0 where no limit binds.
    """

    accounts: tuple[AccountPortfolio, ...]
    weights: FloatArray
    mean: float
    volatility: float
    risk_aversion: float
    mean_lost: float


@checked
def mental_accounts(
    model: ReturnModel, accounts: Sequence[Account], *, mandate: Mandate | None = None
) -> AccountsPlan:
    """The best portfolio of each account, and their sum.

    For normal returns the chance of missing a floor H is at most a exactly when `mean + z
    volatility >= H`, with z the normal quantile of a. That is concave along the frontier, so it
    holds between two risk aversions; the smaller of them has the higher mean and is taken.

    Args:
        model: Annual expected returns and covariance.
        accounts: Shares add up to 1.
        mandate: Limits on each account; long-only when None. The paper allows short sales:
            `Mandate(min_weight=-10, max_weight=10)`.

    Returns:
        The plan; every account meets its floor with the accepted probability, to the last digit
        where the floor binds.

    Raises:
        InputError: No accounts, something else than accounts, or shares that do not add up to 1.
        InfeasibleError: A floor is out of reach; it is named with the best attainable one.
    """
    remedy = "Pass Account(name, share, floor_return, shortfall_probability)."
    for i, account in enumerate(accounts):
        check_type(account, Account, f"accounts[{i}]", remedy)
    if not accounts or abs(sum(a.share for a in accounts) - 1.0) > SHARES:
        total = sum(a.share for a in accounts)
        raise InputError(
            f"The shares of {len(accounts)} accounts add up to {total:g}; they must add up to 1.",
            field="accounts",
            value=total,
        )
    frontier = trace_frontier(model, mandate)
    return gathered(frontier, tuple(_portfolio(frontier, account) for account in accounts))


def gathered(frontier: Frontier, portfolios: tuple[AccountPortfolio, ...]) -> AccountsPlan:
    """The plan of some accounts' portfolios on one frontier."""
    model = frontier.model
    weights = np.sum([p.share * p.weights for p in portfolios], axis=0)
    mean = float(weights @ model.mean)
    volatility = float(np.sqrt(max(float(weights @ model.covariance @ weights), 0.0)))
    # an account of risk tolerance 1 / g puts share / g into the sum; no tolerance is infinite
    # unless an account is unbounded
    tolerance = sum(
        p.share / p.risk_aversion if p.risk_aversion > 0.0 else np.inf for p in portfolios
    )
    best = float(frontier.at_volatility(volatility) @ model.mean)
    return AccountsPlan(
        portfolios,
        frozen(weights),
        mean,
        volatility,
        1.0 / tolerance if tolerance > 0.0 else np.inf,
        max(best - mean, 0.0),
    )


def _portfolio(frontier: Frontier, account: Account) -> AccountPortfolio:
    z = float(ndtri(account.shortfall_probability))
    tolerance = _highest_tolerance(frontier, z, account)
    gamma = 0.0 if np.isinf(tolerance) else (1.0 / tolerance if tolerance > 0.0 else np.inf)
    weights = frontier.at_risk_aversion(gamma)
    mean, volatility = frontier.moments_of(weights)
    return AccountPortfolio(
        account.name,
        account.share,
        frozen(weights),
        mean,
        volatility,
        gamma,
        "unbounded" if np.isinf(tolerance) else "ok",
    )


def _highest_tolerance(frontier: Frontier, z: float, account: Account) -> float:
    """The highest risk tolerance whose portfolio keeps the floor; inf where the last corner does.

    Between corners mean is linear and variance quadratic in the share x of the way, so `(mean -
    H)^2 = z^2 variance` is a quadratic in x.
    """
    floor, segments = account.floor_return, frontier.segments
    if segments.mean[-1] + z * segments.volatility[-1] >= floor:
        return np.inf
    top = _best_floor(frontier, z)
    if floor > top + KEPT:
        raise InfeasibleError(
            f"Account {account.name!r}: no portfolio keeps a return of {floor:.4g} with a shortfall"
            f" probability of {account.shortfall_probability:g}; the best attainable floor is"
            f" {at_most(top)}. Lower the floor, or accept a higher probability.",
            constraints=(account.name,),
        )
    floor = min(floor, top - BELOW)
    margin = segments.mean + z * segments.volatility - floor
    rise, above = segments.rise[:-1], segments.mean[:-1] - floor
    a = rise**2 - z * z * segments.curve[:-1]
    b = above * rise - z * z * segments.slope[:-1]
    c = above**2 - z * z * segments.variance[:-1]
    roots = np.nan_to_num(_roots(a, b, c), nan=-1.0, posinf=-1.0, neginf=-1.0)
    share = np.clip(roots, -1.0, 2.0)
    variance = segments.variance[:-1] + share * (
        2.0 * segments.slope[:-1] + share * segments.curve[:-1]
    )
    kept_there = (
        above + share * rise + z * np.sqrt(np.maximum(variance, 0.0))
    )  # squaring adds roots, and one that is not real is no root
    fits = (share >= 0.0) & (share <= 1.0) & (above + share * rise >= 0.0) & (kept_there >= -KEPT)
    tolerances = segments.tolerance[:-1] + share * segments.width[:-1]
    highest = float(tolerances[fits].max(initial=-1.0))
    last_kept = float(segments.tolerance[margin >= 0.0].max(initial=-1.0))
    return max(highest, last_kept, 0.0)


def _best_floor(frontier: Frontier, z: float) -> float:
    """The highest `mean + z volatility` on the frontier: it peaks where risk tolerance times -z is
    the volatility.
    """
    s = frontier.segments
    squared, width, t = z * z, s.width, s.tolerance
    a, b, c = (
        squared * width**2 - s.curve,
        squared * t * width - s.slope,
        squared * t**2 - s.variance,
    )
    roots = np.concatenate([_roots(a, b, c), np.zeros_like(a)[None]])
    share = np.clip(np.nan_to_num(roots, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
    mean, volatility = s.moments(np.broadcast_to(np.arange(len(t)), share.shape), share)
    return float((mean + z * volatility).max())


def _roots(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Both roots of `a x^2 + 2 b x + c`, shape (2, m), neither a difference of near-equals."""
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(b * b - a * c, 0.0))
        pair = np.where(b > 0.0, -b - root, -b + root)
        return np.stack([pair / a, c / pair])
