"""The hub and the database of the process that a run, a schedule or a sensor happens in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from integrations_pipelines import local
from integrations_pipelines.settings import get_settings

if TYPE_CHECKING:  # importing it brings dlt and the rest along, 1.5 s that every Dagster process would pay
    from integrations_pipelines.hub import Hub


@contextmanager
def opened_hub() -> Iterator["Hub"]:
    """Give the hub on this process's database; services and runs are told of it by ``DATABASE_URL``."""
    from integrations_pipelines.hub import open_hub

    settings = get_settings()
    with local.running_database(settings) as url, open_hub(settings, url) as hub:
        yield hub


@contextmanager
def opened_engine() -> Iterator[Engine]:
    """Give an engine on this process's database: for what takes transactions of its own, and no key is needed."""
    from integrations_pipelines.hub import engine_of

    with local.running_database(get_settings()) as url:
        engine = engine_of(url)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def reading() -> Iterator[Connection]:
    """Give a connection in a transaction: enough for what only asks the registry, and no key is needed."""
    with opened_engine() as engine, engine.begin() as connection:
        yield connection
