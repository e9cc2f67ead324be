"""What every run needs, imported once, in the process that runs are forked from: no thread, no connection, no setting.

Imported for its effects, by the fork server alone. What it lacks is imported by each run: slower, and not wrong.
"""

import ctypes
import gc
import os
import signal
import sys
from importlib import import_module

from dagster._core.definitions.reconstruct import ReconstructableRepository
from sqlalchemy.orm import configure_mappers

from integrations_pipelines import local
from integrations_pipelines.local.dagster_services import PR_SET_PDEATHSIG
from integrations_pipelines.orchestration import definitions

# What a run was seen to import after its fork, and dlt's REST client, which polls and hints need.
NEEDED = (
    "multiprocessing.popen_forkserver",
    "multiprocessing.queues",
    "multiprocessing.synchronize",
    "dagster._core.execution.plan.active",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.secrets.env_file",
    "dagster._core.storage.root",
    "dagster._core.system_config.composite_descent",
    "dagster._core.workspace.autodiscovery",
    "dagster._grpc.impl",
    "dagster_postgres",
    "encodings.utf_32_le",
    "psycopg2.extras",
    "pyarrow.compute",
    "upath.implementations.local",
    "integrations_pipelines.draining",
    "integrations_pipelines.orchestration.step_logs",
    "integrations_pipelines.registry.first_load",
    "integrations_pipelines.staging.client",
    "integrations_pipelines.staging.fetch",
)


def end_with_parent() -> None:
    """Let Linux end this process with the one it was forked from: the code server takes it for dead by then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


for name in NEEDED:
    import_module(name)
local.keep_all_connections()  # the smallest run made 40
os.register_at_fork(after_in_child=end_with_parent)
configure_mappers()
ReconstructableRepository.for_module(
    definitions.__name__, "definitions"
).get_definition().load_all_definitions()
gc.collect()
gc.freeze()  # what is here stays: a collection in a fork would copy its pages
