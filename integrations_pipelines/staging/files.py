"""A file to units, through the same shapes as a listing: CSV and JSON lines, in bounded memory however long it is;
and tables (``tabular``): Excel and its like, Parquet.

Source: RFC 4180 for CSV; https://jsonlines.org for JSON lines.
"""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

from integrations_pipelines.connectors.files import encoding_of
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
_NO_TEXT = re.compile("[\0\udc80-\udcff]")
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
    with _opened(path, encoding) as text:
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
    """Return the encoding of ``path``: by its mark, else as ``encoding_of`` has it. Raise ``UsageError``."""
    with path.open("rb") as raw:
        if not raw.read(4).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raw.seek(0)
            return encoding_of(raw)
    try:
        with path.open(encoding="utf-16") as text:
            while text.read(_CHUNK):
                pass
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: begins as UTF-16 and is none") from error
    return "utf-16"


def _opened(path: Path, encoding: str) -> IO[str]:
    """Open for reading; bytes that are none of the encoding's stay, as half characters, which no row may hold."""
    return path.open(
        encoding=encoding, errors="strict" if encoding == "utf-16" else "surrogateescape", newline=""
    )


def _delimiter(sample: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of fields, and into most.

    Where none does, that of the first line alone decides: the others are the ones that are off.
    """
    widths = {mark: (_width(sample, mark), _width(sample.partition("\n")[0], mark)) for mark in _DELIMITERS}
    return max(widths, key=lambda mark: widths[mark])


def _width(sample: str, delimiter: str) -> int:
    lines = sample.splitlines(keepends=True)[:-1] or [sample]
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), 20) if row]
    except csv.Error:
        return 0
    widths = {len(row) for row in rows[:-1] or rows}
    width = widths.pop() if len(widths) == 1 else 0
    return width if width > 1 else 0


def _header(path: Path, sample: str, delimiter: str) -> tuple[str, ...]:
    rows = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        return checked_columns(path, next((row for row in rows if row), ()))
    except csv.Error as error:
        raise UsageError(f"{path}: the first line cannot be read as CSV: {error}") from error


def checked_columns(path: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the columns: ``column 3`` for one without. Raise ``UsageError`` where two have the same."""
    given = [name.strip() for name in names]
    if not any(given):
        raise UsageError(f"{path}: is empty; its first line must name the columns")
    # Spreadsheets end lines in a delimiter; a table saved with its row numbers has no name above them.
    columns = tuple(name or f"column {number}" for number, name in enumerate(given, 1))
    for number, column in enumerate(columns, 1):
        if _NO_TEXT.search(column):
            raise UsageError(f"{path}: the first line is no text: the name of column {number} cannot be read")
        if column in columns[: number - 1]:
            raise UsageError(f"{path}: the first line names the column {column!r} twice")
    return columns


def _first_keys(path: Path, sample: str) -> tuple[str, ...]:
    line = next((line for line in sample.splitlines() if line.strip()), "")
    if not line:
        raise UsageError(f"{path}: is empty; JSON lines hold one record a line")
    try:
        record = parse_json(line.encode(errors="surrogateescape"))
    except ValueError as error:
        raise UsageError(f"{path}: its first line is no JSON; JSON lines hold one record a line") from error
    if not isinstance(record, dict) or not record:
        raise UsageError(f"{path}: its first line is no JSON object; JSON lines hold one record a line")
    return tuple(record)


class _Lines:
    """The lines of a text, remembered until they have made a row, so that those behind a broken one come again."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        self.number += 1
        return line

    def spend_one(self) -> str:
        """Return the first line of those taken; the others are read anew."""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self.taken.clear()
        return first


def _csv_rows(path: Path, shape: FileShape) -> Iterator[Any]:
    csv.field_size_limit(_LONGEST_FIELD)
    columns, width = shape.columns, len(shape.columns)
    with _opened(path, shape.encoding) as text:
        lines = _Lines(text)
        # Strict: else a quotation mark left open takes the next row into its value, and nobody is told.
        rows = csv.reader(lines, delimiter=shape.delimiter, strict=True)
        next(row for row in rows if row)
        while True:
            lines.taken.clear()
            try:
                row = next(rows, None)
            except csv.Error as error:
                line = lines.spend_one()
                yield Broken(line, BadLine(f"line {lines.number}: {error}"))
                continue
            if row is None:
                return
            if len(row) == width:
                yield dict(zip(columns, row, strict=True))
            elif row:
                why = f"line {lines.number}: {len(row)} fields where the first line has {width}"
                yield Broken(row, BadLine(why))


def _json_lines(path: Path, shape: FileShape) -> Iterator[Any]:
    with _opened(path, shape.encoding) as text:
        for number, line in enumerate(text, 1):
            if line.isspace():
                continue
            try:
                yield parse_json(line.encode("utf-8"))
            except ValueError:
                yield Broken(line, BadLine(f"line {number}: is no JSON"))
