"""Real processes that need not import first: forks of one that has. For what has to happen in a process of its own.

A module that serves is run as ``python -m``: each line on stdin is a request as JSON, done in a fork of that process.
It says ``started <pid>`` and, when the fork is gone, ``ended <how>``: its exit code, or less than 0 for a signal.
"""

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Request = Mapping[str, Any]


def serve(run: Callable[[Request], int], needed: Sequence[str]) -> None:
    """Import what is ``needed``, then fork for every request; the fork ends with what ``run`` returns."""
    for name in needed:
        import_module(name)
    gc.freeze()  # a collection in a fork would copy its pages
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(run(json.loads(line)))
        print(f"started {child}", flush=True)  # noqa: T201 - the answer
        _, status = os.waitpid(child, 0)
        print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)  # noqa: T201 - the answer


@dataclass(kw_only=True)
class Runner:
    """The process that forks."""

    process: subprocess.Popen[str]

    def run(self, request: Request, *, kill_after: float | None = None) -> int:
        """Have one request done to its end, or killed (-9) after so many seconds; return how it ended."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        pid = int(self._line().split()[1])
        killer = threading.Timer(kill_after, os.kill, (pid, 9)) if kill_after is not None else None
        if killer is not None:
            killer.start()
        ended = self._line().split()[1]
        if killer is not None:
            killer.cancel()
        return int(ended)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def runner(module: str) -> Iterator[Runner]:
    """Give a runner of a module that serves; it ends with its stdin."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Runner(process=process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
