"""Ids in a table of their own, for as long as a query needs them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from advisor.adapters.crm.bulk import load
from advisor.adapters.extras import needs
from advisor.adapters.records.tables import ID

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa
else:
    sa, pa = needs("crm", "sqlalchemy"), needs("crm", "pyarrow")

_NAMED = sa.Table("named_ids", sa.MetaData(), sa.Column("id", ID, primary_key=True), prefixes=["TEMPORARY"])


@contextmanager
def naming(connection: sa.Connection, ids: Sequence[str]) -> Generator[sa.Table]:
    """A table `id` of these ids, for as long as the block lasts: any number of them in a query."""
    _NAMED.create(connection, checkfirst=False)
    load(connection, _NAMED, pa.table({"id": pa.array(list(dict.fromkeys(ids)), type=pa.string())}))
    yield _NAMED
    _NAMED.drop(connection, checkfirst=False)  # what fails is rolled back, and the table with it
