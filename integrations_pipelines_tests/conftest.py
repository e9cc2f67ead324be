"""What tests stand on: a real database (``database_url``, ``engine``, ``connection``), a real HTTP server, settings.

Nothing here fakes our own code. Tests run without this machine's settings: no DATABASE_URL, no INTEGRATIONS_*.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
import typer.testing
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from integrations_pipelines.registry import urls
from integrations_pipelines.settings import Settings, get_settings, read_settings
from integrations_pipelines.vault.redaction import _matcher
from integrations_pipelines_tests.databases import copied_database, server_for_tests, short_folder
from integrations_pipelines_tests.http_server import ScriptedServer, scripted_server

SERVER_FOLDER = "INTEGRATIONS_TESTS_SERVER"
OURS = ("INTEGRATIONS_", "DAGSTER_")

# Typer puts all commands together anew for every call within a process, 60 ms of processor time; they do not change.
typer.testing._get_command = cache(typer.testing._get_command)  # type: ignore[attr-defined] # not exported


def pytest_configure(config: pytest.Config) -> None:
    """Make the server's folder once, in the process that starts the workers; they inherit its name."""
    # What was imported is looked through again and again otherwise: a twentieth of the suite's processor time.
    gc.set_threshold(50_000, 20, 50)
    for name in [name for name in os.environ if name.startswith(OURS) and name != SERVER_FOLDER]:
        del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    # The third parties of the tests live on loopback, where none is asked by default.
    os.environ["INTEGRATIONS_ALLOWED_NETWORKS"] = "127.0.0.0/8,::1"
    if not hasattr(config, "workerinput"):
        holder = ExitStack()
        os.environ[SERVER_FOLDER] = str(holder.enter_context(short_folder(in_memory=True)))
        config.add_cleanup(holder.close)


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """Give each test the environment back: a Dagster run in this process tells its steps the database by it."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _own_secrets() -> Iterator[None]:
    """Have each test's secrets forgotten after it: hypothesis makes some of words, "parquet" among them."""
    yield
    for _ in range(len(_matcher)):
        _matcher._forget_oldest()


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Give the URL of the server that all workers share; it starts with the first test that asks."""
    with server_for_tests(Path(os.environ[SERVER_FOLDER])) as url:
        yield url


@pytest.fixture
def database_url(database_server: str) -> Iterator[str]:
    """Give the URL of a migrated, empty database of this test's own."""
    with copied_database(database_server) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Give a SQLAlchemy engine on this test's own database."""
    engine = create_engine(urls.for_sqlalchemy(database_url), poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is rolled back."""
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def state_folder() -> Iterator[Path]:
    """Give an empty state folder of this test's own, short enough for a socket."""
    with short_folder(in_memory=True) as folder:
        yield folder


@pytest.fixture
def settings(database_url: str, state_folder: Path) -> Iterator[Settings]:
    """Give settings on this test's own database and state folder; ``get_settings`` starts anew too."""
    get_settings.cache_clear()
    yield read_settings(database_url=database_url, state_dir=state_folder)
    get_settings.cache_clear()


@pytest.fixture
def http_server() -> Iterator[ScriptedServer]:
    """Give a real HTTP server on loopback: set ``.handler``, read ``.requests`` and ``.url``."""
    with scripted_server() as server:
        yield server
