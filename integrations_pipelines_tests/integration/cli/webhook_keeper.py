"""A third party that keeps webhooks, as GitHub, Stripe and Jira do."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from integrations_pipelines_tests.http_server import Request, Response


@dataclass
class Keeper:
    """A third party that keeps webhooks; ``secrets`` is what it signs with, by id, and what it never shows."""

    kind: str
    hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    next_id: int = 70

    def answer(self, request: Request) -> Response:
        """Answer as the vendor does: 401 for a stranger, 404 for what is not there."""
        if not (
            {"Bearer good", "Basic bWVAeC5leGFtcGxlOmdvb2Q="} & {request.headers.get("authorization", "")}
        ):
            return Response.of_json({"message": "Bad credentials"}, status=401)
        path, _, number = request.path.rpartition("/")
        if request.path in PATHS[self.kind]:
            return self._listed() if request.method == "GET" else self._made(request)
        if path not in PATHS[self.kind] or number not in self.hooks:
            return Response.of_json({"message": "Not Found"}, status=404)
        if request.method == "DELETE":
            del self.hooks[number]
            return (
                Response.of_json({"id": number, "object": "webhook_endpoint", "deleted": True})
                if self.kind == "stripe"
                else Response(status=204)
            )
        self._take(number, request)
        return Response.of_json(self._shown(number))

    def only(self) -> dict[str, Any]:
        """The one webhook there is."""
        (hook,) = self.hooks.values()
        return hook

    def only_secret(self) -> str:
        return self.secrets[next(iter(self.hooks))]

    def _listed(self) -> Response:
        shown = [self._shown(number) for number in self.hooks]
        return Response.of_json(
            {"object": "list", "data": shown, "has_more": False} if self.kind == "stripe" else shown
        )

    def _made(self, request: Request) -> Response:
        self.next_id += 1
        number = f"we_{self.next_id}" if self.kind == "stripe" else str(self.next_id)
        self._take(number, request)
        told = self._shown(number)
        if self.kind == "stripe":
            self.secrets[number] = f"whsec_made-up-{number}"
            told = {**told, "secret": self.secrets[number]}
        return Response.of_json(told, status=201)

    def _take(self, number: str, request: Request) -> None:
        if self.kind == "stripe":
            form = parse_qs(request.body.decode())
            word = {"url": form["url"][0], "enabled_events": form["enabled_events[]"]}
            self.hooks[number] = {**self.hooks.get(number, {}), **word, "status": "enabled"}
            return
        word = request.json()
        secrets = word["config"] if self.kind == "github" else word
        self.secrets[number] = secrets.pop("secret")
        self.hooks[number] = word

    def _shown(self, number: str) -> dict[str, Any]:
        hook = self.hooks[number]
        if self.kind == "jira":
            return {**hook, "self": f"https://x.atlassian.net{JIRA}/{number}", "isSigned": True}
        if self.kind == "github":
            return {**hook, "id": int(number), "config": {**hook["config"], "secret": "********"}}
        return {**hook, "id": number}


JIRA = "/rest/webhooks/1.0/webhook"
PATHS = {"github": ("/orgs/acme/hooks",), "stripe": ("/v1/webhook_endpoints",), "jira": (JIRA,)}
SETTINGS = {"github": ["org=acme"], "stripe": [], "jira": ["site=x", "email=me@x.example"]}
CREDENTIALS = {"github": "token", "stripe": "api_key", "jira": "api_token"}
TOLD = {"github": "events", "stripe": "enabled_events", "jira": "events"}
