"""Dagster's code server, whose runs are forks of a warm process: takes the words of `dagster api grpc`.

A run that starts from nothing imports for seconds before it does a tenth of a second's work. Everything else is stock:
who launches, watches and ends a run, and what becomes of one that is killed. docs/decisions/062-runs-are-forks.md
"""

import multiprocessing
import sys
from multiprocessing import forkserver
from typing import Any

WARM = "integrations_pipelines.orchestration.warm"


def main(words: list[str]) -> None:
    """Serve until SIGTERM; ``words`` as `dagster api grpc` takes them."""
    from dagster._cli.api import grpc_command
    from dagster._grpc import server

    class Server(server.DagsterApiServer):
        """Dagster's own, which makes its run processes out of ``_mp_ctx``: spawn, by default."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._mp_ctx = multiprocessing.get_context("forkserver")  # type: ignore[assignment]

    multiprocessing.set_forkserver_preload([WARM])
    # Now, and not with the first run. Should it die, whoever forks next starts it anew.
    forkserver.ensure_running()
    server.DagsterApiServer = Server  # type: ignore[misc]  # grpc_command looks it up when it is called
    grpc_command.main(args=words, prog_name="code-server")


if __name__ == "__main__":
    main(sys.argv[1:])
