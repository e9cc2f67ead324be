"""Reads the set-based statements of a ``.sql`` file: blocks under ``-- name --``, each with a sentence of purpose."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection

_FEW = 256
_HEADING = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """Return the psycopg connection under ``connection``: same transaction, with COPY and binary results."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


class Statements:
    """The named statements of one file; values are parameters, identifiers go through ``psycopg.sql``."""

    def __init__(self, path: Path) -> None:
        """Read ``path``; a block's name is what ``run`` takes."""
        self._texts = _blocks(path)

    def literal(self, name: str) -> LiteralString:
        """Return the block ``name``, to be put into another statement; it comes from a file of ours alone."""
        return self._texts[name]

    def run(
        self,
        connection: Connection,
        name: str,
        values: Mapping[str, Any] | None = None,
        **identifiers: sql.Composable,
    ) -> psycopg.Cursor[Any]:
        """Execute the block ``name`` and return its cursor; ``{placeholders}`` are filled from ``identifiers``."""
        text = sql.SQL(self.literal(name))
        if not identifiers:
            return driver(connection).execute(text, values or None)
        return driver(connection).execute(text.format(**identifiers), values or None)


@cache
def statements(path: Path) -> Statements:
    """Return the statements of ``path``, read once a process."""
    return Statements(path)


def _blocks(path: Path) -> dict[str, LiteralString]:
    parts = _HEADING.split(path.read_text())
    # Files of the package, never of a user: what mypy cannot see is said here.
    return cast("dict[str, LiteralString]", dict(zip(parts[1::2], parts[2::2], strict=True)))


def copy_lines(
    connection: Connection, table: str, columns: tuple[str, ...], lines: Sequence[str], *, null: str = ""
) -> None:
    """COPY ``lines`` (tab between fields, line feed after rows, ``null`` for null) into ``table``.

    No field may hold a tab, a line feed or a carriage return; JSON and cleaned values hold none of the three.
    """
    copy_text(connection, table, columns, as_copy(lines), null=null)


def as_copy(lines: Sequence[str]) -> bytes:
    """Return ``lines`` as ``copy_text`` sends them, backslashes escaped."""
    # A few at a time: all at once they leave the processor's cache, and one letter beyond ASCII widens every line.
    some = (lines[start : start + _FEW] for start in range(0, len(lines), _FEW))
    return b"".join(["".join(few).replace("\\", "\\\\").encode() for few in some])


def copy_text(
    connection: Connection, table: str, columns: tuple[str, ...], data: bytes, *, null: str = ""
) -> None:
    """COPY what ``as_copy`` made of lines into ``table``."""
    if not data:
        return
    statement = sql.SQL("copy {} ({}) from stdin with (null {})").format(
        sql.Identifier(*table.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Literal(null)
    )
    with driver(connection).cursor().copy(statement) as copy:
        copy.write(data)


RESOLVE = statements(Path(__file__).with_name("resolve.sql"))
MAP = statements(Path(__file__).with_name("map.sql"))
FIRST_MAPS = statements(Path(__file__).with_name("first_maps.sql"))
SCORED = statements(Path(__file__).with_name("scored.sql"))
