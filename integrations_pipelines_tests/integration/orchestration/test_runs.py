"""Runs of one source system in this process, against a Slack workspace on loopback."""

import dagster as dg
import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import open_hub
from integrations_pipelines.orchestration.launch import run_file_import, run_sync
from integrations_pipelines.orchestration.outcome import RunOutcome
from integrations_pipelines.registry.sources import remember_file
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import file_system
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

REFUSED = Response.of_json({"ok": False, "error": "invalid_auth"})


def materialized(settings: Settings, url: str, run_id: str) -> set[str]:
    with local.dagster_instance(settings, url) as instance:
        kinds = {dg.DagsterEventType.ASSET_MATERIALIZATION}
        records = instance.get_records_for_run(run_id, of_type=kinds).records
        return {str(one.asset_key and one.asset_key.to_user_string()) for one in records}


def counted(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        return int((connection.execute(query).fetchone() or [0])[0])


def test_a_run_pulls_resolves_and_balances(settings: Settings, database_url: str, slack: str) -> None:
    outcome = run_sync(settings, database_url, slack)
    assert outcome.is_green
    assert {one.resource: (one.extracted, one.outcomes) for one in outcome.resources} == {
        "users": (5, {"new": 5}),
        "channels": (3, {"new": 3}),
    }
    assert materialized(settings, database_url, outcome.run_id) == {
        "staging/slack/users",
        "staging/slack/channels",
        "resolved/person",
        "resolved/conversation",
    }


def test_every_check_passes_on_a_good_run(settings: Settings, database_url: str, slack: str) -> None:
    outcome = run_sync(settings, database_url, slack)
    with local.dagster_instance(settings, database_url) as instance:
        kinds = {dg.DagsterEventType.ASSET_CHECK_EVALUATION}
        events = instance.get_records_for_run(outcome.run_id, of_type=kinds).records
        found = [one.event_log_entry.asset_check_evaluation for one in events]
    assert len(found) == 2 * 4 + 2 * 2
    assert not [one for one in found if one is None or not one.passed]


def test_a_failing_resource_does_not_keep_its_neighbours_back(
    settings: Settings, database_url: str, slack: str, workspace: Workspace
) -> None:
    workspace.broken["/conversations.list"] = REFUSED
    outcome = run_sync(settings, database_url, slack)
    assert outcome.status == "failed"
    assert "channels" in str(outcome.error)
    assert "invalid_auth" in str(outcome.error)
    assert {one.resource: one.status for one in outcome.resources} == {
        "users": "succeeded",
        "channels": "failed",
    }
    assert counted(database_url, "select count(*) from integrations.record_map") == 5
    assert "resolved/person" in materialized(settings, database_url, outcome.run_id)


def test_a_database_that_drops_its_sessions_costs_a_retry_and_no_row(
    settings: Settings, database_url: str, slack: str, workspace: Workspace, http_server: ScriptedServer
) -> None:
    def answer(request: Request) -> Response:
        if "conversations" in request.path and not dropped:
            dropped.append(True)
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where datname = current_database() and pid <> pg_backend_pid()"
                )
        return workspace.answer(request)

    dropped: list[bool] = []
    http_server.handler = answer
    outcome = run_sync(settings, database_url, slack)
    assert outcome.is_green, outcome
    assert len([one for one in http_server.requests if "users" in one.path]) == 1
    assert counted(database_url, "select count(*) from integrations.record_map") == 8
    assert "resolved/person" in materialized(settings, database_url, outcome.run_id)


def test_one_resource_can_be_synced_alone(settings: Settings, database_url: str, slack: str) -> None:
    outcome = run_sync(settings, database_url, slack, resources=["channels"])
    assert [one.resource for one in outcome.resources] == ["channels"]


def test_an_unchanged_source_ends_with_nothing_new(settings: Settings, database_url: str, slack: str) -> None:
    run_sync(settings, database_url, slack)
    outcome = run_sync(settings, database_url, slack, full=True)
    assert {one.resource: one.outcomes for one in outcome.resources} == {
        "users": {"unchanged": 5},
        "channels": {"unchanged": 3},
    }


def test_progress_ends_with_the_outcome(settings: Settings, database_url: str, slack: str) -> None:
    seen: list[RunOutcome] = []
    outcome = run_sync(settings, database_url, slack, on_progress=seen.append)
    assert seen[-1] == outcome
    assert len(seen) > 1


def test_a_source_that_nobody_added_is_named(settings: Settings, database_url: str) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        run_sync(settings, database_url, "nowhere")


def test_a_run_says_nothing_on_the_terminal(
    settings: Settings, database_url: str, slack: str, workspace: Workspace, capfd: pytest.CaptureFixture[str]
) -> None:
    workspace.broken["/conversations.list"] = REFUSED
    run_sync(settings, database_url, slack)
    told = capfd.readouterr()
    assert told.out + told.err == ""


def test_a_file_goes_through_the_same_corridor(settings: Settings, database_url: str) -> None:
    path = settings.state_dir / "people.csv"
    path.write_text("id,mail,full\n1,ada@acme.example,Ada Byron\n2,grace@acme.example,Grace Hopper\n")
    reading = {"entity_type": "person", "columns": {"mail": "email", "full": "name"}, "key": "id"}
    with open_hub(settings, database_url) as hub:
        source = file_system(hub, "exports")
        with hub.engine.begin() as connection:
            remember_file(connection, source, "people", reading)
    outcome = run_file_import(settings, database_url, "exports", path=path, resource="people")
    assert outcome.is_green, outcome
    assert counted(database_url, "select count(*) from entities.entity") == 2
