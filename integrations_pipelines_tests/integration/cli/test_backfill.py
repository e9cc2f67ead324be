"""`integrations backfill`: a Dagster run a window, what failed alone run again, and what cannot be asked refused."""

from datetime import timedelta
from typing import Any

import pytest

from integrations_pipelines import local
from integrations_pipelines_tests.acceptance.issues import START, Site, connect_site, yearful
from integrations_pipelines_tests.acceptance.workspaces import connect
from integrations_pipelines_tests.http_server import ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House

THREE_WEEKS = ("--from", "2025-01-01", "--to", "2025-01-22", "--window", "7d")


@pytest.fixture
def site(house: House, http_server: ScriptedServer) -> Site:
    http_server.handler = site = Site(issues=yearful(104))
    connect_site(house.hub, http_server.url)
    return site


def statuses(data: Any) -> list[tuple[str, int]]:
    return [(one["status"], one["extracted"]) for one in data["windows"]]


def tags_of_runs(house: House) -> list[dict[str, str]]:
    with local.dagster_instance(house.settings, house.hub.url) as instance:
        return [dict(run.tags) for run in instance.get_runs() if run.job_name == "backfill_window"]


def test_a_second_backfill_runs_only_what_failed(house: House, site: Site) -> None:
    site.broken.add(f"{START + timedelta(days=7):%Y-%m-%d}")
    first = house.run("backfill", "desk", "-r", "issues", *THREE_WEEKS, "--parallel", "2")
    assert first.exit_code == 1
    assert "no index for that span" in first.stderr
    site.broken.clear()
    site.asked.clear()
    second = house.json("backfill", "desk", "-r", "issues", *THREE_WEEKS)
    assert (second["status"], second["done_before"]) == ("succeeded", 2)
    assert statuses(second) == [("succeeded", 2), ("succeeded", 2), ("succeeded", 2)]
    assert len(site.asked) == 1
    tags = tags_of_runs(house)
    assert len(tags) == 4
    assert {one["integrations/source_system"] for one in tags} == {"desk"}
    assert len({one["integrations/window"] for one in tags}) == 3
    assert house.json("record-map", "list", "--system", "desk")["truncated"] is False
    assert len(house.json("record-map", "list", "--system", "desk")["record_maps"]) == 6


def test_a_dry_run_reads_and_writes_nothing(house: House, site: Site) -> None:
    data = house.json("backfill", "desk", "-r", "issues", *THREE_WEEKS, "--newest-first", "--dry-run")
    assert [one["from"][:10] for one in data["windows"]] == ["2025-01-15", "2025-01-08", "2025-01-01"]
    assert {one["status"] for one in data["windows"]} == {"waiting"}
    assert site.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("desk", "-r", "issues", "--from", "soon"), "--from"),
        (("desk", "-r", "issues", "--from", "2025-01-01", "--to", "2024-01-01"), "--to"),
        (("desk", "-r", "issues", "--from", "2025-01-01", "--window", "no"), "--window"),
        (("desk", "-r", "users", "--from", "2025-01-01"), "cannot be asked for a span of time"),
        (("desk", "-r", "nothing", "--from", "2025-01-01"), "nothing"),
        (("nowhere", "-r", "issues", "--from", "2025-01-01"), "nowhere"),
        (("chat", "-r", "users", "--from", "2025-01-01", "--dry-run"), "--full"),
    ],
)
def test_what_cannot_be_read_is_refused(
    house: House, site: Site, http_server: ScriptedServer, words: tuple[str, ...], said: str
) -> None:
    connect(house.hub, http_server.url, "chat")
    result = house.run("backfill", *words)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
