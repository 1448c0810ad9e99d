"""Rows of a table that cannot be read: all of them found, then refused or set aside."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

from advisor.errors import InputError

OnBadRows = Literal["refuse", "set_aside"]
"""What to do with rows that cannot be read: raise, or read the others and say so in `problems`."""
BadRow = tuple[int, InputError]
"""A row of the table, from 0, and what is wrong with it."""
_LOG = logging.getLogger(__name__)
_SHOWN = 10
"""Rows that a message names."""


def refusal(bad: Mapping[int, InputError], count: int, what: str) -> InputError:
    """The error that names the number of bad rows and the first ten of them.

    Args:
        bad: By row; at least one.
        count: Rows of the table.
        what: Which table.
    """
    first = next(iter(bad.values()))
    texts = [str(error).partition(". ") for error in list(bad.values())[:_SHOWN]]
    ends = {end for _, _, end in texts}
    once = f"{ends.pop()}\n" if len(texts) > 1 == len(ends) and ends != {""} else ""
    lines = [f"- {start}." if once else f"- {start}{dot}{end}" for start, dot, end in texts]
    errors = "\n".join(lines)
    more = f"\n- and {len(bad) - _SHOWN:,} more" if len(bad) > _SHOWN else ""
    return InputError(
        f"{len(bad):,} of {count:,} rows of {what} cannot be read:\n{errors}{more}\n{once}Correct"
        ' them, or pass on_bad_rows="set_aside" to read the others (problems then says why not'
        " these).",
        field=first.field,
        value=first.value,
    )


def log_set_aside(bad: int, count: int, what: str) -> None:
    """Say in the log how many rows are not read."""
    _LOG.warning(
        "%s of %s rows of %s are set aside; problems says why.", f"{bad:,}", f"{count:,}", what
    )
