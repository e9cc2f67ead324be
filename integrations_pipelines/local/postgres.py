"""The embedded PostgreSQL, shared: the first process starts it, the last one stops it, none can take it from others.

Who uses it is a shared ``flock`` that each process holds on ``users.lock``: the kernel gives it back however the
process ends, so a ``kill -9`` leaves no wrong count. Starting and stopping happen under an exclusive ``flock``.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from integrations_pipelines.errors import DatabaseUnavailable
from integrations_pipelines.local.cluster import Cluster, cluster_in, configure, make
from integrations_pipelines.registry import urls
from integrations_pipelines.settings import Settings

READY, STARTING = 0, 1  # what pg_isready answers; 2 is no answer
PATIENCE = 60.0  # seconds; a crash recovery of max_wal_size takes about 20


@contextmanager
def running_database(settings: Settings, *, stay: bool = False) -> Iterator[str]:
    """Give the URL of a database that is up: the server of ``DATABASE_URL``, or an embedded one.

    ``stay`` leaves an embedded server running at the end. Raises ``ConfigurationError`` or ``DatabaseUnavailable``.
    """
    if settings.database_url is not None:
        yield urls.for_psycopg(settings.database_url)
        return
    with embedded_database(settings.state_dir / "postgres", stay=stay) as url:
        yield url


@contextmanager
def embedded_database(folder: Path, *, durable: bool = True, stay: bool = False) -> Iterator[str]:
    """Give the URL of the embedded server in ``folder``; the last of its users stops it.

    ``durable=False`` switches fsync and autovacuum off, for tests. Raises ``ConfigurationError`` or
    ``DatabaseUnavailable``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.users.lock").open("w") as users:
        with _one_at_a_time(folder):
            cluster = cluster_in(folder, durable=durable)
            start(cluster)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield cluster.url
        finally:
            with _one_at_a_time(folder):
                if not stay and _is_last(users):
                    stop(cluster)
                fcntl.flock(users, fcntl.LOCK_UN)


def start(cluster: Cluster) -> None:
    """Make, set up and start the server unless it is up. Raises ``DatabaseUnavailable`` with the end of its log."""
    make(cluster)
    deadline = time.monotonic() + PATIENCE
    while (state := _state(cluster)) != READY:
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(f"{cluster.home}: PostgreSQL does not start: {_last_words(cluster)}")
        if state != STARTING:
            configure(cluster)
            # One that was killed between its pid file and its socket makes this fail; the loop looks again.
            cluster.run("pg_ctl", "start", "-D", str(cluster.data), "-l", str(cluster.log), "-w", "-t", "30")
        time.sleep(0.02)


def stop(cluster: Cluster) -> None:
    """Stop the server cleanly; connections still open are closed by it."""
    cluster.run("pg_ctl", "stop", "-D", str(cluster.data), "-m", "fast", "-w", "-t", "60")


def is_running(settings: Settings) -> bool:
    """Say whether the embedded server of ``settings`` answers. Starts nothing."""
    folder = settings.state_dir / "postgres"
    return (folder / "data" / "PG_VERSION").exists() and _state(cluster_in(folder)) == READY


def _state(cluster: Cluster) -> int:
    return cluster.run("pg_isready", "-q", "-t", "3", "-h", str(cluster.socket_folder)).returncode


def _last_words(cluster: Cluster) -> str:
    if not cluster.log.exists():
        return "it left no log"
    return " / ".join(cluster.log.read_text(errors="replace").splitlines()[-3:])


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder.parent / f"{folder.name}.start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
