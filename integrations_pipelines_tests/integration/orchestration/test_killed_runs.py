"""A run whose process is killed, and the run after it."""

import signal
import subprocess
import sys
import time

import dagster as dg
import psycopg

from integrations_pipelines import local
from integrations_pipelines.local.dagster_home import dagster_environment
from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.settings import Settings, environment_for_children
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

SYNC = """
from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.settings import get_settings as s
run_sync(s(), s().database_url, "slack-acme")
"""


def killed_while(settings: Settings, url: str, server: ScriptedServer, path: str) -> None:
    """Kill -9 a sync while it asks for ``path``."""
    environment = environment_for_children(dagster_environment(settings, url))
    process = subprocess.Popen([sys.executable, "-c", SYNC], env=environment)
    deadline = time.monotonic() + 90
    while not any(path in request.path for request in server.requests) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def test_the_run_after_a_kill_completes_the_sync(
    settings: Settings, database_url: str, slack: str, workspace: Workspace, http_server: ScriptedServer
) -> None:
    def answer(request: Request) -> Response:
        if "conversations" in request.path and len(http_server.requests) == 2:
            time.sleep(3)
        return workspace.answer(request)

    http_server.handler = answer
    killed_while(settings, database_url, http_server, "conversations")
    outcome = run_sync(settings, database_url, slack)
    assert outcome.is_green, outcome
    with psycopg.connect(database_url) as connection:
        jobs = connection.execute(
            "select status, error_payload->>'class' from integrations.import_job order by id"
        )
        assert jobs.fetchall() == [("failed", "Lost"), ("succeeded", None)]
        maps = connection.execute(
            "select count(*), count(distinct source_record_id) from integrations.record_map"
        )
        assert maps.fetchone() == (8, 8)
    with local.dagster_instance(settings, database_url) as instance:
        statuses = {run.run_id: run.status for run in instance.get_runs()}
    assert statuses.pop(outcome.run_id) is dg.DagsterRunStatus.SUCCESS
    assert list(statuses.values()) == [dg.DagsterRunStatus.FAILURE]
