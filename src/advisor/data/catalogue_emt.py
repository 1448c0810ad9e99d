"""Products as the European MiFID Template (FinDatEx EMT) ships them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from advisor.cells import is_missing, number_of, text_of
from advisor.contracts.currencies import code_of, nearest
from advisor.contracts.product import Product
from advisor.contracts.target_market import Answer, Audience, TargetMarket
from advisor.errors import InputError
from advisor.privacy import short

SRI_TO_LEVEL = (1, 2, 3, 4, 5, 5, 5)
"""R level of the summary risk indicator 1..7. PRIIPs put the classes at volatilities below 0.5, 5,
12, 20, 30, 80 % and above; the default risk bands end at 2, 4.5, 8, 13 and 20 %. Replace the table
by your advisor's."""

ANSWERS = {
    "01010": "retail",
    "02010": "basic",
    "02020": "informed",
    "02030": "advanced",
    "03010": "none",
    "03020": "limited",
    "03040": "no_guarantee",
    "03050": "beyond_capital",
    "05010": "preservation",
    "05020": "growth",
    "05030": "income",
    "05040": "hedging",
    "05050": "leveraged",
}
"""Field number -> field of `TargetMarket`, answered Y / N / Neutral."""
PROFESSIONAL = "01020"
"""Whether for professionals: Y / N, or only those per se (P) or on request (E), both (B), or
Neutral."""
AUDIENCES = {"06030": "advice", "06040": "portfolio_management"}
"""Field number -> field of `TargetMarket`, answered R(etail) / P(rofessional) / B(oth) /
N(either)."""
ID, NAME, CURRENCY, STRUCTURE, LEVERAGED = "00010", "00030", "00040", "00060", "00100"
SRI, SRRI, NOT_FOR_LOWEST, HOLDING, COSTS = "04010", "04020", "04050", "05080", "07100"
WORDS = {
    ID: "identifying", NAME: "name", CURRENCY: "currency",
    STRUCTURE: "legal structure|product type", LEVERAGED: "leveraged",
    "01010": "retail", PROFESSIONAL: "professional", "02010": "basic", "02020": "informed",
    "02030": "advanced",
    "03010": "not bear capital loss|no capital loss", "03020": "limited capital loss",
    "03040": "capital guarantee",
    "03050": "loss beyond capital", SRI: "priips", SRRI: "ucits",
    NOT_FOR_LOWEST: "lowest risk tolerance",
    "05010": "preservation", "05020": "growth", "05030": "income", "05040": "hedging",
    "05050": "leveraged return",
    HOLDING: "holding period|time horizon", "06030": "investment advice",
    "06040": "portfolio management", COSTS: "ongoing costs",
}  # fmt: skip
"""Field number -> what the name that follows it says in every published version of the template (V3
to V4.3), one of several."""
REQUIRED = (ID, CURRENCY, "01010", PROFESSIONAL, "02010", "02020", "02030")
YEARS = {"V": 0.0, "S": 1.0, "M": 3.0, "L": 5.0, "H": 100.0, "HTM": 100.0, "NEUTRAL": 0.0, "-": 0.0}
"""Holding periods in letters: very short, short (from 1 year), medium (from 3), long (from 5); hold
to maturity, which without a date fits nobody."""
_ANSWER: Mapping[str, Answer] = {
    "Y": "yes",
    "YES": "yes",
    "N": "no",
    "NO": "no",
    "NEUTRAL": "neutral",
    "-": "neutral",
    "": "neutral",
}
_PROFESSIONAL: Mapping[str, Answer] = {**_ANSWER, "P": "yes", "E": "yes", "B": "yes", "BOTH": "yes"}
_AUDIENCE: dict[str, Audience] = {
    "R": "retail", "RETAIL": "retail", "P": "professional", "PROFESSIONAL": "professional",
    "B": "both", "BOTH": "both", "N": "neither", "NEITHER": "neither", "": "both",
}  # fmt: skip


def products_from_emt(
    frame: pd.DataFrame,
    *,
    assets: Mapping[str, str],
    sri_to_level: Sequence[int] = SRI_TO_LEVEL,
    regime: str | None = "mifid",
) -> list[Product]:
    """Products from an EMT table; see `Catalogue.from_emt`."""
    if (
        len(sri_to_level) != 7
        or list(sri_to_level) != sorted(sri_to_level)
        or not all(1 <= level <= 5 for level in sri_to_level)
    ):
        raise InputError(
            f"sri_to_level is {short(tuple(sri_to_level))}; it needs seven levels of 1..5 that do"
            " not fall, one for each SRI.",
            field="sri_to_level",
            value=tuple(sri_to_level),
        )
    columns = _columns([str(c) for c in frame.columns])
    products: list[Product] = []
    for row, record in enumerate(frame.to_dict("records")):
        cells = {number: _text(record[column]) for number, column in columns.items()}
        try:
            products.append(_product(cells, assets, sri_to_level, regime))
        except InputError as error:
            raise InputError(
                f"EMT row {row} ({cells[ID] or 'no id'}): {error}",
                field=error.field,
                value=error.value,
            ) from None
    return products


def _product(
    cells: Mapping[str, str],
    assets: Mapping[str, str],
    sri_to_level: Sequence[int],
    regime: str | None,
) -> Product:
    name = cells[ID]
    if name not in assets:
        raise InputError(
            f"assets does not say which asset {name!r} implements; the template has no such field."
            " Add it.",
            field="assets",
            value=name,
        )
    indicator = _indicator(cells, SRI if cells.get(SRI) else SRRI)
    market: dict[str, Any] = {
        field: _word(cells, number, _ANSWER) for number, field in ANSWERS.items()
    }
    market["professional"] = _word(cells, PROFESSIONAL, _PROFESSIONAL)
    lowest = _word(cells, NOT_FOR_LOWEST, _ANSWER)
    market |= {field: _word(cells, number, _AUDIENCE) for number, field in AUDIENCES.items()}
    period = cells.get(HOLDING, "").upper()
    years = (
        YEARS[period] if period in YEARS else 0.0 if not period else _number(cells, HOLDING, 0, 200)
    )
    fields: dict[str, Any] = {"annual_fee": _number(cells, COSTS, 0, 1)} if cells.get(COSTS) else {}
    return Product(
        id=name,
        name=cells.get(NAME) or name,
        asset=assets[name],
        risk_level=sri_to_level[indicator - 1],
        regime=regime,
        currency=_currency(cells),
        complex=_word(cells, LEVERAGED, _ANSWER) == "yes",
        **fields,
        target_market=TargetMarket(
            **market, risk_indicator=indicator, min_years=years, not_for_lowest=lowest == "yes"
        ),
    )


def _columns(headers: Sequence[str]) -> dict[str, str]:
    """Field number -> its column. A header is a field's number, alone or followed by its published
    name.

    Raises:
        InputError: A field is there twice, under a name that it never had, or a mandatory one is
            absent.
    """
    columns: dict[str, str] = {}
    for header in headers:
        number, name = (
            header.strip()[:5],
            " ".join(header.strip()[5:].replace("_", " ").replace("-", " ").lower().split()),
        )
        if number not in WORDS or header.strip()[5:6].isdigit():
            continue
        if number in columns:
            raise InputError(
                f"The EMT table has field {number} twice, as {columns[number]!r} and {header!r}; it"
                " is not known which one counts. Drop one.",
                field=number,
                value=[columns[number], header],
            )
        if name and not any(word in name for word in WORDS[number].split("|")):
            raise InputError(
                f"The EMT table has the column {header!r}, but field {number} of the template is"
                f" about {WORDS[number].replace('|', ' or ')}; its values would be read as"
                " something else. Name the columns as FinDatEx does.",
                field=number,
                value=header,
            )
        columns[number] = header
    absent = [number for number in REQUIRED if number not in columns]
    if absent or not {SRI, SRRI} & set(columns):
        raise InputError(
            f"The EMT table lacks the field(s) {absent or [SRI]}; columns are found by their number"
            " and name. Pass the file as FinDatEx lays it out.",
            field=(absent or [SRI])[0],
            value=list(headers)[:10],
        )
    return columns


def _currency(cells: Mapping[str, str]) -> str:
    code = code_of(cells[CURRENCY])
    if code is None:
        must = f"it must be a currency code of ISO 4217. {nearest(cells[CURRENCY])}"
        raise _refusal(cells, CURRENCY, must, remedy="")
    return code


def _indicator(cells: Mapping[str, str], number: str) -> int:
    """A risk indicator: a whole number of 1..7, also where a table made 6.0 of it."""
    value = _number(cells, number, 1, 7)
    if value != round(value):
        raise _refusal(cells, number, "a risk indicator is a whole number of 1..7")
    return round(value)


def _text(value: Any) -> str:
    return "" if is_missing(value) else text_of(value).strip()


def _word(cells: Mapping[str, str], number: str, words: Mapping[str, Any]) -> Any:
    cell = cells.get(number, "").upper()
    if cell not in words:
        raise _refusal(
            cells, number, f"it must be one of {sorted(w for w in words if w)}, or empty"
        )
    return words[cell]


def _number(cells: Mapping[str, str], number: str, low: float, high: float) -> float:
    value = number_of(cells.get(number, ""))
    if not low <= value <= high:
        raise _refusal(cells, number, f"it must be a number of {low:g}..{high:g}")
    return value


def _refusal(
    cells: Mapping[str, str], number: str, must: str, remedy: str = ". Correct it."
) -> InputError:
    cell = cells.get(number, "")
    text = f"field {number} is {cell!r}; {must}{remedy}"
    return InputError(text, field=number, value=cell)
