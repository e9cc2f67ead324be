"""What is kept ready, and what is let go: months of the sync log, old lines of Dagster's event log."""

from pathlib import Path

from sqlalchemy import Connection

from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("retention.sql"))

# How a run went, of no use once it is long over. Dagster's own advice on database tuning names about the same.
PASSING = (
    "ASSET_CHECK_EVALUATION_PLANNED ASSET_MATERIALIZATION_PLANNED ENGINE_EVENT HANDLED_OUTPUT LOADED_INPUT "
    "LOGS_CAPTURED OBJECT_STORE_OPERATION RESOURCE_INIT_FAILURE RESOURCE_INIT_STARTED RESOURCE_INIT_SUCCESS "
    "STEP_INPUT STEP_OUTPUT STEP_RESTARTED STEP_START STEP_SUCCESS STEP_WORKER_STARTED STEP_WORKER_STARTING"
).split()


def prepare_log_partitions(connection: Connection) -> None:
    """Make the sync log's partitions of this month and the next two, where they are missing."""
    _SQL.run(connection, "log_partitions")


def forget_events(connection: Connection, *, days: int, after: int = 0, chunk: int = 5000) -> tuple[int, int]:
    """Delete a chunk of passing events older than ``days``; return how many, and the id to go on after."""
    values = {"days": days, "after": after, "types": PASSING, "chunk": chunk}
    ids = [row[0] for row in _SQL.run(connection, "forget_events", values).fetchall()]
    return len(ids), max(ids, default=after)
