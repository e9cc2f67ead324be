"""Bound domains: what binds a table of another data model, whether it can be bound, and what changed in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Row, insert, select

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.registry.models import DomainBinding
from integrations_pipelines.registry.sources import Source, add_source, remember_file, set_active, source_of
from integrations_pipelines.registry.statements import driver, statements
from integrations_pipelines.registry.types import type_named

_SQL = statements(Path(__file__).with_name("domains.sql"))
_OURS = ("integrations", "staging", "resolution", "entities", "dagster", "pg_", "information_schema")
_UNIQUE_TYPES = ("uuid", "text", "character varying", "character")
_CHUNK = 20_000
# Relations that say whose a record is, where a binding names none: never who works on it.
RELATIONS = ("requester", "customer", "contact", "organization", "buyer", "payer", "subscriber")
REASON = "two rows of domain "


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A bound table. ``columns`` is column: attribute; ``relations`` make a record the target's; see the model."""

    name: str
    entity_type: str
    schema: str
    table: str
    uuid_column: str
    columns: Mapping[str, str]
    relations: Sequence[str]
    place: str | None = None
    is_read_only: bool = True
    polled_at: datetime | None = None
    poll_seconds: float | None = None

    @property
    def system_key(self) -> str:
        """The source system that its rows are records of."""
        return f"domain-{self.name.replace('_', '-')}"

    @property
    def where(self) -> str:
        """The table as people write it."""
        return f"{self.schema}.{self.table}"


def bind(connection: Connection, binding: Binding) -> list[str]:
    """Keep ``binding``; return what should be seen to. Raises ``UsageError`` for what cannot be bound."""
    if any(one.name == binding.name for one in all_bindings(connection)):
        raise UsageError(f"a domain {binding.name!r} is bound already; `domain unbind` lets it go")
    warnings = check(connection, binding)
    source = _source_for(connection, binding)
    how = {
        "entity_type": binding.entity_type,
        "columns": {binding.uuid_column: "external_id", **binding.columns},
        "key": binding.uuid_column,
    }
    remember_file(connection, source, binding.name, how)
    row = {
        "name": binding.name,
        "source_system_id": source.id,
        "entity_type": binding.entity_type,
        "schema_name": binding.schema,
        "table_name": binding.table,
        "uuid_column": binding.uuid_column,
        "columns": dict(binding.columns),
        "relations": list(binding.relations),
        "place": binding.place,
        "is_read_only": binding.is_read_only,
    }
    connection.execute(insert(DomainBinding).values(row))
    return warnings


def _source_for(connection: Connection, binding: Binding) -> Source:
    try:
        source = source_of(connection, binding.system_key)
    except NotFound:
        label = f"{binding.where}, bound as {binding.name}"
        return add_source(
            connection, system_key=binding.system_key, system_type="files", label=label, settings={}
        )
    held = source.config.get("files", {}).get(binding.name, {}).get("entity_type")
    if source.system_type != "files" or held not in (None, binding.entity_type):
        raise UsageError(f"{binding.system_key} is there already and holds something else")
    set_active(connection, source, is_active=True)
    return source


def check(connection: Connection, binding: Binding) -> list[str]:
    """Return what is wanting of a table that can be bound. Raises ``UsageError`` that names what cannot."""
    oid = _table(connection, binding)
    columns = dict(_SQL.run(connection, "columns", {"oid": oid}).fetchall())
    for column in (binding.uuid_column, *binding.columns):
        if column not in columns:
            raise UsageError(f"{binding.where} has no column {column!r}; it has: {', '.join(columns)}")
    if columns[binding.uuid_column] not in _UNIQUE_TYPES:
        raise UsageError(
            f"{binding.where}: {binding.uuid_column} is {columns[binding.uuid_column]}, not uuid or text"
        )
    telling = _telling(type_named(connection, binding.entity_type), binding)
    indexed = dict(_SQL.run(connection, "indexed", {"oid": oid}).fetchall())
    wanting = [f"{binding.where}: no index on {column}" for column in telling if column not in indexed]
    return [*_unique(connection, binding, is_unique=bool(indexed.get(binding.uuid_column))), *wanting]


def _table(connection: Connection, binding: Binding) -> int:
    if binding.schema.startswith(_OURS):
        raise UsageError(f"--table {binding.where}: is one of our own; bind a table of another data model")
    names = {"schema": binding.schema, "table": binding.table}
    found = _SQL.run(connection, "table", names).fetchone()
    if found is None:
        raise UsageError(f"--table {binding.where}: there is no such table or view")
    if not found[1]:
        raise UsageError(f"--table {binding.where}: this user may not read it; grant select")
    return int(found[0])


def _telling(shape: EntityType, binding: Binding) -> list[str]:
    """The columns that can link. Raises ``UsageError`` for unknown attributes, and where none can."""
    for attribute in binding.columns.values():
        if attribute not in shape.attributes:
            known = ", ".join(shape.attributes)
            raise UsageError(f"--map: {binding.entity_type} has no attribute {attribute!r}; it has: {known}")
    proving = {name for rule in shape.identity for name in rule.attributes}
    telling = [column for column, attribute in binding.columns.items() if attribute in proving]
    if not telling:
        raise UsageError(f"--map: nothing to link by; map one of {', '.join(sorted(proving))}")
    return telling


def _unique(connection: Connection, binding: Binding, *, is_unique: bool) -> list[str]:
    found = _SQL.run(connection, "uuids", None, **_named(binding)).fetchone()
    missing, repeated, unfit = found or (0, 0, 0)
    column = f"{binding.where}.{binding.uuid_column}"
    if repeated:
        raise UsageError(f"{column}: is not unique; {repeated} rows repeat another's")
    if unfit:
        raise UsageError(f"{column}: {unfit} values are no uuids")
    notes = [f"{column}: {missing} rows have none and are left out"] if missing else []
    return [*notes, *([] if is_unique else [f"{column}: unique today, but no unique index keeps it so"])]


def all_bindings(connection: Connection) -> list[Binding]:
    """Return the bound domains by name."""
    rows = connection.execute(select(DomainBinding.__table__).order_by(DomainBinding.name))
    return [_binding(row) for row in rows]


def binding_of(connection: Connection, name: str) -> Binding:
    """Return the domain called ``name``. Raises ``NotFound``."""
    found = {one.name: one for one in all_bindings(connection)}
    if name not in found:
        raise NotFound(f"no domain is called {name!r}; there are: {', '.join(found) or 'none'}")
    return found[name]


def _binding(row: Row[Any]) -> Binding:
    return Binding(
        name=row.name,
        entity_type=row.entity_type,
        schema=row.schema_name,
        table=row.table_name,
        uuid_column=row.uuid_column,
        columns=row.columns,
        relations=row.relations,
        place=row.place,
        is_read_only=row.is_read_only,
        polled_at=row.polled_at,
        poll_seconds=row.poll_seconds,
    )


def unbind(connection: Connection, binding: Binding) -> None:
    """Forget the binding and its links; what its rows proved is taken back by the resolution that follows."""
    _SQL.run(connection, "forget", {"name": binding.name, "reason": f"{REASON}{binding.name}"})
    set_active(connection, source_of(connection, binding.system_key), is_active=False)


def changed_rows(connection: Connection, binding: Binding) -> Iterator[list[tuple[Any, ...]]]:
    """Give what changed in the bound table since it was taken, in chunks: key, version, hash, is gone, payload.

    Raises ``UsageError`` where the table or a column of it is gone.
    """
    check(connection, binding)
    source = source_of(connection, binding.system_key)
    names = [binding.uuid_column, *binding.columns]
    fields = sql.SQL(", ").join(
        part for name in names for part in (sql.Literal(name), sql.SQL("r.") + sql.Identifier(name))
    )
    query = sql.SQL(_SQL.literal("changed")).format(
        fields=fields,
        system=sql.Literal(source.id),
        resource=sql.Literal(binding.name),
        **_named(binding),
    )
    yield from _chunks(connection, query)


def taken_rows(connection: Connection, binding: Binding) -> Iterator[list[tuple[Any, ...]]]:
    """Give every record that was taken from the bound table, as gone."""
    system = sql.Literal(source_of(connection, binding.system_key).id)
    query = sql.SQL(_SQL.literal("taken")).format(system=system, resource=sql.Literal(binding.name))
    yield from _chunks(connection, query)


def _chunks(connection: Connection, query: sql.Composed) -> Iterator[list[tuple[Any, ...]]]:
    with driver(connection).cursor(name="bound_rows") as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_CHUNK):
            yield rows


def _named(binding: Binding) -> dict[str, sql.Composable]:
    return {
        "schema": sql.Identifier(binding.schema),
        "table": sql.Identifier(binding.table),
        "uuid": sql.Identifier(binding.uuid_column),
    }


def note_polled(connection: Connection, binding: Binding, seconds: float) -> None:
    """Keep when the table was looked at."""
    _SQL.run(connection, "polled", {"name": binding.name, "seconds": seconds})


def counts(connection: Connection, binding: Binding) -> list[dict[str, Any]]:
    """Return how many records of which resource are linked, by status."""
    rows = _SQL.run(connection, "counts", {"name": binding.name}).fetchall()
    return [dict(zip(("system_key", "resource", "status", "records"), row, strict=True)) for row in rows]
