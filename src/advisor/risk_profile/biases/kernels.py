"""The hot loop of the package, in C: one pass over all trades, client by client; `tests/loops`
repeats it as plain Python, equal to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from advisor.native.library import Function
from advisor.risk_profile.biases.records import (
    BINS,
    STATS,
    Book,
    Bools,
    Quotes,
    Records,
    Rules,
    Tally,
    Tape,
)

_WALK = Function(
    "advisor_walk_trades",
    "start:i8[ends] trade:i8[trades,6] first:i8[asset_ends] time:i8[prices] quote:f8[prices,3]"
    " of=i8[assets,13] held=i8[assets] touched=i8[assets] lot=i8[lots,3] before=i8[assets,4]"
    f" pair=i8[trades,2] counts=i8[trades,4] chances=f8[2,2,{BINS}] client=f8[clients,{STATS}]"
    " home:b1[assets] fifo:i8 odean:i8 tie:f8 end:i8 row_count=i8[1]",
)


def walk(
    tape: Tape, quotes: Quotes, book: Book, before: Records, tally: Tally, home: Bools, rules: Rules
) -> int:
    """All clients, one after the other, without the interpreter lock; returns the number of
    (client, asset) rows.

    Every array is C-ordered and of the type that `biases_state` gives it.
    """
    row_count = np.zeros(1, dtype=np.int64)
    quotes_ = (quotes.start, quotes.time, _cells(quotes.row, np.float64))
    book_ = (_cells(book.of), book.held, book.touched, _cells(book.lot), _cells(before))
    _WALK(
        tape.start,
        _cells(tape.trade),
        *quotes_,
        *book_,
        *tally,
        home,
        int(rules.fifo),
        int(rules.odean),
        rules.tie,
        rules.end,
        row_count,
    )
    return int(row_count[0])


def _cells(records: Records, kind: Any = np.int64) -> Records:
    """Records as rows of their 8-byte fields, the same memory."""
    return records.view(kind).reshape(len(records), records.dtype.itemsize // 8)
