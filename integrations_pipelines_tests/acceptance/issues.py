"""A Jira site made up for tests: issues that are searched by a span of time, as JQL does, and searches that fail."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations_pipelines.hub import Hub
from integrations_pipelines.registry.sources import add_source
from integrations_pipelines.vault import SecretValue, set_credential
from integrations_pipelines_tests.http_server import Request, Response

START = datetime(2025, 1, 1, tzinfo=UTC)
_BOUND = re.compile(r'updated (>=|<) "([^"]+)"')


def issue(number: int, updated: datetime) -> dict[str, Any]:
    """Return the issue ``number``, last changed at ``updated``."""
    stamp = updated.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    fields = {"summary": f"Issue {number}", "updated": stamp, "created": stamp, "project": {"id": "1"}}
    return {"id": str(10_000 + number), "key": f"T-{number}", "fields": fields}


def yearful(issues: int) -> list[dict[str, Any]]:
    """Return so many issues, spread evenly over the year from ``START``."""
    return [issue(n, START + timedelta(days=364) * n / issues) for n in range(issues)]


@dataclass(kw_only=True)
class Site:
    """Answers searches a page at a time; one from a moment in ``broken`` on fails. ``asked`` are the searches."""

    issues: Sequence[dict[str, Any]]
    broken: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    page: int = 25
    asked_alone: list[str] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Response:
        if request.path.startswith("/rest/api/3/issue/"):
            return self._single(request.path.rpartition("/")[2])
        jql, start = request.query["jql"], int(request.query.get("nextPageToken", "0"))
        with self._lock:
            self.asked.append(jql)
        bounds = {
            sign: datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
            for sign, text in _BOUND.findall(jql)
        }
        if f"{bounds['>=']:%Y-%m-%d}" in self.broken and "<" in bounds:
            return Response.of_json({"errorMessages": ["no index for that span"]}, status=400)
        end = bounds.get("<", datetime.max.replace(tzinfo=UTC))
        found = [
            one for one in self.issues if one["id"] not in self.hidden and bounds[">="] <= _updated(one) < end
        ]
        body: dict[str, Any] = {
            "issues": found[start : start + self.page],
            "isLast": start + self.page >= len(found),
        }
        if not body["isLast"]:
            body["nextPageToken"] = str(start + self.page)
        return Response.of_json(body)

    def _single(self, number: str) -> Response:
        """Answer for one issue; a hidden one is there and is not listed."""
        self.asked_alone.append(number)
        found = [one for one in self.issues if one["id"] == number]
        return Response.of_json(found[0]) if found else Response.of_json({}, status=404)


def _updated(one: dict[str, Any]) -> datetime:
    return datetime.strptime(one["fields"]["updated"], "%Y-%m-%dT%H:%M:%S.%f%z")


def connect_site(hub: Hub, url: str, key: str = "desk") -> None:
    """Add the site as a source system whose clock is UTC."""
    with hub.engine.begin() as connection:
        settings = {"base_url": url, "site": "acme", "email": "bot@acme.example", "time_zone": "UTC"}
        add_source(connection, system_key=key, system_type="jira", settings=settings)
        set_credential(connection, hub.keys, key, "api_token", SecretValue("c4nary-token-of-tests"))
