"""A world to land rows in: one transaction, rolled back."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from integrations_pipelines.hub import engine_of
from integrations_pipelines_tests.integration.registry.landed import World


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give an engine as the product makes it."""
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def world(connection: Connection) -> World:
    """Give an empty organisation."""
    return World(connection=connection)
