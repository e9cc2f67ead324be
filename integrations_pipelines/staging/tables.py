"""The landing table of a resource, made once, whoever comes first. Append-only: nothing here changes a row."""

from collections.abc import Mapping
from typing import Final, LiteralString

import psycopg
from psycopg import sql

# One lock for all of them: making a schema twice at once fails in PostgreSQL, even with IF NOT EXISTS.
_LOCK = 0x1A9D_1106

_COLUMNS = sql.SQL("""(
    landing bigint NOT NULL,
    position integer NOT NULL,
    source_system text NOT NULL,
    source_record_id text NOT NULL,
    source_version timestamptz,
    content_hash bytea NOT NULL,
    is_deleted boolean NOT NULL,
    origin text NOT NULL,
    import_job text NOT NULL,
    observed_at timestamptz NOT NULL,
    payload json
)""")

_INDEXES: Final[Mapping[str, LiteralString]] = {
    "landing": "btree (landing)",
    "record": "brin (source_record_id text_bloom_ops) WITH (pages_per_range = 64, autosummarize)",
}


def landing_table(connector: str, resource: str) -> sql.Identifier:
    """Return the name of the table where the rows of this resource land."""
    return sql.Identifier(landing_schema(connector), resource)


def landing_schema(connector: str) -> str:
    """Return the name of the schema that holds a connector's landing tables."""
    return f"staging_{connector}"


def create_landing_table(connection: psycopg.Connection, connector: str, resource: str) -> None:
    """Make schema, table and index where they are missing. Any number of runs may do so at once.

    Indexes, measured with 200,000 tickets a landing: a B-tree on ``landing`` finds one landing in
    0.5 ms and costs 5 to 10 % of the rate (a BRIN: 500 ms until the next vacuum). A record's history is found
    through a Bloom filter a block range, 4 ms in 600,000 rows; a B-tree or hash there would cost 40 to 50 %.
    The caller commits; the lock is held until then.
    """
    table = landing_table(connector, resource)
    if _exists(connection, table):
        return
    only_one(connection)
    connection.execute(
        sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(landing_schema(connector)))
    )
    connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} ").format(table) + _COLUMNS)
    for name, definition in _INDEXES.items():
        connection.execute(
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING ").format(
                sql.Identifier(f"{resource}_{name}"), table
            )
            + sql.SQL(definition)
        )


def _exists(connection: psycopg.Connection, table: sql.Identifier) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", [table.as_string(connection)]).fetchone()
    return found is not None and found[0] is not None


def has_dlt_tables(connection: psycopg.Connection, connector: str) -> bool:
    """Return whether dlt's own tables are there beside the connector's landing tables."""
    schema = landing_schema(connector)
    return all(_exists(connection, sql.Identifier(schema, name)) for name in ("_dlt_loads", "_dlt_version"))


def only_one(connection: psycopg.Connection) -> None:
    """Wait until nobody else makes tables here, and keep the others waiting until ``connection`` commits."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
