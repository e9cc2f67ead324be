"""A canary token, and every place that a failing run writes to."""

import psycopg
import pytest
from psycopg import sql

from integrations_pipelines.orchestration.launch import run_sync
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.http_server import Response
from integrations_pipelines_tests.integration.orchestration.workspace import CANARY, Workspace

TABLES = "select schemaname, tablename from pg_tables where schemaname in ('dagster', 'integrations', 'resolution')"


def every_text(url: str) -> str:
    """Return all rows of Dagster's tables and of ours, landed payloads apart."""
    with psycopg.connect(url) as connection:
        names = connection.execute(TABLES).fetchall()
        queries = [sql.SQL("select t::text from {} t").format(sql.Identifier(*name)) for name in names]
        return "\n".join(row[0] for query in queries for row in connection.execute(query))


def every_file(settings: Settings) -> str:
    files = [path for path in settings.state_dir.rglob("*") if path.is_file()]
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


@pytest.mark.parametrize(
    "answer",
    [
        Response.of_json({"ok": False, "error": f"invalid_auth: {CANARY}"}),
        Response(status=400, body=f"you sent {CANARY}".encode()),
        Response(status=200, headers={"content-type": "text/html"}, body=f"<p>{CANARY}".encode()),
        Response.of_json({"ok": True, "channels": {"token": CANARY}}),
        Response(status=302, headers={"location": f"http://127.0.0.1:9/?token={CANARY}"}),
    ],
    ids=["refused", "bad request", "no JSON", "no list", "redirect"],
)
def test_a_failing_run_tells_no_secret(
    settings: Settings,
    database_url: str,
    slack: str,
    workspace: Workspace,
    capfd: pytest.CaptureFixture[str],
    answer: Response,
) -> None:
    workspace.broken["/conversations.list"] = answer
    outcome = run_sync(settings, database_url, slack)
    assert outcome.status == "failed"
    told = capfd.readouterr()
    everywhere = every_text(database_url) + every_file(settings) + told.out + told.err + repr(outcome)
    assert "STEP_FAILURE" in everywhere
    assert CANARY not in everywhere


def test_dagster_is_told_no_personal_data(settings: Settings, database_url: str, slack: str) -> None:
    outcome = run_sync(settings, database_url, slack)
    assert outcome.is_green
    with psycopg.connect(database_url) as connection:
        lines = connection.execute("select event from dagster.event_logs").fetchall()
    assert not [line for (line,) in lines if "acme.example" in line or "Person 1" in line]
