"""A resource of a connector against its third party, and what is compared."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from integrations_pipelines.contract import (
    Connector,
    DeletedFlag,
    Resource,
    SecondListing,
)
from integrations_pipelines.errors import (
    IntegrationsError,
)
from integrations_pipelines.staging import Account, Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines_tests.conformance.fake import TOKEN, Fake, Happened
from integrations_pipelines_tests.http_server import ScriptedServer

START = datetime(2026, 3, 1, tzinfo=UTC)


HASTY = Limits(wait_seconds=3, attempts=6, first_wait=0.01, request_seconds=10, empty_pages=20, unit_rows=1)


@dataclass(kw_only=True)
class Case:
    """One resource against its third party."""

    connector: Connector
    resource: Resource
    server: ScriptedServer
    fake: Fake = field(init=False)

    def __post_init__(self) -> None:
        self.served(7)

    def served(self, count: int, **words: Any) -> Fake:
        """Start anew with ``count`` records, an hour between their changes."""
        log = [Happened(number=n + 1, moment=START + timedelta(hours=n)) for n in range(count)]
        self.fake = Fake(
            connector=self.connector, resource=self.resource, log=log, url=self.server.url, **words
        )
        self.server.handler = self.fake.handler
        self.server.requests.clear()
        return self.fake

    def account(self, connector: Connector | None = None) -> Account:
        """Return an account at the third party, with every setting made up."""
        connector = connector or self.connector
        settings = {one.name: _setting(one.pattern) for one in connector.settings if one.required}
        if any(one.name == "time_zone" for one in connector.settings):
            settings["time_zone"] = "UTC"
        return Account(
            source_system=UUID(int=1),
            system_key="conformance",
            connector=connector,
            config={**settings, "base_url": self.server.url},
            credentials=_Tokens(),
        )

    def units(self, **words: Any) -> Iterator[Unit]:
        """Yield what a run brings, a page a unit."""
        return fetch(self.account(), self.resource, **{"limits": HASTY, **words})

    def read(self, **words: Any) -> tuple[dict[str, bool], list[Unit]]:
        """Return id: is it gone, as the newest row of each says, and the units."""
        units = list(self.units(**words))
        return states(units), units

    def expected(self) -> dict[str, bool]:
        """Return what is true: id: is it gone; gone ones only where their channel tells of them."""
        told = isinstance(self.resource.deleted, DeletedFlag | SecondListing)
        return {str(one.number): one.gone for one in self.fake.now() if told or not one.gone}


class _Tokens:
    def reveal(self, name: str) -> str:
        return TOKEN


def _setting(pattern: str) -> str:
    """Return a text that a setting takes."""
    tries = ("acme", "acme.my.salesforce.com", "https://acme.example", "me@acme.example")
    return next(one for one in tries if re.fullmatch(pattern, one))


def states(units: list[Unit]) -> dict[str, bool]:
    rows = [row for unit in units for row in unit.rows.to_pylist()]
    return {row["source_record_id"]: row["is_deleted"] for row in rows}


def union(*runs: Mapping[str, bool]) -> dict[str, bool]:
    """Return what is known after these runs, the later one right."""
    return {key: gone for run in runs for key, gone in run.items()}


class expected_error:
    """Hold that the block raises ``error``, and keep it as ``found``."""

    def __init__(self, error: type[IntegrationsError]) -> None:
        self._error = error
        self.found: Any = None

    def __enter__(self) -> "expected_error":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert error is not None, f"no {self._error.__name__}"
        self.found = error
        return isinstance(error, self._error)
