"""`integrations credential rotate`: what the third party rejects never becomes active, what it takes back is left."""

import datetime

import pytest
from sqlalchemy import text

from integrations_pipelines import sync
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.vault import SecretValue, credentials_of, set_credential
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.cli.conftest import House
from integrations_pipelines_tests.integration.orchestration.workspace import Workspace

OLD, NEW = "xoxb-the-old-token-0001", "xoxb-the-new-token-0002"


class Door:
    """A Slack workspace that lets in who bears one of ``accepted``."""

    def __init__(self) -> None:
        self.accepted = {OLD}
        self.workspace = Workspace()

    def answer(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.accepted:
            return Response.of_json({"ok": False, "error": "invalid_auth"})
        if request.path.endswith("/auth.test"):
            return Response.of_json({"ok": True})
        return self.workspace.answer(request)


@pytest.fixture
def door(house: House, http_server: ScriptedServer) -> Door:
    door = Door()
    http_server.handler = door.answer
    with house.hub.engine.begin() as connection:
        settings = {"base_url": f"{http_server.url}/api"}
        add_source(connection, system_key="chat", system_type="slack", settings=settings)
        set_credential(connection, house.hub.keys, "chat", "token", SecretValue(OLD))
    return door


def states(house: House) -> dict[int, str]:
    return {one["version"]: one["state"] for one in house.json("credential", "list")["credentials"]}


def synced(house: House) -> str:
    with sync.running_job(house.hub, "chat", job_type="poll") as job:
        pulled = sync.pull(house.hub, job, "users")
        sync.close(house.hub, job, [pulled])
    return str(pulled.summary()["status"])


def test_a_key_that_the_third_party_rejects_never_becomes_active(house: House, door: Door) -> None:
    result = house.run("credential", "rotate", "chat", "token", stdin=NEW)
    assert (result.exit_code, "nothing was saved" in result.stderr) == (2, True)
    assert (states(house), synced(house)) == ({1: "active"}, "succeeded")
    assert NEW not in result.output


def test_a_key_that_it_takes_is_active_and_the_old_one_stays_for_the_overlap(
    house: House, door: Door
) -> None:
    door.accepted.add(NEW)
    house.json("credential", "rotate", "chat", "token", "--overlap", "2h", stdin=NEW)
    former = house.json("credential", "list")["credentials"][1]
    left = datetime.datetime.fromisoformat(former["valid_until"]) - datetime.datetime.now(datetime.UTC)
    assert states(house) == {2: "active", 1: "retiring"}
    assert datetime.timedelta(hours=1.9) < left <= datetime.timedelta(hours=2)


def test_a_new_key_that_is_taken_back_falls_back_to_the_old_one_and_the_job_is_green(
    house: House, door: Door
) -> None:
    door.accepted.add(NEW)
    house.json("credential", "rotate", "chat", "token", stdin=NEW)
    door.accepted.remove(NEW)
    assert (synced(house), states(house)) == ("succeeded", {2: "revoked", 1: "active"})
    assert house.json("audit", "list", "--action", "credential.fall_back")["events"]


def test_where_the_old_one_fails_too_the_job_is_red_and_says_so(house: House, door: Door) -> None:
    door.accepted.add(NEW)
    house.json("credential", "rotate", "chat", "token", stdin=NEW)
    door.accepted.clear()
    assert synced(house) == "failed"


def test_age_and_expiry_are_warned_of(house: House, door: Door) -> None:
    house.json("credential", "set", "chat", "token", "--expires", "3d", stdin=NEW)
    assert "expires in" in house.json("credential", "list", "chat")["credentials"][0]["warning"]
    with house.hub.engine.begin() as connection:
        old = "update integrations.secret_version set created_at = now() - interval '400 days', expires_at = null"
        connection.execute(text(old))
    assert house.json("credential", "list", "chat")["credentials"][0]["warning"] == "is 400 days old"


def test_each_use_stands_in_the_audit_once_a_job(house: House, door: Door) -> None:
    synced(house)
    (used,) = house.json("audit", "list", "--action", "credential.use")["events"]
    assert (used["subject"], used["detail"]["names"]) == ("chat", "token")
    with house.hub.engine.connect() as connection:
        assert credentials_of(connection, house.hub.keys, "chat").reveal("token") == OLD
