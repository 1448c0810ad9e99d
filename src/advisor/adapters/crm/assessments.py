"""Assessments with their level: written where one is finished, read as a history."""

# pyright: reportUnknownParameterType=false

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from advisor import Client
from advisor.adapters.crm.bulk import fetch
from advisor.adapters.crm.tables import assessments
from advisor.adapters.extras import needs
from advisor.risk_profile import AssessmentHistory

if TYPE_CHECKING:
    import sqlalchemy as sa
else:
    sa = needs("crm", "sqlalchemy")


def put_assessment(
    connection: sa.Connection,
    client: Client,
    at: datetime,
    level: int,
    questionnaire: str,
    *,
    confirmed: bool,
) -> None:
    """Write an assessment over what stands there of that moment; see `Store.put_assessment`."""
    mine = (assessments.c.client_id == client.id, assessments.c.since == at)
    row = {
        "client_id": client.id,
        "since": at,
        "day": client.assessed_on or at.date(),
        "questionnaire": questionnaire,
        "answers": json.dumps(client.answers, ensure_ascii=False),
        "level": level,
        "confirmed": confirmed,
    }
    connection.execute(sa.delete(assessments).where(*mine))
    connection.execute(sa.insert(assessments).values(**row))


def history(connection: sa.Connection, ids: Sequence[str] | None) -> AssessmentHistory:
    """Every assessment that has a level, by client and day; of some clients where `ids` names
    them.
    """
    a = assessments.c
    query: Any = sa.select(a.client_id, a.day, a.level, a.confirmed).where(a.level.is_not(None))
    if ids is not None:
        query = query.where(a.client_id.in_(ids))
    frame: Any = fetch(connection, query.order_by(a.client_id, a.day, a.since)).to_pandas()
    return AssessmentHistory.from_frame(pd.DataFrame(frame))
