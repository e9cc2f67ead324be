"""Commands that go through Dagster, each as a process of its own: they change their environment for good.

The one beside this file forks from the same process: by their names, one worker gets both.
"""

import json
from pathlib import Path

import pytest

from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House

ROWS = (
    "id,First Name,surname,E-Mail,shoe size\n1,Ada,Lovelace,ada@x.example,38\n2,Bob,Baker,bob@x.example,44\n"
)


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return str(path)


def test_a_file_is_imported_through_dagster_and_what_was_guessed_is_said(house: House, rows: str) -> None:
    words = (
        "import",
        rows,
        "--system",
        "billing",
        "--resource",
        "customers",
        "--entity-type",
        "person",
        "--json",
    )
    done = house.forked(*words, "--map", "shoe size=language")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["columns"] == {
        "First Name": "given_name", "surname": "family_name", "E-Mail": "email", "shoe size": "language",
    }  # fmt: skip
    assert (told["status"], told["resources"][0]["outcomes"], told["unmapped"]) == (
        "succeeded",
        {"new": 2},
        [],
    )
    assert "E-Mail -> email (guessed)" in done.stderr
    assert [one["mapped"] for one in house.json("status")["resources"]] == [2]


@pytest.fixture
def hubspot(house: House, http_server: ScriptedServer) -> ScriptedServer:
    """Give a third party whose contacts are there and whose other lists may not be read."""

    def answer(request: Request) -> Response:
        if "/contacts" not in request.path:
            return Response.of_json({"message": "no scope"}, status=403)
        one = {"id": "1", "properties": {"email": "ada@x.example"}, "updatedAt": "2025-01-01T00:00:00Z"}
        # Nothing is archived, associated, or found by search.
        is_empty = request.query.get("archived") == "true" or request.method == "POST"
        return Response.of_json({"results": [] if is_empty else [one]})

    http_server.handler = answer
    house.json("source", "add", "crm", "--type", "hubspot", "--set", f"base_url={http_server.url}")
    house.json("credential", "set", "crm", "token", stdin="pat-na1-canary-0001")
    return http_server


def test_a_green_sync_leaves_with_0_and_a_red_one_with_1(house: House, hubspot: ScriptedServer) -> None:
    green = house.forked("sync", "crm", "--resource", "contacts", "--json")
    assert (green.returncode, json.loads(green.stdout)["resources"][0]["outcomes"]) == (0, {"new": 1})
    red = house.forked("sync", "crm", "--resource", "contacts", "--resource", "companies")
    assert red.returncode == 1, red.stderr
    assert "the job is red: companies" in red.stderr
    assert "Traceback" not in red.stdout + red.stderr
    assert "pat-na1-canary-0001" not in red.stdout + red.stderr
