"""What the service takes of its web framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.adapters.extras import needs

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import FileResponse, JSONResponse, Response
    from starlette.routing import Route
else:
    FastAPI = needs("http", "fastapi").FastAPI
    HTTPException = needs("http", "starlette.exceptions").HTTPException
    Route = needs("http", "starlette.routing").Route
    _requests, _responses = (
        needs("http", "starlette.requests"),
        needs("http", "starlette.responses"),
    )
    ClientDisconnect, Request = _requests.ClientDisconnect, _requests.Request
    FileResponse, JSONResponse, Response = (
        _responses.FileResponse,
        _responses.JSONResponse,
        _responses.Response,
    )

__all__ = [
    "ClientDisconnect",
    "FastAPI",
    "FileResponse",
    "HTTPException",
    "JSONResponse",
    "Request",
    "Response",
    "Route",
]
