"""Accounts at peers and at servers of a test's own, and what is read of them."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Resource
from integrations_pipelines.staging import Account, Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.http_server import ScriptedServer

LIMITS = Limits(wait_seconds=5, attempts=3)


class Tokens:
    """The credentials of an account, all of them ``token``."""

    def __init__(self, token: str) -> None:
        self._token = token

    def reveal(self, name: str) -> str:
        return self._token


def account_on(server: ScriptedServer, system_type: str, **settings: str) -> Account:
    """Return an account of ``system_type`` at a server of the test's own."""
    return Account(
        source_system=UUID(int=1),
        system_key=f"{system_type}-test",
        connector=connector_of(system_type),
        config={"base_url": server.url, **settings},
        credentials=Tokens("token"),
    )


def fetched(account: Account, resource: Resource, **words: Any) -> tuple[dict[str, bool], list[Unit]]:
    """Return source record id -> is it deleted, and the units."""
    # backlot has associations of one record only; ``test_hubspot.py`` has those of a page.
    resource = replace(resource, associations=())
    units = list(fetch(account, resource, limits=LIMITS, **words))
    rows = [row for unit in units for row in unit.rows.to_pylist()]
    return {row["source_record_id"]: row["is_deleted"] for row in rows}, units


def payloads(units: list[Unit]) -> list[dict[str, Any]]:
    return [json.loads(payload) for unit in units for payload in unit.rows.column("payload").to_pylist()]
