"""What the vault's tests stand on: a key file of their own and source systems to hold secrets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, insert, text

from integrations_pipelines.registry.models import SourceSystem
from integrations_pipelines.vault import KeyRing, open_key_ring

SYSTEMS = ("hubspot-emea", "jira-emea")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def systems(engine: Engine) -> tuple[str, ...]:
    add_systems(engine, SYSTEMS)
    return SYSTEMS


@pytest.fixture
def keys(engine: Engine, key_file: Path, systems: tuple[str, ...]) -> KeyRing:
    return open_key_ring(engine, keys=None, key_file=key_file)


@pytest.fixture
def transaction(engine: Engine, keys: KeyRing) -> Iterator[Connection]:
    """Give a connection in a transaction of a database whose vault is open."""
    with engine.begin() as connection:
        yield connection


def add_systems(engine: Engine, system_keys: tuple[str, ...] | list[str]) -> None:
    rows = [{"system_key": key, "label": key, "system_type": "hubspot"} for key in system_keys]
    with engine.begin() as connection:
        connection.execute(insert(SourceSystem), rows)


def every_byte(connection: Connection) -> str:
    """Return all rows of the vault's tables, bytes in hex and as they are."""
    tables = ("secret", "secret_version", "key_check", "source_system", "sync_log")
    rows = [
        row for table in tables for row in connection.execute(text(f"select * from integrations.{table}"))
    ]
    raw = [bytes(value).decode("latin-1") for row in rows for value in row if isinstance(value, bytes)]
    return "\n".join([*map(repr, rows), *raw])
