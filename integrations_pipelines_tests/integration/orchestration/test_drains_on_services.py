"""A webhook through the whole house: what its run still has to import after its fork, while the event waits."""

import time
from pathlib import Path

import httpx
import psycopg
import pytest

from integrations_pipelines import local
from integrations_pipelines.hub import open_hub
from integrations_pipelines.settings import Settings
from integrations_pipelines_tests.integration.inbox.house import add_account, member_changed, slack

MAPPED = "select count(target_uuid) from integrations.record_map"


def wait_for_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files once they are there."""
    deadline = time.monotonic() + 60
    while not (found := list(folder.rglob(pattern))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@pytest.mark.slow
def test_a_drains_run_imports_next_to_nothing_after_its_fork(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # a line an import, into the step's own file
    house = settings.model_copy(update={"dagster_port": local.free_port(), "api_port": local.free_port()})
    with local.whole_house(house) as (url, _), open_hub(house, url) as hub:
        source, body = add_account(hub, "slack"), member_changed(1, 1_000_000)
        address = f"http://127.0.0.1:{house.api_port}/webhooks/{source.uuid}"
        assert httpx.post(address, content=body, headers=slack(body), trust_env=False).status_code == 202
        (ended,) = wait_for_files(house.home_of_dagster / "storage", "*.complete")
        written = ended.with_suffix(".err").read_text().splitlines()
    with psycopg.connect(database_url) as connection:
        assert connection.execute(MAPPED).fetchone() == (1,)
    imported = {line.rpartition("|")[2].strip() for line in written if line.startswith("import time:")}
    assert imported <= {"pandas"}  # looked for by dlt, and not there
