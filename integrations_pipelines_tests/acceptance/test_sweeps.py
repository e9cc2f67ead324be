"""Deletes that nobody tells: confirmed, guarded, taken back; and never inferred from a list that proves nothing."""

from typing import Any

import pytest
from sqlalchemy import text

from integrations_pipelines import sync
from integrations_pipelines.catalog import connector_of
from integrations_pipelines.errors import (
    NotFound,
    SuspiciousEmptiness,
    ThirdPartyUnavailable,
    TooManyMissing,
)
from integrations_pipelines.hub import Hub
from integrations_pipelines.registry import sources
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.sweeping import is_swept
from integrations_pipelines.sweep import Swept, import_snapshot, sweep
from integrations_pipelines_tests.acceptance.issues import Site, connect_site, yearful
from integrations_pipelines_tests.acceptance.workspaces import connect, synced
from integrations_pipelines_tests.http_server import Response, ScriptedServer

LIVE = "select count(*) from staging.source_record where not is_deleted"
HASTY = Limits(attempts=2, wait_seconds=2)
PATIENT = Limits(attempts=2, wait_seconds=60)


def number(hub: Hub, query: str) -> int:
    with hub.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def swept(hub: Hub, key: str = "desk", name: str = "issues", **words: Any) -> Swept:
    with sync.running_job(hub, key, job_type="sweep") as job:
        found = sweep(hub, job, name, **{"limits": HASTY, **words})
        sync.close(hub, job, [found.pulled])
    return found


@pytest.fixture
def site(hub: Hub, http_server: ScriptedServer) -> Site:
    """Give a site of 120 issues, synced as ``desk``."""
    http_server.handler = site = Site(issues=yearful(120), page=50)
    connect_site(hub, http_server.url)
    synced(hub, "desk", "issues")
    sync.resolve(hub)
    return site


@pytest.fixture
def channels(hub: Hub, http_server: ScriptedServer) -> dict[str, list[dict[str, Any]]]:
    """Give 60 Slack channels, synced as ``chat``; asked for one of them, Slack answers with what it is not."""
    served = {"channels": [{"id": f"C{n:03}", "name": f"c{n}", "created": 1_700_000_000} for n in range(60)]}
    http_server.handler = lambda _: Response.of_json(
        {"ok": True, **served, "response_metadata": {"next_cursor": ""}}
    )
    connect(hub, http_server.url, "chat")
    synced(hub, "chat", "channels")
    return served


def test_what_is_not_there_when_asked_for_is_deleted_at_once(hub: Hub, site: Site) -> None:
    entities = number(hub, "select count(*) from entities.entity")
    site.issues = site.issues[3:]
    found = swept(hub)
    assert found.pulled.outcomes == {"deleted": 3}
    assert (found.judged.missing, found.suspected) == (3, 0)
    assert number(hub, LIVE) == 117
    sync.resolve(hub)
    assert number(hub, "select count(*) from entities.entity") == entities
    assert number(hub, "select count(*) from integrations.record_map where map_status = 'deleted'") == 3


def test_what_the_list_left_out_and_is_there_is_kept(hub: Hub, site: Site) -> None:
    site.hidden = {"10001", "10002"}
    found = swept(hub)
    assert (found.judged.missing, found.suspected, found.pulled.outcomes) == (2, 0, {})
    assert sorted(site.asked_alone) == ["10001", "10002"]


def test_a_record_that_is_listed_again_lives_again(hub: Hub, site: Site) -> None:
    all_of_them = site.issues
    site.issues = site.issues[3:]
    swept(hub)
    site.issues = all_of_them
    assert swept(hub).pulled.outcomes == {"undeleted": 3}
    assert number(hub, LIVE) == 120
    assert swept(hub).pulled.outcomes == {}


def test_what_cannot_be_asked_for_has_to_be_missed_by_two_complete_sweeps(
    hub: Hub, channels: dict[str, list[dict[str, Any]]]
) -> None:
    del channels["channels"][:2]
    # Slack answers twenty lists a minute, and a sweep leaves most of them to others.
    outcomes = [swept(hub, "chat", "channels", limits=PATIENT) for _ in range(2)]
    assert [(one.suspected, one.pulled.outcomes) for one in outcomes] == [(2, {}), (0, {"deleted": 2})]


def test_an_empty_list_after_10_000_records_deletes_nothing(hub: Hub, http_server: ScriptedServer) -> None:
    served = [{"id": f"C{n:05}", "name": f"c{n}", "created": 1_700_000_000} for n in range(10_000)]
    http_server.handler = lambda _: Response.of_json(
        {"ok": True, "channels": served, "response_metadata": {"next_cursor": ""}}
    )
    connect(hub, http_server.url, "chat")
    assert synced(hub, "chat", "channels").outcomes == {"new": 10_000}
    served.clear()
    for error in (
        synced(hub, "chat", "channels", full=True).error,
        swept(hub, "chat", "channels").pulled.error,
    ):
        assert isinstance(error, SuspiciousEmptiness)
        assert "10000" in str(error)
    assert number(hub, LIVE) == 10_000
    assert number(hub, "select count(*) from integrations.suspected_record") == 0
    with hub.engine.connect() as connection:
        jobs = connection.execute(
            text(
                "select status, error_payload->>'message' from integrations.import_job order by id desc limit 2"
            )
        ).all()
    assert {status for status, _ in jobs} == {"failed"}
    assert all("holds no record" in message for _, message in jobs)


def test_too_many_missing_at_once_stop_the_sweep_unless_a_person_says_so(hub: Hub, site: Site) -> None:
    site.issues = site.issues[51:]
    stopped = swept(hub)
    assert isinstance(stopped.pulled.error, TooManyMissing)
    assert "51 of 120" in str(stopped.pulled.error)
    assert number(hub, LIVE) == 120
    assert number(hub, "select count(*) from integrations.suspected_record") == 0
    assert swept(hub, allow_mass_delete=True).pulled.outcomes == {"deleted": 51}


def test_a_sweep_that_broke_off_infers_nothing(hub: Hub, site: Site, http_server: ScriptedServer) -> None:
    site.issues = site.issues[3:]
    http_server.handler = lambda asked: (
        Response(status=500) if asked.query.get("nextPageToken") == "50" else site(asked)
    )
    found = swept(hub)
    assert isinstance(found.pulled.error, ThirdPartyUnavailable)
    assert number(hub, LIVE) == 120
    assert number(hub, "select count(*) from integrations.suspected_record") == 0


def test_a_dry_run_says_what_is_missing_and_writes_nothing(hub: Hub, site: Site) -> None:
    site.issues = site.issues[3:]
    found = swept(hub, dry_run=True)
    assert (found.judged.listed, found.judged.live, found.judged.missing) == (117, 120, 3)
    assert number(hub, "select count(*) from integrations.suspected_record") == 0
    assert number(hub, "select count(*) from integrations.sweep") == 0


def test_the_live_cursor_is_where_it_was(hub: Hub, site: Site) -> None:
    query = "select cursor::text || fencing_token || last_synced_at from integrations.sync_cursor"
    with hub.engine.connect() as connection:
        before = connection.execute(text(query)).scalar_one()
    site.issues = site.issues[3:]
    swept(hub)
    with hub.engine.connect() as connection:
        assert connection.execute(text(query)).scalar_one() == before


def test_a_snapshot_deletes_what_two_of_them_lack(hub: Hub, tmp_path: Any) -> None:
    path = tmp_path / "people.csv"
    people = [f"{n},Given{n} Family{n}" for n in range(30)]
    with hub.engine.begin() as connection:
        source = sources.add_source(connection, system_key="hr", system_type="files", settings={})
        how = {"entity_type": "person", "columns": {"name": "name"}, "key": "id"}
        sources.remember_file(connection, source, "people", how)

    def snapshot(rows: list[str]) -> tuple[Any, ...]:
        path.write_text("\n".join(["id,name", *rows]) + "\n")
        with sync.running_job(hub, "hr", job_type="file") as job:
            pulled, found = import_snapshot(hub, job, path, "people")
            sync.close(hub, job, [found.pulled if found else pulled])
        assert found is not None
        return found.suspected, dict(found.pulled.outcomes), type(found.pulled.error)

    assert snapshot(people) == (0, {"new": 30}, type(None))
    assert snapshot(people[1:]) == (1, {"unchanged": 29}, type(None))
    assert snapshot(people[1:]) == (0, {"unchanged": 29, "deleted": 1}, type(None))
    assert snapshot(people) == (0, {"unchanged": 29, "undeleted": 1}, type(None))
    assert snapshot([])[2] is SuspiciousEmptiness
    assert number(hub, LIVE) == 30


def test_a_list_that_is_never_whole_is_not_swept(hub: Hub) -> None:
    connect(hub, "http://127.0.0.1:9", "chat")
    with sync.running_job(hub, "chat", job_type="sweep") as job, pytest.raises(NotFound):
        sweep(hub, job, "nothing")


def test_what_tells_of_its_deletes_is_not_swept_by_itself() -> None:
    assert is_swept(connector_of("jira").resource("issues"))
    assert not is_swept(connector_of("hubspot").resource("contacts"))
