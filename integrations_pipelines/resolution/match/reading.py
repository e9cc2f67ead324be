"""Files of records as columns of raw values: CSV, JSONL, Parquet. No cleaning here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match.formats import Table, read_csv, read_jsonl, read_parquet

_READERS: Mapping[str, Callable[[Path], Table]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".txt": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}
Columns: TypeAlias = Mapping[str, list[object]]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of all files, in order: ``files[file_of[n]]`` and ``row_of[n]``, which counts from 1 in its file.

    ``columns`` are raw values by column name, one a row; a list where a row has several. ``remarks`` say what a
    person should know of how a file was read.
    """

    files: tuple[str, ...]
    file_of: Sequence[int] = field(repr=False)
    row_of: Sequence[int] = field(repr=False)
    columns: Columns = field(repr=False)
    remarks: Sequence[str] = ()

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.row_of)


def read_files(files: Sequence[str | Path]) -> Rows:
    """The rows of ``files`` under the union of their columns. Raises ``UsageError`` for what cannot be read."""
    if not files:
        raise UsageError("name at least one file")
    tables = [_read(Path(name)) for name in files]
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    if not names:
        raise UsageError(f"{', '.join(Path(name).name for name in files)}: holds no records")
    return Rows(
        files=tuple(str(name) for name in files),
        file_of=[number for number, table in enumerate(tables) for _ in range(table.size)],
        row_of=[row for table in tables for row in range(1, table.size + 1)],
        columns={name: _end_to_end(name, tables) for name in names},
        remarks=[
            f"{Path(name).name}: {table.remark}"
            for name, table in zip(files, tables, strict=True)
            if table.remark
        ],
    )


def _end_to_end(name: str, tables: Sequence[Table]) -> list[object]:
    values: list[object] = []
    for table in tables:
        values += table.columns.get(name) or [None] * table.size
    return values


def _read(path: Path) -> Table:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path.name}: not a .csv, .tsv, .jsonl or .parquet file")
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    return reader(path)
