"""Ids in a table of their own, for as long as a query needs them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from advisor.adapters.records.arrow_tables import arrow, fetch, load
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.tables import ID

_NAMED = sa.Table(
    "named_ids", sa.MetaData(), sa.Column("id", ID, primary_key=True), prefixes=["TEMPORARY"]
)


@contextmanager
def naming(connection: sa.Connection, ids: Sequence[str]) -> Generator[sa.Table]:
    """A table `id` of these ids, for as long as the block lasts: any number of them in a query."""
    _NAMED.create(connection, checkfirst=False)
    load(connection, _NAMED, arrow(_NAMED, {"id": list(dict.fromkeys(ids))}))
    yield _NAMED
    _NAMED.drop(connection, checkfirst=False)  # what fails is rolled back, and the table with it


def missing_keys(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], keys: Sequence[Any]
) -> list[Any]:
    """The keys (values of the columns `names`, the most telling last) that the table lacks."""
    last = table.c[names[-1]]
    with naming(connection, [key[-1] for key in keys]) as named:
        query = sa.select(*(table.c[name] for name in names))
        named_rows = fetch(connection, query.select_from(table.join(named, last == named.c.id)))
    there = set(zip(*(named_rows[name].to_pylist() for name in names), strict=True))
    return [key for key in keys if key not in there]
