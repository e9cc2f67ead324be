"""The processor time of an embedded PostgreSQL: its processes, and those that have ended. Linux alone; 0 elsewhere."""

import os
from pathlib import Path


def processor_seconds(folder: Path) -> float:
    """Return what the server of ``embedded_database(folder / "postgres")`` has used since its start, in seconds."""
    try:
        first = (folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0]
        every = {one.name: _stat(one) for one in Path("/proc").iterdir() if one.name.isdecimal()}
    except OSError:
        return 0.0
    # Its children report to it alone; what ended is in its own account.
    ticks = sum(own for parent, own, _ in every.values() if parent == first)
    _, own, ended = every.get(first, ("", 0, 0))
    return (ticks + own + ended) / os.sysconf("SC_CLK_TCK")


def peak_megabytes() -> int:
    """Return the most memory that this process has held. Not ``ru_maxrss``: a child begins with its parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _stat(process: Path) -> tuple[str, int, int]:
    """Parent, ticks used, ticks used by children that have ended. Source: proc(5), /proc/pid/stat."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", 0, 0
    return fields[1], int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
