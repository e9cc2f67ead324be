"""A third party made up for tests: one list of things, described as a connector, and an account of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from integrations_pipelines.contract import (
    Bearer,
    Connector,
    Credential,
    CursorPages,
    Pages,
    PageSize,
    Param,
    Request,
    Resource,
    Setting,
    Version,
)
from integrations_pipelines.entities.projection import Projection
from integrations_pipelines.staging import Account, Limits
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.http_server import Response

CANARY = "s3cret-c4nary-token"
HASTY = Limits(
    wait_seconds=3, attempts=4, first_wait=0.01, request_seconds=5, answer_bytes=1_000_000, empty_pages=10
)
BY_CURSOR = CursorPages(
    next="next", into=Param(name="cursor"), size=PageSize(into=Param(name="limit"), largest=3)
)
THINGS = Resource(
    name="things",
    projection=Projection(entity_type="ticket", place="toy", attributes={"subject": "subject"}),
    key=("id",),
    request=Request(path="/things"),
    records="items",
    pages=BY_CURSOR,
    version=Version(path="at"),
)


class Vault:
    """Holds the canary under every name."""

    def reveal(self, name: str) -> str:
        """Return the canary."""
        return CANARY


def connector(*resources: Resource, **words: Any) -> Connector:
    """Return a connector with ``resources``."""
    given: dict[str, Any] = {
        "system_type": "toy",
        "title": "Toy",
        "base_url": "https://toy.invalid",
        "auth": Bearer(credential="token"),
        "credentials": (Credential(name="token", description="Ask the toy maker."),),
        "settings": (Setting(name="zone", description="A part of the toy.", required=False),),
        "probe": Request(path="/me"),
        "resources": resources or (THINGS,),
    }
    return Connector(**{**given, **words})


def account(url: str, *resources: Resource, config: Mapping[str, str] | None = None, **words: Any) -> Account:
    """Return an account of the toy that answers at ``url``."""
    return Account(
        source_system=UUID(int=7),
        system_key="toy-1",
        connector=connector(*resources, **words),
        config={"base_url": url, **(config or {})},
        credentials=Vault(),
    )


def things(pages: Pages = BY_CURSOR, **words: Any) -> Resource:
    """Return the list of things, otherwise cut or described."""
    return replace(THINGS, pages=pages, **words)


def thing(number: int) -> dict[str, Any]:
    """Return one record; higher numbers changed later."""
    return {
        "id": number,
        "subject": f"Thing {number}",
        "at": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
    }


def served(count: int) -> Any:
    """Return a handler that serves ``count`` things by cursor, three a page."""

    def handler(asked: Asked) -> Response:
        start = int(asked.query.get("cursor", "0"))
        page = [thing(number) for number in range(start, min(start + 3, count))]
        more = start + 3 < count
        return Response.of_json({"items": page, "next": str(start + 3) if more else None})

    return handler
