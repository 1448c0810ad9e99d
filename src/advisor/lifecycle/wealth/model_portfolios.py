"""The advisor's model portfolios: versioned, approved by somebody else than their author, and only
then served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, cast

from advisor.annotations import Level
from advisor.arrays import check_number, check_type
from advisor.data.days import as_day
from advisor.errors import InputError
from advisor.readers import Number
from advisor.validation import checked

TOLERANCE = 1e-9
AnyLevel = Annotated[int, Number("Levels run from 1 to 5.", whole=True, low=0.0, high=5.0)]


@checked
@dataclass(frozen=True)
class ModelPortfolio:
    """One version of one model portfolio.

    Attributes:
        name: For example "balanced".
        version: 1, 2, ...
        level: Risk level 1..5 that it is made for.
        weights: By asset, 0 or more, adding up to 1.
        author: Who proposed it.
        rationale: Why.
        valid_from: First day it may be served.
        approved_by, approved_on: None until approved.
    """

    name: str
    version: int
    level: Level
    weights: Mapping[str, float]
    author: str
    rationale: str
    valid_from: date
    approved_by: str | None = None
    approved_on: date | None = None

    def __post_init__(self) -> None:
        for asset, weight in self.weights.items():
            check_type(asset, str, "weights", "Name each asset by its id.")
            check_number(weight, "weights", "It is a fraction of wealth.", low=0, high=1, key=asset)
        total = sum(self.weights.values())
        if abs(total - 1.0) > TOLERANCE:
            raise InputError(
                f"Model portfolio {self.name!r} has weights {dict(self.weights)} that add up to"
                f" {total:.6g}; they must add up to 1.",
                field="weights",
                value=total,
            )
        object.__setattr__(self, "weights", MappingProxyType(dict(self.weights)))

    @property
    def fingerprint(self) -> str:
        """Digest of what was decided: name, version, level, weights to the last bit, and the day it
        starts.
        """
        parts = [self.name, str(self.version), str(self.level), self.valid_from.isoformat()]
        parts += [
            f"{a}={w.hex()}" for a, w in sorted((a, float(w)) for a, w in self.weights.items())
        ]
        return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class HouseView:
    """All versions of all model portfolios; every change returns a new view and nothing is ever
    overwritten.

    >>> view = HouseView().propose(
    ...     "balanced",
    ...     3,
    ...     {"shares": 0.5, "bonds": 0.5},
    ...     author="li",
    ...     rationale="start",
    ...     valid_from="2026-01-01",
    ... )
    >>> view = view.approve("balanced", 1, by="wang", on="2026-01-02")
    >>> dict(view.current("balanced", "2026-02-01").weights)
    {'shares': 0.5, 'bonds': 0.5}
    """

    versions: tuple[ModelPortfolio, ...] = ()

    @checked
    def propose(
        self,
        name: str,
        level: int,
        weights: Mapping[str, float],
        *,
        author: str,
        rationale: str,
        valid_from: date | str,
    ) -> HouseView:
        """The view with a next, unapproved version. Raises `InputError` for weights, a level, or a
        missing author or rationale.
        """
        if not name or not author or not rationale:
            raise InputError(
                "A proposal needs a name, an author and a rationale; a decision must be told later."
                " Give all three.",
                field="rationale",
                value=rationale,
            )
        start = _date(valid_from, "valid_from")
        number = 1 + max((v.version for v in self.versions if v.name == name), default=0)
        return HouseView(
            (*self.versions, ModelPortfolio(name, number, level, weights, author, rationale, start))
        )

    @checked
    def approve(self, name: str, version: int, *, by: str, on: date | str) -> HouseView:
        """The view with one version approved.

        Raises:
            InputError: There is no such version, it is approved already, or the approver is its
                author: four eyes are needed.
        """
        proposed = self.version(name, version)
        author, approver = proposed.author, proposed.approved_by
        if approver is not None or not by or by == author:
            raise InputError(
                f"{name!r} version {version} was proposed by {author!r} and approved by"
                f" {approver!r}; {by!r} cannot approve it. A version is approved once, by somebody"
                " else than its author.",
                field="by",
                value=by,
            )
        day = _date(on, "on")
        done = replace(proposed, weights=dict(proposed.weights), approved_by=by, approved_on=day)
        return HouseView(tuple(done if v is proposed else v for v in self.versions))

    @checked
    def version(self, name: str, version: int) -> ModelPortfolio:
        """One version. Raises `InputError` when there is none."""
        for each in self.versions:
            if (each.name, each.version) == (name, version):
                return each
        raise InputError(
            f"There is no version {version} of {name!r}; there are"
            f" {[(v.name, v.version) for v in self.versions]}.",
            field="version",
            value=version,
        )

    @checked
    def current(self, name: str, on: date | str) -> ModelPortfolio:
        """The latest approved version that was valid and approved on that day. Raises `InputError`
        when there is none.
        """
        day = _date(on, "on")
        served = [v for v in self.versions if v.name == name and _served(v, day)]
        if not served:
            raise InputError(
                f"No approved version of {name!r} is valid on {day}; approve one, or ask for a"
                " later day.",
                field="name",
                value=name,
            )
        return max(served, key=lambda v: (v.valid_from, v.version))

    @checked
    def for_level(self, level: AnyLevel, on: date | str) -> tuple[ModelPortfolio, ...]:
        """Current versions of every portfolio made for a level, by name; possibly none."""
        day = _date(on, "on")
        names = sorted({v.name for v in self.versions if _served(v, day)})
        current = [self.current(name, day) for name in names]
        return tuple(portfolio for portfolio in current if portfolio.level == level)


def _served(version: ModelPortfolio, day: date) -> bool:
    return version.approved_on is not None and max(version.approved_on, version.valid_from) <= day


def _date(value: date | str, field: str) -> date:
    return cast(date, as_day(value, field).item())
