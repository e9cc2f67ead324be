"""Roundup 2.6 (PyPI), a real issue tracker, as a process on loopback. It refuses to run as root: then it is nobody."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from integrations_pipelines.local.dagster_services import free_port

SEED = Path(__file__).with_name("roundup_seed.py")
NOBODY = 65534
HEADERS = {"X-Requested-With": "rest", "Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True)
class Tracker:
    """A running tracker; ``admin`` with the password ``admin`` may do everything."""

    url: str

    def ids(self, kind: str) -> set[str]:
        """Return the ids that the tracker itself lists."""
        listed = self._send("GET", f"{kind}?@page_size=5000").json()["data"]["collection"]
        return {one["id"] for one in listed}

    def change(self, kind: str, number: str, **values: str) -> None:
        """Change some of a record's values."""
        etag = self._send("GET", f"{kind}/{number}").headers["etag"]
        self._send("PUT", f"{kind}/{number}", {"If-Match": etag}, values)

    def create(self, kind: str, **values: str) -> str:
        """Create a record; return its id."""
        return str(self._send("POST", kind, {}, values).json()["data"]["id"])

    def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: dict[str, str] | None = None,
    ) -> httpx.Response:
        origin = {"Origin": self.url.rsplit("/", 3)[0], "Referer": self.url}
        answer = httpx.request(
            method,
            f"{self.url}/data/{path}",
            json=body,
            headers={**HEADERS, **origin, **(headers or {})},
            auth=("admin", "admin"),
            timeout=60,  # on a busy machine it takes its time
            trust_env=False,
        )
        return answer.raise_for_status()


@contextmanager
def running_tracker(folder: Path, *, users: int, issues: int) -> Iterator[Tracker]:
    """Give a tracker with that many people and issues; it ends with the block."""
    server = shutil.which("roundup-server", path=str(Path(sys.executable).parent))
    if server is None:
        pytest.skip("roundup-server is not installed")
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("Roundup refuses root, and there is no setpriv")
    port, home = free_port(), folder / "tracker"
    url = f"http://127.0.0.1:{port}/demo/"
    seed = [sys.executable, str(SEED), str(home), url, str(users), str(issues)]
    subprocess.run(seed, check=True, capture_output=True, timeout=120)
    log = (folder / "roundup.log").open("wb")
    command = [*_as_nobody(folder), server, "-n", "127.0.0.1", "-p", str(port), f"demo={home}"]
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, f"{url}rest/", folder / "roundup.log")
        yield Tracker(url=f"{url}rest")
    finally:
        process.terminate()
        process.wait()
        log.close()


def _as_nobody(folder: Path) -> list[str]:
    if os.getuid() != 0:
        return []
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, auth=("admin", "admin"), timeout=60, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"Roundup does not start: {log.read_text(errors='replace')[-500:]}")
