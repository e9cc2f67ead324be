"""Whole columns of integers between PostgreSQL and NumPy, by binary COPY: no Python object a row.

Format: https://www.postgresql.org/docs/current/sql-copy.html ("Binary Format"): 19 bytes of header, then a row as a
16-bit count of fields, each field as a 32-bit length and its bytes, then a 16-bit -1.
"""

from typing import Any, LiteralString, cast

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_INT8 = 8

Integers = NDArray[np.int64]


def read_columns(connection: Connection, query: sql.Composable, count: int) -> tuple[Integers, ...]:
    """Return the ``count`` bigint columns of ``query``, none of whose values may be null."""
    with driver(connection).cursor().copy(sql.SQL("copy ({}) to stdout (format binary)").format(query)) as copy:
        data = b"".join(bytes(block) for block in copy)
    rows = np.frombuffer(data, dtype=_row(count), offset=len(_HEADER), count=_rows_in(data, count))
    return tuple(rows[f"v{n}"].astype(np.int64) for n in range(count))


def write_columns(connection: Connection, table: str, columns: tuple[Integers, ...]) -> None:
    """Append the equally long ``columns`` to ``table``, whose columns are all bigint."""
    rows = np.empty(len(columns[0]), dtype=_row(len(columns)))
    rows["fields"] = len(columns)
    for n, column in enumerate(columns):
        rows[f"l{n}"] = _INT8
        rows[f"v{n}"] = column
    statement = sql.SQL("copy {} from stdin (format binary)").format(sql.SQL(cast("LiteralString", table)))
    with driver(connection).cursor().copy(statement) as copy:
        copy.write(_HEADER + rows.tobytes() + _TRAILER)


def _row(count: int) -> np.dtype[Any]:
    fields = [part for n in range(count) for part in ((f"l{n}", ">i4"), (f"v{n}", ">i8"))]
    return np.dtype([("fields", ">i2"), *fields])


def _rows_in(data: bytes, count: int) -> int:
    return (len(data) - len(_HEADER) - len(_TRAILER)) // _row(count).itemsize
