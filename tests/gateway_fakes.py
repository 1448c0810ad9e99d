"""Small fakes of three vendors' REST interfaces on loopback, written from their public
documentation.

They prove the shape of our calls, and what we do with the answers that are documented; they are no
vendor's server.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Answer = tuple[int, Any, dict[str, str]]
TOKEN = "Bearer key-of-a-fake"


class FakeServer:
    """Answers over HTTP; may be busy, or vanish in the middle of everything."""

    page = 3
    token = TOKEN

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.changed: dict[str, datetime] = {}
        self.refuses: set[str] = set()
        self.busy: list[str] = []
        self.calls_left: int | None = None
        self.calls: list[tuple[str, str, dict[str, str], Any]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                """Say nothing."""

            def _handle(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(size)) if size else None
                if fake.calls_left is not None:
                    fake.calls_left -= 1
                    if fake.calls_left < 0:
                        self.close_connection = True
                        return  # the connection ends without a word
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                fake.calls.append((self.command, parts.path, query, body))
                headers = {k.lower(): v for k, v in self.headers.items()}
                status, answer, extra = fake.answer(self.command, parts.path, query, headers, body)
                data = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with suppress(BrokenPipeError):
                    self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        if self.busy:
            return 429, {"message": "slow down"}, {"Retry-After": self.busy.pop(0)}
        if headers.get("authorization") != self.token:
            return 401, {"message": "who are you"}, {}
        return self.served(method, path, query, headers, body)

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        raise NotImplementedError

    def store(self, key: str, values: dict[str, Any], moment: datetime | None = None) -> bool:
        """Upsert; whether it was new."""
        new = key not in self.records
        self.records.setdefault(key, {}).update(values)
        self.changed[key] = moment or datetime.now(UTC)
        return new

    def since(self, moment: datetime | None) -> list[str]:
        return [
            key for key in sorted(self.records) if moment is None or self.changed[key] >= moment
        ]


class SalesforceFake(FakeServer):
    """SOQL by GET /query and nextRecordsUrl; upsert by PATCH /composite/sobjects/Account/<external
    id>."""

    columns: set[str]
    key = "FinServ__SourceSystemId__c"

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        if method == "GET" and path.startswith("/services/data/v64.0/query"):
            return self._query(path, query)
        if (
            method == "PATCH"
            and path == f"/services/data/v64.0/composite/sobjects/Account/{self.key}"
        ):
            return self._upsert(body)
        return (
            404,
            [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}],
            {},
        )

    def _query(self, path: str, query: dict[str, str]) -> Answer:
        if "q" not in query:
            rows, at = self._open, int(path.rpartition("-")[2])
        else:
            soql = re.fullmatch(
                r"SELECT (\S+) FROM Account WHERE (\w+) != null(?: AND (\w+) >="
                r" (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ))? ORDER BY \2",
                query["q"],
            )
            if not soql:
                return 400, [{"errorCode": "MALFORMED_QUERY", "message": "unexpected token"}], {}
            names = soql[1].split(",")
            unknown = [n for n in names if n not in self.columns]
            if unknown or len(set(names)) < len(names):
                return (
                    400,
                    [{"errorCode": "INVALID_FIELD", "message": f"No such column {unknown}"}],
                    {},
                )
            keys = self.since(datetime.fromisoformat(soql[4]) if soql[4] else None)
            stamp = {
                k: {"SystemModstamp": self.changed[k].strftime("%Y-%m-%dT%H:%M:%S.000+0000")}
                for k in keys
            }
            self._open = [
                {"attributes": {"type": "Account", "url": f"/x/{k}"}}
                | {n: ({**self.records[k], **stamp[k]}).get(n) for n in names}
                for k in keys
            ]
            rows, at = self._open, 0
        page = rows[at : at + self.page]
        done = at + self.page >= len(rows)
        more = (
            {}
            if done
            else {
                "nextRecordsUrl": f"/services/data/v64.0/query/01gD0000002HU6KIAW-{at + self.page}"
            }
        )
        return 200, {"totalSize": len(rows), "done": done, "records": page, **more}, {}

    def _upsert(self, body: Any) -> Answer:
        records = body["records"]
        if len(records) > 200 or body["allOrNone"] is not False:
            return 400, [{"errorCode": "EXCEEDED_ID_LIMIT", "message": "record limit reached"}], {}
        keys = [record[self.key] for record in records]
        answers = []
        for key, record in zip(keys, records, strict=True):
            values = {name: value for name, value in record.items() if name != "attributes"}
            problem = None
            if record["attributes"] != {"type": "Account"} or not set(values) <= self.columns:
                problem = ("INVALID_FIELD", "No such column on sobject of type Account")
            elif keys.count(key) > 1:
                problem = ("DUPLICATE_VALUE", "Duplicate external id specified")
            elif key in self.refuses:
                problem = ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "not this one")
            if problem:
                answers.append(
                    {
                        "success": False,
                        "errors": [{"statusCode": problem[0], "message": problem[1], "fields": []}],
                    }
                )
            else:
                answers.append(
                    {
                        "id": f"001{key}",
                        "success": True,
                        "errors": [],
                        "created": self.store(key, values),
                    }
                )
        return 200, answers, {}


class HubSpotFake(FakeServer):
    """Lists with paging.next.after, search from a moment in milliseconds, batch upsert by
    idProperty."""

    most = 10_000
    key = "client_number"
    whole_batch: bool = False
    """Whether a bad record refuses its whole batch (400), or only itself (207)."""

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        base = "/crm/objects/2026-03/contacts"
        if (method, path) == ("GET", base):
            return self._page(
                self.since(None), int(query.get("after", "0")), query["properties"].split(",")
            )
        if (method, path) == ("POST", f"{base}/search"):
            rule = body["filterGroups"][0]["filters"][0]
            if (rule["propertyName"], rule["operator"]) != ("lastmodifieddate", "GTE") or body[
                "limit"
            ] > 200:
                return (
                    400,
                    {"status": "error", "category": "VALIDATION_ERROR", "message": "bad filter"},
                    {},
                )
            keys = self.since(datetime.fromtimestamp(int(rule["value"]) / 1000.0, UTC))
            keys.sort(key=lambda k: self.changed[k])
            if int(body.get("after", 0)) >= self.most:
                return (
                    400,
                    {
                        "status": "error",
                        "category": "VALIDATION_ERROR",
                        "message": "10,000 results",
                    },
                    {},
                )
            return self._page(keys[: self.most], int(body.get("after", 0)), body["properties"])
        if (method, path) == ("POST", f"{base}/batch/upsert"):
            return self._upsert(body["inputs"])
        return 404, {"status": "error", "message": "no such address"}, {}

    def _page(self, keys: list[str], at: int, names: list[str]) -> Answer:
        rows = []
        for key in keys[at : at + self.page]:
            own = {
                **self.records[key],
                "lastmodifieddate": self.changed[key].isoformat().replace("+00:00", "Z"),
            }
            told = {n: None if own.get(n) in (None, "") else str(own[n]) for n in names}
            rows.append(
                {
                    "id": f"5{key}",
                    "properties": {**told, "hs_object_id": f"5{key}"},
                    "archived": False,
                }
            )
        more = (
            {}
            if at + self.page >= len(keys)
            else {"paging": {"next": {"after": str(at + self.page)}}}
        )
        return 200, {"results": rows, **more}, {}

    def _upsert(self, inputs: list[dict[str, Any]]) -> Answer:
        keys = [one["id"] for one in inputs]
        if (
            len(inputs) > 100
            or len(set(keys)) < len(keys)
            or {one["idProperty"] for one in inputs} != {self.key}
        ):
            return (
                400,
                {
                    "status": "error",
                    "category": "VALIDATION_ERROR",
                    "message": "Duplicate IDs, or too many",
                },
                {},
            )
        if any(value is None for one in inputs for value in one["properties"].values()):
            return (
                400,
                {"status": "error", "category": "VALIDATION_ERROR", "message": "null is no value"},
                {},
            )
        bad = [one for one in inputs if one["id"] in self.refuses]
        if bad and self.whole_batch:
            return (
                400,
                {
                    "status": "error",
                    "category": "VALIDATION_ERROR",
                    "message": "Property values were not valid",
                },
                {},
            )
        results = [
            {
                "id": f"5{one['id']}",
                "new": self.store(one["id"], one["properties"]),
                "objectWriteTraceId": one["objectWriteTraceId"],
            }
            for one in reversed(inputs)
            if one["id"] not in self.refuses
        ]
        faults = [
            {
                "status": "error",
                "category": "VALIDATION_ERROR",
                "message": "Property values were not valid",
                "context": {"objectWriteTraceId": [one["objectWriteTraceId"]]},
            }
            for one in bad
        ]
        errors = {"errors": faults, "numErrors": len(faults)} if faults else {}
        return (207 if faults else 200), {"status": "COMPLETE", "results": results, **errors}, {}


class DynamicsFake(FakeServer):
    """OData: $select, $filter, @odata.nextLink; upsert by PATCH on an alternate key."""

    columns: set[str]
    key = "new_clientnumber"

    def served(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> Answer:
        base = "/api/data/v9.2/contacts"
        if (method, path) == ("GET", base):
            return self._page(query)
        alternate = re.fullmatch(re.escape(base) + r"\(new_clientnumber='(.*)'\)", unquote(path))
        if method != "PATCH" or not alternate:
            return (
                404,
                {"error": {"code": "0x80060888", "message": "Resource not found for the segment"}},
                {},
            )
        key = alternate[1].replace("''", "'")
        if not set(body) <= self.columns or self.key in body or key in self.refuses:
            return (
                400,
                {"error": {"code": "0x80048d19", "message": "Error identified in Payload"}},
                {},
            )
        new = self.store(key, {self.key: key, **body})
        if "return=representation" not in headers.get("prefer", ""):
            return 204, None, {"OData-EntityId": f"{self.url}{base}(1)"}
        return (201 if new else 200), {"contactid": key}, {}

    def _page(self, query: dict[str, str]) -> Answer:
        names = query["$select"].split(",")
        rule = re.fullmatch(rf"{self.key} ne null(?: and modifiedon ge (\S+Z))?", query["$filter"])
        if not rule or not set(names) <= self.columns:
            return 400, {"error": {"code": "0x0", "message": "Could not find a property"}}, {}
        keys, at = (
            self.since(datetime.fromisoformat(rule[1]) if rule[1] else None),
            int(query.get("$skiptoken", "0")),
        )
        rows = [
            {
                "@odata.etag": 'W/"1"',
                **{
                    n: {**self.records[k], "modifiedon": self.changed[k].isoformat()}.get(n)
                    for n in names
                },
            }
            for k in keys[at : at + self.page]
        ]
        link = f"{self.url}/api/data/v9.2/contacts?$select={query['$select']}&$filter={query['$filter'].replace(' ', '%20')}"
        more = (
            {}
            if at + self.page >= len(keys)
            else {"@odata.nextLink": f"{link}&$skiptoken={at + self.page}"}
        )
        return (
            200,
            {
                "@odata.context": f"{self.url}/api/data/v9.2/$metadata#contacts",
                "value": rows,
                **more,
            },
            {},
        )
