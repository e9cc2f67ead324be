"""docker-compose.yml: which service comes to the database as whom, and what else each is handed."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DAGSTER = ("code-server", "webserver", "daemon")


def user_of(service: str) -> str:
    return (
        urlsplit(re.sub(r"\$\{[^}]*\}", "x", SERVICES[service]["environment"]["DATABASE_URL"])).username or ""
    )


def role_of(user: str) -> str:
    made = re.search(
        rf"create user {user} password :'\w+' in role (\w+);", (ROOT / "docker" / "roles.sh").read_text()
    )
    assert made is not None, user
    return made[1]


@pytest.mark.parametrize(
    ("service", "role"),
    [
        *((one, "integrations_app") for one in (*DAGSTER, "api")),
        ("receiver", "integrations_receiver"),
    ],
)
def test_a_service_comes_as_a_user_of_the_least_role_that_does(service: str, role: str) -> None:
    assert role_of(user_of(service)) == role


def test_only_who_migrates_comes_as_the_owner() -> None:
    owner = SERVICES["postgres"]["environment"]["POSTGRES_USER"]
    assert [one for one in SERVICES if one != "postgres" and user_of(one) == owner] == ["migrate"]


def test_people_who_look_have_a_user_of_the_reading_role() -> None:
    assert role_of("integrations_look") == "integrations_reader"


def test_the_receiver_is_handed_no_other_password_than_its_own() -> None:
    words = str(SERVICES["receiver"])
    assert re.findall(r"\b\w+_PASSWORD", words) == ["RECEIVER_PASSWORD"] * words.count("RECEIVER_PASSWORD")


def test_every_user_that_a_service_comes_as_is_made_with_a_password_that_compose_hands_over() -> None:
    script, handed = (ROOT / "docker" / "roles.sh").read_text(), SERVICES["postgres"]["environment"]
    for name in re.findall(r"\$(\w+_PASSWORD)", script):
        assert name in handed


def test_the_two_halves_of_the_api_are_served() -> None:
    halves = {name: SERVICES[name]["command"][-2:] for name in ("api", "receiver")}
    assert halves == {"api": ["--only", "api"], "receiver": ["--only", "webhooks"]}


def test_nothing_but_the_receiver_is_published_beyond_this_machine() -> None:
    wide = [
        name
        for name, one in SERVICES.items()
        if any(not port.startswith("127.0.0.1:") for port in one.get("ports", []))
    ]
    assert wide == ["receiver"]


def test_the_database_s_memory_can_be_set_and_pages_are_a_quarter_of_what_is_usual() -> None:
    usual = dict(re.findall(r"\$\{(POSTGRES_\w+):-(\w+)\}", str(SERVICES["postgres"])))
    assert usual == {"POSTGRES_SHARED_BUFFERS": "512MB", "POSTGRES_MEMORY": "2g"}
