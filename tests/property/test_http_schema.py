"""Every operation of the service under schemathesis: no 5xx, every answer as declared, nothing taken that the schema refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from http_service import home
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = home(tmp_path_factory.mktemp("schema"), requests_a_minute=1_000_000, jobs_in_flight=1_000)
    from advisor.adapters.channels.http import service

    app = service(place.settings)
    loaded = schemathesis.openapi.from_asgi("/openapi.json", app)
    loaded.place = place
    return loaded


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=case.operation.schema.place.header(), checks=CHECKS)
