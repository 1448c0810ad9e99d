"""Whatever is handed to the rules on clients, a refusal is the library's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from advisor import Advisor, Event, Questionnaire, profile_risk, sample
from advisor.adapters.crm import (
    ClientFacts,
    Consent,
    EventTable,
    ManualTag,
    PlayBook,
    ScorePack,
    SentAction,
    StagePack,
    TagPack,
    hand_off,
    propose,
    release,
    segment,
    stage,
    tag,
)
from advisor.adapters.crm.facts import events_of
from advisor.adapters.crm.values import CustomerView

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
TABLE, BOUGHT, SHELF = sample.clients(3), sample.interactions(3), sample.catalogue()
PROFILES = profile_risk(TABLE, Questionnaire.default(), as_of="2026-01-31")
EVENTS = [
    Event(
        id=str(k),
        source="t",
        type="advisor.product.viewed.v1",
        time=AT - timedelta(days=k),
        subject="c00001",
        data={"product_id": "P001"},
    )
    for k in range(4)
]
FACTS = ClientFacts.of(
    TABLE, as_of="2026-01-31", purchases=BOUGHT, profiles=PROFILES, catalogue=SHELF
)
STAGES, TAGS, ACTIONS = stage(FACTS), tag(FACTS), propose(FACTS, EVENTS, PlayBook.default(), at=AT)
ADVISOR = Advisor.fit(sample.market(), BOUGHT, catalogue=SHELF)
FRAME = pd.DataFrame(
    {
        "subject": ["a"],
        "type": ["advisor.product.viewed.v1"],
        "time": ["2026-01-01"],
        "product_id": ["P1"],
        "day": [None],
    }
)
VIEW = CustomerView(sample.client(), None, {}, None, None, None, None, {}, (), (), (), None)
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "of": (ClientFacts.of, {"clients": TABLE, "as_of": "2026-01-31", "trades": None,
    "purchases": BOUGHT, "events": EVENTS, "profiles": PROFILES, "catalogue": SHELF, "days": 90}),
    "from_frame": (ClientFacts.from_frame, {"frame": pd.DataFrame({"wealth": [1.0]}, index=["a"]),
    "as_of": "2026-01-31"}),
    "with_columns": (FACTS.with_columns, {"columns": {"own:x": np.zeros(3)}}),
    "with_a_column": (lambda column: FACTS.with_columns({"own:x": column}),
    {"column": np.zeros(3)}),
    "column": (FACTS.column, {"name": "wealth"}),
    "matrix": (FACTS.matrix, {"names": ["wealth"]}),
    "events_of": (events_of, {"events": EVENTS}),
    "events": (EventTable.from_frame, {"frame": FRAME}),
    **{
        f"a cell of {field}": (
            lambda value,
            field=field: EventTable.from_frame(FRAME.assign(**{field: pd.Series([value],
            dtype=object)})),
            {"value": "2026-01-01"},
        )
        for field in FRAME
    },
    "until": (events_of(EVENTS).until, {"at": AT}),
    "segment": (segment, {"facts": FACTS, "tiers": None, "activities": None, "risks": None,
    "scores": None}),
    "fit": (ScorePack.default().fit, {"facts": FACTS}),
    "classify": (StagePack.four().classify, {"facts": FACTS}),
    "stage": (stage, {"facts": FACTS, "pack": StagePack.four(), "before": STAGES}),
    "entered": (STAGES.entered, {"stage": "mature"}),
    "tag": (tag, {"facts": FACTS, "pack": TagPack.default(), "manual": []}),
    "a manual tag": (ManualTag, {"client_id": "a", "tag": "young", "source": "person", "by": "ann",
    "on": "2026-01-01", "expires": None}),
    "has": (TAGS.has, {"tag": "young"}),
    "of one": (TAGS.of, {"client_id": "c00001"}),
    "changes": (TAGS.changes, {"before": TAGS}),
    "propose": (propose, {"facts": FACTS, "events": EVENTS, "plays": PlayBook.default(), "at": AT,
    "reviews": None, "stages": STAGES, "ranking": None, "purchases": BOUGHT}),
    "release": (release, {"actions": ACTIONS, "advisor": ADVISOR, "clients": TABLE, "consents": [],
    "sent": [], "at": AT}),
    "consent": (Consent, {"client_id": "a", "purpose": "p", "given": AT, "withdrawn": None}),
    "sent": (SentAction, {"client_id": "a", "play": "p", "at": AT, "action_id": None}),
    "hand_off": (hand_off, {"view": VIEW, "advisor": ADVISOR, "as_of": "2026-01-31", "actions": [],
    "held": []}),
    "load": (TagPack.load, {"path": "/nowhere"}),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CALLS))
def test_nothing_raw_comes_out(
    name: str, garbage: dict[str, Any], raw_error: Callable[..., str | None]
) -> None:
    function, arguments = CALLS[name]
    raw = [
        f"{field} = {kind}: {error}"
        for field in arguments
        for kind, bad in garbage.items()
        if (error := raw_error(function, arguments, field, bad)) is not None
    ]
    assert not raw, "\n".join(raw)
