"""A batch as columns: what a table of advice holds, and the reason codes of every row without
writing a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from advisor.arrays import BoolArray, FloatArray, IntArray
from advisor.contracts.advice import STATUSES
from advisor.contracts.thresholds import exceeds
from advisor.data.catalogue import Catalogue
from advisor.engine.causes import kept_adds_risk, lacks_assets
from advisor.engine.output.card import APART, CENT, STRESS_ROUNDING, distance
from advisor.engine.portfolios.allocation import ABOVE, HOLDINGS_ABOVE, OK, has_portfolio

if TYPE_CHECKING:
    from advisor.engine.batch import AdviceBatch

SEPARATOR = "|"
"""Between the codes of a cell."""
HOLDING_CODES = ("sells_unsuitable", "kept_unsuitable", "kept")
"""Reasons about single holdings."""
PORTFOLIO_CODES = (
    "level",
    "flag",
    "target",
    "fees",
    "stress",
    "stress_above",
    "below_band",
    "not_reachable",
    "sized",
    "kept_adds_risk",
    "correction",
    *HOLDING_CODES,
    "differs",
    "concentration",
    "concentration_money",
    "unplaced",
)
"""Reasons of a portfolio in the order in which an advice gives them; where it repeats one, a column
says it once."""
PICK_CODES = (
    ("suitable", "allowed_above"),
    ("suggestion", "closes_gap"),
    (None, "takes_value", "adds_value"),
)
"""Reasons of a pick in the order in which a card gives them, one of each; a value only where there
is one."""
_PICK_WORDS = tuple(SEPARATOR.join(filter(None, codes)) for codes in product(*PICK_CODES))
_FIRSTS = (*STATUSES, "above_stress", "holdings_above_stress", "too_few_assets")
"""Codes of the first reason where there is more to say than "ok"."""


@dataclass(frozen=True, eq=False)
class Words:
    """A column of words as codes: `names[codes[i]]`, None where the code is -1.

    Attributes:
        names: Distinct words.
        codes: Shape (c,).
    """

    names: tuple[str, ...]
    codes: IntArray

    def spelled(self) -> npt.NDArray[np.object_]:
        """The words, shape (c,)."""
        return spelled(self.names, self.codes)


def spelled(names: Sequence[str | None], codes: IntArray) -> npt.NDArray[np.object_]:
    """`names[codes[i]]`, None where the code is -1; shape (c,)."""
    return np.array([*names, None], dtype=object)[codes]


def pick_labels(catalogue: Catalogue, slot: int) -> dict[str, tuple[str | None, ...]]:
    """Columns of the labels of pick `slot` (from 1): the label of each product, by column name."""
    return {f"pick_{slot}_{name}": texts for name, texts in catalogue.labels.items()}


def reason_codes(batch: AdviceBatch) -> Words:
    """Codes of the reasons that each client's card gives, each once, in the card's order; "a|b"
    where there are several.

    Made from bits, so a million rows cost no sentence: `batch[i].reasons` gives the sentences of
    any row.
    """
    bits = np.zeros(len(batch), dtype=np.int64)
    for position, holds in enumerate(_portfolio_bits(batch)):
        bits |= holds.astype(np.int64) << position
    allocations = batch.allocations
    first = allocations.status.astype(np.int64)
    stressed = [row for row in allocations.problems if allocations.status[row] == ABOVE]
    first[stressed] = _FIRSTS.index("above_stress")
    upper = np.array([np.nan, *batch.state.bands.upper_volatility])[batch.profiles.level]
    first[(allocations.status == HOLDINGS_ABOVE) & ~exceeds(batch.outcome.volatility, upper)] = (
        _FIRSTS.index("holdings_above_stress")
    )
    first[lacks_assets(allocations, slice(None))] = _FIRSTS.index("too_few_assets")
    keys, codes = np.unique((first << len(PORTFOLIO_CODES)) | bits, return_inverse=True)
    return Words(tuple(_spell(int(key)) for key in keys), codes.astype(np.int64))


def _portfolio_bits(batch: AdviceBatch) -> list[BoolArray]:
    """Which of `PORTFOLIO_CODES` hold, each of shape (c,)."""
    allocations, bands, level, outcome = (
        batch.allocations,
        batch.state.bands,
        batch.profiles.level,
        batch.outcome,
    )
    invested = has_portfolio(allocations.status)
    lower, most = (
        np.array([0.0, *bands.lower_volatility])[level],
        np.array([0.0, *bands.stress_loss])[level],
    )
    stressed = outcome.loss > most + STRESS_ROUNDING
    biased = np.zeros(len(batch), dtype=np.bool_)
    for factor in allocations.factors.values():
        biased |= factor > 1.0
    holding = np.zeros((len(HOLDING_CODES), len(batch)), dtype=np.bool_)
    for has, money in zip(holding, batch.unusual.values(), strict=False):
        has[batch.holdings.rows[money > 0.0]] = True
    adds, broken, in_money = np.zeros((3, len(batch)), dtype=np.bool_)
    locked_rows = np.array(sorted(allocations.locked_rows), dtype=np.int64)
    adds[locked_rows] = kept_adds_risk(batch, locked_rows)
    limits = batch.concentrations.limits
    deposits = np.array([cap.when == "insured_deposit" for cap in limits], dtype=np.bool_)
    money = deposits[batch.concentrations.caps]
    broken[batch.concentrations.rows[~money]] = True
    in_money[batch.concentrations.rows[money]] = True
    below, reached = (
        exceeds(lower, outcome.volatility),
        [s.reached for s in allocations.level_groups],
    )
    out_of_reach = ~np.array([*reached, True], dtype=np.bool_)[allocations.level_group_of]
    holds = (
        np.ones(len(batch), dtype=np.bool_),
        batch.profiles.flag_bits != 0,
        np.ones(len(batch), dtype=np.bool_),
        outcome.fee > 0.0,
        ~stressed,
        stressed,
        below & ~out_of_reach,
        below & out_of_reach,
        np.full(len(batch), batch.state.model.forecast is not None),
        adds,
        biased & (batch.behavioural > allocations.risk_aversion),
        *holding,
        distance(batch.weights, batch.weights_after) > APART,
        broken,
        in_money,
        (batch.unplaced > CENT).any(axis=1),
    )
    return [invested & column for column in holds]


def unusual_kinds(batch: AdviceBatch) -> dict[str, FloatArray]:
    """Money of each holding by what is unusual about it, one of `HOLDING_CODES`; each shape (e,).

    Empty where nobody holds anything.
    """
    held = batch.holdings
    if not len(held.rows):
        return {}
    kept, unsuitable = held.kept, held.unsuitable
    masks = (~kept & unsuitable & (batch.sales > CENT), kept & unsuitable, kept & ~unsuitable)
    values = (batch.sales, held.table.values, held.table.values)
    return {
        code: np.where(mask, value, 0.0)
        for code, mask, value in zip(HOLDING_CODES, masks, values, strict=True)
    }


def _spell(key: int) -> str:
    """The codes of one pattern of bits."""
    first = key >> len(PORTFOLIO_CODES)
    told = [] if first == OK else [_FIRSTS[first]]
    told += [code for position, code in enumerate(PORTFOLIO_CODES) if key >> position & 1]
    return SEPARATOR.join(told)


def pick_reason_codes(batch: AdviceBatch, slot: int) -> Words:
    """Codes of the reasons of one pick of each client, None where the slot is empty.

    What past purchases say about it ("taste_...") and the duties of its sale ("duty") stand in an
    advice alone: they take an explanation of the score, and of the rules, row by row.
    """
    codes = batch.pick_codes[:, slot]
    gain = batch.pick_value[:, slot]
    value = np.where(np.isnan(gain), 0, np.where(gain > 0.0, 2, 1))
    above = batch.state.catalogue.risk_level[codes] > batch.profiles.level
    money = batch.pick_money[:, slot] > CENT
    word = np.ravel_multi_index((above.astype(np.int64), money.astype(np.int64), value), (2, 2, 3))
    return Words(_PICK_WORDS, np.where(codes >= 0, word, -1))


def pick_money(batch: AdviceBatch, slot: int) -> FloatArray:
    """Money of one pick of each client as their card orders it, shape (c,): 0 where it is below a
    cent.
    """
    money = batch.pick_money[:, slot]
    return np.where(money > CENT, money, 0.0)


def flag_words(batch: AdviceBatch) -> Words:
    """Names of the controls that fired, "a|b" where there are several, "" where none did."""
    bits, codes = np.unique(batch.profiles.flag_bits, return_inverse=True)
    return Words(
        tuple(SEPARATOR.join(batch.profiles.spell(int(b))) for b in bits), codes.astype(np.int64)
    )


def problem_words(batch: AdviceBatch) -> Words:
    """What is wrong with each row that got no advice for it, None elsewhere."""
    codes = np.full(len(batch), -1, dtype=np.int64)
    names: dict[str, int] = {}
    for row, text in batch.allocations.problems.items():
        codes[row] = names.setdefault(text, len(names))
    return Words(tuple(names), codes)


def sale_entries(batch: AdviceBatch) -> tuple[IntArray, IntArray, FloatArray]:
    """What each client is to sell, above a cent: (start of each row (c + 1,), position in
    `batch.holdings.table.names` (e,), money (e,)).
    """
    sells = (batch.sales > CENT) & has_portfolio(batch.allocations.status)[batch.holdings.rows]
    start = np.zeros(len(batch) + 1, dtype=np.int64)
    np.cumsum(np.bincount(batch.holdings.rows[sells], minlength=len(batch)), out=start[1:])
    return start, batch.holdings.names[sells], batch.sales[sells]
