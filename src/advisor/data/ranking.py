"""Ranked products of many clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from advisor.annotations import Day
from advisor.arrays import FloatArray, IntArray, check_type
from advisor.data.bad_rows import bad_cells, refuse_first
from advisor.data.days import as_day
from advisor.data.hints import column_code, read_as
from advisor.data.ids import IdMap, id_texts
from advisor.data.tables import as_numbers, check_table, id_codes, labels_of, shown_cell, with_index
from advisor.errors import InputError
from advisor.privacy import kept, personal, short
from advisor.validation import checked

MOST_SLOTS = 1_000
"""Slots that may be asked for in any catalogue."""
_WHOSE = "it is not known whose list the row belongs to. Drop or mend it."
_WHAT = "it is not known what is recommended. Drop or mend it."


def check_slots(slots: object, products: int, field: str, *, least: int = 0) -> None:
    """Raise `InputError` unless `slots` is a whole number of slots that may be asked for, before
    any is made.

    Args:
        slots: What is asked for.
        products: How many there are to fill them.
        field: Its name, for the message.
        least: The smallest number that makes sense.
    """
    check_type(slots, (int, np.integer), field, "Ask for a whole number of products.")
    most = max(MOST_SLOTS, products)
    if not least <= slots <= most:  # type: ignore[operator]
        raise InputError(
            f"{field} is {short(slots)}; there are {products} products, and every further slot"
            f" would stay empty. Ask for {least} to {most}.",
            field=field,
            value=slots,
        )


@dataclass(frozen=True, eq=False)
class Ranking:
    """The best k products of each of `c` clients, best first.

    Attributes:
        client_ids: Length c.
        products: What codes index, length p.
        codes: Position in `products`, -1 = honest empty slot (nothing eligible and unheld was
            left), shape (c, k).
        scores: Score of each slot, nan where empty, shape (c, k).
        note: What holds of the whole batch, such as that the recommender knows none of the clients;
            None = nothing.
        known_until: Day of the last purchase that the recommender has learnt from; None = not
            known.
    """

    client_ids: tuple[str, ...]
    products: tuple[str, ...]
    codes: IntArray
    scores: FloatArray
    note: str | None = None
    known_until: np.datetime64 | None = None

    def __post_init__(self) -> None:
        for field in ("client_ids", "products"):
            ids: object = getattr(self, field)
            if not isinstance(ids, tuple) or not set(map(type, ids)) <= {str}:
                object.__setattr__(self, field, tuple(id_texts(ids, field)))

    @classmethod
    @checked
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        client: str = "client_id",
        product: str = "product_id",
        rank: str = "rank",
        score: str = "score",
        client_ids: Iterable[str] | None = None,
        products: Iterable[str] | None = None,
        known_until: Day | None = None,
    ) -> Ranking:
        """The lists of any other system, one row a client and product: what `to_frame` writes, or
        as little as two columns.

        Args:
            frame: A table; `rank` and `score` may be absent.
            client: Column of client ids.
            product: Column of product ids.
            rank: Column of places from 1; absent: a client's rows count by score, the highest
                first, equal ones as they stand, and without a score as they stand, best first.
            score: Column of finite scores; absent: the place counted back from the last one, so
                that the best has the highest.
            client_ids: Whose lists these are, in order; who has no row gets an empty list. None:
                those who occur, as they first do.
            products: What could be recommended, in order. None: those that occur, sorted.
            known_until: Day of the last purchase that the system has learnt from, so that a
                judgement by earlier ones is named; None: not known.

        Returns:
            As many slots as the last place has; a place that nothing is at is an empty slot.

        Raises:
            InputError: A column is absent, an id is missing or not among those given, a client has
                a product or a place twice, a place is no whole number from 1 to the most slots, a
                score is not finite, or it is not known which row is best: a column of places or
                scores is not read, or scores rise from row to row.
        """
        frame = with_index(frame)
        stated = [n for n, usual in ((rank, "rank"), (score, "score")) if n != usual or n in frame]
        what = "One row a client and product; name the columns by keyword."
        check_table(
            frame, "lists", [client, product, *stated], what + _one_row_each(frame, client, product)
        )
        _refuse_unread(frame, {client, product}, rank, score)
        # 1. rows and columns
        row, clients = _coded(frame, client, "client_ids", client_ids, _WHOSE)
        code, every = _coded(frame, product, "products", products, _WHAT)
        # 2. places, each of one product, each product once
        values = _scores(frame, score) if score in frame else None
        slot = (
            places_of(frame[rank], rank, max(MOST_SLOTS, len(every)))
            if rank in frame
            else _positions(row, values, client, score)
        )
        width = int(slot.max()) + 1 if len(slot) else 0
        twice = f"{product} twice; a list holds a product once"
        _check_twice(row * (len(every) + 1) + code, frame, client, twice)
        twice = f"{rank} twice; a place is one product's"
        _check_twice(row * (width + 1) + slot, frame, client, twice)
        # 3. lists
        if values is None:
            values = (width - slot).astype(np.float64)
        codes = np.full((len(clients), width), -1, dtype=np.int64)
        scores = np.full((len(clients), width), np.nan)
        codes[row, slot], scores[row, slot] = code, values
        until = None if known_until is None else as_day(known_until, "known_until")
        return cls(clients.ids, every.ids, codes, scores, known_until=until)

    def to_frame(self) -> pd.DataFrame:
        """One row a filled slot: client_id, rank (from 1), product_id, score."""
        rows, slots = np.nonzero(self.codes >= 0)
        return pd.DataFrame(
            {
                "client_id": np.array(self.client_ids, dtype=object)[rows],
                "rank": slots + 1,
                "product_id": (
                    np.array(self.products, dtype=object)[self.codes[rows, slots]]
                    if self.products
                    else np.array([], dtype=object)
                ),
                "score": self.scores[rows, slots],
            }
        )

    def __len__(self) -> int:
        return len(self.client_ids)

    def __repr__(self) -> str:
        return (
            f"Ranking({len(self):,} clients, top {self.codes.shape[1]} of {len(self.products)}"
            f" products, {int((self.codes < 0).sum()):,} empty slots)"
        )


def _coded(
    frame: pd.DataFrame, column: str, field: str, asked: Iterable[str] | None, why: str
) -> tuple[IntArray, IdMap]:
    """Position of each row's id among those asked for, and these; None: those that occur, clients
    as they first do, products sorted. Raises `InputError` where one is not among them.
    """
    at, names = id_codes(frame[column], column, why)
    if asked is None:
        asked = names.ids if field == "products" else [names.ids[c] for c in pd.unique(at)]
    every = IdMap.of(asked, field)
    codes = every.find(names.ids)
    if (codes < 0).any():
        name = names.ids[int(np.argmax(codes < 0))]
        private = field == "client_ids"
        raise InputError(
            f"{column} {personal(name) if private else repr(name)} is not among the ids given"
            f" ({int((codes < 0).sum()):,} are not); a list of it would be lost. Add it, or drop"
            " its rows.",
            field=column,
            value=kept(name) if private else name,
        )
    return codes[at], every


def _one_row_each(frame: pd.DataFrame, client: str, product: str) -> str:
    """What makes one row a client and product of a table with one row a client."""
    beside = frame.drop(columns=client, errors="ignore")
    named = any(read_as(name, "lists") for name in labels_of(beside.columns))
    if client not in frame or named or beside.shape[1] < 2 or frame[client].duplicated().any():
        return ""
    stacked = f" Of one row a client: frame = frame.set_index({client!r}).stack().dropna()"
    if all(pd.api.types.is_float_dtype(kind) for kind in beside.dtypes):
        return f'{stacked}.rename("score").rename_axis([{client!r}, {product!r}]).reset_index().'
    return f"{stacked}.rename({product!r}).reset_index(level=0)."


def _refuse_unread(frame: pd.DataFrame, ids: set[str], rank: str, score: str) -> None:
    """Raise `InputError` where rows would count as they stand, beside a column of another name that
    says how they count.
    """
    open_ones = {"rank"} if score in frame else {"rank", "score"}
    for name in [] if rank in frame else labels_of(frame.columns):
        option = None if name in ids or name == score else read_as(name, "lists")
        if option in open_ones:
            raise InputError(
                f"The column {name!r} would not be read, and may say which row is best. Pass"
                f" {option}={name!r}, or drop it.",
                field=name,
                value=name,
            )


def _scores(frame: pd.DataFrame, score: str) -> FloatArray:
    values = as_numbers(frame[score])

    def mended(cell: object) -> str:
        if isinstance(cell, float):
            return f" Where it means not to be shown: frame = frame[numpy.isfinite({code})]."
        comma = isinstance(cell, str) and "," in cell
        return f" Correct it{', or read the file with decimal=' + repr(',') if comma else ''}."

    code, why = column_code(score), "; a score is finite."
    refuse_first(
        bad_cells(~np.isfinite(values), frame[score], score, why, hint=mended, public=True)
    )
    return values


def places_of(column: pd.Series, name: str, most: int) -> IntArray:
    """Slots, from 0, of a column of places from 1 to `most`, shape (r,). Raises `InputError` where
    a cell is no such place.
    """
    places, code = as_numbers(column), column_code(name)

    def mended(_: object) -> str:
        from_zero = bool((places == 0.0).any())
        return f" Where they count from 0: {code} = {code} + 1." if from_zero else " Correct it."

    why = f"; places are whole numbers from 1 to {most}."
    odd = ~((places >= 1.0) & (places <= most) & (places == np.floor(places)))
    refuse_first(bad_cells(odd, column, name, why, hint=mended, public=True))
    return (places - 1.0).astype(np.int64)


def _positions(row: IntArray, values: FloatArray | None, client: str, score: str) -> IntArray:
    """How many rows of the same client are better than each row: stand before it, or with scores
    have a higher one, or an equal one and stand before it.
    """
    order = np.argsort(row, kind="stable")
    if values is not None:
        step = np.diff(values[order])[np.diff(row[order]) == 0]
        if (step > 0.0).any() and not (step < 0.0).any():
            line = f"frame.groupby({client!r})[{score!r}].rank(method='first', ascending=False)"
            raise InputError(
                f"{score} only rises from row to row of a client, so either the last row is best,"
                f' or less is better. Say which: frame["rank"] = {line} where more is better,'
                " ascending=True where less is.",
                field=score,
            )
        order = np.lexsort((-values, row))
    sorted_rows = row[order]
    first = np.searchsorted(sorted_rows, sorted_rows)
    slot = np.empty_like(row)
    slot[order] = np.arange(len(row)) - first
    return slot


def _check_twice(keys: IntArray, frame: pd.DataFrame, client: str, what: str) -> None:
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    if len(again):
        bad = int(order[again[0] + 1])
        raise InputError(
            f"{client} {shown_cell(frame[client], bad)} has {what} (row {bad}). Drop one of the"
            " rows.",
            field=client,
            value=bad,
        )
