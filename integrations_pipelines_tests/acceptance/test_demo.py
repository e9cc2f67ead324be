"""`integrations demo`, twice, through its front door: everything balances, and nothing is new the second time."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integrations_pipelines_tests.databases import short_folder

pytestmark = pytest.mark.acceptance


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command answered."""

    code: int
    output: str

    @property
    def data(self) -> Any:
        return json.loads(self.output)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Two demos, and the status after each."""

    first: Said
    status: Said
    second: Said
    status_again: Said


def integrations(state: Path, *words: str) -> Said:
    environment = {**os.environ, "INTEGRATIONS_STATE_DIR": str(state)}
    done = subprocess.run(
        [sys.executable, "-m", "integrations_pipelines.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode in (0, 1), done.stderr
    return Said(code=done.returncode, output=done.stdout)


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    with short_folder(in_memory=True) as folder:
        yield Shown(
            first=integrations(folder, "demo", "--json"),
            status=integrations(folder / "demo", "status", "--json"),
            second=integrations(folder, "demo", "--json"),
            status_again=integrations(folder / "demo", "status", "--json"),
        )


def test_both_demos_are_green(shown: Shown) -> None:
    assert (shown.first.code, shown.first.data["faults"]) == (0, [])
    assert (shown.second.code, shown.second.data["faults"]) == (0, [])


def test_every_job_of_both_runs_is_balanced(shown: Shown) -> None:
    for said in (shown.status, shown.status_again):
        rows = said.data["resources"]
        assert len(rows) == 16
        assert all(row["status"] == "succeeded" and row["balanced"] for row in rows)
        assert all(row["extracted"] == sum(row["outcomes"].values()) for row in rows)


def test_everything_is_new_at_first_and_mapped(shown: Shown) -> None:
    rows = shown.status.data["resources"]
    assert all(row["outcomes"]["new"] == row["extracted"] == row["mapped"] for row in rows)
    assert sum(row["quarantined"] for row in rows) == 0


def test_the_second_run_finds_nothing_new_or_changed(shown: Shown) -> None:
    assert (shown.first.data["repeat"], shown.second.data["repeat"]) == (False, True)
    for row in shown.status_again.data["resources"]:
        assert {name for name, count in row["outcomes"].items() if count} <= {"unchanged"}
    unchanged = [row["outcomes"]["unchanged"] for row in shown.status_again.data["resources"]]
    assert sum(map(bool, unchanged)) >= 15  # HubSpot's search shows of its owners what changed alone: nothing


def test_the_same_records_are_the_same_entities_the_second_time(shown: Shown) -> None:
    for part in ("entities", "scores"):
        assert shown.first.data[part] == shown.second.data[part]


def test_scores_join_what_identifiers_leave_apart_and_hardly_anybody_wrongly(shown: Shown) -> None:
    people, companies = (shown.first.data["scores"][kind] for kind in ("person", "organization"))
    assert people["precision"] >= 0.99
    # GitHub lists its members by login alone: nothing that it says could tell who 87 of them are.
    assert people["recall"] >= 0.8
    assert companies["precision"] == 1.0
    assert companies["recall"] >= 0.95


def test_the_explanations_show_one_in_four_tools_namesakes_apart_and_a_mailbox_that_joins_nobody(
    shown: Shown,
) -> None:
    four, namesakes, mailbox = shown.first.data["explanations"]
    assert len({record.partition(":")[0] for record in four["records"]}) == 4
    assert set(four["records"].values()) == {1}
    assert set(namesakes["records"].values()) == {1, 2, 3}
    assert sorted(mailbox["records"].values()) == [1, 2, 3, 4, 5]
    assert any("phone" in reason for reason in four["reasons"])
