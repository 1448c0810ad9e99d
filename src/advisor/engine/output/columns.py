"""A batch as columns: what a table of advice holds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from advisor.arrays import FloatArray, IntArray
from advisor.data.catalogue import Catalogue
from advisor.data.categories import Categories
from advisor.engine.advised import CENT, Advised
from advisor.engine.output.reason_codes import SEPARATOR
from advisor.engine.portfolios.statuses import has_portfolio

PICK_CODES = (
    ("suitable", "allowed_above"),
    ("suggestion", "closes_gap"),
    (None, "takes_value", "adds_value"),
)
"""Reasons of a pick in the order in which a card gives them, one of each; a value only where there
is one."""
PICK_PATTERNS = tuple(tuple(filter(None, codes)) for codes in product(*PICK_CODES))
"""Codes of a pick by `pick_pattern`."""
_PICK_WORDS = tuple(map(SEPARATOR.join, PICK_PATTERNS))


def spelled(names: Sequence[str | None], codes: IntArray) -> npt.NDArray[np.object_]:
    """`names[codes[i]]`, None where the code is -1; shape (c,)."""
    return np.array([*names, None], dtype=object)[codes]


def pick_labels(catalogue: Catalogue, slot: int) -> dict[str, tuple[str | None, ...]]:
    """Columns of the labels of pick `slot` (from 1): the label of each product, by column name."""
    return {f"pick_{slot}_{name}": texts for name, texts in catalogue.labels.items()}


def pick_reason_codes(batch: Advised, slot: int) -> Categories:
    """Codes of the reasons of one pick of each client, None where the slot is empty.

    What past purchases say about it ("taste_...") and the duties of its sale ("duty") stand in an
    advice alone: they take an explanation of the score, and of the rules, row by row.
    """
    codes, gain = batch.pick_codes[:, slot], batch.pick_value[:, slot]
    above = batch.state.catalogue.risk_level[codes] > batch.level
    word = pick_pattern(above, batch.pick_money[:, slot] > CENT, gain)
    return Categories(_PICK_WORDS, np.where(codes >= 0, word, -1))


def pick_pattern(above: Any, bought: Any, gain: Any) -> Any:
    """Position in `PICK_PATTERNS` of picks above the client's level or not, that are bought or not,
    and add so much value; numbers, or arrays of one shape.
    """
    value = 1 * (gain <= 0.0) + 2 * (gain > 0.0)
    return (2 * above + bought) * 3 + value


def pick_money(batch: Advised, slot: int) -> FloatArray:
    """Money of one pick of each client as their card orders it, shape (c,): 0 where it is below a
    cent.
    """
    money = batch.pick_money[:, slot]
    return np.where(money > CENT, money, 0.0)


def flag_words(batch: Advised) -> Categories:
    """Names of the controls that fired, "a|b" where there are several, "" where none did."""
    bits, codes = np.unique(batch.profiles.flag_bits, return_inverse=True)
    return Categories(
        tuple(SEPARATOR.join(batch.profiles.spell(int(b))) for b in bits), codes.astype(np.int64)
    )


def problem_words(batch: Advised) -> Categories:
    """What is wrong with each row that got no advice for it, None elsewhere."""
    codes = np.full(len(batch), -1, dtype=np.int64)
    names: dict[str, int] = {}
    for row, text in batch.allocations.problems.items():
        codes[row] = names.setdefault(text, len(names))
    return Categories(tuple(names), codes)


def sale_entries(batch: Advised) -> tuple[IntArray, IntArray, FloatArray]:
    """What each client is to sell, above a cent: (start of each row (c + 1,), position in
    `batch.holdings.table.names` (e,), money (e,)).
    """
    sells = (batch.sales > CENT) & has_portfolio(batch.allocations.status)[batch.holdings.rows]
    start = np.zeros(len(batch) + 1, dtype=np.int64)
    np.cumsum(np.bincount(batch.holdings.rows[sells], minlength=len(batch)), out=start[1:])
    return start, batch.holdings.names[sells], batch.sales[sells]
