"""The first reason of an advice, where there is more to say than "ok": a code by row, and the
data of its sentence.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from advisor.arrays import IntArray
from advisor.contracts.advice import STATUSES, Scalar
from advisor.contracts.bands import at_level
from advisor.contracts.thresholds import exceeds
from advisor.engine.advised import Advised
from advisor.engine.causes import lacks_assets, refused_by
from advisor.engine.portfolios.statuses import ABOVE, HOLDINGS_ABOVE

Data = dict[str, Scalar]
FIRST_CODES = (*STATUSES, "above_stress", "holdings_above_stress", "too_few_assets")
"""Statuses, and codes that say more than they do."""


def first_codes(batch: Advised) -> IntArray:
    """Position in `FIRST_CODES` for each row, shape (c,)."""
    allocations = batch.allocations
    first = allocations.status.astype(np.int64)
    stressed = [row for row in allocations.problems if allocations.status[row] == ABOVE]
    first[stressed] = FIRST_CODES.index("above_stress")
    upper = at_level(batch.state.bands.upper_volatility, batch.level)
    calm = (allocations.status == HOLDINGS_ABOVE) & ~exceeds(batch.outcome.volatility, upper)
    first[calm] = FIRST_CODES.index("holdings_above_stress")
    first[lacks_assets(allocations, slice(None))] = FIRST_CODES.index("too_few_assets")
    return first


def first_data(batch: Advised, i: int, code: str) -> Data:
    """What the sentence of the first reason of row i says."""
    return _DATA.get(code, _problem)(batch, i)


def _problem(batch: Advised, i: int) -> Data:
    return {"problem": batch.allocations.problems.get(i, "")}


def _expired(batch: Advised, i: int) -> Data:
    until = batch.profiles.valid_until[i]
    return {"as_of": str(batch.as_of), "valid_until": None if np.isnat(until) else str(until)}


def _no_level(batch: Advised, i: int) -> Data:
    return {"limit": batch.profiles.limits.word(i) or ""}


def _no_asset(batch: Advised, i: int) -> Data:
    rules, text = refused_by(batch.state, batch.profiles[i], batch.clients.client(i))
    own = {"level": batch.level.item(i), "regime": batch.state.regime.id, "rules": rules}
    return own | text


def _above_stress(batch: Advised, i: int) -> Data:
    level = batch.level.item(i)
    limit = batch.state.bands.stress_loss[level - 1]
    rules, _ = refused_by(batch.state, batch.profiles[i], batch.clients.client(i))
    return {"level": level, "limit": limit, **_problem(batch, i), "rules": rules}


def _above_band(batch: Advised, i: int) -> Data:
    level = batch.level.item(i)
    upper, volatility = (
        batch.state.bands.upper_volatility[level - 1],
        batch.allocations.volatility.item(i),
    )
    rules, _ = refused_by(batch.state, batch.profiles[i], batch.clients.client(i))
    return {"level": level, "volatility": volatility, "upper": upper, "rules": rules}


def _holdings_above(batch: Advised, i: int) -> Data:
    level = batch.level.item(i)
    upper = batch.state.bands.upper_volatility[level - 1]
    return {"level": level, "volatility": batch.outcome.volatility.item(i), "upper": upper}


def _holdings_above_stress(batch: Advised, i: int) -> Data:
    level = batch.level.item(i)
    limit = batch.state.bands.stress_loss[level - 1]
    return {"loss": batch.outcome.loss.item(i), "limit": limit, "level": level}


_DATA: dict[str, Callable[[Advised, int], Data]] = {
    "assessment_expired": _expired,
    "no_suitable_level": _no_level,
    "no_money": lambda _batch, _i: {},
    "no_eligible_asset": _no_asset,
    "too_few_assets": _no_asset,
    "above_band": _above_band,
    "above_stress": _above_stress,
    "holdings_above_band": _holdings_above,
    "holdings_above_stress": _holdings_above_stress,
}
"""Code -> data; a problem where there is none."""
