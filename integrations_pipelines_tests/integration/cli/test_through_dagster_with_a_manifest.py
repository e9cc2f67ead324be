"""A tool of one's own through the front door: a manifest, no Python, and a real tracker that no one here wrote."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations_pipelines.settings import get_settings
from integrations_pipelines_tests.databases import short_folder
from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.peers.roundup_peer import Tracker, running_tracker

EXAMPLE = Path(__file__).parents[3] / "docs" / "how-to" / "examples" / "roundup.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of manifests that this process uses, still empty."""
    path = tmp_path / "own"
    path.mkdir()
    monkeypatch.setenv("INTEGRATIONS_CONNECTORS", str(path))
    get_settings.cache_clear()
    yield path
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def tracker() -> Iterator[Tracker]:
    """Give a tracker in a folder of its own: nobody, whom it runs as, owns it."""
    with short_folder() as folder, running_tracker(folder, users=20, issues=130) as running:
        yield running


def mapped(house: House, resource: str) -> set[str]:
    listed = house.json(
        "record-map", "list", "--system", "tracker", "--resource", resource, "--limit", "1000"
    )
    return {one["source_record_id"] for one in listed["record_maps"]}


def outcomes(house: House, *words: str) -> dict[str, dict[str, int]]:
    # A process of its own: Dagster loads its definitions once a process, with the connectors that are there then.
    done = house.forked("sync", "tracker", *words, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return {one["resource"]: {k: n for k, n in one["outcomes"].items() if n} for one in told["resources"]}


def test_a_manifest_of_at_most_forty_lines_syncs_a_tracker_and_its_changes(
    house: House, folder: Path, tracker: Tracker
) -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 40
    shutil.copy(EXAMPLE, folder)
    settings = [
        "--set",
        "host=tracker.invalid",
        "--set",
        "login=admin",
        "--set",
        f"base_url={tracker.url}/data",
    ]
    house.json("source", "add", "tracker", "--type", "roundup", *settings)
    assert house.run("credential", "set", "tracker", "password", "--test", stdin="wrong").exit_code == 2
    house.json("credential", "set", "tracker", "password", "--test", stdin="admin")
    outcomes(house)
    assert (mapped(house, "users"), mapped(house, "issues")) == (tracker.ids("user"), tracker.ids("issue"))
    # Issues lead to the people they are assigned to.
    assert {one["name"] for one in house.json("explain", "tracker:issues:7")["relations"]} >= {"assignee"}
    tracker.change("issue", "5", title="Changed")
    tracker.change("user", "9", phone="+49 30 123456")
    new = tracker.create("issue", title="New")
    told = outcomes(house)
    assert (told["issues"]["new"], told["issues"]["changed"], told["users"]["changed"]) == (1, 1, 1)
    assert new in mapped(house, "issues")
