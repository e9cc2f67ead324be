"""Files of records as columns of raw values: CSV, JSONL, Parquet. No cleaning here."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from integrations_pipelines.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of all files, in order: ``files[file_of[n]]`` and ``row_of[n]``, which counts from 1 in its file.

    ``columns`` are raw values by column name, one a row; a list where a row has several.
    """

    files: tuple[str, ...]
    file_of: Sequence[int] = field(repr=False)
    row_of: Sequence[int] = field(repr=False)
    columns: Mapping[str, list[object]] = field(repr=False)

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.row_of)


def read_files(files: Sequence[str | Path]) -> Rows:
    """The rows of ``files`` under the union of their columns. Raises ``UsageError`` for what cannot be read."""
    if not files:
        raise UsageError("name at least one file")
    columns: dict[str, list[object]] = {}
    file_of: list[int] = []
    row_of: list[int] = []
    for number, name in enumerate(files):
        found, rows = _read(Path(name))
        for column in {**columns, **found}:
            before = columns.setdefault(column, [None] * len(row_of))
            before.extend(found.get(column, [None] * rows))
        file_of.extend([number] * rows)
        row_of.extend(range(1, rows + 1))
    return Rows(files=tuple(str(name) for name in files), file_of=file_of, row_of=row_of, columns=columns)


def _read(path: Path) -> tuple[dict[str, list[object]], int]:
    readers = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
        ".parquet": _read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path.name}: not a .csv, .tsv, .jsonl or .parquet file")
    try:
        return reader(path)
    except (OSError, pa.ArrowInvalid, orjson.JSONDecodeError, csv.Error) as error:
        raise UsageError(f"{path.name}: {error}") from error


def _read_csv(path: Path) -> tuple[dict[str, list[object]], int]:
    content = path.read_bytes()
    try:
        content.decode("utf-8-sig")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        # What is not UTF-8 is most often a spreadsheet's Windows export.
        encoding = "cp1252" if _decodes(content, "cp1252") else "latin-1"
    text = content.decode(encoding)
    delimiter = _delimiter(text, path)
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    names = _distinct([name.strip() for name in header])
    table = pyarrow.csv.read_csv(
        pa.py_buffer(text.encode()),
        read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows_after_names=1, block_size=1 << 24),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
        ),
    )
    return {name: table[name].to_pylist() for name in names}, table.num_rows


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    line = text.partition("\n")[0]
    return max((",", ";", "\t", "|"), key=line.count)


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = defaultdict(int)
    result = []
    for number, name in enumerate(names, 1):
        base = name or f"column {number}"
        seen[base] += 1
        result.append(base if seen[base] == 1 else f"{base} {seen[base]}")
    return result


def _read_parquet(path: Path) -> tuple[dict[str, list[object]], int]:
    table = pyarrow.parquet.read_table(path)
    return {name: table[name].to_pylist() for name in table.column_names}, table.num_rows


def _read_jsonl(path: Path) -> tuple[dict[str, list[object]], int]:
    lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
    columns: dict[str, list[object]] = {}
    for row, line in enumerate(lines):
        held: dict[str, list[object]] = defaultdict(list)
        for name, value in _leaves("", orjson.loads(line)):
            held[name].append(value)
        for name, values in held.items():
            columns.setdefault(name, [None] * len(lines))[row] = values if len(values) > 1 else values[0]
    return columns, len(lines)


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
