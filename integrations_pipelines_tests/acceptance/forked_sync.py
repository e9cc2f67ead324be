"""A real sync in a process of its own, for tests that kill it.

Run as ``python -m``: each line on stdin is a request as JSON; the sync runs in a fork of this process, which has
imported everything already. Says ``started <pid>`` and, when that process is gone, ``ended <how>``.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from integrations_pipelines import sync
from integrations_pipelines.settings import read_settings
from integrations_pipelines.staging.account import Limits
from integrations_pipelines_tests.acceptance.workspaces import hub_on, synced

SMALL = Limits(unit_rows=20)


def run(request: Mapping[str, str]) -> int:
    """Sync each of the accounts and resolve; return 0 if all of it went well."""
    settings = read_settings(database_url=request["url"], state_dir=request["state"])
    with hub_on(settings) as hub:
        pulled = [synced(hub, key, limits=SMALL) for key in request["accounts"].split()]
        sync.resolve(hub, ("person",))
    return 1 if any(one.error for one in pulled) else 0


def serve() -> None:
    """Fork for every request."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(run(json.loads(line)))
        print(f"started {child}", flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(f"ended {status}", flush=True)  # noqa: T201


@dataclass(kw_only=True)
class Runner:
    """The process that forks."""

    process: subprocess.Popen[str]

    def sync(self, *, kill_after: float | None = None, **request: str) -> str:
        """Run one sync to its end, or kill it (-9) after so many seconds; return how it ended."""
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
        return ended

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def runner() -> Iterator[Runner]:
    """Give a runner; it ends with its stdin."""
    command = [sys.executable, "-m", __name__ if __name__ != "__main__" else str(__spec__.name)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Runner(process=process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


if __name__ == "__main__":
    serve()
