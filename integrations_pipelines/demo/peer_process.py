"""The process that serves the organisation on 127.0.0.1: backlot, and beside it two lists that backlot 0.1.0 lacks.

Backlot speaks HubSpot, GitHub, Jira and Slack over our corpus. It has no route for Jira's people
(``GET /rest/api/3/users/search``) and none for GitHub's members (``GET /orgs/{org}/members``); it has the objects,
inside issues. So both lists are made here of backlot's own objects, in front of its application, which is not touched.
What its Slack does not hold is not added: everybody's phone and title there is "".
"""

import base64
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import uvicorn
from backlot.cli import _stop_at_stdin_eof
from backlot.config import get_settings
from backlot.importer import byo
from backlot.routers.atlassian import _jira_actor
from backlot.routers.github import _gh_user

JIRA_PEOPLE = "/atlassian/rest/api/3/users/search"
_Scope = Mapping[str, Any]
_Send = Callable[[Mapping[str, Any]], Awaitable[None]]
_App = Callable[[_Scope, Any, _Send], Awaitable[None]]


def jira_people(people: list[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return Jira's user objects, with the names as the site has them."""
    return [{**_jira_actor(one["email"]), "displayName": one["name"]} for one in people]


def github_members(people: list[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return GitHub's simple users."""
    return [_gh_user(one["email"]) for one in people]


def _is_let_in(scope: _Scope) -> bool:
    token = get_settings().admin_token
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    kind, _, value = header.partition(" ")
    if kind.lower() == "basic":
        return base64.b64decode(value).decode().endswith(f":{token}")
    return kind.lower() == "bearer" and value == token


def _page(scope: _Scope, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Cut out what was asked for: by ``startAt`` at Jira, by ``page`` and a ``Link`` header at GitHub."""
    asked = dict(pair.split("=", 1) for pair in scope["query_string"].decode().split("&") if "=" in pair)
    if scope["path"] == JIRA_PEOPLE:
        start = int(asked.get("startAt", 0))
        return rows[start : start + int(asked.get("maxResults", 50))], {}
    size, page = int(asked.get("per_page", 30)), int(asked.get("page", 1))
    host = dict(scope["headers"])[b"host"].decode()
    link = f'<http://{host}{scope["path"]}?per_page={size}&page={page + 1}>; rel="next"'
    return rows[(page - 1) * size : page * size], {"link": link} if page * size < len(rows) else {}


async def _answer(send: _Send, status: int, body: Any, headers: Mapping[str, str]) -> None:
    content = json.dumps(body, ensure_ascii=False).encode()
    named = {"content-type": "application/json", "content-length": str(len(content)), **headers}
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


def with_lists(app: _App, lists: Mapping[str, list[dict[str, Any]]]) -> _App:
    """Return an application that answers the paths of ``lists`` and leaves the rest to ``app``."""

    async def serve(scope: _Scope, receive: Any, send: _Send) -> None:
        rows = lists.get(scope.get("path", ""))
        if rows is None:
            await app(scope, receive, send)
        elif not _is_let_in(scope):
            await _answer(send, 401, {"message": "Bad credentials"}, {})
        else:
            await _answer(send, 200, *_page(scope, rows))

    return serve


def main(folder: Path, port: int, org: str) -> None:
    """Import the corpus of ``folder`` and serve it until our stdin closes; BACKLOT_* name the data folder."""
    _stop_at_stdin_eof()
    byo.load(folder / "corpus.jsonl", get_settings(), reset=True, roster=folder / "roster.yaml")
    people = json.loads((folder / "people.json").read_text(encoding="utf-8"))
    lists = {
        JIRA_PEOPLE: jira_people(people["jira"]),
        f"/github/orgs/{org}/members": github_members(people["github"]),
    }
    from backlot.main import app

    uvicorn.run(with_lists(app, lists), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
