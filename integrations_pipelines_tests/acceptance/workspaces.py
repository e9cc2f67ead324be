"""Slack workspaces made up for tests, and a hub that has accounts there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import Pulled, close, pull, running_job
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.databases import let_an_hour_pass_between_requests
from integrations_pipelines_tests.http_server import Request, Response

TOKEN = "xoxb-c4nary-token-of-tests"


def member(number: int, **words: Any) -> dict[str, Any]:
    """Return the member ``number`` of a workspace; the same number has the same e-mail address in all of them."""
    return {
        "id": f"U{number:04}",
        "name": f"user{number}",
        "deleted": False,
        "updated": 1_760_000_000 + number,
        "profile": {"real_name": f"Given{number} Family{number}", "email": f"given{number}.family@acme.com"},
        **words,
    }


@dataclass(kw_only=True)
class Workspaces:
    """What Slack says of each workspace (by the first part of the path), a page at a time."""

    members: dict[str, Sequence[Any]] = field(default_factory=dict)
    page: int = 20

    def __call__(self, asked: Request) -> Response:
        """Answer ``users.list``."""
        members = self.members[asked.path.split("/")[1]]
        start = int(asked.query.get("cursor", "0"))
        end = start + self.page
        cursor = str(end) if end < len(members) else ""
        body = {"ok": True, "members": members[start:end], "response_metadata": {"next_cursor": cursor}}
        return Response.of_json(body)


def connect(
    hub: Hub, url: str, *system_keys: str, system_type: str = "slack", in_time: bool = False, **more: str
) -> None:
    """Add source systems that are served at ``url``/<system key>, with a token each.

    ``in_time``: their rate budgets take their time, as they do outside of tests.
    """
    if not in_time:
        let_an_hour_pass_between_requests(hub.url)
    with hub.engine.begin() as connection:
        for key in system_keys:
            add_source(
                connection,
                system_key=key,
                system_type=system_type,
                settings={"base_url": f"{url}/{key}", **more},
            )
            set_credential(connection, hub.keys, key, "token", SecretValue(TOKEN))


def synced(hub: Hub, system_key: str, resource: str = "users", **words: Any) -> Pulled:
    """Run one job that pulls one resource."""
    with running_job(hub, system_key, job_type="poll") as job:
        pulled = pull(hub, job, resource, **words)
        close(hub, job, [pulled])
    return pulled


@contextmanager
def hub_on(settings: Settings) -> Iterator[Hub]:
    """Give the hub on the settings' database."""
    assert settings.database_url is not None
    with open_hub(settings, settings.database_url) as hub:
        yield hub
