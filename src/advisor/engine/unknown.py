"""Names in clients' data that mean nothing here: a typo must not buy what was excluded."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache

import numpy as np

from advisor.arrays import IntArray
from advisor.contracts.client import BIASES
from advisor.data.catalogue import Catalogue
from advisor.data.clients.table import ClientTable
from advisor.data.ids import IdMap
from advisor.data.sparse_rows import SparseRows
from advisor.privacy import personal

HOLDS = (
    "it holds {name}, which is neither a product nor an asset here, so its risk is unknown. "
    "{nearest}Add it to the catalogue or correct the id."
)
EXCLUDES = (
    "it excludes {name}, which is neither a product nor an asset here, so what is meant could still"
    " be bought. {nearest}Correct the id, or leave it out."
)
LOCKS = (
    "it says that {name} cannot be sold, which is neither a product nor an asset here, so what is"
    " meant could be sold. {nearest}Correct the id, or leave it out."
)
BIASED = (
    "it has a bias {name}, which nothing here reads, so it would not count. {nearest}Biases"
    f" are {', '.join(BIASES)}: correct the name, or leave it out."
)

_KINDS, _CLOSEST = 64, 8
"""Kinds of letters that are counted, and ids with the most like counts that are compared."""


def unknown_names(clients: ClientTable, catalogue: Catalogue, assets: IdMap) -> dict[int, str]:
    """What is wrong with each row that holds, excludes or locks an unknown id, or has an unknown
    bias.

    Args:
        clients: c clients.
        catalogue: Products, open and closed.
        assets: What products invest in.
    """
    known = (catalogue.ids, assets)
    problems = _strangers(clients.holdings, known, HOLDS)
    for table, sentence in ((clients.excluded, EXCLUDES), (clients.locked, LOCKS)):
        for row, text in _strangers(table, known, sentence).items():
            problems.setdefault(row, text)
    for name, values in clients.biases.items():
        if name not in BIASES:
            text = BIASED.format(name=repr(name), nearest=nearest(name, tuple(BIASES)))
            for row in np.flatnonzero(~np.isnan(values)).tolist():
                problems.setdefault(row, text)
    return problems


def _strangers(table: SparseRows, known: tuple[IdMap, IdMap], sentence: str) -> dict[int, str]:
    """Row -> a sentence about its first name that is not known."""
    products, assets = known
    lost = np.array(
        [name not in products and name not in assets for name in table.names], dtype=np.bool_
    )
    problems: dict[int, str] = {}
    if not lost.any():
        return problems
    ids = (*products.ids, *assets.ids)
    entries = np.flatnonzero(lost[table.codes])
    sentences: dict[int, str] = {}
    for row, code in zip(
        table.row_of_entry()[entries].tolist(), table.codes[entries].tolist(), strict=True
    ):
        if row not in problems:
            if code not in sentences:
                name = table.names[code]
                sentences[code] = sentence.format(name=personal(name), nearest=nearest(name, ids))
            problems[row] = sentences[code]
    return problems


def nearest(name: str, known: tuple[str, ...]) -> str:
    """A question that names the known word most like `name`, with a blank behind; "" where none is.

    >>> nearest("glod", ("cash", "gold", "bonds"))
    "Is it 'gold'? "
    """
    apart = np.abs(_letters(known) - _letters((name,))).sum(axis=1)
    likely = np.argsort(apart, kind="stable")[:_CLOSEST].tolist()
    matches = get_close_matches(name, [known[at] for at in likely], n=1)
    return f"Is it {matches[0]!r}? " if matches else ""


@lru_cache(maxsize=16)
def _letters(names: tuple[str, ...]) -> IntArray:
    """How often each kind of letter stands in each name, shape (names, kinds)."""
    counts = np.zeros((len(names), _KINDS), dtype=np.int64)
    for row, name in zip(counts, names, strict=True):
        np.add.at(row, [ord(letter) % _KINDS for letter in name[:1000]], 1)
    return counts
