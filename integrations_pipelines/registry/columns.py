"""Whole columns of integers between PostgreSQL and NumPy, as bytes: no Python object a row.

Format of what is written: https://www.postgresql.org/docs/current/sql-copy.html ("Binary Format"): 19 bytes of header,
then a row as a 16-bit count of fields, each field as a 32-bit length and its bytes, then a 16-bit -1.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
# In parts, by the last bits of the first column: PostgreSQL ends a value, and a row that it sends, at 1 GB.
_PARTS = sql.SQL("select {strings} from ({query}) as q({names}) group by v0 & 63")
_WHOLE = sql.SQL("select {strings} from ({query}) as q({names}) having count(*) > 0")
_TYPES = {"i": np.dtype(">i8"), "f": np.dtype(">f8")}
_BIGINT = psycopg.adapters.types["int8"].oid
# Rows sent at a time: what bounds memory.
_TOGETHER = 100_000

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Uuids = NDArray[np.void]
Bytes = NDArray[np.void]


@dataclass(frozen=True)
class Bigints:
    """Integers as one parameter, a ``bigint[]``."""

    values: Integers


class _BigintsDumper(Dumper):
    format = Format.BINARY
    oid = psycopg.adapters.types["int8"].array_oid

    def dump(self, obj: Bigints) -> bytes:
        """Return the array in binary."""
        return as_arrays(obj.values.reshape(1, -1)).tobytes()


psycopg.adapters.register_dumper(Bigints, _BigintsDumper)


def read_columns(
    connection: Connection,
    query: sql.Composable,
    count: int,
    values: Mapping[str, Any] | None = None,
    *,
    few: bool = False,
) -> tuple[Integers, ...]:
    """Return the ``count`` bigint columns of ``query``, none of whose values may be null, in no order of its rows.

    ``values`` are its parameters. A column comes as some long byte strings: a row by itself, as COPY sends it, costs
    psycopg 2 us. ``few``: there are less than 100 million values in all, and a column comes as one.
    """
    sends = [sql.SQL("int8send({})").format(sql.Identifier(f"v{n}")) for n in range(count)]
    columns = _read(connection, query, sends, values, few=few)
    return tuple(np.frombuffer(column, dtype=">i8").astype(np.int64) for column in columns)


def read_rows(
    connection: Connection, query: sql.Composable, width: int, values: Mapping[str, Any], *, few: bool
) -> tuple[Integers, Bytes]:
    """Return the columns of ``query``, a bigint and a bytea of ``width`` bytes, none of them null, in no order.

    ``values`` are its parameters. ``few``: there are less than 800 MB of them, and a column comes as one.
    """
    sends = [sql.SQL("int8send(v0)"), sql.SQL("v1")]
    numbers, rows = _read(connection, query, sends, values, few=few)
    return np.frombuffer(numbers, dtype=">i8").astype(np.int64), np.frombuffer(rows, dtype=f"V{width}")


def _read(
    connection: Connection,
    query: sql.Composable,
    sends: Sequence[sql.Composable],
    values: Mapping[str, Any] | None,
    *,
    few: bool,
) -> list[bytes]:
    """Return the columns of ``query``, named v0, v1, ..., as ``sends`` turns them into bytes."""
    statement = (_WHOLE if few else _PARTS).format(
        strings=sql.SQL(", ").join(sql.SQL("string_agg({}, '')").format(send) for send in sends),
        names=sql.SQL(", ").join(sql.Identifier(f"v{n}") for n in range(len(sends))),
        query=query,
    )
    parts = driver(connection).cursor(binary=True).execute(statement, values).fetchall()
    return [b"".join(column) for column in zip(*parts, strict=True)] if parts else [b""] * len(sends)


def write_columns(
    connection: Connection, table: str, columns: tuple[Integers | Floats | Uuids | Bytes, ...]
) -> None:
    """Append the equally long ``columns`` to ``table``, in the order of its columns.

    Integers become bigint, floats double precision, 16-byte values uuid; bytes are sent as they are.
    """
    statement = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(*table.split(".")))
    with driver(connection).cursor().copy(statement) as copy:
        copy.write(_HEADER)
        for start in range(0, len(columns[0]), _TOGETHER):
            copy.write(_as_copy([column[start : start + _TOGETHER] for column in columns]))
        copy.write(_TRAILER)


def _as_copy(columns: Sequence[Integers | Floats | Uuids | Bytes]) -> bytes:
    rows = np.empty(len(columns[0]), dtype=_row(*(_TYPES.get(one.dtype.kind, one.dtype) for one in columns)))
    rows["fields"] = len(columns)
    for n, column in enumerate(columns):
        rows[f"l{n}"] = column.dtype.itemsize
        rows[f"v{n}"] = column
    return rows.tobytes()


def as_arrays(rows: NDArray[np.int64]) -> Bytes:
    """Return each row of a matrix as ``write_columns`` sends a bigint[].

    Format: dimensions, flags, type of the elements; of the one dimension length and lower bound; each element with its
    length (``array_recv`` in PostgreSQL's src/backend/utils/adt/arrayfuncs.c).
    """
    size, width = rows.shape
    words = np.empty((size, 5 + 3 * width if width else 3), dtype=">i4")
    words[:, :5] = (1, 0, _BIGINT, width, 1) if width else (0, 0, _BIGINT)
    words[:, 5::3] = 8
    words[:, 6::3], words[:, 7::3] = rows >> 32, rows & 0xFFFFFFFF
    return words.view(f"V{words.itemsize * words.shape[1]}").ravel()


def new_uuids(count: int) -> Uuids:
    """Return ``count`` uuids of version 7 (RFC 9562, section 5.7), as 16 bytes each.

    They ascend, so that an index takes them at its end. One call for random bytes serves all of them: PostgreSQL asks
    the kernel for every single one, 2 to 4 us each.
    """
    raw = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    milliseconds = time.time_ns() // 1_000_000
    raw[:, :6] = np.frombuffer(milliseconds.to_bytes(6, "big"), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    order = np.argsort(raw[:, 6:14].copy().view(">u8").ravel())
    return np.ascontiguousarray(raw[order]).view("V16").reshape(count)


def uuids_by(labels: Integers) -> Uuids:
    """Return a uuid a row, as ``new_uuids`` makes them: one for each label, the smaller the label the older."""
    different, places = np.unique(labels, return_inverse=True)
    return new_uuids(len(different))[places]


def _row(*types: np.dtype[Any]) -> np.dtype[Any]:
    fields = [part for n, kind in enumerate(types) for part in ((f"l{n}", ">i4"), (f"v{n}", kind))]
    return np.dtype([("fields", ">i2"), *fields])
