"""Which versions of clients stood on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from advisor.adapters.crm import tables
from advisor.adapters.extras import needs

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


def known_on(as_of: date | None) -> Any:
    """The condition of versions of clients that stood at the end of a day; None: that stand."""
    c = tables.clients.c
    if as_of is None:
        return c.until.is_(None)
    end = end_of(as_of)
    return sa.and_(c.since < end, sa.or_(c.until.is_(None), c.until >= end))


def end_of(day: date) -> datetime:
    """The first moment after a day, in UTC; the last there is where the calendar ends."""
    if day >= date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(), UTC)
