"""Errors as ``application/problem+json`` (RFC 9457): one clear line that names the thing, never what was inside."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from integrations_pipelines.errors import (
    ConfigurationError,
    CredentialError,
    IntegrationsError,
    Later,
    NotFound,
    UsageError,
)
from integrations_pipelines.registry.feed import CursorTooOld
from integrations_pipelines.vault import scrub

_STATUS: tuple[tuple[type[IntegrationsError], int, str], ...] = (
    (CursorTooOld, 410, "The cursor is too old"),
    (NotFound, 404, "There is no such thing"),
    (UsageError, 400, "The request's words are off"),
    (ConfigurationError, 409, "The settings do not allow it"),
    (CredentialError, 409, "The account's secrets do not allow it"),
    (Later, 503, "Try again later"),
)


def tell_problems(app: FastAPI) -> None:
    """Let ``app`` answer every error in this form."""
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_words)
    app.add_exception_handler(IntegrationsError, _of_ours)
    app.add_exception_handler(OperationalError, _of_database)


def problem(status: int, title: str, detail: str, **headers: str) -> JSONResponse:
    """Return the answer; ``headers`` take ``_`` for ``-``."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return JSONResponse(body, status, named, media_type="application/problem+json")


def _of_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for no other
    answer = problem(error.status_code, "The request is refused", str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _of_words(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for no other
    faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return problem(422, "The request's words are off", faults)


def _of_ours(_request: Request, error: Exception) -> JSONResponse:
    for kind, status, title in _STATUS:
        if isinstance(error, kind):
            headers = {"retry_after": "5"} if status == 503 else {}
            return problem(status, title, scrub(str(error)), **headers)
    return problem(500, "A defect of ours", type(error).__name__)


def _of_database(_request: Request, _error: Exception) -> JSONResponse:
    return problem(503, "Try again later", "the database does not answer", retry_after="5")
