import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.instance import factory
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.test_utils import create_run_for_test
from dagster._daemon.controller import create_daemon_of_type
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon
from sqlalchemy import event
from sqlalchemy.pool import Pool

from integrations_pipelines import local
from integrations_pipelines.errors import ConfigurationError, UsageError
from integrations_pipelines.local.dagster_home import dagster_environment
from integrations_pipelines.settings import Settings, environment_for_children
from integrations_pipelines_tests.forks import fork_servers, run_processes

TINY = "integrations_pipelines_tests.integration.tiny_definitions"
LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }
"""


@pytest.fixture(autouse=True)
def environment_as_before() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def house(settings: Settings) -> Settings:
    return settings.model_copy(update={"dagster_port": local.free_port(), "api_port": local.free_port()})


CANCEL = """
mutation ($run: String!) { terminateRun(runId: $run) { __typename } }
"""


def ask(settings: Settings, query: str, **variables: Any) -> Any:
    address = f"http://127.0.0.1:{settings.dagster_port}/graphql"
    question = {"query": query, "variables": variables}
    return httpx.post(address, json=question, timeout=60, trust_env=False).json()["data"]


def launch(settings: Settings, job: str = "count") -> Any:
    selector = {"repositoryLocationName": "integrations_pipelines", "repositoryName": "__repository__"}
    params = {"selector": {**selector, "jobName": job}, "runConfigData": {}}
    return ask(settings, LAUNCH, params=params)["launchRun"]


def dozing(settings: Settings, instance: DagsterInstance) -> str:
    """Return the id of a run that is in the middle of its work."""
    run_id = str(launch(settings, "doze")["run"]["runId"])
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        run = instance.get_run_by_id(run_id)
        if run is not None and run.status is DagsterRunStatus.STARTED:
            return run_id
        time.sleep(0.1)
    raise TimeoutError(run_id)


def finished(instance: DagsterInstance, run_id: str) -> DagsterRun:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        run = instance.get_run_by_id(run_id)
        if run is not None and run.is_finished:
            return run
        time.sleep(0.1)
    raise TimeoutError(run_id)


@pytest.mark.slow
def test_a_run_can_be_launched_in_a_schema_of_a_users_database(house: Settings) -> None:
    with local.whole_house(house, definitions=TINY) as (url, running):
        answer = launch(house)
        assert answer["__typename"] == "LaunchRunSuccess", answer
        with local.dagster_instance(house, url) as instance:
            assert finished(instance, answer["run"]["runId"]).status is DagsterRunStatus.SUCCESS
    assert not [one.service.name for one in running if one.process.returncode not in {0, -signal.SIGTERM}]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_runs_go_on_where_the_process_that_they_are_forked_from_is_killed(house: Settings) -> None:
    with local.whole_house(house, definitions=TINY) as (url, running):
        code_server = running[0].process.pid
        with local.dagster_instance(house, url) as instance:
            for _ in range(2):
                run = finished(instance, launch(house)["run"]["runId"])
                assert run.status is DagsterRunStatus.SUCCESS
                (server,) = fork_servers(code_server)
                os.kill(server, signal.SIGKILL)
        assert server not in fork_servers(code_server)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_run_can_be_cancelled_and_ends_with_the_process_that_it_was_forked_from(house: Settings) -> None:
    with local.whole_house(house, definitions=TINY) as (url, running):
        code_server = running[0].process.pid
        with local.dagster_instance(house, url) as instance:
            cancelled = dozing(house, instance)
            assert ask(house, CANCEL, run=cancelled) == {
                "terminateRun": {"__typename": "TerminateRunSuccess"}
            }
            assert finished(instance, cancelled).status is DagsterRunStatus.CANCELED
            killed = dozing(house, instance)
            processes = run_processes(code_server)
            os.kill(fork_servers(code_server)[0], signal.SIGKILL)
            assert finished(instance, killed).status is DagsterRunStatus.FAILURE
        assert processes
        assert not [pid for pid in processes if Path(f"/proc/{pid}/exe").exists()]


def test_what_runs_are_forked_from_is_whole_and_holds_nothing_that_a_fork_could_break() -> None:
    # A fork server leaves out, without a word, what it cannot import.
    code = (
        "import integrations_pipelines.orchestration.warm, sys, threading, gc\n"
        "assert threading.active_count() == 1 and gc.get_freeze_count() > 100_000\n"
        "assert {'dlt', 'dagster_postgres', 'integrations_pipelines.draining'} <= sys.modules.keys()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_house_is_opened_once(house: Settings) -> None:
    with (
        local.only_one(house),
        pytest.raises(UsageError, match="running here already"),
        local.whole_house(house),
    ):
        pass


def test_a_taken_port_is_named(house: Settings, http_server: Any) -> None:
    taken = house.model_copy(update={"dagster_port": int(http_server.url.rpartition(":")[2])})
    with pytest.raises(ConfigurationError, match="INTEGRATIONS_DAGSTER_PORT"), local.whole_house(taken):
        pass


def test_a_service_that_does_not_start_says_why(house: Settings) -> None:
    with (
        pytest.raises(local.ServiceEnded, match="code-server ended"),
        local.whole_house(house, definitions="integrations_pipelines_tests.no_such_module"),
    ):
        pass


def test_dagsters_tables_are_in_their_own_schema(settings: Settings, database_url: str) -> None:
    local.prepare_dagster(settings, database_url)
    asked = "select distinct schemaname from pg_tables where tablename in ('runs', 'event_logs', 'job_ticks')"
    with psycopg.connect(database_url) as connection:
        assert connection.execute(asked).fetchall() == [("dagster",)]


@pytest.mark.slow
def test_processes_that_prepare_at_once_do_not_hurt_each_other(settings: Settings, database_url: str) -> None:
    code = (
        "from integrations_pipelines import local; from integrations_pipelines.settings import get_settings as s;"
        "local.prepare_dagster(s(), s().database_url)"
    )
    environment = environment_for_children(dagster_environment(settings, database_url))
    processes = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]


def test_the_queue_is_looked_through_twice_a_second_with_its_limits(
    settings: Settings, database_url: str
) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        daemon = create_daemon_of_type(QueuedRunCoordinatorDaemon.daemon_type(), instance)
        queue = instance.get_concurrency_config().run_queue_config
    assert isinstance(daemon, QueuedRunCoordinatorDaemon)
    assert daemon.interval_seconds < 0.5  # its loop sleeps that long at a time
    assert queue is not None
    assert (queue.max_concurrent_runs, len(queue.tag_concurrency_limits)) == (4, 1)


def test_a_process_that_keeps_its_connections_makes_none_for_another_question(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.prepare_dagster(settings, database_url)
    monkeypatch.setattr(
        factory, "create_instance_from_ref", factory.create_instance_from_ref
    )  # put back after
    monkeypatch.setattr(SqlRunStorage, "has_run_stats_index_cols", SqlRunStorage.has_run_stats_index_cols)
    with DagsterInstance.get() as instance:
        assert isinstance(instance.run_storage, SqlRunStorage)
        assert instance.run_storage.has_run_stats_index_cols()  # what is answered without a look from now on
    local.keep_all_connections()
    made: list[object] = []

    def note(connection: object, _record: object) -> None:
        made.append(connection)

    with DagsterInstance.get() as instance:
        instance.get_runs()
        event.listen(Pool, "connect", note)
        try:
            instance.get_runs()
        finally:
            event.remove(Pool, "connect", note)
    assert not made


def test_a_run_whose_process_is_gone_is_failed(settings: Settings, database_url: str) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        orphan = create_run_for_test(instance, status=DagsterRunStatus.STARTED)
        assert local.fail_orphans(instance) == [orphan.run_id]
        assert instance.get_run_by_id(orphan.run_id).is_failure  # type: ignore[union-attr]


def test_a_run_whose_process_lives_is_left_alone(settings: Settings, database_url: str) -> None:
    with local.dagster_instance(settings, database_url) as instance:
        create_run_for_test(instance, status=DagsterRunStatus.STARTED, tags=local.process_tag())
        assert local.fail_orphans(instance) == []


def test_a_pid_used_again_is_not_taken_for_the_old_process(settings: Settings, database_url: str) -> None:
    tag = {name: f"{os.getpid()}:1" for name in local.process_tag()}
    with local.dagster_instance(settings, database_url) as instance:
        run = create_run_for_test(instance, status=DagsterRunStatus.STARTED, tags=tag)
        assert local.fail_orphans(instance) == [run.run_id]


def test_no_file_of_dagsters_home_holds_the_databases_password(settings: Settings, database_url: str) -> None:
    local.prepare_dagster(settings, database_url)
    text = "".join(path.read_text() for path in settings.home_of_dagster.glob("*.yaml"))
    assert "postgresql" not in text.replace("# postgresql+psycopg2://", "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends the children of a killed process for us")
def test_a_killed_house_leaves_no_service_behind(house: Settings, database_url: str, tmp_path: Path) -> None:
    code = (
        "import sys, time; from integrations_pipelines import local;"
        "from integrations_pipelines.settings import get_settings as s\n"
        "with local.whole_house(s(), definitions=sys.argv[1]) as (_, running):\n"
        "    print(*[one.process.pid for one in running], flush=True); time.sleep(300)"
    )
    more = {
        **dagster_environment(house, database_url),
        "INTEGRATIONS_DAGSTER_PORT": str(house.dagster_port),
        "INTEGRATIONS_API_PORT": str(house.api_port),
    }
    command = [sys.executable, "-c", code, TINY]
    with subprocess.Popen(command, env=environment_for_children(more), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        children = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(signal.SIGKILL)
    assert len(children) == 4
    deadline = time.monotonic() + 40
    while any(Path(f"/proc/{pid}/exe").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in children if Path(f"/proc/{pid}/exe").exists()]
