"""Jobs: many clients up as one file, advised by a process of its own, parts down."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

from starlette.responses import Response

from advisor import ClientFiles, Contract
from advisor.adapters.channels.http.calls import COUNT, Call
from advisor.adapters.channels.http.problems import ProblemError
from advisor.adapters.channels.http.ranges import file_of
from advisor.adapters.channels.http.settings import Settings
from advisor.adapters.extras import needs
from advisor.data.days import as_day
from advisor.errors import InputError

PARQUET = "application/vnd.apache.parquet"
MEDIA = {PARQUET: "parquet", "text/csv": "csv"}
ALIVE = ("queued", "running")
PARTS = "parts"
WRITTEN = ("encoding", "delimiter", "decimal", "skip_lines", "missing")
"""Parameters that say how a CSV file is written, as `ClientFiles` takes them."""


class JobState(Contract):
    """A job: how far it is, and the numbers of the parts that are finished."""

    id: str
    state: str
    submitted: str
    as_of: date
    picks: int
    labels: tuple[str, ...] = ()
    clients: int
    parts: tuple[int, ...]
    statuses: dict[str, int] = {}
    problem: str | None = None


def submit_job(call: Call) -> JobState:
    """Take in a Parquet or CSV file of clients to advise; the answer says where the job can be
    followed.
    """
    kind, today = MEDIA[call.expects(*MEDIA)], datetime.now(UTC)
    asked = call.asked["as_of"]
    day = as_day(today.date() if asked is None else asked, "as_of")
    store, settings, query = call.tenant.store, call.settings, call.request.query_params
    running = store.rows("jobs", kind="advice", state=list(ALIVE))
    if len(running) >= settings.jobs_in_flight:
        text = f"{len(running)} jobs wait or run; send this one when one is done."
        raise ProblemError("too-many", text)
    name = secrets.token_hex(16)
    target = folder_of(settings, call.request.state.tenant, name)
    request = {"file": f"clients.{kind}", "as_of": str(day), "picks": call.asked["picks"]}
    request["labels"] = query.getlist("labels")
    written: dict[str, Any] = {name: query[name] for name in WRITTEN if name in query}
    if COUNT.fullmatch(written.get("skip_lines", "")):
        written["skip_lines"] = int(written["skip_lines"])
    if "missing" in written:
        written["missing"] = query.getlist("missing")
    request["written"] = written
    _accept(cast("Path", call.upload), target, request)
    row = {"id": name, "kind": "advice", "state": "queued", "done": 0, "created": today}
    row["request"] = json.dumps(request)
    store.claim("jobs", row)
    call.served.metrics.job("queued")
    call.headers["Location"] = f"{call.request.url.path}/{name}"
    return _state(row, target)


def source_of(folder: Path, request: Mapping[str, Any]) -> ClientFiles:
    """The file of a job, as it is written. Raises `InputError` where it cannot be so."""
    return ClientFiles(folder / request["file"], **request.get("written", {}))


def _accept(upload: Path, target: Path, request: Mapping[str, Any]) -> None:
    """Move an upload to the folder of its job, where its first clients can be read."""
    for name in request["written"]:
        if name != "decimal" and not request["file"].endswith(".csv"):
            text = f"{name} says how CSV is written, and this is Parquet; leave it out."
            raise InputError(text, field=name)
    source, batches = source_of(target, request), needs("http", "advisor.data.clients.sources")
    target.mkdir(parents=True)
    upload.replace(target / request["file"])
    try:
        next(iter(batches.arrow_batches(source, 1_000, request["labels"])), None)
    except InputError as error:
        shutil.rmtree(target)
        text = str(error).replace(str(target / request["file"]), "the file")
        raise InputError(text, field=error.field) from None


def folder_of(settings: Settings, tenant: str, name: str) -> Path:
    """Folder of the file and the parts of a job."""
    return settings.folder / tenant / name


def get_job(call: Call) -> JobState:
    """A job: its state, how many clients are done, and which parts are finished."""
    return _state(*_known(call))


def delete_job(call: Call) -> Response:
    """Cancel a job, and delete its file and its parts."""
    row, target = _known(call)
    now = datetime.now(UTC)
    call.tenant.store.change("jobs", {"id": row["id"]}, state="cancelled", changed=now)
    shutil.rmtree(target, ignore_errors=True)  # and what a worker still writes, that worker
    return Response(status_code=204)


def get_job_part(call: Call) -> Response:
    """A finished part of a job, as Parquet; `Range` is honoured."""
    target, number = _known(call)[1], call.path["n"]
    path = target / PARTS / f"part-{number:0>6}.parquet"
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and path.is_file()):
        raise ProblemError(
            "not-found", "There is no such part, or not yet; the job says which there are."
        )
    return file_of(path, call.request, PARQUET)


def _known(call: Call) -> tuple[dict[str, Any], Path]:
    name = call.path["id"]
    written = name.isalnum() and name.isascii()
    rows = call.tenant.store.rows("jobs", id=name, kind="advice") if written else []
    if not rows or rows[0]["state"] == "cancelled":
        raise ProblemError("not-found", "There is no such job.")
    return rows[0], folder_of(call.settings, call.request.state.tenant, name)


def _state(row: dict[str, Any], target: Path) -> JobState:
    request, result = json.loads(row["request"]), json.loads(row.get("result") or "{}")
    parts = (target / PARTS).glob("part-*.parquet")
    numbers = sorted(int(path.stem.removeprefix("part-")) for path in parts)
    values = {name: row.get(name) for name in ("id", "state", "problem")}
    values |= {name: request[name] for name in ("as_of", "picks", "labels") if name in request}
    values |= {"parts": tuple(numbers)}
    values |= {"clients": row["done"] or 0, "submitted": row["created"].isoformat()}
    values |= {name: result[name] for name in ("clients", "statuses") if name in result}
    return JobState.model_validate(values)
