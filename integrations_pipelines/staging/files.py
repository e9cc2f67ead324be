"""A file to units, through the same shapes as a listing: CSV and JSON lines, in bounded memory however long it is;
and tables (``tabular``): Excel and its like, Parquet.

Source: RFC 4180 for CSV; https://jsonlines.org for JSON lines.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from integrations_pipelines.contract import Resource
from integrations_pipelines.errors import RecordRejected, UsageError
from integrations_pipelines.staging import tabular
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.collecting import Broken, Collector
from integrations_pipelines.staging.records import parse_json
from integrations_pipelines.staging.units import Unit

_DELIMITERS = ",;\t|"
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson"})
_LONGEST_FIELD = 16 * 1024 * 1024
_CHUNK = 1 << 20
_PAGE = 1000
_DEFAULT = Limits()


class BadLine(RecordRejected):
    """The line cannot be read as a record."""


@dataclass(frozen=True, kw_only=True)
class FileShape:
    """How a file is to be read. ``columns`` are the header's, or the keys of the first JSON record."""

    format: Literal["csv", "jsonl", "excel", "parquet"]
    encoding: str
    delimiter: str
    columns: tuple[str, ...]

    @property
    def default_key(self) -> str:
        """The column that is taken as the key where none is named: ``id``, else the first."""
        return next((column for column in self.columns if column.strip().lower() == "id"), self.columns[0])


def shape_of(path: Path) -> FileShape:
    """Find out how ``path`` is to be read. Raise ``UsageError`` for a file that is none, or whose header is off."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    if (kind := tabular.kind_of(path)) is not None:
        columns = checked_columns(path, tabular.columns_of(path, kind))
        return FileShape(format=kind, encoding="", delimiter="", columns=columns)
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        sample = text.read(_CHUNK)
    if path.suffix.lower() in _JSON_SUFFIXES or sample.lstrip()[:1] in ("{", "["):
        return FileShape(format="jsonl", encoding=encoding, delimiter="", columns=_first_keys(path, sample))
    delimiter = _delimiter(sample)
    return FileShape(
        format="csv", encoding=encoding, delimiter=delimiter, columns=_header(path, sample, delimiter)
    )


def read_file(
    path: Path, resource: Resource, *, shape: FileShape | None = None, limits: Limits = _DEFAULT
) -> Iterator[Unit]:
    """Yield the rows of ``path`` as units; a line that cannot be read is rejected and the rest goes on.

    Raise ``UsageError`` where ``shape_of`` does, and ``TooManyRejected`` as ``fetch`` does.
    """
    shape = shape or shape_of(path)
    collector = Collector(resource, limits, f"{path.name} {resource.name}")
    records = _records(path, shape)
    while page := list(islice(records, _PAGE)):
        collector.take_page(page)
        if collector.is_full():
            yield from collector.unit(cursor=None, complete=False)
    yield from collector.unit(cursor=None, complete=resource.full)


def _records(path: Path, shape: FileShape) -> Iterator[Any]:
    match shape.format:
        case "csv":
            return _csv_rows(path, shape)
        case "jsonl":
            return _json_lines(path, shape)
        case "excel" | "parquet":
            return tabular.rows_of(path, shape.format, shape.columns)


def _encoding(path: Path) -> str:
    """Return the encoding that all of ``path`` can be read in: by its mark, else UTF-8, else Windows-1252."""
    with path.open("rb") as raw:
        start = raw.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        raw.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        try:
            while chunk := raw.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of fields, and into most."""
    widths = {mark: _width(sample, mark) for mark in _DELIMITERS}
    return max(widths, key=lambda mark: widths[mark])


def _width(sample: str, delimiter: str) -> int:
    lines = sample.splitlines(keepends=True)[:-1] or [sample]
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 20) if row]
    except csv.Error:
        return 0
    widths = {len(row) for row in rows[:-1] or rows}
    return widths.pop() if len(widths) == 1 else 0


def _header(path: Path, sample: str, delimiter: str) -> tuple[str, ...]:
    rows = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    return checked_columns(path, next((row for row in rows if row), ()))


def checked_columns(path: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the columns. Raise ``UsageError`` where one has none, or two have the same."""
    columns = tuple(name.strip() for name in names)
    if not columns:
        raise UsageError(f"{path}: is empty; its first line must name the columns")
    for number, column in enumerate(columns, 1):
        if not column:
            raise UsageError(f"{path}: column {number} has no name in the first line")
        if column in columns[: number - 1]:
            raise UsageError(f"{path}: the first line names the column {column!r} twice")
    return columns


def _first_keys(path: Path, sample: str) -> tuple[str, ...]:
    line = next((line for line in sample.splitlines() if line.strip()), "")
    try:
        record = parse_json(line.encode())
    except ValueError as error:
        raise UsageError(f"{path}: its first line is no JSON; JSON lines hold one record a line") from error
    if not isinstance(record, dict) or not record:
        raise UsageError(f"{path}: its first line is no JSON object; JSON lines hold one record a line")
    return tuple(record)


def _csv_rows(path: Path, shape: FileShape) -> Iterator[Any]:
    csv.field_size_limit(_LONGEST_FIELD)
    columns, width = shape.columns, len(shape.columns)
    with path.open(encoding=shape.encoding, errors="replace", newline="") as text:
        rows = csv.reader(text, delimiter=shape.delimiter)
        next(row for row in rows if row)
        while True:
            try:
                for row in rows:
                    if len(row) == width:
                        yield dict(zip(columns, row, strict=True))
                    elif row:
                        why = f"line {rows.line_num}: {len(row)} fields where the first line has {width}"
                        yield Broken(row, BadLine(why))
                return
            except csv.Error as error:
                yield Broken(None, BadLine(f"line {rows.line_num}: {error}"))


def _json_lines(path: Path, shape: FileShape) -> Iterator[Any]:
    with path.open(encoding=shape.encoding, errors="surrogateescape") as text:
        for number, line in enumerate(text, 1):
            if line.isspace():
                continue
            try:
                yield parse_json(line.encode("utf-8"))
            except ValueError:
                yield Broken(line, BadLine(f"line {number}: is no JSON"))
