"""Cells that can be read and are likely meant otherwise: said in the log, by counts, with a remedy.

No cell of a client is repeated.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from advisor.cell_words import percentage
from advisor.cells import is_missing, number_of
from advisor.data.columns import Column, Typed
from advisor.data.hints import column_code, words_for
from advisor.data.tables import labels_of

_LOG = logging.getLogger(__name__)
_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*")
"""A number with one point and three digits behind it."""
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_WORDS = 200
"""Distinct words of a column that may be sides or states."""
_HIGH_FEE = 0.02
"""Half of all products charge less a year, as a fraction."""


def log_points(column: Column, name: str, decimal: str, *, money: bool = True) -> None:
    """Say in the log that the numbers of a column may have points between their thousands: each
    that has a point has three digits behind it.

    Args:
        column: Cells.
        name: Of the column.
        decimal: The decimal mark that was passed.
        money: Whether they are money; of prices and units, which often have three decimals, half
            must be round.
    """
    if decimal == "," or isinstance(column, Typed):
        return
    points = 0
    rounded = 0
    for cell in column.coded()[0]:
        if type(cell) is not str or "." not in cell:
            continue
        if not _THOUSANDS.fullmatch(cell):
            return
        points += 1
        rounded += cell.rstrip().endswith("0")
    if points and (money or 2 * rounded >= points):
        _LOG.warning(
            f"Every number of {name} that has a point has three digits behind it (there are"
            f" {points:,}), and it is read as the decimal point: 1.234 is a little over one. If it"
            ' stands between thousands, pass decimal=",".'
        )


def log_ids(ids: Iterable[str], name: str) -> None:
    """Say in the log how many ids begin or end with a space, or are words such as N/A, which are
    read as one and the same id.

    Args:
        ids: Each once.
        name: Of the column.
    """
    names, code = list(ids), column_code(name)
    if sum(map(len, map(str.strip, names))) < sum(map(len, names)):
        spaced = sum(word != word.strip() for word in names)
        _LOG.warning(
            f"A space stands before or behind {spaced:,} of {len(names):,} ids of {name}, which"
            f" makes them other ids than those without. If it is not meant: {code} ="
            f" {code}.str.strip()."
        )
    if empty := words_for("nothing").intersection(map(str.lower, names)):
        _LOG.warning(
            f"Words such as N/A that say that nothing is known stand for {len(empty):,} of"
            f" {len(names):,} ids of {name}, and are read as ids. Leave such rows out, or empty the"
            " cells."
        )


def log_isins(ids: Iterable[str]) -> None:
    """Say in the log how many ISINs have a wrong check digit, by ISO 6166."""
    isins = [name for name in ids if _ISIN.fullmatch(name)]
    wrong = [name for name in isins if not _checks(name)]
    if wrong:
        _LOG.warning(
            f"The check digit of {len(wrong):,} of {len(isins):,} ISINs is wrong, such as"
            f" {wrong[0]!r}. If they were mistyped, purchases and holdings will not be found."
        )


def _checks(isin: str) -> bool:
    digits = "".join(str(int(letter, 36)) for letter in isin)
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


def log_undone(frame: pd.DataFrame, used: Collection[str]) -> None:
    """Say in the log how many rows of purchases say in a column that is not read that something was
    sold or cancelled.

    Args:
        frame: The table.
        used: Columns that are read.
    """
    undone = words_for("sold") | words_for("undone")
    for at, name in enumerate(labels_of(frame.columns)):
        cells = frame.iloc[:, at]
        if name in used or cells.dtype.kind in "biufcmM":
            continue
        if len({c for c in cells.head(10 * _WORDS) if isinstance(c, str)}) > _WORDS:
            continue
        counts = Counter(cell for cell in cells.tolist() if isinstance(cell, str))
        odd = [w for w in counts if len(w.strip()) > 1 and w.strip().lower() in undone]
        if odd:
            code, count = column_code(name), sum(counts[word] for word in odd)
            _LOG.warning(
                f"{count:,} of {len(frame):,} rows of purchases say {odd[0]!r}"
                f" or the like in the column {name!r}, and are read as purchases. To leave"
                f" them out: frame = frame[~{code}.isin({odd[:5]})]."
            )


def log_fees(cells: Sequence[object], fees: Sequence[float], too_high: int) -> None:
    """Say in the log that fees that are read as fractions may be percentages.

    Args:
        cells: Fees as they are written in `annual_fee`, of the products that are read.
        fees: As they are read.
        too_high: How many rows are not read since their fee is beyond belief.
    """
    stated = [c for c in cells if not is_missing(c) and number_of(c) != 0.0]
    signs = sum(percentage(cell) is not None for cell in stated)
    plain = len(stated) - signs
    if not plain:
        return
    positive = [fee for fee in fees if fee > 0.0]
    if too_high:
        why = f"{too_high:,} more in the column are beyond belief"
    elif signs:
        why = f"{signs:,} more in the column have a percent sign"
    elif len(positive) > 1 and float(np.median(positive)) > _HIGH_FEE:
        why = f"half of them are above {100 * _HIGH_FEE:g} % a year"
    else:
        return
    _LOG.warning(
        f"annual_fee has {plain:,} fees read as fractions (0.03 is 3 % a year), while {why}. If"
        " they are percentages: frame = frame.rename(columns={"
        '"annual_fee": "annual_fee_percent"}).'
    )
