"""Dagster's code server, webserver and daemon, and our API, as child processes: started in order, watched, stopped.

Each leads a process group of its own, so that Ctrl-C reaches us alone and we stop them in order. Should we be killed,
Linux ends them too: an orphaned daemon would steal and fail the runs of the next one.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from integrations_pipelines.errors import ConfigurationError, DatabaseUnavailable, Later
from integrations_pipelines.local.dagster_home import dagster_environment, write_dagster_home
from integrations_pipelines.registry import urls
from integrations_pipelines.settings import Settings, environment_for_children

DEFINITIONS = "integrations_pipelines.orchestration.definitions"
CODE_SERVER = "integrations_pipelines.orchestration.code_server"
DAEMON = "integrations_pipelines.orchestration.daemon"
WEBSERVER = "integrations_pipelines.orchestration.webserver"
PATIENCE = 90.0  # seconds until a service has to answer
GRACE = 30.0  # seconds to end by itself; the code server waits for its runs
PR_SET_PDEATHSIG = 1


class ServiceEnded(Later):
    """A service ended by itself."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """What to start and how to see that it answers."""

    name: str
    command: Sequence[str]
    answers: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Running:
    """A service that was started."""

    service: Service
    process: "subprocess.Popen[bytes]"
    log: Path

    def check(self) -> None:
        """Raise ``ServiceEnded`` with its last line if the service is no longer there."""
        if self.process.poll() is not None:
            lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
            last = lines[-1] if lines else "without a word"
            raise ServiceEnded(
                f"{self.service.name} ended ({self.process.returncode}): {last}; see {self.log}"
            )


@contextmanager
def services(settings: Settings, url: str, *, definitions: str = DEFINITIONS) -> Iterator[list[Running]]:
    """Give the code server, the webserver, the daemon and the API, all answering, on the database at ``url``.

    The database is migrated and Dagster's storage prepared before (``prepare_dagster``).
    Raises ``ConfigurationError`` for a taken port and ``ServiceEnded`` for one that does not start.
    """
    code_port = settings.code_server_port or free_port(settings.code_server_host)
    _refuse_taken(settings.dagster_host, settings.dagster_port, "INTEGRATIONS_DAGSTER_PORT")
    _refuse_taken(settings.api_host, settings.api_port, "INTEGRATIONS_API_PORT")
    home = write_dagster_home(settings, code_server_port=code_port)
    environment = environment_for_children(dagster_environment(settings, url))
    with ExitStack() as stack:
        code_server = stack.enter_context(
            _started(_code_server(settings, code_port, definitions), settings, environment)
        )
        _await([code_server])
        others = [
            stack.enter_context(_started(service, settings, environment))
            for service in (_webserver(settings, home), _daemon(home, url), _api(settings))
        ]
        _await(others)
        stack.callback(
            _ask_to_stop, others
        )  # all at once; the code server, whose clients they are, after them
        yield [code_server, *others]


def watch(running: Sequence[Running], until: Callable[[], bool]) -> None:
    """Return once ``until()`` is true; raise ``ServiceEnded`` when a service ends before."""
    while not until():
        for one in running:
            one.check()
        time.sleep(0.2)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


def _code_server(settings: Settings, port: int, module: str) -> Service:
    address = ["--host", settings.code_server_host, "--port", str(port)]
    what = ["--module-name", module, "--location-name", "integrations_pipelines"]
    return Service(
        name="code-server",
        command=[sys.executable, "-m", CODE_SERVER, *what, *address],
        answers=lambda: _listens(settings.code_server_host, port),
    )


def _webserver(settings: Settings, home: Path) -> Service:
    address = f"http://{settings.dagster_host}:{settings.dagster_port}"
    command = ["--host", settings.dagster_host, "--port", str(settings.dagster_port)]
    return Service(
        name="webserver",
        command=[
            sys.executable,
            "-m",
            WEBSERVER,
            "--workspace",
            str(home / "workspace.yaml"),
            *command,
        ],
        answers=lambda: _serves(f"{address}/server_info"),
    )


def _daemon(home: Path, url: str) -> Service:
    since = time.time()
    return Service(
        name="daemon",
        command=[sys.executable, "-m", DAEMON, "run", "--workspace", str(home / "workspace.yaml")],
        answers=lambda: _beats(url, since),
    )


def _api(settings: Settings) -> Service:
    address = ["--host", settings.api_host, "--port", str(settings.api_port)]
    return Service(
        name="api",
        command=[sys.executable, "-m", "integrations_pipelines.cli", "serve", *address],
        answers=lambda: _serves(f"http://{settings.api_host}:{settings.api_port}/readyz"),
    )


@contextmanager
def _started(service: Service, settings: Settings, environment: dict[str, str]) -> Iterator[Running]:
    log = settings.state_dir / "logs" / f"{service.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own commands
            service.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    try:
        yield Running(service=service, process=process, log=log)
    finally:
        _stop(process)


def _ask_to_stop(running: Sequence[Running]) -> None:
    for one in running:
        one.process.terminate()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(running: Sequence[Running]) -> None:
    deadline = time.monotonic() + PATIENCE
    for one in running:
        while not one.service.answers():
            one.check()
            if time.monotonic() > deadline:
                raise ServiceEnded(
                    f"{one.service.name} does not answer after {PATIENCE:.0f} s; see {one.log}"
                )
            time.sleep(0.1)


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _serves(address: str) -> bool:
    import httpx  # here: every run imports this room

    try:
        return httpx.get(address, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _beats(url: str, since: float) -> bool:
    """Say whether the run queue's daemon has written a heartbeat after ``since``."""
    try:
        with psycopg.connect(urls.for_psycopg(url)) as connection:
            found = connection.execute(
                "select 1 from dagster.daemon_heartbeats where daemon_type = 'QUEUED_RUN_COORDINATOR' "
                "and timestamp at time zone 'UTC' >= to_timestamp(%s)",
                [since],
            ).fetchone()
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(urls.without_password(url)) from error
    return found is not None


def _refuse_taken(host: str, port: int, variable: str) -> None:
    if _listens(host, port):
        raise ConfigurationError(f"{variable}={port}: another program listens there")


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
