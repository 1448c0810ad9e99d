"""When what is known of a former client must go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from advisor.adapters.records.arguments import calendar_day
from advisor.annotations import CountOrNone, Day
from advisor.validation import checked


@checked
def due_for_deletion(
    ended: Mapping[str, date], as_of: Day, *, years: CountOrNone = 5
) -> tuple[str, ...]:
    """Clients whose relationship ended `years` full calendar years ago or more, sorted.

    Args:
        ended: Client id -> the day on which the relationship ended.
        as_of: The day.
        years: How long records are kept; 0 or more.

    Raises:
        InputError: `years` is no whole number of 0 or more, or a day is none.

    Source: FATF Recommendation 11; Directive (EU) 2015/849, article 40 (five years).

    >>> due_for_deletion({"c": date(2020, 2, 29)}, "2025-02-28")
    ()
    >>> due_for_deletion({"c": date(2020, 2, 29)}, "2025-03-01")
    ('c',)
    """
    day = _parts(calendar_day(as_of, "as_of"))
    ends = {name: _parts(calendar_day(end, "ended")) for name, end in dict(ended).items()}
    return tuple(
        sorted(name for name, (year, *rest) in ends.items() if (year + years, *rest) <= day)
    )


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day
