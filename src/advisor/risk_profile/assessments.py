"""Earlier assessments: how often, how old, how far they may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import numpy as np
import pandas as pd

from advisor.annotations import Count, CountOrNone, NotNegative, Texts
from advisor.arrays import BoolArray, DayArray, FloatArray, IntArray
from advisor.contracts.thresholds import reaches
from advisor.data.clients.table import ClientTable
from advisor.data.days import as_day, as_days, days_or_missing
from advisor.data.horizons import months_later
from advisor.data.ids import IdMap
from advisor.data.tables import as_numbers, check_once, check_table, id_codes, ids_of, yes_no
from advisor.errors import InputError
from advisor.privacy import personal
from advisor.readers import Number
from advisor.validation import checked

Months = Annotated[
    int, Number("It is a number of calendar months.", whole=True, low=1.0, high=1200.0)
]


@checked
@dataclass(frozen=True)
class HistoryLimits:
    """How assessments may follow each other.

    Attributes:
        per_day, per_year: Most assessments on one day and within 12 months.
        valid_months: How long one counts.
        days_before_sale: An upgrade this many days or fewer before a purchase is suspicious.
        senior_age, adult_age: From when special care is due, and when a client can act for
            themselves.

    Source: NFRA Order 2025-7 Art. 18, 19, 29; ESMA35-43-3172 GL5 58 (the 30 days are this library's
    own).
    """

    per_day: Count = 2
    per_year: Count = 8
    valid_months: Months = 12
    days_before_sale: CountOrNone = 30
    senior_age: NotNegative = 65.0
    adult_age: NotNegative = 18.0


LIMITS = HistoryLimits()
"""The limits of the rules themselves."""


def are_minors(age: FloatArray, adult_age: float = LIMITS.adult_age) -> BoolArray:
    """Who is known to be too young to act for themselves, shape (c,)."""
    return ~reaches(age, adult_age) & ~np.isnan(age)


@dataclass(frozen=True, eq=False, repr=False)
class AssessmentHistory:
    """Assessments of clients, sorted by client and day (in the order given within a day).

    Attributes:
        clients: Ids.
        client: Position in `clients` of each assessment, shape (e,).
        day: Shape (e,).
        level: 0..5, shape (e,).
        confirmed: Whether the client confirmed the level where it changed, shape (e,).
    """

    clients: IdMap
    client: IntArray
    day: DayArray
    level: IntArray
    confirmed: BoolArray

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> AssessmentHistory:
        """From a table with columns `client_id`, `day`, `level` and, optionally, `confirmed`; what
        is not said to be confirmed is not.

        Raises:
            InputError: No table, a column is absent or there twice, a day is none, a level is
                outside 0..5, or `confirmed` is neither yes nor no.
        """
        needed, row_is = (
            ["client_id", "day", "level"],
            "One row an assessment: client_id, day, level.",
        )
        check_table(frame, "assessments", needed, row_is)
        check_once([str(c) for c in frame.columns], "The history", [*needed, "confirmed"])
        days, levels = days_or_missing(frame["day"]), as_numbers(frame["level"])
        names = ids_of(frame["client_id"], "client_id")
        nobody = np.array([name is None for name in names], dtype=np.bool_)
        bad = np.isnat(days) | ~np.isin(levels, np.arange(6)) | nobody
        if bad.any():
            row = int(np.argmax(bad))
            shown = frame.iloc[row].to_dict()
            raise InputError(
                f"History row {row} is {personal(shown)}; it needs a client, a day such as"
                " 2026-02-01 and a level of 0..5. Correct it.",
                field="history",
                value=row,
            )
        unknown = "it is not known who was assessed."
        codes, clients = id_codes(frame["client_id"], "client_id", unknown)
        order = np.lexsort((np.arange(len(frame)), days, codes))
        sure = np.zeros(len(frame), dtype=np.bool_)
        if "confirmed" in frame.columns:
            why = "It says whether the client confirmed a rise."
            sure = yes_no(frame["confirmed"], "confirmed", why, missing=False)
        return cls(clients, codes[order], days[order], levels[order].astype(np.int64), sure[order])

    @checked
    def until(self, day: date | str | np.datetime64) -> AssessmentHistory:
        """What was known on a day, the day included."""
        keep = self.day <= as_day(day, "day")
        return AssessmentHistory(
            self.clients, self.client[keep], self.day[keep], self.level[keep], self.confirmed[keep]
        )

    @checked
    def standing(self, client_ids: Texts, before: date | str | np.datetime64) -> IntArray:
        """The level that stood before a day, shape (c,): the last one that was no unconfirmed rise;
        -1 = never assessed.

        A rise that nobody confirmed does not count; a fall always does.
        """
        stands = np.full(len(self.clients), -1, dtype=np.int64)
        day = as_day(before, "before")
        columns = self.client.tolist(), self.day, self.level.tolist(), self.confirmed.tolist()
        for client, when, level, sure in zip(*columns, strict=True):
            if when < day and (sure or stands[client] < 0 or level <= stands[client]):
                stands[client] = level
        return np.append(stands, -1)[self.clients.find(client_ids)]

    @checked
    def may_assess(
        self, client_ids: Texts, day: date | str, limits: HistoryLimits | None = None
    ) -> BoolArray:
        """Who may be assessed once more on a day, shape (c,)."""
        limits = limits or LIMITS
        today = as_day(day, "day")
        recent = (self.day <= today) & (months_later(self.day, 12) > today)
        same = np.bincount(self.client[self.day == today], minlength=len(self.clients) + 1)
        year = np.bincount(self.client[recent], minlength=len(self.clients) + 1)
        free = (same < limits.per_day) & (year < limits.per_year)
        free[-1] = True
        return free[self.clients.find(client_ids)]

    @checked
    def validate(
        self,
        as_of: date | str,
        *,
        clients: ClientTable | None = None,
        purchases: pd.DataFrame | None = None,
        limits: HistoryLimits | None = None,
    ) -> pd.DataFrame:
        """Every breach of the rules on assessments up to a day.

        Args:
            as_of: The day; later assessments are not looked at.
            clients: For the duties that depend on age and capacity.
            purchases: `client_id` and `day` of sales to the clients, for upgrades shortly before
                one.
            limits: Default `HistoryLimits()`.

        Returns:
            Rows of client_id, rule ("validity", "daily", "yearly", "reconfirm",
            "upgrade_before_sale", "senior", "minor", "capacity"), day and text.
        """
        limits, day = limits or LIMITS, as_day(as_of, "as_of")
        past = self.until(day)
        findings = [*_too_often(past, limits), *_unconfirmed(past), *_stale(past, day, limits)]
        findings += [] if purchases is None else _before_sales(past, purchases, limits)
        findings += [] if clients is None else _duties(clients, day, limits)
        frame = pd.DataFrame(findings, columns=["client_id", "rule", "day", "text"])
        return frame.sort_values(["client_id", "rule", "day"], kind="stable").reset_index(drop=True)

    def __len__(self) -> int:
        return len(self.client)

    def __repr__(self) -> str:
        return f"AssessmentHistory({len(self):,} assessments of {len(self.clients):,} clients)"


Finding = tuple[str, str, np.datetime64, str]
"""Client id, rule, day and sentence."""


def _too_often(history: AssessmentHistory, limits: HistoryLimits) -> list[Finding]:
    findings: list[Finding] = []
    for code, name in enumerate(history.clients.ids):
        days = history.day[history.client == code]
        for day in np.unique(days):
            year = (days <= day) & (months_later(days, 12) > day)
            for rule, count, most, when in (
                ("daily", int((days == day).sum()), limits.per_day, "on one day"),
                ("yearly", int(year.sum()), limits.per_year, "within 12 months"),
            ):
                if count > most:
                    text = f"{count} assessments {when}; at most {most} are allowed."
                    findings.append((name, rule, day, text))
    return findings


def _changes(history: AssessmentHistory) -> IntArray:
    """Positions of the assessments with another level than the client's last."""
    same = history.client[1:] == history.client[:-1]
    return np.flatnonzero(same & (history.level[1:] != history.level[:-1])) + 1


def _unconfirmed(history: AssessmentHistory) -> list[Finding]:
    level, names = history.level, history.clients.ids
    findings: list[Finding] = []
    for i in map(int, _changes(history)):
        if not history.confirmed[i]:
            change = f"the level changed from C{level[i - 1]} to C{level[i]}"
            text = f"{change} and the client has not confirmed it."
            findings.append((names[int(history.client[i])], "reconfirm", history.day[i], text))
    return findings


def _stale(
    history: AssessmentHistory, today: np.datetime64, limits: HistoryLimits
) -> list[Finding]:
    last = {int(code): day for code, day in zip(history.client, history.day, strict=True)}
    text = (
        f"the last assessment is older than {limits.valid_months} months; assess again before any"
        " sale."
    )
    return [
        (history.clients.ids[code], "validity", day, text)
        for code, day in last.items()
        if months_later(np.array([day]), limits.valid_months)[0] < today
    ]


def _before_sales(
    history: AssessmentHistory, purchases: pd.DataFrame, limits: HistoryLimits
) -> list[Finding]:
    findings: list[Finding] = []
    check_table(purchases, "purchases", ["client_id", "day"], "One row a sale to a client.")
    nobody = "the sale was made to nobody. Drop or mend it."
    who, ids = id_codes(purchases["client_id"], "client_id", nobody)
    codes, days = history.clients.find(ids.ids)[who], as_days(purchases["day"], "day")
    changes, level = _changes(history), history.level
    rises = changes[level[changes] > level[changes - 1]]
    for code, day in zip(codes.tolist(), days, strict=True):
        for i in map(int, rises[history.client[rises] == code]):
            gap = int((day - history.day[i]).astype(np.int64))
            if 0 <= gap <= limits.days_before_sale:
                text = (
                    f"the level rose from C{level[i - 1]} to C{level[i]} {gap} days before a"
                    " purchase; find out who asked for it."
                )
                name = history.clients.ids[code]
                findings.append((name, "upgrade_before_sale", history.day[i], text))
    return findings


def _duties(clients: ClientTable, today: np.datetime64, limits: HistoryLimits) -> list[Finding]:
    care, alone = "special care is due with products of high risk", "only a guardian can act"
    old = f"the client is {limits.senior_age:g} or older; {care}."
    young = f"the client is under {limits.adult_age:g}; {alone}, for products of the lowest risk."
    incapable = "the client lacks full civil capacity; nothing may be sold without a guardian."
    kinds = (
        ("senior", reaches(clients.age, limits.senior_age), old),
        ("minor", are_minors(clients.age, limits.adult_age), young),
        ("capacity", ~clients.legal_capacity, incapable),
    )
    return [
        (clients.ids[row], rule, today, text)
        for rule, where, text in kinds
        for row in np.flatnonzero(where).tolist()
    ]
