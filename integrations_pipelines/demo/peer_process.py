"""The process that serves the organisation on 127.0.0.1: backlot, and in front of it what backlot 0.1.0 lacks.

Backlot speaks HubSpot, GitHub, Jira and Slack over our corpus, and its application is not touched. Three things that
the vendors serve and it does not are added here, made of its own objects:

- Jira's people, ``GET /rest/api/3/users/search``, and GitHub's members, ``GET /orgs/{org}/members``;
- HubSpot's associations of many records at once, ``POST /crm/v4/associations/{from}/{to}/batch/read``, which backlot
  has for one record only; and its owners, ``GET /crm/v3/owners``, of whom the organisation has none.

What its Slack does not hold is left as it is: everybody's phone and title there is "".
"""

import base64
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from backlot.cli import _stop_at_stdin_eof
from backlot.config import get_settings
from backlot.importer import byo
from backlot.routers.atlassian import _jira_actor
from backlot.routers.github import _gh_user

JIRA_PEOPLE = "/atlassian/rest/api/3/users/search"
HUBSPOT_ASSOCIATIONS = "/hubspot/crm/v4/associations/"
HUBSPOT_OWNERS = "/hubspot/crm/v3/owners"
Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Send], Awaitable[None]]
Rows = list[dict[str, Any]]


def jira_people(people: list[Mapping[str, str]]) -> Rows:
    """Return Jira's user objects, with the names as the site has them."""
    return [{**_jira_actor(one["email"]), "displayName": one["name"]} for one in people]


def github_members(people: list[Mapping[str, str]]) -> Rows:
    """Return GitHub's simple users: no name, no address."""
    return [_gh_user(one["email"]) for one in people]


def in_front_of(app: App, lists: Mapping[str, Rows], links: Mapping[str, list[str]]) -> App:
    """Return an application that answers the paths of ``lists`` itself, and leaves the rest to ``app``.

    ``links``: HubSpot's associations, ``contacts-1`` to ``companies-2``.
    """

    async def serve(scope: Scope, receive: Any, send: Send) -> None:
        path = scope.get("path", "")
        if path in lists:
            await _answer(scope, send, _page(scope, lists[path]))
        elif path == HUBSPOT_OWNERS:
            await _answer(scope, send, ({"results": []}, ""))
        elif path.startswith(HUBSPOT_ASSOCIATIONS):
            asked = json.loads(await _body(receive))
            kinds = path.removeprefix(HUBSPOT_ASSOCIATIONS).split("/")
            await _answer(scope, send, (_associations(asked, kinds[0], kinds[1], links), ""))
        else:
            await app(scope, receive, send)

    return serve


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _associations(
    asked: dict[str, Any], kind: str, to: str, links: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Answer as HubSpot does: who has no association is told of as an error."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in asked["inputs"]:
        targets = [target for target in links.get(f"{kind}-{one['id']}", []) if target.startswith(f"{to}-")]
        found[one["id"]] = [{"toObjectId": int(each.partition("-")[2])} for each in targets]
    none = "crm.associations.NO_ASSOCIATIONS_FOUND"
    return {
        "status": "COMPLETE",
        "results": [{"from": {"id": key}, "to": some} for key, some in found.items() if some],
        "errors": [
            {"status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": none, "context": {"id": [key]}}
            for key, some in found.items()
            if not some
        ],
    }


def _asked(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode()))


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _is_let_in(scope: Scope) -> bool:
    kind, _, value = _headers(scope).get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        return base64.b64decode(value).decode().endswith(f":{get_settings().admin_token}")
    return kind.lower() == "bearer" and value == get_settings().admin_token


async def _answer(scope: Scope, send: Send, answer: tuple[Any, str]) -> None:
    """Send a page, and the link to the next one, to who may have it."""
    page, link = answer
    status, body = 200, json.dumps(page, ensure_ascii=False).encode()
    if not _is_let_in(scope):
        status, body, link = 401, b'{"message": "Bad credentials"}', ""
    named = {"content-type": "application/json", "content-length": str(len(body)), "link": link}
    headers = [(name.encode(), value.encode()) for name, value in named.items() if value]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _page(scope: Scope, rows: Rows) -> tuple[Rows, str]:
    """Cut out what was asked for: by ``startAt`` at Jira; by ``page`` at GitHub, with a ``Link`` header."""
    asked = _asked(scope)
    if scope["path"] == JIRA_PEOPLE:
        start = int(asked.get("startAt", 0))
        return rows[start : start + int(asked.get("maxResults", 50))], ""
    size, page = int(asked.get("per_page", 30)), int(asked.get("page", 1))
    address = f"http://{_headers(scope)['host']}{scope['path']}?per_page={size}&page={page + 1}"
    link = f'<{address}>; rel="next"' if page * size < len(rows) else ""
    return rows[(page - 1) * size : page * size], link


def main(folder: Path, port: int, org: str) -> None:
    """Import the corpus of ``folder`` and serve it until our stdin closes; BACKLOT_* name the data folder."""
    _stop_at_stdin_eof()
    byo.load(folder / "corpus.jsonl", get_settings(), reset=True, roster=folder / "roster.yaml")
    more = json.loads((folder / "more.json").read_text(encoding="utf-8"))
    lists = {
        JIRA_PEOPLE: jira_people(more["jira"]),
        f"/github/orgs/{org}/members": github_members(more["github"]),
    }
    from backlot.main import app

    uvicorn.run(in_front_of(app, lists, more["hubspot"]), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
