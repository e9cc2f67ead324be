"""Indexes of an empty table are built after a large first load, not row by row during it: three times as fast.

Only while a table holds nothing, so that nobody can miss an index; in the load's own transaction, so that a crash
leaves everything as it was. The price is an exclusive lock on the still empty table until the load commits.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, cast

from psycopg import sql
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

# Below this many rows, building the indexes as the rows come is fast enough.
WORTH_IT = 100_000

# A primary key that other tables refer to stays. Ids at its end cost 1 to 2 us each, built afterwards 0.3.
_INDEXES = """
select i.indexrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid)
from pg_index i left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('u', 'p')
where i.indrelid = %s::regclass
  and not exists (select from pg_constraint f where f.contype = 'f' and f.conindid = i.indexrelid)
order by 1
"""
_REFERRING = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where contype = 'f' and confrelid = %s::regclass order by 1, 2
"""


@contextmanager
def indexes_afterwards(connection: Connection, rows: int, *tables: str) -> Iterator[None]:
    """Load ``rows`` rows inside: those of ``tables`` that are empty get their indexes when the block ends."""
    ours = [] if rows < WORTH_IT else [table for table in tables if _is_ours(connection, table)]
    put_off = [table for table in ours if _is_empty(connection, table)]
    # First what refers to a table, and last when it comes back.
    builds = [statement for table in put_off for statement in _drop_referring(connection, table)]
    builds = [statement for table in put_off for statement in _drop_indexes(connection, table)] + builds
    yield
    for statement in builds:
        driver(connection).execute(statement)


def _is_ours(connection: Connection, table: str) -> bool:
    """Return whether we may drop the table's indexes: the least-privileged role owns none of them."""
    query = "select pg_has_role(relowner, 'usage') from pg_class where oid = %s::regclass"
    return driver(connection).execute(query, (table,)).fetchone() == (True,)


def _is_empty(connection: Connection, table: str) -> bool:
    name = _table(table)
    if driver(connection).execute(sql.SQL("select exists (select from {})").format(name)).fetchone() == (
        True,
    ):
        return False
    # Asked again under the lock: somebody may have been faster.
    driver(connection).execute(sql.SQL("lock table {} in access exclusive mode").format(name))
    return driver(connection).execute(sql.SQL("select exists (select from {})").format(name)).fetchone() == (
        False,
    )


def _drop_referring(connection: Connection, table: str) -> list[sql.Composed | sql.SQL]:
    """Drop the foreign keys to an empty table, unless somebody is at a table of theirs: we wait for nobody."""
    referring = driver(connection).execute(_REFERRING, (table,)).fetchall()
    if not all(_is_ours(connection, one) for one, _, _ in referring) or not _locked_at_once(
        connection, [one for one, _, _ in referring]
    ):
        return []
    return [_drop_constraint(connection, *one) for one in referring]


def _locked_at_once(connection: Connection, tables: Sequence[str]) -> bool:
    if not tables:
        return False
    names = sql.SQL(", ").join(map(_table, tables))
    try:
        with driver(connection).transaction():
            lock = sql.SQL("lock table {} in access exclusive mode nowait").format(names)
            driver(connection).execute(lock)
    except LockNotAvailable:
        return False
    return True


def _drop_constraint(connection: Connection, table: str, name: str, definition: str) -> sql.Composed:
    """Drop a constraint and return what adds it again."""
    words = {"table": _table(table), "name": sql.Identifier(name)}
    driver(connection).execute(sql.SQL("alter table {table} drop constraint {name}").format(**words))
    add = sql.SQL("alter table {table} add constraint {name} {definition}")
    return add.format(**words, definition=_trusted(definition))


def _drop_indexes(connection: Connection, table: str) -> list[sql.Composed | sql.SQL]:
    builds: list[sql.Composed | sql.SQL] = []
    for index, constraint, definition, statement in driver(connection).execute(_INDEXES, (table,)).fetchall():
        if constraint is None:
            driver(connection).execute(sql.SQL("drop index {}").format(_table(index)))
            builds.append(_trusted(statement))
        else:
            builds.append(_drop_constraint(connection, table, constraint, definition))
    return builds


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.replace('"', "").split("."))


def _trusted(definition: Any) -> sql.SQL:
    # Out of PostgreSQL's own catalog, already quoted.
    return sql.SQL(cast("LiteralString", definition))
