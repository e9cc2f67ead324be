"""What GitHub could not deliver is asked for again, through a real receiver; and the daily job beside it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import dagster as dg
import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from integrations_pipelines.cli import app
from integrations_pipelines.hub import audited
from integrations_pipelines.orchestration.definitions import definitions
from integrations_pipelines.registering import register
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import get_settings
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.house import House, github

HOOKS = "/orgs/acme/hooks"
PAGE = 4


@dataclass
class GitHub:
    """An organization's webhooks, with a log of deliveries: it tries once, and again when asked, as GitHub does.

    Source: docs.github.com/en/rest/orgs/webhooks (deliveries, attempts) and .../webhooks/handling-failed-deliveries.
    """

    url: str
    hooks: dict[int, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    is_refusing: bool = False

    def answer(self, request: Request) -> Response:
        if self.is_refusing:
            return Response.of_json({"message": "Bad credentials"}, 401)
        steps = request.path.removeprefix(HOOKS).strip("/").split("/")
        match request.method, steps:
            case "GET", [""]:
                return Response.of_json(list(self.hooks.values()))
            case "POST", [""]:
                return self._made(request.json())
            case "PATCH", [number]:
                return self._kept(int(number), request.json())
            case "GET", [_, "deliveries"]:
                return self._listed(int(request.query.get("cursor", 0)))
            case "POST", [_, "deliveries", number, "attempts"]:
                again = next(one for one in self.log if one["id"] == int(number))
                self.deliver(again["guid"], is_again=True)
                return Response.of_json({}, 202)
        return Response.of_json({"message": "Not Found"}, 404)

    def deliver(
        self,
        guid: str,
        *,
        is_lost: bool = False,
        is_late: bool = False,
        is_again: bool = False,
        age: float = 0,
    ) -> None:
        """Send an event, and log how that went; ``is_late``: the answer came after GitHub's ten seconds."""
        (number,) = self.hooks
        body = self.bodies.setdefault(guid, json.dumps({"action": "opened", "of": guid}).encode())
        status = "failed to connect to host"
        if not is_lost:
            headers = github(body, secret=self.secrets[number], delivery=guid)
            answer = httpx.post(
                self.hooks[number]["config"]["url"], content=body, headers=headers, trust_env=False
            )
            status = "timed out" if is_late else "OK" if answer.is_success else answer.reason_phrase
        at = (datetime.now(UTC) - timedelta(hours=age)).isoformat()
        told = {"guid": guid, "delivered_at": at, "redelivery": is_again, "status": status}
        self.log.insert(0, {"id": len(self.log) + 12345678901, "event": "issues", **told})
        self.log.sort(key=lambda one: one["delivered_at"], reverse=True)

    def _made(self, word: dict[str, Any]) -> Response:
        return self._kept(70 + len(self.hooks), word)

    def _kept(self, number: int, word: dict[str, Any]) -> Response:
        self.secrets[number] = word["config"].pop("secret")
        self.hooks[number] = {**word, "id": number}
        return Response.of_json(self.hooks[number], 201)

    def _listed(self, start: int) -> Response:
        after = start + PAGE
        link = f'<{self.url}{HOOKS}/70/deliveries?cursor={after}>; rel="next"'
        more = {"link": link} if after < len(self.log) else {}
        return Response(
            headers={"content-type": "application/json", **more},
            body=json.dumps(self.log[start:after]).encode(),
        )


@pytest.fixture
def there(http_server: ScriptedServer) -> GitHub:
    there = GitHub(http_server.url)
    http_server.handler = there.answer
    return there


@pytest.fixture
def account(house: House, there: GitHub) -> Iterator[Source]:
    """Give an account whose webhook is registered and leads to the receiver; it is switched off afterwards."""
    source = house.add(base_url=there.url)
    with audited(house.hub) as connection:
        set_credential(connection, house.hub.keys, source.system_key, "token", SecretValue("good-token"))
    register(house.hub, source.system_key, house.address, actor="test")
    yield source
    with house.hub.engine.begin() as connection:
        connection.execute(text("update integrations.source_system set is_active = false"))


def run(house: House, *words: str) -> Result:
    assert house.hub.anchor is not None
    here = {"DATABASE_URL": house.hub.url, "INTEGRATIONS_STATE_DIR": str(house.hub.anchor.parent)}
    return CliRunner().invoke(app, ["webhook", *words], env=here)


def redelivered(house: House, source: Source, *words: str) -> dict[str, Any]:
    result = run(house, "redeliver", source.system_key, "--json", *words)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def inbox(house: House, source: Source) -> set[str]:
    query = "select delivery_key from integrations.webhook_event where source_system_id = %s"
    return {str(key) for (key,) in house.rows(query, source.id)}


def test_what_never_came_through_is_asked_for_once_more_and_arrives(
    house: House, there: GitHub, account: Source
) -> None:
    lost, came, late = ([str(uuid4()) for _ in range(count)] for count in (3, 5, 2))
    for guid in lost:
        there.deliver(guid, is_lost=True)
    there.deliver(lost[0], is_lost=True, is_again=True)  # somebody pressed the button, in vain
    for guid in came:
        there.deliver(guid)
    for guid in late:
        there.deliver(guid, is_late=True)
    planned = redelivered(house, account, "--dry-run")
    assert {one["delivery"] for one in planned["asked"]} == set(lost)
    assert inbox(house, account) == {*came, *late}
    done = redelivered(house, account)
    assert (done["listed"], done["failed"], done["here"], len(done["asked"])) == (10, 5, 2, 3)
    assert inbox(house, account) == {*lost, *came, *late}
    again = redelivered(house, account)
    assert (again["failed"], again["asked"]) == (2, [])


def test_since_and_the_days_that_github_keeps_are_bounds(
    house: House, there: GitHub, account: Source
) -> None:
    for guid, age in (("now", 0), ("half", 12), ("long", 60), ("gone", 80)):
        there.deliver(guid, is_lost=True, age=age)
    assert [one["delivery"] for one in redelivered(house, account, "--since", "6h")["asked"]] == ["now"]
    assert inbox(house, account) == {"now"}
    redelivered(house, account)
    assert inbox(house, account) == {"now", "half", "long"}


def test_a_third_party_that_delivers_nothing_again_says_so(house: House, account: Source) -> None:
    other = house.add("jira")
    result = run(house, "redeliver", other.system_key)
    assert (result.exit_code, "delivers nothing again" in result.stderr) == (2, True)
    early = run(house, "redeliver", account.system_key, "--since", "2999-01-01")
    assert (early.exit_code, "still to come" in early.stderr) == (2, True)


@pytest.fixture
def job(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.JobDefinition]:
    assert house.hub.anchor is not None
    monkeypatch.setenv("DATABASE_URL", house.hub.url)
    monkeypatch.setenv("INTEGRATIONS_STATE_DIR", str(house.hub.anchor.parent))
    get_settings.cache_clear()
    yield definitions.resolve_job_def("webhooks")
    get_settings.cache_clear()


def looked_after(job: dg.JobDefinition) -> dg.ExecuteInProcessResult:
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)


def test_the_daily_job_repairs_and_asks_again_and_is_red_with_the_reason_where_it_cannot(
    house: House, there: GitHub, account: Source, job: dg.JobDefinition
) -> None:
    there.deliver("lost", is_lost=True)
    there.hooks[70]["active"] = False
    green = looked_after(job)
    assert (green.success, there.hooks[70]["active"]) == (True, True)
    assert "lost" in inbox(house, account)
    told = green.events_for_node("keep_webhooks")
    metadata = next(one.step_output_data.metadata for one in told if one.is_successful_output)
    assert metadata[account.system_key].value == "repaired; 1 deliveries asked for again"
    there.is_refusing = True
    red = looked_after(job)
    (failure,) = [one for one in red.events_for_node("keep_webhooks") if one.is_step_failure]
    assert (red.success, account.system_key in str(failure.step_failure_data.error)) == (False, True)
    shown = json.loads(run(house, "show", account.system_key, "--json").stdout)["last_check"]
    assert "401" in shown["fault"]
