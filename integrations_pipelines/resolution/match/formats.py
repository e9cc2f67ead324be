"""One file to a table of raw values, by its format. What is broken is named by its row and never shown."""

import codecs
import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from integrations_pipelines.connectors.files import encoding_of
from integrations_pipelines.errors import UsageError

_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Table:
    """``size`` rows by column; ``remark`` is what a person should know of how they were read, "" for nothing."""

    columns: Mapping[str, list[object]] = field(repr=False)
    size: int
    remark: str = ""


def read_csv(path: Path) -> Table:
    """The rows under the first line's names. Raises ``UsageError`` for no names, a name twice, and ragged rows."""
    text, remark = _text(path)
    delimiter = _delimiter(text, path)
    names = _names(path, text, delimiter)
    _refuse_open_quotes(path, text, delimiter)
    ragged: list[pyarrow.csv.InvalidRow] = []
    table = _arrow(path, text, delimiter, names, ragged)
    if ragged:
        first = ragged[0]
        raise UsageError(
            f"{path.name}: line {first.number} has {first.actual_columns} fields where the first has {len(names)}"
        )
    return Table(
        columns={name: _whole(table[name].to_pylist()) for name in names}, size=table.num_rows, remark=remark
    )


def _arrow(
    path: Path, text: str, delimiter: str, names: list[str], ragged: list[pyarrow.csv.InvalidRow]
) -> pa.Table:
    def set_aside(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        return pyarrow.csv.read_csv(
            pa.py_buffer(text.encode()),
            # One thread: only then do rows have their numbers.
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, skip_rows_after_names=1, block_size=1 << 24, use_threads=False
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=set_aside
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        # The driver's own words hold the row.
        raise UsageError(f"{path.name}: cannot be read as CSV; is a quotation mark left open?") from error


def _text(path: Path) -> tuple[str, str]:
    """The file's text: by its mark, else UTF-8, else as a spreadsheet on Windows writes it; and what to say of it."""
    content = path.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace"), "read as UTF-16"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    if (encoding := encoding_of(io.BytesIO(content))) == "cp1252":
        return content.decode(encoding, errors="replace"), "is not UTF-8; read as Windows-1252"
    return content.decode(
        encoding, errors="replace"
    ), f"is UTF-8, but not whole: the first bad byte is in line {line}"


def _delimiter(text: str, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    line = text.partition("\n")[0]
    return max(_DELIMITERS, key=line.count)


def _names(path: Path, text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter), [])]
    except csv.Error as error:
        raise UsageError(f"{path.name}: the first line cannot be read as CSV: {error}") from error
    if not any(header):
        raise UsageError(f"{path.name}: is empty; its first line must name the columns")
    # A table saved with its row numbers has no name above them.
    names = [name or f"column {number}" for number, name in enumerate(header, 1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise UsageError(f"{path.name}: the first line names the column {twice[0]!r} twice")
    return names


def _refuse_open_quotes(path: Path, text: str, delimiter: str) -> None:
    """Raise ``UsageError`` for a mark left open: Arrow would read the next row into its value, and say nothing."""
    if '"' not in text:
        return
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for _ in rows:
            start = rows.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path.name}: line {start} cannot be read as CSV: {error}") from error


def _whole(values: list[object]) -> list[object]:
    """Numbers that a table with gaps turned into fractions are whole again: 94103.0 is the postcode 94103."""
    held = [value for value in values if value is not None]
    if not held or not all(_is_whole_fraction(value) for value in held):
        return values
    return [None if value is None else str(value).removesuffix(".0") for value in values]


def _is_whole_fraction(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer() and abs(value) < 1e15
    return isinstance(value, str) and value.endswith(".0") and value[:-2].lstrip("-").isdecimal()


def read_parquet(path: Path) -> Table:
    """The rows of a Parquet file; what is nested is laid open as in ``read_jsonl``. Raises ``UsageError``."""
    try:
        table = pyarrow.parquet.read_table(path)
        plain = {name: table[name].to_pylist() for name in table.column_names}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UsageError(f"{path.name}: cannot be read as Parquet") from error
    if len(plain) < len(table.column_names):
        raise UsageError(f"{path.name}: names a column twice")
    nested = [name for name in plain if pa.types.is_nested(table.schema.field(name).type)]
    columns = {name: _whole(_missing(values)) for name, values in plain.items() if name not in nested}
    opened = _laid_open([{name: plain[name][row] for name in nested} for row in range(table.num_rows)])
    return Table(columns={**opened, **columns}, size=table.num_rows)


def _missing(values: list[object]) -> list[object]:
    """What a data frame writes for nothing is nothing."""
    return [None if value == "" or value != value else value for value in values]


def read_jsonl(path: Path) -> Table:
    """The records of a file with one JSON object a line. Raises ``UsageError`` for a line that is none."""
    text, remark = _text(path)
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    records = [_record(path, number, line) for number, line in lines]
    columns = _laid_open(records)
    return Table(
        columns={name: _whole(values) for name, values in columns.items()}, size=len(records), remark=remark
    )


def _record(path: Path, number: int, line: str) -> dict[str, object]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path.name}: line {number} is no JSON") from error
    if not isinstance(record, dict):
        raise UsageError(f"{path.name}: line {number} is no JSON object")
    return record


def _laid_open(records: list[dict[str, object]]) -> dict[str, list[object]]:
    """Columns of the single values in ``records``, by the innermost name; a list where a record has several."""
    columns: dict[str, list[object]] = {}
    for row, record in enumerate(records):
        held: dict[str, list[object]] = defaultdict(list)
        for name, value in _leaves("", record):
            held[name].append(value)
        for name, values in held.items():
            columns.setdefault(name, [None] * len(records))[row] = values if len(values) > 1 else values[0]
    return columns


def _leaves(name: str, value: object) -> Iterator[tuple[str, object]]:
    """The single values in a document, by the innermost name; those of a list of objects share it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    elif value is not None and value != "":
        yield name, value
