"""Retention: what may go after so many days. Nothing goes without a rule, and never what a record stands at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Engine

from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("retention.sql"))
_CHUNK = 10_000
_LONGEST = 36_500

WHAT = {
    "landed-rows": "superseded versions in staging; the version that a record stands at is kept",
    "quarantine": "records in quarantine that are settled",
    "sync-log": "lines of the sync log; for one source system or for all, not for a resource",
    "webhook-events": "deliveries that are done or dead; for one source system or for all, not for a resource",
}
_WHOLE = {"sync-log": "forget_log", "webhook-events": "forget_webhooks"}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``system_key`` and ``resource`` are None where the rule holds for all."""

    what: str
    system_key: str | None
    resource: str | None
    days: int
    updated_at: datetime
    updated_by: str


def set_rule(
    connection: Connection, what: str, *, source_system_id: int | None, resource: str | None, days: int
) -> None:
    """Keep ``what`` for ``days`` days. Raises ``UsageError`` for what there is no rule for."""
    if not 1 <= days <= _LONGEST:
        raise UsageError(f"--days {days}: must be 1 to {_LONGEST}")
    values = _scope(what, source_system_id, resource)
    _SQL.run(connection, "set_rule", {**values, "days": days})


def clear_rule(
    connection: Connection, what: str, *, source_system_id: int | None, resource: str | None
) -> None:
    """Keep ``what`` for ever again. Raises ``NotFound`` where no such rule is."""
    if _SQL.run(connection, "clear_rule", _scope(what, source_system_id, resource)).rowcount == 0:
        raise NotFound(f"no retention rule for {what} of that source system and resource")


def rules(connection: Connection) -> list[Rule]:
    """Return all rules."""
    names = ("what", "system_key", "resource", "days", "updated_at", "updated_by")
    return [Rule(**dict(zip(names, row, strict=True))) for row in _SQL.run(connection, "rules")]


def apply_rules(engine: Engine, *, may_go_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Delete what the rules let go, a chunk a transaction, while ``may_go_on``; return rows by what they were."""
    total = dict.fromkeys(WHAT, 0)
    with engine.begin() as connection:
        work = list(_work(connection))
    for what, name, values, table in work:
        deleted = _CHUNK
        while deleted == _CHUNK and may_go_on():
            with engine.begin() as connection:
                driver(connection).execute("set local integrations.retention = 'on'")
                deleted = _SQL.run(connection, name, {**values, "chunk": _CHUNK}, **table).rowcount
            total[what] += deleted
    return total


def _work(connection: Connection) -> Iterator[tuple[str, str, dict[str, Any], dict[str, sql.Identifier]]]:
    for what, name in (("landed-rows", "forget_landed"), ("quarantine", "forget_quarantine")):
        for id_, system, type_, resource, days in _SQL.run(connection, "scopes", {"what": what}).fetchall():
            values = {"source_system_id": id_, "system": system, "resource": resource, "days": days}
            table = {"table": sql.Identifier(f"staging_{type_}", resource)} if what == "landed-rows" else {}
            yield what, name, values, table
    for what, name in _WHOLE.items():
        for source_system_id, days in _SQL.run(connection, "whole", {"what": what}).fetchall():
            yield what, name, {"source_system_id": source_system_id, "days": days}, {}


def _scope(what: str, source_system_id: int | None, resource: str | None) -> dict[str, Any]:
    if what not in WHAT:
        raise UsageError(f"{what!r}: there are rules for {', '.join(WHAT)}")
    if what in _WHOLE and resource is not None:
        raise UsageError(f"{what}: a rule holds for a source system or for all, not for a resource")
    return {"what": what, "source_system_id": source_system_id, "resource": resource}
