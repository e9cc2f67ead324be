"""25 accounts of one connector, synced at once from nothing: no row is lost, whoever comes first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from integrations_pipelines import sync
from integrations_pipelines.hub import Hub, engine_of
from integrations_pipelines_tests.acceptance.workspaces import Workspaces, connect, member, synced
from integrations_pipelines_tests.http_server import ScriptedServer

ACCOUNTS = [f"team{number}" for number in range(25)]
EACH = 40


@pytest.fixture
def hubs(hub: Hub) -> Iterator[list[Hub]]:
    """Give a hub an account, as processes of their own would have."""
    hubs = [Hub(engine=engine_of(hub.url), keys=hub.keys, url=hub.url) for _ in ACCOUNTS]
    yield hubs
    for one in hubs:
        one.engine.dispose()


def test_25_accounts_at_once_lose_no_row(
    hub: Hub, hubs: list[Hub], http_server: ScriptedServer, slack: Workspaces
) -> None:
    slack.members = {key: [member(n) for n in range(EACH)] for key in ACCOUNTS}
    connect(hub, http_server.url, *ACCOUNTS)
    with ThreadPoolExecutor(len(ACCOUNTS)) as workers:
        pulled = list(workers.map(synced, hubs, ACCOUNTS))
    sync.resolve(hub, ("person",))
    assert [one.outcomes for one in pulled] == [{"new": EACH}] * len(ACCOUNTS)
    assert count(hub, "staging_slack.users") == EACH * len(ACCOUNTS)
    assert count(hub, "integrations.record_map") == EACH * len(ACCOUNTS)
    assert count(hub, "entities.entity") == EACH
    assert count(hub, "integrations.import_job where status = 'succeeded'") == len(ACCOUNTS)


def count(hub: Hub, rows: str) -> int:
    with hub.engine.connect() as connection:
        return int(connection.execute(text(f"select count(*) from {rows}")).scalar_one())
