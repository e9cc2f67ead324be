"""What other services ask: which entity a record is, which records an entity has, and what changed since."""

import uuid as uuidlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from integrations_pipelines.api.access import require
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry import feed

router = APIRouter(prefix="/api/v1")
MAY_FOLLOW, MAY_READ, MAY_MAP = (
    Depends(require(scope)) for scope in ("changes:read", "entities:read", "record-maps:read")
)
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": told, "content": {"application/problem+json": {}}}
    for status, told in {
        400: "The request's words are off.",
        401: "No valid token.",
        403: "The token does not grant it.",
        404: "There is no such thing.",
    }.items()
}


@router.get("/changes", dependencies=[MAY_FOLLOW], responses=_PROBLEMS | {410: {"description": "Too old."}})
def changes(
    request: Request,
    cursor: Annotated[
        str,
        Query(description="Where the last answer ended; empty: the beginning; `end`: nothing but its end."),
    ] = "",
    limit: Limit = 100,
    event: Annotated[list[str] | None, Query(description="These types alone; may be repeated.")] = None,
) -> dict[str, Any]:
    """Return what changed after `cursor`, in order, each change at least once, and the cursor to go on from."""
    hub: Hub = request.app.state.hub
    with hub.engine.begin() as connection:
        if cursor == "end":
            return {"changes": [], "cursor": str(feed.end_of_feed(connection)), "has_more": False}
        after = feed.place_of(cursor)
        # Who asks for some types alone is past the others too. Asked before what is read, which may lie behind it.
        end = feed.end_of_feed(connection) if event else after
        found = feed.changes(connection, after, limit=limit + 1, kinds=event)
    told, more = found[:limit], len(found) > limit
    last = max([after if more else end, *(one.cursor for one in told)])
    return {"changes": [one.outward() for one in told], "cursor": str(last), "has_more": more}


@router.get("/record-maps/{system}/{resource}/{record:path}", dependencies=[MAY_MAP], responses=_PROBLEMS)
def record_map(request: Request, system: str, resource: str, record: str) -> dict[str, Any]:
    """Return which canonical entity a source record is, one mapping a domain; of a merged entity the survivor."""
    hub: Hub = request.app.state.hub
    with hub.engine.begin() as connection:
        return {"record_maps": feed.record_maps_of(connection, system, resource, record)}


@router.get("/entities/{uuid}", dependencies=[MAY_READ], responses=_PROBLEMS)
def entity(request: Request, uuid: uuidlib.UUID) -> dict[str, Any]:
    """Return an entity's values and aliases; asked for by an alias, its survivor."""
    hub: Hub = request.app.state.hub
    with hub.engine.begin() as connection:
        return feed.entity_of(connection, uuid)


@router.get("/entities/{uuid}/records", dependencies=[MAY_MAP], responses=_PROBLEMS)
def records(
    request: Request, uuid: uuidlib.UUID, limit: Limit = 100, offset: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Return the source records of an entity or alias, by key."""
    hub: Hub = request.app.state.hub
    with hub.engine.begin() as connection:
        found = feed.records_of(connection, uuid, offset=offset, limit=limit + 1)
    return {"record_maps": found[:limit], "has_more": len(found) > limit}
