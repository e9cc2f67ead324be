"""A small Slack workspace: people, channels, and the ways in which its API can fail."""

from dataclasses import dataclass, field
from typing import Any

from integrations_pipelines_tests.http_server import Request, Response

CANARY = "xoxb-2718281828-c4narySecretThatMustNotShow"


@dataclass(kw_only=True)
class Workspace:
    """Answers as Slack does; ``broken`` maps a path to the answer it gives instead."""

    people: int = 5
    channels: int = 3
    broken: dict[str, Response] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix("/api")
        if path in self.broken:
            return self.broken[path]
        match path:
            case "/users.list":
                return ok(members=[person(number) for number in range(self.people)])
            case "/conversations.list":
                return ok(channels=[channel(number) for number in range(self.channels)])
        return Response(status=404)


def ok(**more: Any) -> Response:
    """Return a whole listing in one page."""
    return Response.of_json({"ok": True, "response_metadata": {"next_cursor": ""}, **more})


def person(number: int) -> dict[str, Any]:
    """Return one member."""
    profile = {"real_name": f"Person {number}", "email": f"person{number}@acme.example"}
    return {
        "id": f"U{number:04}",
        "name": f"person{number}",
        "deleted": False,
        "updated": 1_700_000_000 + number,
        "profile": profile,
    }


def channel(number: int) -> dict[str, Any]:
    """Return one channel, made by a member."""
    return {
        "id": f"C{number:04}",
        "name": f"channel-{number}",
        "is_private": False,
        "is_archived": False,
        "created": 1_700_000_000,
        "creator": f"U{number:04}",
        "purpose": {"value": "To talk."},
        "topic": {"value": ""},
    }
