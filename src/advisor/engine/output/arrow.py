"""A batch of advice as an Arrow table: the schema that files, engines and warehouses see.

============================ =====================================================================
column                       what
============================ =====================================================================
client_id                    as given; null where the row had none
as_of                        the day of the advice (date32)
status                       "ok", or why there is no advice
reasons                      codes of the reasons in their order, each once, "|" between them
problem                      what is wrong with the row, null where nothing is
level                        C1..C5 as 1..5, 0 = none (int8)
limited_by, flags            what held the level down; controls that fired, "|" between them
target_volatility            annual, null at level 0
risk_aversion                implied by the level; inf where the least risky portfolio is at the
                             target, null without a portfolio
effective_risk_aversion      after behavioural corrections, never lower
expected_return              of the portfolio after the orders, annual, before fees
annual_fee, net_return       of the products held then, a fraction of wealth; the return less it
annual_fee_money             the same fees in money
expected_volatility          of the portfolio after the orders, annual
stressed_loss                of it, as a fraction of wealth
cash                         money that stays uninvested
optimal_return               of the target portfolio
optimal_volatility           likewise
kkt_residual                 proof that the weights are optimal; rounding is below 1e-7
weight:<asset>               target weight, null without a portfolio
after:<asset>                weight after the orders; what is left to 1 is cash
unplaced:<asset>             money that the target has more of than the portfolio after the orders
pick_<i>                     product id, null where the slot is empty
pick_<i>_score               score of the pick
pick_<i>_money               money to place in it, 0 = a suggestion
pick_<i>_reasons             codes, "|" between them
sales                        list of (product_id, money to sell)
============================ =====================================================================

The schema's metadata holds `advisor.fingerprint` (of model, rules, catalogue and relevance),
`advisor.version`, `advisor.as_of` and `advisor.picks`: with the client's row they are all that a
replay needs. Behind `sales` stand the labels of the clients under their own names, behind each pick
those of the product as `pick_<i>_<label>`; `advisor.labels` names these columns.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from advisor.data.arrow_extra import pyarrow
from advisor.data.categories import Categories
from advisor.engine.advised import Advised
from advisor.engine.output.columns import (
    flag_words,
    pick_labels,
    pick_money,
    pick_reason_codes,
    problem_words,
    sale_entries,
    spelled,
)
from advisor.engine.output.reason_codes import ReasonCodes
from advisor.engine.portfolios.statuses import STATUSES
from advisor.engine.state import AdvisorState

if TYPE_CHECKING:
    import pyarrow as pa

FIGURES = (
    "expected_return",
    "annual_fee",
    "net_return",
    "annual_fee_money",
    "expected_volatility",
    "stressed_loss",
    "cash",
    "optimal_return",
    "optimal_volatility",
)
NUMBERS = (
    "target_volatility",
    "risk_aversion",
    "effective_risk_aversion",
    *FIGURES,
    "kkt_residual",
)
LABELS = "advisor.labels"
BY_ASSET = ("weight", "after", "unplaced")


def advice_schema(  # pyright: ignore[reportUnknownParameterType]
    state: AdvisorState, as_of: np.datetime64, picks: int, labels: Collection[str] = ()
) -> pa.Schema:
    """Schema of the advice of an advisor on a day with so many slots, for clients with labels;
    the same for every batch, so that parts of a run fit together.
    """
    pa = pyarrow()
    number, word = pa.float64(), pa.string()
    fields = [
        ("client_id", word),
        ("as_of", pa.date32()),
        ("status", word),
        ("reasons", word),
        ("problem", word),
        ("level", pa.int8()),
    ]
    fields += [("limited_by", word), ("flags", word), *((name, number) for name in NUMBERS)]
    fields += [(f"{what}:{asset}", number) for asset in state.model.assets for what in BY_ASSET]
    for slot in range(1, picks + 1):
        fields += [
            (f"pick_{slot}", word),
            (f"pick_{slot}_score", number),
            (f"pick_{slot}_money", number),
            (f"pick_{slot}_reasons", word),
            *((name, word) for name in pick_labels(state.catalogue, slot)),
        ]
    fields.append(("sales", pa.list_(pa.struct([("product_id", word), ("money", number)]))))
    fields += [(name, word) for name in labels]
    passed = [*labels, *(n for s in range(1, picks + 1) for n in pick_labels(state.catalogue, s))]
    metadata = {
        **({LABELS: json.dumps(passed)} if passed else {}),
        "advisor.fingerprint": state.fingerprint,
        "advisor.version": _library_version(),
        "advisor.as_of": str(as_of),
        "advisor.picks": str(picks),
    }
    return pa.schema(fields, metadata=metadata)


@cache
def _library_version() -> str:
    return version("advisor")


def advice_table(  # pyright: ignore[reportUnknownParameterType]
    batch: Advised, reasons: ReasonCodes
) -> pa.Table:
    """The batch with the columns of `advice_schema`, one chunk a column. Unknown numbers are
    null.
    """
    pa = pyarrow()
    allocations, picks = batch.allocations, batch.pick_codes.shape[1]
    schema = advice_schema(batch.state, batch.as_of, picks, batch.clients.labels)
    columns: list[Any] = [
        pa.array([name or None for name in batch.client_ids], type=pa.string()),
        pa.array(np.full(len(batch), batch.as_of)),
        _words(Categories(STATUSES, allocations.status)),
        _words(reasons.words()),
        _words(problem_words(batch)),
        pa.array(batch.level.astype(np.int8)),
        _words(batch.profiles.limits),
        _words(flag_words(batch)),
    ]
    figures = batch.figures
    numbers = (
        batch.profiles.target_volatility,
        allocations.risk_aversion,
        allocations.effective,
        *(figures[name] for name in FIGURES),
        allocations.kkt_residual,
    )
    columns += [pa.array(values, from_pandas=True) for values in numbers]
    tables = (batch.weights, batch.weights_after, batch.unplaced)
    for j in range(tables[0].shape[1]):
        columns += [
            pa.array(np.ascontiguousarray(table[:, j]), from_pandas=True) for table in tables
        ]
    products = batch.state.catalogue.ids.ids
    for slot in range(picks):
        columns += [
            _words(Categories(products, batch.pick_codes[:, slot])),
            pa.array(batch.pick_scores[:, slot], from_pandas=True),
        ]
        columns += [pa.array(pick_money(batch, slot)), _words(pick_reason_codes(batch, slot))]
        codes = batch.pick_codes[:, slot]
        labels = batch.state.catalogue.labels.values()
        columns += [pa.array(spelled(texts, codes), type=pa.string()) for texts in labels]
    columns.append(_sales(batch))
    columns += map(_words, batch.clients.labels.values())
    return pa.Table.from_arrays(columns, schema=schema)


def _words(words: Categories) -> Any:
    """A string column, spelled out by Arrow."""
    pa = pyarrow()
    codes = pa.array(words.codes.astype(np.int32), mask=words.codes < 0)
    return pa.DictionaryArray.from_arrays(
        codes, pa.array(list(words.names), type=pa.string())
    ).cast(pa.string())


def _sales(batch: Advised) -> Any:
    pa = pyarrow()
    start, names, money = sale_entries(batch)
    sold = pa.StructArray.from_arrays(
        [_words(Categories(batch.holdings.table.names, names)), pa.array(money)],
        names=["product_id", "money"],
    )
    return pa.ListArray.from_arrays(pa.array(start.astype(np.int32)), sold)
