"""The whole corridor as the role that the containers run as: landing, applying, resolving, logging, auditing."""

from collections.abc import Iterator

import psycopg
import pytest

from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.settings import Settings, read_settings
from integrations_pipelines_tests.databases import database_user


@pytest.fixture
def as_app(database_url: str) -> Iterator[str]:
    """Give the URL by which a user of the role ``integrations_app`` comes to this test's database."""
    with database_user(database_url, "integrations_app") as url:
        yield url


def test_a_sync_through_dagster_needs_no_more_than_the_app_role(
    settings: Settings, slack: str, as_app: str
) -> None:
    mine = read_settings(database_url=as_app, state_dir=settings.state_dir)
    assert run_sync(mine, as_app, slack).status == "succeeded"
    with psycopg.connect(as_app) as connection:
        owner = connection.execute("select current_user, count(*) from integrations.record_map").fetchone()
    assert owner is not None
    assert (owner[0].startswith("integrations_app_"), owner[1] > 0) == (True, True)
