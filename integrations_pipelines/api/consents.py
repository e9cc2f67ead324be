"""Connecting an account by OAuth2 over HTTP: where a person consents, the third party's answer, and how it stands."""

import logging
import uuid as uuidlib
from html import escape
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from integrations_pipelines import consenting
from integrations_pipelines.api.access import granted_by
from integrations_pipelines.errors import IntegrationsError, Later, NotFound
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry.grants import grant_of
from integrations_pipelines.registry.sources import Source, source_by_uuid
from integrations_pipelines.vault import Asked, Granted, SecretValue, list_credentials, scrub

LOG = logging.getLogger(__name__)
router = APIRouter()
_CREDENTIALS = "/api/v1/source-systems/{uuid}/credentials"
_LONGEST = 8192
# The address that the browser is at holds the code: it goes to no other page, no cache and no frame.
_PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": told, "content": {"application/problem+json": {}}}
    for status, told in {
        401: "No valid token.",
        403: "The token does not grant it.",
        404: "There is no such source system or credential.",
        409: "The account's settings do not allow it.",
    }.items()
}


@router.post(_CREDENTIALS + "/{name}/authorization", status_code=201, responses=_PROBLEMS)
def ask(request: Request, response: Response, uuid: uuidlib.UUID, name: str) -> dict[str, Any]:
    """Return where a person consents to the credential `name`. Scope `credentials:write`.

    The address is good once and for ten minutes. Accounts that need no consent (client credentials, a signed
    assertion) are connected at once.
    """
    hub: Hub = request.app.state.hub
    who, source = _allowed(request, hub, uuid, "credentials:write")
    found = consenting.begin(hub, source, name, request.app.state.base_url, actor=f"api:{who.token_id}")
    response.headers["cache-control"] = "no-store"
    if isinstance(found, Asked):
        words = {"redirect_uri": found.redirect_uri, "expires_at": found.expires_at}
        return {"status": "asked", "authorization_url": found.url, **words}
    return {"status": "connected", "scopes": found.scopes, "expires_at": found.expires_at}


@router.get(
    consenting.CALLBACK, response_class=HTMLResponse, responses={400: {"description": "Not connected."}}
)
def answered(request: Request, state: str = "", code: str = "", error: str = "") -> HTMLResponse:
    """Take the third party's answer from the browser that it sent back. Its state is good once."""
    hub: Hub = request.app.state.hub
    try:
        if not state or max(len(state), len(code)) > _LONGEST:
            return _page(400, "Not connected", "This address holds no answer of a third party.")
        # Hidden from here on, also where they are wrong: they may be somebody else's.
        mine, given = SecretValue(state), SecretValue(code) if code else None
        done = consenting.finish(hub, state=mine, code=given, error=error)
    except (Later, DBAPIError) as fault:
        LOG.warning("an OAuth2 consent was not finished: %s", type(fault).__name__)
        return _page(503, "Not connected", "Somebody does not answer just now. Begin again in a while.")
    except IntegrationsError as fault:
        LOG.warning("an OAuth2 consent was refused: %s", fault)
        return _page(400, "Not connected", f"{scrub(str(fault))} Begin again from where you came.")
    return _page(200, "Connected", f"{done.system_key} is connected. You can close this window.")


@router.get(_CREDENTIALS, responses=_PROBLEMS)
def credentials(request: Request, uuid: uuidlib.UUID) -> dict[str, Any]:
    """Return what may be shown of a source system's secrets, and whether it is connected. Scope `status:read`."""
    hub: Hub = request.app.state.hub
    _, source = _allowed(request, hub, uuid, "status:read")
    with hub.engine.begin() as connection:
        return _standing(connection, source)


def _standing(connection: Connection, source: Source) -> dict[str, Any]:
    grant = grant_of(connection, source.system_key)
    held = [one for one in list_credentials(connection, source.system_key) if one.state != "revoked"]
    return {
        "uuid": source.uuid,
        "system_key": source.system_key,
        "oauth": {"status": grant.status, "reason": scrub(grant.reason)} if grant else None,
        "credentials": [
            {
                "name": one.name,
                "version": one.version,
                "state": one.state,
                "created_at": one.created_at,
                "valid_until": one.valid_until,
                "expires_at": one.expires_at,
                "warning": one.warning,
            }
            for one in held
        ],
    }


def _allowed(request: Request, hub: Hub, uuid: uuidlib.UUID, scope: str) -> tuple[Granted, Source]:
    """Return who asks, and the source system. One without the scope learns not even whether there is one."""
    who = granted_by(hub, request.headers.get("authorization"))
    with hub.engine.begin() as connection:
        source = source_by_uuid(connection, uuid)
    if not who.allows(scope, source.system_key if source else None):
        raise HTTPException(403, f"the token does not grant {scope}", headers={"WWW-Authenticate": "Bearer"})
    if source is None:
        raise NotFound(f"there is no source system {uuid}")
    return who, source


def _page(status: int, title: str, words: str) -> HTMLResponse:
    body = f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{escape(words)}"
    return HTMLResponse(body, status, _PRIVATE)
