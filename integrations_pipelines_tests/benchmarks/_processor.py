"""Processor time of a piece of work: ours, and that of the PostgreSQL server behind a URL, in all its processes."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

_TICKS = os.sysconf("SC_CLK_TCK")


def by_processor(url: str, records: int, work: Callable[[], object]) -> dict[str, float]:
    """Return the seconds that ``work`` takes, and the microseconds of processor time a record that it costs."""
    started, ours, theirs = time.perf_counter(), _python_seconds(), _server_seconds(url)
    work()
    took = time.perf_counter() - started
    share = 1_000_000 / records
    return {
        "seconds": round(took, 2),
        "python_microseconds": round((_python_seconds() - ours) * share, 1),
        "postgresql_microseconds": round((_server_seconds(url) - theirs) * share, 1),
    }


def _python_seconds() -> float:
    return sum(os.times()[:4])


def _server_seconds(url: str) -> float:
    """Return user and system time of the server: its own, of all its children, and of those that have ended."""
    with psycopg.connect(url) as connection:
        server = _fields(connection.info.backend_pid)[1]
    living = (one for one in map(_known, _processes()) if one and one[1] == server)
    return sum(_fields(server)[11:15]) / _TICKS + sum(sum(one[11:13]) for one in living) / _TICKS


def _processes() -> list[int]:
    return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]


def _known(process: int) -> list[int] | None:
    try:
        return _fields(process)
    except OSError:  # it ended meanwhile
        return None


def _fields(process: int) -> list[int]:
    """Return /proc/PID/stat from the state on, which is put as 0: 1 is the parent, 11 to 14 user and system ticks."""
    text = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, text[1:])]
