"""Columns of the host's own (a branch, an adviser) that pass through to the advice unread."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from advisor.annotations import Texts
from advisor.contracts.advice import Advice
from advisor.contracts.client import Client
from advisor.contracts.product import Product
from advisor.errors import InputError

LABEL = "label:"
"""How the column of a label begins in a table; `labels=["branch"]` takes `branch` for
`label:branch`."""
OF_CLIENTS = frozenset(
    {*Client.model_fields, *Advice.model_fields}
    | {"problem", "limited_by", "flags", "sales", "inputs"}
)
"""What no label of clients may be called: fields that are read, and columns that advice has."""
OF_PRODUCTS = frozenset({*Product.model_fields, "annual_fee_percent", "score", "money", "reasons"})
"""What no label of products may be called: label `isin` is the column `pick_1_isin` of advice."""


def label_names(names: Sequence[str]) -> list[str]:
    """The labels among names of columns, without `label:`."""
    return [name.removeprefix(LABEL) for name in names if name.startswith(LABEL)]


def labelled(
    names: Sequence[str], labels: Texts | str, taken: Collection[str], what: str
) -> list[str]:
    """Names of columns, those of labels as `label:<name>`.

    Args:
        names: Of the columns of a table.
        labels: Those that are labels; others are where they begin with `label:`.
        taken: Names that no label may have.
        what: Which table.

    Raises:
        InputError: There is no such column, or a label may not be called so.
    """
    asked = [labels] if isinstance(labels, str) else list(labels)
    absent = [name for name in asked if name not in names and LABEL + str(name) not in names]
    if absent:
        raise InputError(
            f"labels name {absent[:5]}; {what} has the columns {list(names)[:20]}. Name some of"
            " these (partition_by is a label too).",
            field="labels",
            value=absent,
        )
    new = [LABEL + name if name in asked else name for name in names]
    odd = [
        name
        for name in label_names(new)
        if not name.strip() or ":" in name or name in taken or name.startswith("pick_")
    ]
    if odd:
        raise InputError(
            f"labels of {what} name {odd[:5]}, which is a field or a column of the advice itself."
            " Give the column another name.",
            field="labels",
            value=odd,
        )
    return new
