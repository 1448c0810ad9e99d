"""A table of products, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from advisor.annotations import DecimalMark, Texts
from advisor.cell_words import percentage, pointed
from advisor.cells import is_missing, number_of, text_of
from advisor.contracts.fields import fraction_of
from advisor.contracts.product import Product
from advisor.contracts.thresholds import exceeds
from advisor.data.columns import column_of
from advisor.data.doubts import log_fees, log_ids, log_isins, log_points
from advisor.data.hints import column_code, names_hint, number_hints, rating_hint, word_hint
from advisor.data.labels import LABEL, OF_PRODUCTS, labelled
from advisor.data.tables import check_once, labels_of, with_index
from advisor.errors import InputError
from advisor.privacy import short

PERCENT = "annual_fee_percent"
_SPREAD = "exposure:"
_ISIN = "isin"
_NUMBERS = ("annual_fee", PERCENT, "min_purchase", "term_days")
_FLAGS = ("complex", "private", "closed", "own_product", "insured_deposit")
_REQUIRED = ("id", "name", "risk_level")


def products_of_frame(
    frame: pd.DataFrame,
    max_fee: float,
    id_column: str | None,
    labels: Texts | str = (),
    decimal: DecimalMark = ".",
) -> tuple[dict[int, Product], dict[int, InputError]]:
    """The products of a table by row, and what is wrong with the rows that hold none; for the
    arguments see `Catalogue.from_frame`.

    Raises:
        InputError: A column is unknown, absent or there twice.
    """
    frame = with_index(frame)
    names = _names(labels_of(frame.columns), labels, id_column)
    products: dict[int, Product] = {}
    bad: dict[int, InputError] = {}
    rows: dict[str, int] = {}
    for row, cells in enumerate(frame.itertuples(index=False, name=None)):
        named = zip(names, cells, strict=True)
        stated = {name: cell for name, cell in named if name and not is_missing(cell)}
        if not stated:
            bad[row] = InputError(
                f"Catalogue row {row} is empty. Leave such rows out: frame ="
                ' frame.dropna(how="all").',
                field="id",
                value=None,
            )
            continue
        try:
            product = Product(**_fee_as_fraction(_fields(_with_points(stated, decimal))))
            check_fee(product, max_fee, percent=_states_percent(stated))
            if (first := rows.setdefault(product.id, row)) != row:
                raise InputError(
                    f"The product ids hold {product.id!r} twice, first in row {first}. Give each"
                    " once.",
                    field="id",
                    value=product.id,
                )
            products[row] = product
        except InputError as error:
            shown = text_of(stated.get("id", "no id"))[:40]
            bad[row] = InputError(
                f"Catalogue row {row} ({shown}): {error}{_hint(stated, decimal, frame, names)}",
                field=error.field,
                value=error.value,
            )
    _log_doubts(frame, names, products, bad, decimal)
    return products, bad


def _log_doubts(
    frame: pd.DataFrame,
    names: Sequence[str],
    products: Mapping[int, Product],
    bad: Mapping[int, InputError],
    decimal: DecimalMark,
) -> None:
    """Say in the log which ids, amounts and fees are likely meant otherwise than they are read."""
    log_ids((product.id for product in products.values()), "id")
    log_isins(product.id for product in products.values())
    columns = {name: frame.iloc[:, at] for at, name in enumerate(names) if name}
    if "min_purchase" in columns:
        log_points(column_of(columns["min_purchase"]), "min_purchase", decimal)
    if (fees := columns.get("annual_fee")) is not None:
        high = sum(error.field == "annual_fee" for error in bad.values())
        cells = [fees.iloc[row] for row in products]
        log_fees(cells, [product.annual_fee for product in products.values()], high)


def _states_percent(stated: Mapping[str, Any]) -> bool:
    return PERCENT in stated or percentage(stated.get("annual_fee")) is not None


def _names(columns: Sequence[str], labels: Texts | str, id_column: str | None) -> list[str]:
    """Names of the columns as fields of `Product`, "" where one is passed over.

    Raises:
        InputError: One is unknown, absent or there twice.
    """
    names = _with_id(labelled(columns, labels, OF_PRODUCTS, "the catalogue"), id_column)
    there = [name for name in names if name]
    check_once(there, "catalogue")
    fields = (*Product.model_fields, PERCENT)
    odd = [n for n in there if n not in fields and not n.startswith((_SPREAD, LABEL))]
    if odd:
        raise InputError(
            f"The catalogue has columns {odd[:5]} that no product field is named after; rename or"
            f" drop them, or pass labels={odd[:5]} to have them beside each pick."
            + names_hint(columns, "products"),
            field=odd[0],
            value=odd,
        )
    absent = [name for name in _REQUIRED if name not in there]
    if not any(name in ("asset", "exposures") or name.startswith(_SPREAD) for name in there):
        absent.append("asset")
    if absent:
        raise InputError(
            f"The catalogue lacks the column(s) {absent}; every product has an id, a name, a"
            f" risk_level, and an asset or exposures. Add them.{names_hint(columns, 'products')}",
            field=absent[0],
            value=absent,
        )
    return names


def _hint(
    stated: Mapping[str, Any], decimal: str, frame: pd.DataFrame, names: Sequence[str]
) -> str:
    """What mends the cells of a row that cannot be read."""
    hints: list[str] = []
    for name, cell in stated.items():
        at = names.index(name)
        column = text_of(frame.columns[at])
        if _is_number(name):
            hints += number_hints(cell, column, decimal)
        elif name in ("risk_level", "issuer_risk_level"):
            hints.append(rating_hint(cell, column, "R"))
        elif name in _FLAGS:
            hints.append(word_hint(frame.iloc[:, at].tolist(), column, "truth"))
        if name == "annual_fee" and 1.0 <= number_of(cell) <= 100.0 and column == name:
            hints.append(
                f' If it is in percent: frame = frame.rename(columns={{"{name}": "{PERCENT}"}}).'
            )
        if name == "annual_fee" and decimal == "." and "," in (share := percentage(cell) or ""):
            hints += number_hints(share.replace(",", ".") + ",0", column, decimal)
        if name.startswith(_SPREAD) and 1.0 < number_of(cell) <= 100.0:
            code = column_code(column)
            hints.append(f" Percent are hundredths: {code} = pandas.to_numeric({code}) / 100.")
    return "".join(dict.fromkeys(hints))


def _with_id(names: Sequence[str], id_column: str | None) -> list[str]:
    """Names of the columns, the one of ids as `id`; another that holds ids too is passed over
    ("").
    """
    isins = [name for name in names if name.strip().lower() == _ISIN]
    if id_column is None:
        if isins and "id" in names:
            raise InputError(
                f"The catalogue has both id and {isins[0]}, and it is not known which one trades"
                f' and purchases name. Pass id_column="id" or id_column="{isins[0]}".',
                field=isins[0],
                value=isins[0],
            )
        id_column = isins[0] if isins else "id"
    elif id_column not in names:
        raise InputError(
            f"id_column is {id_column!r}; the catalogue has {list(names)[:20]}. Name one of these.",
            field="id_column",
            value=id_column,
        )
    return [
        "id" if name == id_column else "" if name == "id" or name in isins else name
        for name in names
    ]


def _is_number(name: str) -> bool:
    return name in _NUMBERS or name.startswith(_SPREAD)


def _with_points(stated: Mapping[str, Any], decimal: DecimalMark) -> Mapping[str, Any]:
    """Cells whose numbers have a decimal point. Raises `InputError` for text that is no number with
    the mark that was named.
    """
    if decimal == ".":
        return stated
    cells = dict(stated)
    for name, cell in stated.items():
        if isinstance(cell, str) and _is_number(name):
            share = percentage(cell)
            number = pointed(cell if share is None else share)
            if number is None:
                raise InputError(
                    f'{name} is {short(cell)}, which is no number with decimal=",". Correct the'
                    " cell.",
                    field=name,
                    value=cell,
                )
            cells[name] = number if share is None else f"{number}%"
    return cells


def _fields(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a product, its exposures in one mapping, and its labels in another."""
    fields = {name: cell for name, cell in stated.items() if not name.startswith((_SPREAD, LABEL))}
    labels = {
        name.removeprefix(LABEL): cell for name, cell in stated.items() if name.startswith(LABEL)
    }
    fields |= {"labels": labels} if labels else {}
    spread = {
        name.removeprefix(_SPREAD): cell
        for name, cell in stated.items()
        if name.startswith(_SPREAD) and fraction_of(cell) != 0.0
    }
    return fields | ({"exposures": spread} if spread else {})


def _fee_as_fraction(fields: dict[str, Any]) -> dict[str, Any]:
    """A record of `Product`'s fields, its fee in percent made a fraction."""
    if PERCENT not in fields:
        return fields
    rest = {name: value for name, value in fields.items() if name != PERCENT}
    fee = fields[PERCENT]
    percent = number_of(percentage(fee) or fee)
    if not 0.0 <= percent < 100.0 or "annual_fee" in rest:
        why = (
            "annual_fee is stated too, and it is not known which one counts"
            if "annual_fee" in rest
            else "it is a number of 0..100, such as 0.41"
        )
        raise InputError(
            f"{PERCENT} is {short(fee)}; {why}. Correct the cell.", field=PERCENT, value=fee
        )
    return rest | {"annual_fee": float(Decimal(repr(percent)) / 100)}


def check_fee(product: Product, max_fee: float, *, percent: bool = False) -> None:
    """Raise `InputError` where a fee is above `max_fee`, a fraction a year; `percent`: it was
    written in percent.
    """
    if exceeds(product.annual_fee, max_fee):
        fee = product.annual_fee
        other = (
            ""
            if percent
            else f" Write {fee / 100:g} (or {fee:g} in the column {PERCENT}) if {fee:g} % is meant;"
        )
        raise InputError(
            f"Product {product.id!r} has an annual_fee of {fee:g}, which is {100 * fee:g} % a year;"
            f" more than {100 * max_fee:g} % is hardly meant.{other or ' Correct it,'}"
            f" {'or' if percent else 'else'} pass max_fee={fee:g}.",
            field="annual_fee",
            value=fee,
        )
