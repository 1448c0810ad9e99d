"""When what is known of a former client must go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from advisor.errors import InputError


def due_for_deletion(ended: Mapping[str, date], as_of: date, *, years: int = 5) -> tuple[str, ...]:
    """Clients whose relationship ended `years` full calendar years ago or more, sorted.

    Args:
        ended: Client id -> the day on which the relationship ended.
        as_of: The day.
        years: How long records are kept; 0 or more.

    Raises:
        InputError: `years` is no whole number of 0 or more.

    Source: FATF Recommendation 11; Directive (EU) 2015/849, article 40 (five years).

    >>> due_for_deletion({"c": date(2020, 2, 29)}, date(2025, 2, 28))
    ()
    >>> due_for_deletion({"c": date(2020, 2, 29)}, date(2025, 3, 1))
    ('c',)
    """
    if type(years) is not int or years < 0:
        raise InputError(
            f"years is {years!r}; records are kept for a whole number of years of 0 or more. Pass one.",
            field="years",
            value=years,
        )
    day = (as_of.year, as_of.month, as_of.day)
    return tuple(sorted(name for name, end in ended.items() if (end.year + years, end.month, end.day) <= day))
