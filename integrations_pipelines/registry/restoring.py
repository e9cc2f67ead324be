"""Takes an export in again: adds what is missing, leaves what is there, says what differs; overwrites nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.errors import UsageError
from integrations_pipelines.registry.exporting import Export
from integrations_pipelines.registry.statements import driver, statements

_SQL = statements(Path(__file__).with_name("restore.sql"))
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came of a file: ``rows`` in it; ``added``; ``unchanged``; ``kept``: there already, and saying otherwise."""

    rows: int
    added: int
    unchanged: int
    kept: int


def restore(connection: Connection, what: Export, path: Path, form: str) -> Restored:
    """Add the rows of ``path`` that are not there yet, in the caller's transaction.

    Source systems that are missing are added too; but for files, switched off. Raises ``UsageError`` for a file that
    no export of this kind wrote, and for a source system that is another connector's here.
    """
    columns = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in what.columns)
    driver(connection).execute(sql.SQL("create temp table incoming ({}) on commit drop").format(columns))
    try:
        rows = _READ[form](connection, what, path)
        driver(connection).execute("analyze incoming")
        return _add(connection, what, rows)
    except psycopg.DataError as error:
        # Its text may hold the value, a person's.
        why = type(error).__name__
        raise UsageError(f"{path.name}: is no {form} export of {what.name} ({why})") from None


def _add(connection: Connection, what: Export, rows: int) -> Restored:
    _SQL.run(connection, f"{what.block}_sources")
    foreign = _SQL.run(connection, "foreign_types").fetchall()
    if foreign:
        key, here, there = foreign[0]
        raise UsageError(f"{key}: is a {here} account here, and a {there} account in the file")
    _SQL.run(connection, "sources")
    _SQL.run(connection, f"{what.block}_records")
    _SQL.run(connection, "records")
    if what.name == "sync-log":
        _SQL.run(connection, "sync_log_jobs")
    added = _SQL.run(connection, what.block).rowcount
    ((same,),) = _SQL.run(connection, f"{what.block}_same").fetchall()
    return Restored(rows=rows, added=added, unchanged=same - added, kept=rows - same)


def _read_csv(connection: Connection, what: Export, path: Path) -> int:
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig", "replace").strip().split(",")
        _check_columns(path, what, header)
        names = sql.SQL(", ").join(map(sql.Identifier, header))
        statement = sql.SQL("copy incoming ({}) from stdin (format csv)").format(names)
        with driver(connection).cursor() as cursor:
            with cursor.copy(statement) as copy:
                while chunk := file.read(_CHUNK):
                    copy.write(chunk)
            return cursor.rowcount


def _read_jsonl(connection: Connection, what: Export, path: Path) -> int:
    with path.open("rb") as file:
        rows = (_row(what, path, number, line) for number, line in enumerate(file, 1) if line.strip())
        return _copy(connection, what, rows)


def _row(what: Export, path: Path, number: int, line: bytes) -> list[str | None]:
    try:
        found = json.loads(line)
    except ValueError:
        raise UsageError(f"{path.name}: line {number} is no JSON") from None
    if not isinstance(found, dict):
        raise UsageError(f"{path.name}: line {number} is no object")
    _check_columns(path, what, list(found))
    return [_text(found[name], is_document=name in what.documents) for name in what.columns]


def _text(value: Any, *, is_document: bool) -> str | None:
    if value is None or (isinstance(value, str) and not is_document):
        return value
    return json.dumps(value, ensure_ascii=False)


def _read_parquet(connection: Connection, what: Export, path: Path) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(path, what, file.schema_arrow.names)
            return _copy(connection, what, _parquet_rows(file, what))
    except pa.ArrowInvalid:
        raise UsageError(f"{path.name}: is no Parquet file") from None


def _parquet_rows(file: Any, what: Export) -> Iterator[list[Any]]:
    for batch in file.iter_batches(columns=list(what.columns)):
        columns = [batch.column(name).to_pylist() for name in what.columns]
        for row in zip(*columns, strict=True):
            yield [value.isoformat() if hasattr(value, "isoformat") else value for value in row]


def _copy(connection: Connection, what: Export, rows: Iterator[list[Any]]) -> int:
    names = sql.SQL(", ").join(map(sql.Identifier, what.columns))
    with driver(connection).cursor() as cursor:
        with cursor.copy(sql.SQL("copy incoming ({}) from stdin").format(names)) as copy:
            for row in rows:
                copy.write_row(row)
        return cursor.rowcount


def _check_columns(path: Path, what: Export, found: Sequence[str]) -> None:
    missing = [name for name in what.columns if name not in found]
    if missing or len(found) != len(what.columns):
        more = [name for name in found if name not in what.columns]
        said = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(map(repr, more))} too"
        raise UsageError(f"{path.name}: is no export of {what.name}: it {said}")


_READ = {"csv": _read_csv, "jsonl": _read_jsonl, "parquet": _read_parquet}
