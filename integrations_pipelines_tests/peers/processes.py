"""Starts a peer as a process on a free port of loopback, waits until it answers, and stops it."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from integrations_pipelines.local.dagster_services import free_port

Command = Callable[[int], Sequence[str]]


@contextmanager
def running(command: Command, folder: Path, *, path: str = "/") -> Iterator[str]:
    """Give the URL of the peer that ``command`` of a port starts; anything it answers at ``path`` counts as up."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / "peer.log"
    with log.open("wb") as output:
        process = subprocess.Popen(list(command(port)), cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(process, url + path, log)
            yield url
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End it: by force where it was started deaf to SIGTERM, as a child of a process that ignores it is."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=60, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the peer does not start: {log.read_text(errors='replace')[-500:]}")
