"""Rows of any columns as the bytes that COPY takes, put together by Arrow: no Python object a row, nothing to escape.

Format: https://www.postgresql.org/docs/current/sql-copy.html ("Binary Format"), as in ``columns.py``. The server reads
it in two thirds of the time that the text form takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import Connection

from integrations_pipelines.registry.statements import driver

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_BYTES = pa.large_binary()
_NOTHING = pa.scalar(b"", _BYTES)
# From Unix time to PostgreSQL's, in microseconds.
_EPOCH = 946_684_800_000_000
_MISSING = b"\xff\xff\xff\xff"
# What a jsonb value on the wire starts with (jsonb_recv in PostgreSQL's src/backend/utils/adt/jsonb.c).
_VERSION = "\x01"


class Documents(list[str]):
    """JSON texts for a column of type jsonb."""


# One value for all rows (None: null), an array of integers, or a list of texts or bytes, None for null.
Field: TypeAlias = bytes | NDArray[np.integer] | Sequence[str | bytes | None] | pa.Array | None
# What each row has, as wide in all of them: the same bytes, or a value a row.
_Fixed: TypeAlias = bytes | NDArray[Any]
_Piece: TypeAlias = _Fixed | pa.Array


def binary_rows(count: int, fields: Sequence[Field]) -> bytes:
    """Return ``count`` rows of ``fields`` for ``copy_binary``; an integer's width is its column's."""
    if not count:
        return b""
    return _joined(
        count, [len(fields).to_bytes(2, "big"), *(one for field in fields for one in _pieces(field))]
    )


def _joined(count: int, pieces: Sequence[_Piece]) -> bytes:
    # With an empty one at the end, as one array alone is no list to join.
    arrays = [*_arrays(count, pieces), _NOTHING, _NOTHING]
    joined = pc.binary_join_element_wise(*arrays, null_handling="skip")
    start, end = np.frombuffer(joined.buffers()[1], dtype=np.int64)[[0, count]]
    return bytes(joined.buffers()[2].slice(int(start), int(end - start)))


def as_field(values: Sequence[str | bytes | None]) -> pa.Array:
    """Return ``values`` made ready, for what stands in several columns."""
    return pa.array(values, _BYTES)


def documents_or_null(texts: Sequence[str | None]) -> Field:
    """Return JSON texts for a column of type jsonb, some or all of which are null."""
    return [f"{_VERSION}{text}" if text else None for text in texts] if any(texts) else None


def alike(values: Sequence[str]) -> Field:
    """Return ``values``, as one where they are all the same: then nothing is put together row by row."""
    first = values[0] if values else ""
    return first.encode() if values.count(first) == len(values) else values


def copy_binary(connection: Connection, table: str, columns: Sequence[str], rows: bytes) -> None:
    """Append what ``binary_rows`` returned to ``columns`` of ``table``."""
    if not rows:
        return
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.Identifier(*table.split("."))
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(into, names)
    with driver(connection).cursor().copy(statement) as copy:
        for part in (_HEADER, rows, _TRAILER):
            copy.write(part)


@dataclass(frozen=True)
class Parameter:
    """A column as one parameter of a statement, which says beside it, by a cast, what array it is."""

    count: int
    field: NDArray[np.integer] | pa.Array
    type_: str


class _ParameterDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Parameter) -> bytes:
        """Return the array in binary: dimensions, whether there may be nulls, elements' type, length, lower bound."""
        if not obj.count:
            return np.array((0, 0, psycopg.adapters.types[obj.type_].oid), dtype=">i4").tobytes()
        head = (1, 1, psycopg.adapters.types[obj.type_].oid, obj.count, 1)
        return np.array(head, dtype=">i4").tobytes() + _joined(obj.count, _pieces(obj.field))


psycopg.adapters.register_dumper(Parameter, _ParameterDumper)


def as_parameter(column: pa.ChunkedArray) -> Parameter:
    """Return texts, bytes, moments, or yes and no, for a statement: psycopg alone needs some 8 us for each of them.

    Moments are those of ``OBSERVED_SCHEMA``, in microseconds.
    """
    values = column.combine_chunks()
    if pa.types.is_boolean(values.type):
        return Parameter(len(values), np.asarray(values).astype(np.int8), "bool")
    if pa.types.is_timestamp(values.type):
        return Parameter(len(values), _moments(values), "timestamptz")
    type_ = "text" if pa.types.is_string(values.type) else "bytea"
    return Parameter(len(values), values.cast(_BYTES), type_)


def _moments(values: pa.Array) -> pa.Array:
    """Microseconds since 2000, as PostgreSQL counts them, 8 bytes each."""
    since = np.asarray(values.cast(pa.int64()).fill_null(0)) - _EPOCH
    places = np.arange(len(values) + 1, dtype=np.int64) * 8
    data = [pa.py_buffer(places), pa.py_buffer(since.astype(">i8").tobytes())]
    written = pa.Array.from_buffers(_BYTES, len(values), [None, *data])
    return pc.if_else(values.is_null(), pa.scalar(None, _BYTES), written)


def _pieces(field: Field) -> list[_Piece]:
    """Each value with its length before it."""
    if field is None:
        return [_MISSING]
    if isinstance(field, bytes):
        return [len(field).to_bytes(4, "big") + field]
    if isinstance(field, np.ndarray):
        return [field.itemsize.to_bytes(4, "big"), field.astype(field.dtype.newbyteorder(">"))]
    if isinstance(field, pa.Array):
        return _texts(field)
    values = as_field(field)
    if isinstance(field, Documents):
        return [(_sizes(values) + 1).astype(">i4"), _VERSION.encode(), values]
    return _texts(values)


def _texts(values: pa.Array) -> list[_Piece]:
    """Values that are all of one length, or all null, are as good as numbers."""
    if values.null_count == len(values):
        return [_MISSING]
    sizes = _sizes(values)
    if values.null_count:
        sizes = np.where(values.is_null().to_numpy(zero_copy_only=False), -1, sizes)
    elif (width := int(sizes[0])) and (sizes == width).all():
        start = int(_places(values)[0])
        data = np.frombuffer(values.buffers()[2], dtype=f"V{width}", count=len(values), offset=start)
        return [width.to_bytes(4, "big"), data]
    return [sizes.astype(">i4"), values]


def _sizes(values: pa.Array) -> NDArray[np.int64]:
    places = _places(values)
    return places[1:] - places[:-1]


def _places(values: pa.Array) -> NDArray[np.int64]:
    # A slice shares the buffers of what it is cut from.
    places = np.frombuffer(values.buffers()[1], dtype=np.int64)
    return places[values.offset : values.offset + len(values) + 1]


def _arrays(count: int, pieces: Sequence[_Piece]) -> list[pa.Array]:
    """What is as wide in every row, and stands side by side, becomes one array."""
    arrays: list[pa.Array] = []
    beside: list[_Fixed] = []
    for piece in pieces:
        if isinstance(piece, pa.Array):
            arrays += [*_merged(count, beside), piece]
            beside = []
        else:
            beside.append(piece)
    return [*arrays, *_merged(count, beside)]


def _merged(count: int, beside: Sequence[_Fixed]) -> list[pa.Array]:
    if not beside:
        return []
    types = [f"V{len(one)}" if isinstance(one, bytes) else one.dtype for one in beside]
    rows = np.empty(count, dtype=[(f"f{n}", kind) for n, kind in enumerate(types)])
    for n, one in enumerate(beside):
        rows[f"f{n}"] = np.void(one) if isinstance(one, bytes) else one
    places = np.arange(count + 1, dtype=np.int64) * rows.itemsize
    return [pa.Array.from_buffers(_BYTES, count, [None, pa.py_buffer(places), pa.py_buffer(rows)])]
