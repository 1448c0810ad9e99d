"""The part of the store that keeps trades, purchases and assessments."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from advisor import Client, Interactions, Trades
from advisor.adapters.crm import log_rows
from advisor.adapters.crm.rows import check_row
from advisor.adapters.crm.store_events import EventStore
from advisor.adapters.crm.values import Written
from advisor.adapters.records import tables
from advisor.adapters.records.arrow_tables import fetch
from advisor.adapters.records.libraries import sa
from advisor.adapters.records.moments import calendar_day, end_of, moment_of, now_or
from advisor.annotations import Day, Text, Texts
from advisor.arrays import IntArray
from advisor.data.ids import IdMap
from advisor.risk_profile import AssessmentHistory
from advisor.validation import checked


class LogStore(EventStore):
    """Trades, purchases, assessments."""

    @checked
    def put_trades(self, trades: Any, *, at: datetime | None = None, **columns: Any) -> Written:
        """Write trades: a `Trades`, or a table as `Trades.from_frame` reads it."""
        read = log_rows.trades_of(trades, columns, now_or(at))
        with self.writing() as connection:
            return log_rows.put_columns(connection, tables.trades, *read)

    @checked
    def put_purchases(
        self, purchases: Any, *, at: datetime | None = None, **columns: Any
    ) -> Written:
        """Write purchases: `Interactions`, or a table as `Interactions.from_frame` reads it; else
        as trades.
        """
        read = log_rows.purchases_of(purchases, columns, now_or(at))
        with self.writing() as connection:
            return log_rows.put_columns(connection, tables.purchases, *read)

    @checked
    def interactions(
        self, *, until: Day | None = None, client_id: Text | None = None
    ) -> Interactions:
        """Purchases up to and including a day, of everybody or one client."""
        p = tables.purchases.c
        query = sa.select(p.client_id, p.product_id, p.day, p.value)
        query = query if until is None else query.where(p.day <= calendar_day(until, "until"))
        query = query if client_id is None else query.where(p.client_id == client_id)
        with self.reading() as connection:
            table = fetch(connection, query.order_by(p.client_id, p.product_id, p.day))
        (clients, rows), (products, items) = map(_coded, (table["client_id"], table["product_id"]))
        valued = table.num_rows and not table["value"].null_count
        days = table["day"].to_numpy().astype("datetime64[D]")
        values = table["value"].to_numpy() if valued else None
        return Interactions(clients, products, rows, items, days, values)

    @checked
    def trades(self, *, until: Day | None = None, client_id: Text | None = None) -> Trades:
        """Trades up to and including a day (UTC), of everybody or one client."""
        t = tables.trades.c
        query = sa.select(t.client_id, t.asset, t.time, t.side, t.units, t.price, t.left_out)
        if until is not None:
            query = query.where(t.time < end_of(calendar_day(until, "until")))
        query = query if client_id is None else query.where(t.client_id == client_id)
        with self.reading() as connection:
            table = fetch(connection, query.order_by(t.client_id, t.time, t.position, t.id))
        (clients, rows), (assets, items) = map(_coded, (table["client_id"], table["asset"]))
        sold = np.array([side == "sell" for side in table["side"].to_pylist()], dtype=np.bool_)
        units, left_out = table["units"].to_numpy(), table["left_out"].to_numpy().astype(np.bool_)
        return Trades(
            clients,
            assets,
            rows,
            items,
            table["time"].to_numpy().astype("datetime64[ns]"),
            np.where(sold, -units, units),
            table["price"].to_numpy(),
            left_out=left_out if left_out.any() else None,
        )

    @checked
    def history(self, *, ids: Texts | None = None) -> AssessmentHistory:
        """Every assessment that has a level; of some clients where `ids` names them."""
        a = tables.assessments.c
        query = sa.select(a.client_id, a.day, a.level, a.confirmed).where(a.level.is_not(None))
        query = query if ids is None else query.where(a.client_id.in_(ids))
        with self.reading() as connection:
            frame: Any = fetch(connection, query.order_by(a.client_id, a.day, a.since)).to_pandas()
        return AssessmentHistory.from_frame(pd.DataFrame(frame))

    @checked
    def put_assessment(
        self,
        client: Client,
        *,
        at: datetime,
        level: int,
        questionnaire: Text,
        confirmed: bool = False,
    ) -> None:
        """Write what an assessment came to, over what stands there of that moment."""
        moment, a = moment_of(at), tables.assessments
        row = {
            "client_id": client.id,
            "since": moment,
            "day": client.assessed_on or moment.date(),
            "questionnaire": questionnaire,
            "answers": json.dumps(client.answers, ensure_ascii=False),
            "level": level,
            "confirmed": confirmed,
        }
        check_row(a, row)
        with self.writing() as connection:
            mine = (a.c.client_id == client.id, a.c.since == moment)
            connection.execute(sa.delete(a).where(*mine))
            connection.execute(sa.insert(a).values(**row))


def _coded(column: Any) -> tuple[IdMap, IntArray]:
    """The ids of a column, sorted, and the position of each cell's id among them, shape (r,)."""
    coded = column.combine_chunks().dictionary_encode()
    names: list[str] = coded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return IdMap(tuple(names[i] for i in order)), place[coded.indices.to_numpy()]
