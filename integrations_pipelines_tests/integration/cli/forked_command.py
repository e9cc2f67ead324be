"""The command line in a process of its own, with files for what it reads and says.

That a command starts from nothing too is shown where no fork is used: test_bad_input, test_database, test_demo,
test_on_services.
"""

import os
import sys
from pathlib import Path

from integrations_pipelines_tests.warm_processes import Request, serve

# No definitions: a command loads them with the manifests that are there then.
NEEDED = (
    "adbc_driver_postgresql",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster_postgres",
    "dlt.destinations.insert_job_client",
    "integrations_pipelines.cli",
    "integrations_pipelines.orchestration.launch",
    "integrations_pipelines.staging.fetch",
    "integrations_pipelines.staging.loading",
    "rich.table",
)


def run(request: Request) -> int:
    """Run the command as ``python -m integrations_pipelines.cli`` does; return its exit code."""
    folder = Path(request["folder"])
    for name, number, mode in (("in", 0, os.O_RDONLY), ("out", 1, os.O_WRONLY), ("err", 2, os.O_WRONLY)):
        os.dup2(os.open(folder / name, mode), number)
    os.environ.clear()
    os.environ.update(request["environment"])
    from integrations_pipelines.cli import app

    try:
        app(request["words"], prog_name="integrations")
    except SystemExit as ended:
        sys.stdout.flush()
        return int(ended.code or 0)
    return 1


if __name__ == "__main__":
    serve(run, NEEDED)
