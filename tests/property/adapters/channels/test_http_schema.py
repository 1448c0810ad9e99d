"""Every operation of the service under schemathesis: no 5xx, every answer as declared, nothing
taken that the schema refuses."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from advisor.adapters.channels.http import service
from advisor.adapters.channels.http.application import OPERATIONS
from http_service import home

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, str]]:
    """Operations by name, and the header of a caller."""
    place = home(
        tmp_path_factory.mktemp("schema"),
        requests_a_minute=1_000_000,
        jobs_in_flight=1_000,
        body_bytes=50_000_000,
    )
    app = service(place.settings)

    async def running(scope: Any, receive: Any, send: Any) -> None:
        """The application without the start and the end that every call would have."""
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})

    loaded = schemathesis.openapi.from_asgi("/openapi.json", running)
    found = [result.ok() for result in loaded.get_all_operations()]
    return {
        operation.definition.raw["operationId"]: operation for operation in found
    }, place.header()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers out of any range may overflow
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", [operation.name for operation in OPERATIONS])
def test_every_answer_is_as_declared(
    api: tuple[dict[str, Any], dict[str, str]], name: str, mode: Any
) -> None:
    operations, header = api

    @given(case=operations[name].as_strategy(generation_mode=mode))
    @settings(
        max_examples=15,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=header, checks=CHECKS)

    try:
        check()
    except Unsatisfiable:  # nothing of this mode can be said to the operation
        assert mode is MODES[1]
