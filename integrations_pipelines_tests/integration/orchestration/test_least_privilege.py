"""The whole corridor as the role that the containers run as: landing, applying, resolving, logging, auditing."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.registry.migrate import grant_roles
from integrations_pipelines.settings import Settings, read_settings


@pytest.fixture
def as_app(database_url: str) -> Iterator[str]:
    """Give the URL by which a user of the role ``integrations_app`` comes to this test's database."""
    grant_roles(database_url)
    name = f"app_{uuid4().hex[:8]}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        made = "create role {} login password 'x' in role integrations_app"
        connection.execute(sql.SQL(made).format(sql.Identifier(name)))
        parts = urlsplit(database_url)
        yield urlunsplit(parts._replace(netloc=f"{name}:x@{parts.netloc.rpartition('@')[2]}"))
        connection.execute(sql.SQL("drop owned by {} cascade").format(sql.Identifier(name)))
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_a_sync_through_dagster_needs_no_more_than_the_app_role(
    settings: Settings, slack: str, as_app: str
) -> None:
    mine = read_settings(database_url=as_app, state_dir=settings.state_dir)
    assert run_sync(mine, as_app, slack).status == "succeeded"
    with psycopg.connect(as_app) as connection:
        owner = connection.execute("select current_user, count(*) from integrations.record_map").fetchone()
    assert owner is not None
    assert (owner[0].startswith("app_"), owner[1] > 0) == (True, True)
