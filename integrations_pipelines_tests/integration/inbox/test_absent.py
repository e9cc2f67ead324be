"""Records that were asked for because of a hint, and that the third party did not have at that moment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import close, pull, running_job
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.inbox.test_draining import RECORDS, drained, put, rows
from integrations_pipelines_tests.integration.inbox.test_hints import account, zendesk

USER = {"id": 7, "name": "Ada", "updated_at": "2026-11-22T06:00:00Z", "active": True}


@dataclass
class Desk:
    """A support desk whose listing and whose records by id need not agree."""

    hub: Hub
    source: Source
    listed: list[dict[str, Any]] = field(default_factory=list)
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, asked: Request) -> Response:
        if "incremental" in asked.path:
            return Response.of_json({"users": self.listed, "after_cursor": "x", "end_of_stream": True})
        found = self.by_id.get(asked.path.rpartition("/")[2].removesuffix(".json"))
        return Response.of_json({"user": found}) if found else Response(status=404)

    def hint(self, kind: str) -> dict[str, int]:
        """Take a webhook that says something of user 7; return the outcomes."""
        put(self.hub, self.source, zendesk(kind, 7))
        return dict(drained(self.hub, self.source).pulled["users"].outcomes)

    def poll(self) -> dict[str, int]:
        with running_job(self.hub, self.source.system_key, job_type="poll") as job:
            pulled = pull(self.hub, job, "users")
            close(self.hub, job, [pulled])
        return dict(pulled.outcomes)

    def is_deleted(self) -> bool:
        ((key, _, deleted),) = rows(self.hub, RECORDS)
        assert key == "7"
        return bool(deleted)


@pytest.fixture
def desk(settings: Settings, http_server: ScriptedServer) -> Iterator[Desk]:
    """Give a desk that has nothing yet."""
    words = {"base_url": http_server.url, "subdomain": "acme", "email": "a@acme.example"}
    with open_hub(settings, str(settings.database_url)) as hub:
        found = Desk(hub, account(hub, "zendesk", "api_token", **words))
        http_server.handler = found.answer
        yield found


def test_a_hint_that_came_before_its_record_could_be_read_does_not_hide_it(desk: Desk) -> None:
    assert desk.hint("user.created") == {"deleted": 1}
    desk.listed = [USER]
    assert desk.poll() == {"undeleted": 1}
    assert not desk.is_deleted()


def test_a_known_record_that_is_not_there_is_deleted_until_it_is_listed_again(desk: Desk) -> None:
    desk.listed = [USER]
    assert desk.poll() == {"new": 1}
    assert desk.hint("user.name_changed") == {"deleted": 1}
    assert desk.is_deleted()
    assert desk.poll() == {"undeleted": 1}
    assert not desk.is_deleted()


def test_what_was_asked_for_later_and_is_there_lives(desk: Desk) -> None:
    desk.listed = [USER]
    desk.poll()
    desk.hint("user.name_changed")
    desk.by_id["7"] = USER
    assert desk.hint("user.custom_field_changed") == {"undeleted": 1}
    assert not desk.is_deleted()


def test_an_event_that_says_deleted_outlasts_an_older_listing(desk: Desk) -> None:
    desk.listed = [USER]
    desk.poll()
    assert desk.hint("user.deleted") == {"deleted": 1}
    assert desk.poll() == {"stale": 1}
    assert desk.is_deleted()
