"""What the profiling package hands to the others: levels with their uncertainty, and biases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray, check_type, float_array
from advisor.contracts.bands import LEVELS, RiskBands, at_level
from advisor.data.categories import Categories
from advisor.data.days import as_day, as_days
from advisor.data.ids import unique_ids
from advisor.errors import InputError
from advisor.privacy import hides, personal, written
from advisor.validation import checked

SCORES = ("tolerance", "capacity", "horizon", "objective", "knowledge", "standard_error")
"""Columns of 0..100, nan where nothing was asked."""


@hides
@dataclass(frozen=True)
class RiskProfile:
    """One client's profile; fields as in `RiskProfiles`."""

    client_id: str
    level: int
    tolerance: float
    capacity: float
    horizon: float
    objective: float
    knowledge: float
    standard_error: float
    level_probability: tuple[float, ...]
    limited_by: str
    lowest_category: bool
    flags: tuple[str, ...]
    target_volatility: float
    valid_until: date | None
    as_of: date
    problem: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class RiskProfiles:
    """Profiles of `c` clients, a row each.

    Attributes:
        client_ids: Length c.
        as_of: The day they were made for.
        level: C1..C5 as 1..5; 0 = no suitable portfolio. Shape (c,).
        tolerance, capacity, horizon, objective, knowledge: 0..100, nan = not asked. Shape (c,).
        standard_error: Of the tolerance score, same scale; nan where unknown. Shape (c,).
        level_probability: P(level = C1..C5), shape (c, 5); rows add up to 1, or to 0 where there is
            no assessment.
        limits: What held the level down, as words; `limited_by` spells them out.
        lowest_category: Shape (c,).
        flag_bits: Bit b set = the flag `flag_names[b]`, shape (c,); `flags` spells them out.
        target_volatility: Annual, from the bands; nan at level 0. Shape (c,).
        valid_until: Last day the assessment may be used, NaT = unknown, which counts as expired.
            Shape (c,).
        problems: Row -> why there is no assessment.
        questionnaire: Id, version and digest of what was asked, "" where levels came from
            elsewhere.
    """

    client_ids: tuple[str, ...]
    as_of: np.datetime64
    level: IntArray
    tolerance: FloatArray
    capacity: FloatArray
    horizon: FloatArray
    objective: FloatArray
    knowledge: FloatArray
    standard_error: FloatArray
    level_probability: FloatArray
    limits: Categories
    lowest_category: BoolArray
    flag_names: tuple[str, ...]
    flag_bits: IntArray
    target_volatility: FloatArray
    valid_until: DayArray
    problems: Mapping[int, str] = field(default_factory=dict)
    questionnaire: str = ""

    @classmethod
    def from_levels(
        cls,
        levels: Sequence[int] | IntArray,
        *,
        as_of: date | str,
        bands: RiskBands | None = None,
        client_ids: Sequence[str] | None = None,
        lowest_category: Sequence[bool] | BoolArray | None = None,
        knowledge: Sequence[float] | FloatArray | None = None,
        valid_until: DayArray | None = None,
    ) -> RiskProfiles:
        """Profiles of clients that a host has assessed. What is not given fails closed.

        Args:
            levels: 0..5, shape (c,).
            as_of: The day they are for.
            bands: What each level promises; default `RiskBands.default()`.
            client_ids: Default "0", "1", ...
            lowest_category: Not given: every C1 is lowest category.
            knowledge: 0..100; not given: nan, and complex products are refused.
            valid_until: Not given: NaT, which counts as expired where a regime demands a date.

        Raises:
            InputError: A level is no whole number of 0..5, an id is no text or there twice,
                knowledge is outside 0..100, `lowest_category` is not yes or no, or lengths
                disagree.
        """
        level = _levels(levels)
        count, unknown = len(level), np.full(len(level), np.nan)
        ids = map(str, range(count)) if client_ids is None else unique_ids(client_ids, "client_ids")
        chosen = RiskBands.default() if bands is None else bands
        check_type(chosen, RiskBands, "bands", "Use RiskBands.default() or build RiskBands(...).")
        days = np.full(count, "NaT", dtype="datetime64[D]") if valid_until is None else valid_until
        profiles = cls(
            client_ids=tuple(ids),
            as_of=as_day(as_of, "as_of"),
            level=level,
            tolerance=unknown,
            capacity=unknown,
            horizon=unknown,
            objective=unknown,
            knowledge=unknown if knowledge is None else _knowledge(knowledge),
            standard_error=unknown,
            level_probability=(level[:, None] == np.arange(1, LEVELS + 1)).astype(np.float64),
            limits=Categories(("assessed elsewhere",), np.zeros(count, dtype=np.int64)),
            lowest_category=level <= 1 if lowest_category is None else _flags(lowest_category),
            flag_names=(),
            flag_bits=np.zeros(count, dtype=np.int64),
            target_volatility=target_volatility(level, chosen),
            valid_until=as_days(_days_column(days), "valid_until", allow_missing=True),
        )
        profiles._check_lengths()
        return profiles

    def _check_lengths(self) -> None:
        """Raise `InputError` where a column has not one row a level."""
        columns = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = [name for name, value in columns.items() if isinstance(value, np.ndarray)]
        wrong = [name for name in ("client_ids", *arrays) if len(columns[name]) != len(self)]
        if wrong:
            raise InputError(
                f"{wrong} does not have {len(self)} rows, one a level; give one each.",
                field=wrong[0],
                value=len(self),
            )

    @property
    def limited_by(self) -> npt.NDArray[np.object_]:
        """What held each level down, words, shape (c,)."""
        return np.array([*self.limits.names, ""], dtype=object)[self.limits.codes]

    @property
    def flags(self) -> npt.NDArray[np.object_]:
        """Names of the controls that fired, one tuple a client, shape (c,)."""
        bits, inverse = np.unique(self.flag_bits, return_inverse=True)
        spelled = np.empty(len(bits), dtype=object)
        spelled[:] = [self.spell(int(b)) for b in bits]
        return spelled[inverse]

    @checked
    def spell(self, bits: int) -> tuple[str, ...]:
        """Flag names of one row's bits."""
        return tuple(name for b, name in enumerate(self.flag_names) if bits >> b & 1)

    @cached_property
    def expired(self) -> BoolArray:
        """Where the assessment is no longer (or not known to be) valid on `as_of`, shape (c,)."""
        return ~(self.valid_until >= self.as_of)

    def __getitem__(self, i: int) -> RiskProfile:
        return RiskProfile(
            client_id=self.client_ids[i],
            level=self.level.item(i),
            level_probability=tuple(self.level_probability[i].tolist()),
            limited_by=self.limits.word(i) or "",
            lowest_category=self.lowest_category.item(i),
            flags=self.spell(self.flag_bits.item(i)),
            valid_until=self.valid_until.tolist()[i],
            as_of=date.fromisoformat(str(self.as_of)),
            problem=self.problems.get(i if i >= 0 else len(self) + i),
            target_volatility=self.target_volatility.item(i),
            **{name: getattr(self, name).item(i) for name in SCORES},
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a client, indexed by client id."""
        names = ("level", *SCORES, "limited_by", "lowest_category", "flags", "target_volatility")
        columns: dict[str, Any] = {name: getattr(self, name) for name in names}
        columns["valid_until"] = self.valid_until.astype("datetime64[s]")
        chances = enumerate(self.level_probability.T, start=1)
        columns |= {f"p_level_{level}": chance for level, chance in chances}
        return pd.DataFrame(columns, index=pd.Index(self.client_ids, name="client_id"))

    def __len__(self) -> int:
        return len(self.level)

    def __repr__(self) -> str:
        counts = np.bincount(self.level, minlength=LEVELS + 1)
        return (
            f"RiskProfiles({len(self):,} clients, "
            + " ".join(f"C{k}:{n:,}" for k, n in enumerate(counts))
            + ")"
        )


def _levels(levels: object) -> IntArray:
    """Levels as whole numbers, shape (c,). Raises `InputError` for any other than 0..5."""
    level = float_array(_column(levels, "levels"), "levels", shape=(None,))
    if (bad := ~np.isin(level, np.arange(LEVELS + 1))).any():
        row = int(np.argmax(bad))
        raise InputError(
            f"levels[{row}] is {written(f'{level[row]:g}')}; one level 0..5 a client is needed,"
            " shape (c,). 0 means no suitable portfolio.",
            field="levels",
            value=float(level[row]),
        )
    return level.astype(np.int64)


def _column(values: object, field: str) -> Any:
    """`values` where they are a sequence of one cell a client."""
    if (
        isinstance(values, str | Mapping | pd.DataFrame)
        or not isinstance(values, Iterable)
        or getattr(values, "ndim", 1) != 1
    ):
        raise InputError(
            f"{field} is {personal(values)} ({type(values).__name__}); give one value a client,"
            " shape (c,).",
            field=field,
            value=values,
        )
    return values if isinstance(values, np.ndarray | pd.Series) else list(values)


def _days_column(values: object) -> pd.Series:
    column = _column(values, "valid_until")
    plain = getattr(column, "dtype", np.dtype(object)) == np.dtype(object)
    return pd.Series(column, dtype=object if plain else None)


def _knowledge(values: object) -> FloatArray:
    scores = float_array(values, "knowledge", shape=(None,), allow_nan=True)
    if (bad := (scores < 0.0) | (scores > 100.0)).any():
        row = int(np.argmax(bad))
        raise InputError(
            f"knowledge[{row}] is {written(f'{scores[row]:g}')}; it is a score of 0..100, nan = not"
            " asked. Correct it.",
            field="knowledge",
            value=float(scores[row]),
        )
    return scores


def _flags(values: object) -> BoolArray:
    try:
        flags = np.asarray(_column(values, "lowest_category"))
    except ValueError:
        flags = np.array(None)
    if flags.ndim != 1 or (
        flags.dtype != np.bool_ and not (flags.dtype.kind in "iu" and np.isin(flags, (0, 1)).all())
    ):
        raise InputError(
            f"lowest_category is {personal(values)}; give one value a client: a client is in the"
            " lowest category or not. Give True or False for each.",
            field="lowest_category",
            value=flags.ravel()[:3].tolist(),
        )
    return flags.astype(np.bool_)


def target_volatility(level: IntArray, bands: RiskBands) -> FloatArray:
    """Aim of each client, shape (c,): the band's target at their level, nan at level 0."""
    return at_level(bands.target_volatility, level)
