"""Webhooks and polls beside one another: the end is that of a clean full sync, and what was lost is counted exactly."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.orchestration.schedules import poll_interval
from integrations_pipelines.registry import health, missed
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import Pulled, close, pull, resolve, running_job
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.databases import copied_database, let_an_hour_pass_between_requests
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.house import add_account
from integrations_pipelines_tests.integration.inbox.test_draining import drained, put

START = 1_700_000_000
RECORDS = """
select r.source_record_id, r.is_deleted, r.source_version, r.live_version, encode(r.live_hash, 'hex'), r.attributes,
  r.name_key,
  (select array_agg((i.kind, regexp_replace(i.value, 'slack-[0-9a-f]{8}', ''))::text order by i.kind, i.value)
   from staging.identifier i where i.record_id = r.id)
from staging.source_record r order by 1"""
# Of a record that was deleted a clean sync has never seen what it said before.
ENTITIES = """
select array_agg(m.source_record_id order by m.source_record_id), array_agg(distinct m.map_status),
       case when not bool_and(m.map_status = 'deleted') then e."values" end
from integrations.record_map m join entities.entity e on e.uuid = m.target_uuid
group by e.uuid, e."values" order by 1"""


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    with open_hub(settings, str(settings.database_url)) as hub:
        yield hub


class Slack:
    """A workspace that changes: what its list serves, and what its webhooks say."""

    def __init__(self, server: ScriptedServer, size: int) -> None:
        self.members = {n: self._member(n, START) for n in range(size)}
        server.handler = self._answer

    @staticmethod
    def _member(number: int, version: int, *, deleted: bool = False) -> dict[str, Any]:
        profile = {"real_name": f"Given{number} Name{version}", "email": f"given{number}@acme.example"}
        return {
            "id": f"U{number:05}",
            "name": f"user{number}",
            "deleted": deleted,
            "updated": version,
            "profile": profile,
        }

    def change(self, number: int, version: int) -> bytes:
        """Change a member, one in ten for good; return what the webhook says of it."""
        self.members[number] = self._member(number, version, deleted=number % 10 == 3)
        event = {"type": "user_change", "user": self.members[number], "event_ts": str(version)}
        said = {
            "type": "event_callback",
            "event_id": f"Ev{number}-{version}",
            "team_id": "T1",
            "event": event,
        }
        return json.dumps(said).encode()

    def _answer(self, request: Request) -> Response:
        start = int(request.query.get("cursor") or 0)
        some = list(self.members.values())[start : start + 1000]
        more = str(start + 1000) if start + 1000 < len(self.members) else ""
        return Response.of_json({"ok": True, "members": some, "response_metadata": {"next_cursor": more}})


def connect(hub: Hub, server: ScriptedServer) -> Source:
    let_an_hour_pass_between_requests(hub.url)
    source = add_account(hub, "slack", base_url=server.url, resources="users")
    with hub.engine.begin() as connection:
        set_credential(connection, hub.keys, source.system_key, "token", SecretValue("a-token-of-tests"))
    return source


def polled(hub: Hub, source: Source, *, full: bool = False) -> Pulled:
    with running_job(hub, source.system_key, job_type="poll") as job:
        pulled = pull(hub, job, "users", full=full)
        close(hub, job, [pulled])
    assert pulled.error is None
    resolve(hub, ["person"])
    return pulled


def all_rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def counted(hub: Hub, source: Source) -> missed.Missed:
    with hub.engine.begin() as connection:
        return missed.missed_events(connection, source).get("users", missed.Missed(lost=0, late=0))


def test_webhooks_shuffled_repeated_and_lost_beside_polls_end_as_a_full_sync(
    hub: Hub, http_server: ScriptedServer, settings: Settings, database_server: str
) -> None:
    pace = random.Random(4)
    slack = Slack(http_server, 2_500)
    source = connect(hub, http_server)
    assert polled(hub, source).missed_events is None  # a first listing: nothing was missed
    lost = set(pace.sample(range(2_000), 200))
    on_the_way: list[bytes] = []
    for numbers in (range(start, start + 500) for start in range(0, 2_000, 500)):
        said = {n: slack.change(n, START + 1 + n) for n in numbers}
        on_the_way += [body for n, body in said.items() if n not in lost for _ in range(3)]
        pace.shuffle(on_the_way)
        some = pace.randrange(len(on_the_way))
        put(hub, source, *on_the_way[:some])
        on_the_way = on_the_way[some:]
        steps: list[Callable[[Hub, Source], object]] = [drained, polled]
        for step in pace.sample(steps, 2):
            step(hub, source)
    put(hub, source, *on_the_way)
    drained(hub, source)
    polled(hub, source)
    assert counted(hub, source).lost == 200
    with copied_database(database_server) as url, open_hub(settings, url) as clean:
        polled(clean, connect(clean, http_server), full=True)
        the_same_records(hub, clean)
        assert all_rows(hub.url, ENTITIES) == all_rows(url, ENTITIES)


def the_same_records(hub: Hub, clean: Hub) -> None:
    """Compare current records field by field: of a deleted one the clean sync has never seen a live version."""
    ours, theirs = all_rows(hub.url, RECORDS), all_rows(clean.url, RECORDS)
    assert [row[:3] for row in ours] == [row[:3] for row in theirs]
    assert [row for row in ours if not row[1]] == [row for row in theirs if not row[1]]


def test_the_poll_comes_sooner_while_webhooks_are_missed_and_later_when_all_come(
    hub: Hub, http_server: ScriptedServer
) -> None:
    slack = Slack(http_server, 20)
    source = connect(hub, http_server)
    usual = pace(hub)
    polled(hub, source)
    assert pace(hub) == usual
    slack.change(1, START + 10)
    assert polled(hub, source).missed_events == 1
    sooner = pace(hub)
    assert sooner == usual / 2
    put(hub, source, slack.change(2, START + 11))
    drained(hub, source)
    assert polled(hub, source).missed_events == 0
    assert pace(hub) > sooner
    for _ in range(12):
        polled(hub, source)
    assert pace(hub) == min(usual * 8, 86_400)


def pace(hub: Hub) -> float:
    """Return the seconds between polls of the one Slack account, as the schedule reads them."""
    with hub.engine.begin() as connection:
        (account,) = health.attempts(connection, "slack")
    return poll_interval(connector_of("slack"), account).total_seconds()


def test_a_webhook_that_comes_after_the_poll_was_late_and_not_lost(
    hub: Hub, http_server: ScriptedServer
) -> None:
    slack = Slack(http_server, 5)
    source = connect(hub, http_server)
    polled(hub, source)
    said = slack.change(1, START + 10)
    assert polled(hub, source).missed_events == 1
    put(hub, source, said)
    drained(hub, source)
    assert counted(hub, source) == missed.Missed(lost=0, late=1)
