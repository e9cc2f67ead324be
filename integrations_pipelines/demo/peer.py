"""Starts the process that plays the third parties, and stops it."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from integrations_pipelines.demo.corpus import ORG
from integrations_pipelines.errors import ConfigurationError, ThirdPartyUnavailable
from integrations_pipelines.settings import environment_for_children

PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A server on loopback that speaks the wire formats of four tools. ``token`` opens all of them."""

    base_url: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Starting:
    """A peer under way."""

    peer: Peer
    process: "subprocess.Popen[bytes]"
    log: Path

    def wait(self) -> Peer:
        """Return the peer once it answers. Raises ``ThirdPartyUnavailable`` with its last line."""
        deadline = time.monotonic() + PATIENCE
        # Its process is asked first: on a port that another program took, the other one may answer.
        while self.process.poll() is not None or not _answers(self.peer):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise ThirdPartyUnavailable(f"backlot does not start: {_last_line(self.log)}; see {self.log}")
            time.sleep(0.05)
        return self.peer


@contextmanager
def starting_peer(folder: Path) -> Iterator[Starting]:
    """Start to serve the corpus in ``folder`` on a free port of 127.0.0.1; it ends with the block, or with us."""
    try:
        import backlot  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            "the demo needs its extra: pip install 'integrations-pipelines[demo]'"
        ) from error
    port, token = _same_as_before(folder / "peer.json")
    peer = Peer(base_url=f"http://127.0.0.1:{port}", token=token)
    log = folder / "backlot.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "integrations_pipelines.demo.peer_process", str(folder), str(port), ORG],
            env=environment_for_children(_environment(folder, peer)),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Starting(peer=peer, process=process, log=log)
    finally:
        process.terminate()
        process.wait()


def _same_as_before(path: Path) -> tuple[int, str]:
    """Return port and token of the last time. Records hold addresses of the API: a new port would change them all."""
    if path.exists():
        known = json.loads(path.read_text())
        return int(known["port"]), str(known["token"])
    port, token = _free_port(), f"demo-{secrets.token_hex(16)}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:  # noqa: PTH123 - private from the start
        json.dump({"port": port, "token": token}, file)
    return port, token


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").splitlines() or ["it left no log"])[-1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _environment(folder: Path, peer: Peer) -> dict[str, str]:
    return {
        "BACKLOT_TELEMETRY": "0",
        "DO_NOT_TRACK": "1",
        "BACKLOT_DATA_DIR": str(folder / "backlot"),
        "BACKLOT_ADMIN_TOKEN": peer.token,
    }


def _answers(peer: Peer) -> bool:
    # Not through httpx: it reads all of the machine's certificates for each client, 30 ms a try.
    address = peer.base_url.removeprefix("http://")
    connection = HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
