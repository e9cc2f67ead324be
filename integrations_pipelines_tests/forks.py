"""Finds the processes of a house's runs: forks of the warm process that its code server has started."""

from pathlib import Path


def fork_servers(code_server: int) -> list[int]:
    """Return the processes that runs are forked from: one, or none while there is no other yet."""
    return [pid for pid in _children(code_server) if b"forkserver" in _command(pid)]


def run_processes(code_server: int) -> list[int]:
    """Return the processes of runs."""
    return [pid for server in fork_servers(code_server) for pid in _children(server)]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    except OSError:  # it ended meanwhile
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
