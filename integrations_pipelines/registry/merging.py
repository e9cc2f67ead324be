"""Records that a third party made one: what it said, and the decisions that follow from it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.registry.deciding import act_as
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("merging.sql"))
_REASON = "merged at the third party"
_STEPS = ("decide", "speak", "say", "claim", "answer", "look_again", "note", "log")


def tell_merges(connection: Connection, job: Job, resource: str, merged: Sequence[tuple[str, str]]) -> None:
    """Keep that the records (lost, kept) are one at the third party, for when both are there."""
    if not merged:
        return
    lost, kept = zip(*merged, strict=True)
    values = {"source_system_id": job.source.id, "resource": resource}
    _SQL.run(connection, "tell", {**values, "lost": list(lost), "kept": list(kept)})


def decide_merges(connection: Connection, job: Job, resource: str) -> int:
    """Decide every merge that was told and can be decided; return how many. The caller's transaction is its own.

    Each is decided once: one that a person takes back stays taken back, and a person's "different" stands.
    """
    values: dict[str, Any] = {"source_system_id": job.source.id, "resource": resource, "job": job.id}
    values["reason"] = _REASON
    values["system_key"] = job.source.system_key
    if _SQL.run(connection, "waits", values).fetchone() != (True,):
        return 0
    _SQL.run(connection, "due", values)
    found = _SQL.run(connection, "end").fetchone()
    count = int(found[0]) if found else 0
    if count:
        act_as(connection, f"source:{job.source.system_key}")
        for name in _STEPS:
            _SQL.run(connection, name, values)
    _SQL.run(connection, "clear")
    return count
