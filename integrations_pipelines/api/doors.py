"""The doors of all source systems, held in memory with their opened secrets; never older than what is refused by them.

PostgreSQL says when a source system or a secret changed, and everything is read anew then, and at least every
``OLDEST`` seconds. Nothing is refused by doors that were read before it came: a secret that was set a moment ago, a
source system that was added a moment ago, is known. The same wait for all who are refused says nothing about which
source systems exist.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping

import psycopg
from psycopg import sql
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from integrations_pipelines.contract import Webhooks
from integrations_pipelines.errors import DatabaseUnavailable, IntegrationsError
from integrations_pipelines.hub import Hub, audited
from integrations_pipelines.inbox.doors import Door, DoorKey, door_of, webhooks_of
from integrations_pipelines.inbox.verifying import Secret
from integrations_pipelines.registry.inbox import DOORS
from integrations_pipelines.registry.sources import Source, all_sources
from integrations_pipelines.vault import SecretValue, door_secrets, take_handed_secret

LOG = logging.getLogger(__name__)
OLDEST = 10.0
"""Seconds after which doors are read anew, whatever was said."""
STALE = 60.0
"""Seconds after which doors let nobody in: a revoked secret must not open for as long as the database is away."""
_PAUSE = 0.25


class Doors:
    """The doors by the outward uuid of their source system. ``start`` it in the loop that uses it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._doors: Mapping[str, Door] = {}
        self._read_at = float("-inf")
        self._wanted, self._changed = asyncio.Event(), asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._failures = 0

    async def start(self) -> None:
        """Read the doors, and keep them in step."""
        await self._read()
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._listen())]

    async def stop(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def get(self, uuid: str) -> Door | None:
        """Return a door as it was read last. Raise ``DatabaseUnavailable`` if that is too long ago to trust it."""
        if time.monotonic() - self._read_at > STALE:
            raise DatabaseUnavailable("the doors cannot be read", retry_after=5)
        return self._doors.get(uuid)

    async def read_since(self, moment: float) -> None:
        """Return once the doors were read after ``moment`` (monotonic). Raise ``DatabaseUnavailable`` if that fails."""
        failures = self._failures
        async with self._changed:
            while self._read_at < moment:
                self._wanted.set()
                await self._changed.wait()
                if self._failures != failures and self._read_at < moment:
                    raise DatabaseUnavailable("the doors cannot be read", retry_after=5)

    async def take_secret(self, door: Door, secret: str) -> None:
        """Seal a secret that a third party handed over, and expect no other."""
        await asyncio.to_thread(_take_secret, self._hub, door, secret)
        self._wanted.set()

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OLDEST):
                    await self._wanted.wait()
            self._wanted.clear()
            await self._read()
            # A flood of refusals reads the doors four times a second, not once each.
            await asyncio.sleep(_PAUSE)

    async def _read(self) -> None:
        began = time.monotonic()
        try:
            self._doors = await asyncio.to_thread(read_doors, self._hub)
            self._read_at = began
        except (SQLAlchemyError, psycopg.Error, IntegrationsError) as error:
            self._failures += 1
            LOG.warning("the doors cannot be read: %s", type(error).__name__)
        async with self._changed:
            self._changed.notify_all()

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError):
                await asyncio.sleep(1)

    async def _hear(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._hub.url, autocommit=True, connect_timeout=3
        ) as said:
            await said.execute(sql.SQL("listen {}").format(sql.Identifier(DOORS)))
            self._wanted.set()
            async for _ in said.notifies():
                self._wanted.set()


def read_doors(hub: Hub) -> dict[str, Door]:
    """Return every source system's door by its uuid; those without webhooks have none."""
    with hub.engine.begin() as connection:
        sources = [(source, words) for source in all_sources(connection) if (words := _known(source))]
        names = {source.system_key: words.secret for source, words in sources}
        keys = _keys(connection, hub, names)
    found: dict[str, Door] = {}
    for source, _ in sources:
        if (door := _made(source, keys.get(source.system_key, []))) is not None:
            found[str(source.uuid)] = door
    return found


def _keys(connection: Connection, hub: Hub, names: Mapping[str, str]) -> dict[str, list[DoorKey]]:
    keys: dict[str, list[DoorKey]] = {}
    for one in door_secrets(connection, hub.keys, names):
        secret = Secret(version=one.version, text=one.value.reveal())
        key = DoorKey(id=one.id, secret=secret, valid_until=one.valid_until)
        keys.setdefault(one.system_key, []).append(key)
    return keys


def _known(source: Source) -> Webhooks | None:
    try:
        return webhooks_of(source)
    except IntegrationsError as error:
        LOG.warning("%s", error)
        return None


def _made(source: Source, keys: list[DoorKey]) -> Door | None:
    try:
        return door_of(source, keys)
    except (IntegrationsError, ValueError) as error:
        # One account's settings that are off close its own door alone.
        LOG.warning("%s: its webhook settings are off: %s", source.system_key, type(error).__name__)
        return None


def _take_secret(hub: Hub, door: Door, secret: str) -> None:
    with audited(hub) as connection:
        value = SecretValue(secret)
        take_handed_secret(connection, hub.keys, door.system_key, door.webhooks.secret, value)
