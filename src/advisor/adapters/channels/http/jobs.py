"""Jobs: many clients up as one file, advised by a process of its own, parts down."""

from __future__ import annotations

import json
import secrets
import shutil
from asyncio import to_thread
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from advisor import Contract
from advisor.adapters.channels.http.calls import Call
from advisor.adapters.channels.http.operations import Operation
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.reading import parameters
from advisor.adapters.channels.http.uploads import accept, folder_of, receive
from advisor.adapters.channels.http.web import FileResponse, Response
from advisor.cells import date_of
from advisor.errors import InputError

MEDIA = {"application/vnd.apache.parquet": "parquet", "text/csv": "csv"}
ALIVE = ("queued", "running")
PARTS = "parts"


class JobState(Contract):
    """A job: how far it is, and the numbers of the parts that are finished."""

    id: str
    state: str
    submitted: str
    as_of: date
    picks: int
    clients: int
    parts: tuple[int, ...]
    statuses: dict[str, int] = {}
    problem: str | None = None


async def submit_job(call: Call) -> Response:
    """Take in a Parquet or CSV file of clients to advise; the answer says where the job can be
    followed.
    """
    kind, asked = MEDIA[call.expects(*MEDIA)], parameters(call.request.query_params)
    day = datetime.now(UTC).date() if asked["as_of"] is None else date_of(asked["as_of"])
    if day is None:
        raise InputError("as_of is no day; write it as 2026-02-01.", field="as_of")
    store, settings = call.tenant.store, call.settings
    running = await to_thread(store.rows, "jobs", kind="advice", state=list(ALIVE))
    if len(running) >= settings.jobs_in_flight:
        raise ProblemError(
            "too-many",
            f"{len(running)} jobs wait or run; send this one when one is done.",
            headers={"Retry-After": "30"},
        )
    name = secrets.token_hex(16)
    target = folder_of(settings, call.request.state.tenant, name)
    await to_thread(accept, cast("Path", call.upload), target / f"clients.{kind}")
    request = {"file": f"clients.{kind}", "as_of": day.isoformat(), "picks": asked["picks"]}
    row = {
        "id": name,
        "kind": "advice",
        "state": "queued",
        "request": json.dumps(request),
        "done": 0,
        "created": datetime.now(UTC),
    }
    await to_thread(store.claim, "jobs", row)
    call.served.metrics.job("queued")
    return call.gives(
        _state(row, target), status=202, headers={"Location": f"{call.request.url.path}/{name}"}
    )


async def get_job(call: Call) -> Response:
    """A job: its state, how many clients are done, and which parts are finished."""
    row, target = await _known(call)
    return call.gives(await to_thread(_state, row, target))


async def delete_job(call: Call) -> Response:
    """Cancel a job, and delete its file and its parts."""
    row, target = await _known(call)
    await to_thread(
        call.tenant.store.change,
        "jobs",
        {"id": row["id"]},
        state="cancelled",
        changed=datetime.now(UTC),
    )
    if row["state"] != "running":  # else the worker does, as soon as it sees it
        await to_thread(shutil.rmtree, target, ignore_errors=True)
    return Response(status_code=204)


async def get_part(call: Call) -> Response:
    """A finished part of a job, as Parquet; `Range` is honoured."""
    _, target = await _known(call)
    number = call.request.path_params["n"]
    path = target / PARTS / f"part-{number:0>6}.parquet"
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and path.is_file()):
        raise ProblemError(
            "not-found", "There is no such part, or not yet; the job says which there are."
        )
    return FileResponse(path, media_type="application/vnd.apache.parquet", filename=path.name)


async def _known(call: Call) -> tuple[dict[str, Any], Path]:
    name = call.request.path_params["id"]
    rows = (
        await to_thread(call.tenant.store.rows, "jobs", id=name, kind="advice")
        if name.isalnum() and name.isascii()
        else []
    )
    if not rows or rows[0]["state"] == "cancelled":
        raise ProblemError("not-found", "There is no such job.")
    return rows[0], folder_of(call.settings, call.request.state.tenant, name)


def _state(row: dict[str, Any], target: Path) -> JobState:
    request, result = json.loads(row["request"]), json.loads(row.get("result") or "{}")
    parts = sorted(
        int(path.stem.removeprefix("part-")) for path in (target / PARTS).glob("part-*.parquet")
    )
    return JobState(
        id=row["id"],
        state=row["state"],
        submitted=row["created"].isoformat(),
        as_of=request["as_of"],
        picks=request["picks"],
        clients=result.get("clients", row["done"] or 0),
        parts=tuple(parts),
        statuses=result.get("statuses", {}),
        problem=row.get("problem"),
    )


_ONE = "/v1/jobs/{id}"
OPERATIONS = (
    Operation(
        "POST", "/v1/jobs", "submitJob", "advise", submit_job,
        gives=JobState, media=tuple(MEDIA), status=202, query=("as_of", "picks"), writes=True,
        upload=receive,
    ),
    Operation("GET", _ONE, "getJob", "read", get_job, gives=JobState),
    Operation("DELETE", _ONE, "deleteJob", "advise", delete_job, status=204),
    Operation("GET", f"{_ONE}/parts/{{n}}", "getJobPart", "read", get_part),
)  # fmt: skip
