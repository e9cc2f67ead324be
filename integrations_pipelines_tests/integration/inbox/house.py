"""A receiver process, the accounts behind it, and deliveries as third parties sign them."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from integrations_pipelines.hub import Hub
from integrations_pipelines.local import free_port
from integrations_pipelines.local.dagster_home import dagster_environment
from integrations_pipelines.registry.sources import Source, add_source
from integrations_pipelines.settings import Settings, environment_for_children
from integrations_pipelines.vault import SecretValue, set_credential

SECRET = "a-made-up-secret-of-tests"


@dataclass(frozen=True, kw_only=True)
class House:
    """The receiver at ``address`` and a hub on its database."""

    hub: Hub
    address: str
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def add(self, system_type: str = "github", *, secret: str | None = SECRET, **settings: str) -> Source:
        """Connect an account, with a secret for its webhooks."""
        return add_account(self.hub, system_type, secret=secret, **settings)

    def post(
        self, source: Source | str, body: bytes, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Deliver ``body`` to the address of ``source``."""
        path = source if isinstance(source, str) else str(source.uuid)
        return self.client.post(f"{self.address}/webhooks/{path}", content=body, headers=headers, **more)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what the database says."""
        with psycopg.connect(self.hub.url) as connection:
            return connection.execute(query.encode(), values).fetchall()


def add_account(
    hub: Hub, system_type: str = "github", *, secret: str | None = SECRET, **settings: str
) -> Source:
    """Connect an account of ``system_type``; without ``secret`` none is set."""
    needed = {"github": {"org": "acme"}, "jira": {"site": "acme", "email": "a@acme.example"}}
    key = f"{system_type}-{uuid4().hex[:8]}"
    with hub.engine.begin() as connection:
        source = add_source(
            connection,
            system_key=key,
            system_type=system_type,
            settings={**needed.get(system_type, {}), **settings},
        )
        if secret is not None:
            set_credential(connection, hub.keys, key, "webhook_secret", SecretValue(secret))
    return source


def github(
    body: bytes, *, secret: str = SECRET, event: str = "issues", delivery: str | None = None
) -> dict[str, str]:
    """Return the headers of a GitHub delivery."""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": delivery or str(uuid4()),
        "x-hub-signature-256": f"sha256={signature}",
    }


def slack(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """Return the headers of a Slack delivery."""
    stamp = str(int(at if at is not None else time.time()))
    message = f"v0:{stamp}:".encode() + body
    signature = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signature}"}


def member_changed(number: int, version: int, **words: Any) -> bytes:
    """Return Slack's word that the member ``number`` changed, as of ``version`` (seconds)."""
    user = {
        "id": f"U{number:05}",
        "name": f"user{number}",
        "deleted": False,
        "updated": version,
        "profile": {"real_name": f"Given{number} Family{number}", "email": f"given{number}@acme.example"},
        **words,
    }
    event = {"type": "user_change", "user": user, "event_ts": str(version)}
    body = {"type": "event_callback", "event_id": f"Ev{uuid4().hex}", "team_id": "T1", "event": event}
    return json.dumps(body).encode()


@contextmanager
def served(settings: Settings, url: str, port: int | None = None, *words: str) -> Iterator[str]:
    """Give the address of `integrations serve`, a process of its own; it is ended afterwards."""
    port = port or free_port()
    process = start_serving(settings, url, port, *words)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def start_serving(settings: Settings, url: str, port: int, *words: str) -> "subprocess.Popen[bytes]":
    """Start `integrations serve` and return it once it answers."""
    environment = environment_for_children(dagster_environment(settings, url))
    command = [sys.executable, "-m", "integrations_pipelines.cli", "serve", "--port", str(port), *words]
    log = settings.state_dir / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stderr=output)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(log.read_text())
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2, trust_env=False).is_success:
                return process
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError("the receiver does not answer")
