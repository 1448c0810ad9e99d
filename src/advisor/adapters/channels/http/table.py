"""The table of operations: routes, the OpenAPI document, scopes and idempotency follow from it."""

from __future__ import annotations

from advisor import Advice, Event
from advisor.adapters.channels.http import (
    advice,
    event_routes,
    jobs,
    session_routes,
    texts,
    uploads,
)
from advisor.adapters.channels.http.operations import Operation

DAY = ("as_of",)
ASKED = ("as_of", "picks")
SESSION, JOB = "/v1/sessions/{id}", "/v1/jobs/{id}"
PATCHES = ("application/json", "application/merge-patch+json")
EVENTS = (event_routes.ONE, event_routes.BATCH, event_routes.SEGMENT)

# fmt: off
OPERATIONS = (
    Operation("GET", "/v1/questionnaires", "read", texts.list_questionnaires, speaks=True),
    Operation("GET", "/v1/questionnaires/{id}", "read", texts.get_questionnaire, speaks=True),
    Operation("GET", "/v1/schemas/{name}", "read", texts.get_schema,
              answers="application/schema+json"),
    Operation("POST", "/v1/profiles", "read", advice.create_profile, query=DAY, speaks=True),
    Operation("POST", "/v1/advice", "advise", advice.create_advice, query=ASKED, writes=True,
              gives=Advice),
    Operation("POST", "/v1/reports", "advise", advice.create_report, query=ASKED, writes=True,
              speaks=True),
    Operation("POST", "/v1/frontiers", "read", advice.create_frontier, query=DAY),
    Operation("POST", "/v1/omissions", "read", advice.explain_omissions),
    Operation("POST", "/v1/verifications", "read", advice.verify_advice),
    Operation("POST", "/v1/sessions", "advise", session_routes.open_session, writes=True,
              speaks=True, status=201),
    Operation("GET", SESSION, "read", session_routes.get_session, speaks=True),
    Operation("PATCH", SESSION, "advise", session_routes.change_session, speaks=True,
              versioned=True, media=PATCHES),
    Operation("POST", f"{SESSION}/advice", "advise", session_routes.advise_session, query=ASKED,
              writes=True, gives=Advice),
    Operation("POST", "/v1/jobs", "advise", jobs.submit_job, query=ASKED, writes=True, status=202,
              media=tuple(jobs.MEDIA), upload=uploads.receive),
    Operation("GET", JOB, "read", jobs.get_job),
    Operation("DELETE", JOB, "advise", jobs.delete_job, status=204),
    Operation("GET", f"{JOB}/parts/{{n}}", "read", jobs.get_job_part, answers=jobs.PARQUET),
    Operation("POST", "/v1/events", "advise", event_routes.take_events, writes=True, status=202,
              media=EVENTS, listed=event_routes.BATCH, most=event_routes.MOST, body=Event),
)
# fmt: on
