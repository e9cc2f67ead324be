"""Tables out of files that are no text: the first sheet of a workbook (Excel, OpenDocument), and Parquet.

A cell becomes what JSON has: numbers stay numbers, whole ones whole; moments are ISO 8601 text. Sources:
https://github.com/tafia/calamine (what a cell is), https://arrow.apache.org/docs/python/parquet.html
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from integrations_pipelines.errors import UsageError

Kind = Literal["excel", "parquet"]
_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})


def kind_of(path: Path) -> Kind | None:
    """Return what ``path`` is by the end of its name, None for text."""
    suffix = path.suffix.lower()
    return "excel" if suffix in _WORKBOOKS else "parquet" if suffix == ".parquet" else None


def columns_of(path: Path, kind: Kind) -> list[str]:
    """Return the names of the columns: of a workbook the first row that holds something. Raise ``UsageError``."""
    if kind == "parquet":
        return list(_parquet(path).schema_arrow.names)
    return [str(_plain(cell)) for cell in next(_filled(_sheet(path)), [])]


def rows_of(path: Path, kind: Kind, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the records; a row that is all empty is none. Raise ``UsageError``."""
    if kind == "parquet":
        for batch in _parquet(path).iter_batches(batch_size=1000):
            yield from ({key: _plain(value) for key, value in row.items()} for row in batch.to_pylist())
        return
    rows = _filled(_sheet(path))
    next(rows, None)
    for row in rows:
        yield {name: _plain(cell) for name, cell in zip(columns, row, strict=False)}


def _sheet(path: Path) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            return workbook.get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (CalamineError, IndexError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as a workbook: {error}") from error


def _filled(rows: list[list[Any]]) -> Iterator[list[Any]]:
    return (row for row in rows if any(cell not in ("", None) for cell in row))


def _parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(f"{path}: cannot be read as Parquet: {error}") from error


def _plain(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return str(value)
        case bytes():
            return value.hex()
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
    return value
