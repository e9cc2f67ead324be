"""The poll schedule and the partitions' sensor, on a real instance."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.catalog import connector_of
from integrations_pipelines.hub import engine_of
from integrations_pipelines.orchestration.definitions import definitions
from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.orchestration.schedules import poll_requests
from integrations_pipelines.orchestration.sensors import source_systems
from integrations_pipelines.registry.sources import set_active, source_of
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.http_server import Response, ScriptedServer
from integrations_pipelines_tests.integration.orchestration.conftest import add_account
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

SLACK = connector_of("slack")
MINUTE = timedelta(minutes=1)


def requested(settings: Settings, url: str, now: datetime) -> list[dg.RunRequest]:
    with local.dagster_instance(settings, url) as instance:
        return list(poll_requests(instance, SLACK, now))


def test_each_due_source_is_requested_once(
    settings: Settings, database_url: str, slack: str, http_server: ScriptedServer
) -> None:
    add_account(settings, database_url, http_server.url, "slack-emea")
    now = datetime.now(UTC)
    first, again = (requested(settings, database_url, now + n * MINUTE) for n in (0, 1))
    assert [one.partition_key for one in first] == ["slack-acme", "slack-emea"]
    assert [one.run_key for one in first] == [one.run_key for one in again]


def test_a_lost_request_is_made_anew_after_a_poll(settings: Settings, database_url: str, slack: str) -> None:
    now = datetime.now(UTC)
    keys = {one.run_key for n in (0, 29, 31) for one in requested(settings, database_url, now + n * MINUTE)}
    assert len(keys) == 2


def test_a_source_is_due_again_a_poll_after_its_last_run(
    settings: Settings, database_url: str, slack: str
) -> None:
    run_sync(settings, database_url, slack)
    now = datetime.now(UTC)
    assert requested(settings, database_url, now + 28 * MINUTE) == []
    assert len(requested(settings, database_url, now + 31 * MINUTE)) == 1


def test_a_failing_source_is_asked_less_and_less(
    settings: Settings, database_url: str, slack: str, workspace: Workspace
) -> None:
    workspace.broken["/users.list"] = Response.of_json({"ok": False, "error": "invalid_auth"})
    for _ in range(2):
        run_sync(settings, database_url, slack)
    now = datetime.now(UTC)
    assert requested(settings, database_url, now + 31 * MINUTE) == []
    assert len(requested(settings, database_url, now + 61 * MINUTE)) == 1


def test_a_source_with_a_run_under_way_is_left_alone(
    settings: Settings, database_url: str, slack: str
) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        job = definitions.resolve_job_def("sync_slack")
        instance.create_run_for_job(
            job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": slack}
        )
        assert list(poll_requests(instance, SLACK, datetime.now(UTC))) == []


def test_a_source_that_is_off_or_has_no_credential_is_not_due(
    settings: Settings, database_url: str, slack: str
) -> None:
    engine = engine_of(database_url)
    with engine.begin() as connection:
        set_active(connection, source_of(connection, slack), is_active=False)
    engine.dispose()
    assert requested(settings, database_url, datetime.now(UTC)) == []
    with psycopg.connect(database_url) as bare:
        bare.execute("update integrations.source_system set is_active = true")
        bare.execute("update integrations.secret_version set state = 'retiring'")
    assert requested(settings, database_url, datetime.now(UTC)) == []


def test_the_schedule_asks_for_what_the_account_syncs(
    settings: Settings, database_url: str, slack: str
) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        context = dg.build_schedule_context(
            instance,
            scheduled_execution_time=datetime.now(UTC),
            repository_def=definitions.get_repository_def(),
        )
        poll = definitions.resolve_schedule_def("poll_slack")
        (request,) = poll.evaluate_tick(context).run_requests or []
    assert {key.to_user_string() for key in request.asset_selection or []} == {
        "staging/slack/users",
        "staging/slack/channels",
        "resolved/person",
        "resolved/conversation",
    }


def test_a_new_source_gets_its_partition(settings: Settings, database_url: str, slack: str) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        result = source_systems(dg.build_sensor_context(instance=instance))
        assert isinstance(result, dg.SensorResult)
        (change,) = result.dynamic_partitions_requests or []
        assert list(change.partition_keys) == [slack]
        instance.add_dynamic_partitions("source_systems", [slack])
        assert isinstance(source_systems(dg.build_sensor_context(instance=instance)), dg.SkipReason)


@pytest.mark.parametrize("days", [0, 1])
def test_maintenance_keeps_what_a_run_brought(
    settings: Settings, database_url: str, slack: str, days: int
) -> None:
    outcome = run_sync(settings, database_url, slack)
    job = definitions.resolve_job_def("maintenance")
    config = {"ops": {"keep_house": {"config": {"events_days": days}}}}
    with local.dagster_instance(settings, database_url) as instance:
        before = len(instance.all_logs(outcome.run_id))
        assert job.execute_in_process(instance=instance, run_config=config).success
        kept = [one.dagster_event_type for one in instance.all_logs(outcome.run_id)]
    assert kept.count(dg.DagsterEventType.ASSET_MATERIALIZATION) == 4
    assert (len(kept) < before) is (days == 0)


def test_runs_without_news_are_forgotten(settings: Settings, database_url: str, slack: str) -> None:
    first, second = (run_sync(settings, database_url, slack, full=True) for _ in range(2))
    job = definitions.resolve_job_def("maintenance")
    config = {"ops": {"keep_house": {"config": {"unchanged_runs_days": 0}}}}
    with local.dagster_instance(settings, database_url) as instance:
        assert job.execute_in_process(instance=instance, run_config=config).success
        assert instance.get_run_by_id(first.run_id) is not None
        assert instance.get_run_by_id(second.run_id) is None


def test_the_nightly_learning_runs_where_there_is_little_to_learn_from(
    settings: Settings, database_url: str, slack: str
) -> None:
    run_sync(settings, database_url, slack)
    with local.dagster_instance(settings, database_url) as instance:
        done = definitions.resolve_job_def("refresh_matching").execute_in_process(instance=instance)
        told = [one.user_message for one in instance.all_logs(done.run_id)]
    assert done.success
    assert "0 types had grown enough to learn from them" in told
