import pytest

from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House

SOURCE = {"system_key", "uuid", "label", "system_type", "is_active", "settings", "poll_seconds"}


def test_a_source_system_is_added_and_listed(house: House) -> None:
    added = house.json(
        "source",
        "add",
        "crm-eu",
        "--type",
        "hubspot",
        "--label",
        "CRM",
        "--poll",
        "15m",
        "--set",
        "resources=contacts",
    )
    assert added == {**added, "label": "CRM", "poll_seconds": 900, "settings": {"resources": "contacts"}}
    assert set(added) == SOURCE
    assert house.json("source", "list") == {"sources": [added]}


def test_what_a_source_system_is_written_down_as_whose(house: House) -> None:
    house.json("source", "add", "crm", "--type", "hubspot")
    with house.hub.engine.connect() as connection:
        actor = connection.exec_driver_sql("select created_by from integrations.source_system").scalar_one()
    assert actor.startswith("cli:")


def test_a_switched_off_source_system_is_not_synced_until_it_is_on_again(house: House) -> None:
    house.json("source", "add", "crm", "--type", "hubspot")
    assert house.json("source", "disable", "crm")["is_active"] is False
    refused = house.run("sync", "crm")
    assert (refused.exit_code, "source enable crm" in refused.stderr) == (2, True)
    assert house.json("source", "enable", "crm")["is_active"] is True


def test_what_is_named_changes_and_the_rest_stays(house: House) -> None:
    added = house.json(
        "source", "add", "crm", "--type", "hubspot", "--set", "resources=contacts", "--poll", "15m"
    )
    assert house.json("source", "set", "crm", "--label", "CRM") == {**added, "label": "CRM"}
    wider = house.json("source", "set", "crm", "--set", "resources=contacts,companies", "--set", "region=DE")
    assert wider["settings"] == {"resources": "contacts,companies", "region": "DE"}
    assert wider["poll_seconds"] == 900
    last = house.json("source", "set", "crm", "--unset", "region", "--poll", "default")
    assert last == {
        **added,
        "label": "CRM",
        "settings": {"resources": "contacts,companies"},
        "poll_seconds": None,
    }
    assert house.json("source", "list") == {"sources": [last]}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], "nothing to change"),
        (["--set", "colour=red"], "colour"),
        (["--set", "resources=nothing"], "nothing"),
        (["--set", "token=abc"], "is a secret and no setting"),
        (["--unset", "region"], "region"),
        (["--poll", "soon"], "soon"),
    ],
)
def test_a_bad_change_is_named_and_changes_nothing(house: House, words: list[str], named: str) -> None:
    added = house.json("source", "add", "crm", "--type", "hubspot")
    refused = house.run("source", "set", "crm", *words)
    assert (refused.exit_code, named in refused.stderr) == (2, True), refused.stderr
    assert house.json("source", "list") == {"sources": [added]}


def test_a_source_system_shows_its_resources_and_the_names_of_its_credentials(house: House) -> None:
    house.json("source", "add", "crm", "--type", "hubspot", "--set", "resources=contacts")
    house.json("credential", "set", "crm", "token", stdin="pat-na1-canary-0001")
    shown = house.json("source", "show", "crm")
    assert shown["credentials"] == ["token"]
    assert shown["resources"] == [
        {"resource": "contacts", "entity_type": "person", "status": None, "mapped": 0}
    ]


RIGHT, WRONG = "pat-na1-right-0001", "pat-na1-wrong-0002"


@pytest.fixture
def hubspot(http_server: ScriptedServer) -> str:
    """Give the address of a third party that lets in one token alone."""

    def answer(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {RIGHT}":
            return Response.of_json({"message": "no"}, status=401)
        return Response.of_json({"results": []})

    http_server.handler = answer
    return f"base_url={http_server.url}"


def test_stored_credentials_are_tried(house: House, hubspot: str) -> None:
    house.json("source", "add", "crm", "--type", "hubspot", "--set", hubspot)
    house.json("credential", "set", "crm", "token", stdin=RIGHT)
    assert house.json("source", "test", "crm") == {"system_key": "crm", "ok": True, "tried": True}


def test_refused_credentials_are_an_error_that_names_the_account(house: House, hubspot: str) -> None:
    house.json("source", "add", "crm", "--type", "hubspot", "--set", hubspot)
    house.json("credential", "set", "crm", "token", stdin=WRONG)
    result = house.run("source", "test", "crm")
    assert (result.exit_code, "HubSpot (crm)" in result.stderr, WRONG in result.output) == (2, True, False)


def test_credentials_are_tried_before_anything_is_saved(house: House, hubspot: str) -> None:
    words = ("source", "add", "crm", "--type", "hubspot", "--set", hubspot, "--test")
    assert house.run(*words, stdin=WRONG).exit_code == 2
    assert house.json("source", "list") == {"sources": []}
    assert house.json(*words, stdin=f"{RIGHT}\n")["system_key"] == "crm"
    assert house.json("source", "test", "crm")["ok"]


def test_a_new_secret_is_tried_before_it_takes_the_place_of_the_old_one(house: House, hubspot: str) -> None:
    house.json("source", "add", "crm", "--type", "hubspot", "--set", hubspot, "--test", stdin=RIGHT)
    refused = house.run("credential", "set", "crm", "token", "--test", stdin=WRONG)
    assert (refused.exit_code, "nothing was saved" in refused.stderr) == (2, True)
    assert [one["version"] for one in house.json("credential", "list", "crm")["credentials"]] == [1]


def test_a_third_party_that_does_not_answer_is_for_later(house: House) -> None:
    house.json("source", "add", "crm", "--type", "hubspot", "--set", "base_url=http://127.0.0.1:1")
    house.json("credential", "set", "crm", "token", stdin=RIGHT)
    result = house.run("source", "test", "crm")
    assert (result.exit_code, "HubSpot (crm)" in result.stderr) == (3, True)
