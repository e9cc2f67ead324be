"""Workbooks and Parquet read as records, cell by cell as JSON has them."""

import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.errors import UsageError
from integrations_pipelines.staging.files import read_file, shape_of

_CONTENT = "http://schemas.openxmlformats.org"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_CONTENT}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_CONTENT}/package/2006/relationships"><Relationship Id="r" '
    f'Type="{_CONTENT}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_CONTENT}/spreadsheetml/2006/main" '
    f'xmlns:r="{_CONTENT}/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="s"/></sheets>'
    "</workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_CONTENT}/package/2006/relationships"><Relationship '
    f'Id="s" Type="{_CONTENT}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    """Write the smallest workbook that holds ``rows`` (ECMA-376)."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{chr(65 + column)}{number}", value) for column, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    sheet = f'<worksheet xmlns="{_CONTENT}/spreadsheetml/2006/main"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, text)
    return path


def _cell(place: str, value: Any) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def read(path: Path) -> list[dict[str, Any]]:
    import json

    resource = file_resource("people", "person", {"email": "email"}, shape_of(path).default_key)
    units = list(read_file(path, resource))
    assert sum(len(unit.rejected) for unit in units) == 0
    return [json.loads(text) for unit in units for text in unit.rows.column("payload").to_pylist()]


def test_the_first_sheet_of_a_workbook_reads_as_records(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["id", "email", "age"],
        [1, "ada@x.example", 36.5],
        ["", "", ""],
        [2, "bob@x.example", 40],
    ]
    path = workbook(tmp_path / "people.xlsx", rows)
    assert shape_of(path).columns == ("id", "email", "age")
    assert read(path) == [
        {"id": 1, "email": "ada@x.example", "age": 36.5},
        {"id": 2, "email": "bob@x.example", "age": 40},
    ]


def test_parquet_reads_as_records_whatever_its_types(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    columns = {
        "id": [1, 2],
        "email": ["ada@x.example", None],
        "paid": [Decimal("1.50"), Decimal("2.00")],
        "at": [datetime(2026, 1, 2, 3, 4), None],  # noqa: DTZ001 - Parquet knows moments without a zone
        "tags": [["a"], []],
    }
    pq.write_table(pa.table(columns), path)
    first, second = read(path)
    assert first == {
        "id": 1,
        "email": "ada@x.example",
        "paid": "1.50",
        "at": "2026-01-02T03:04:00",
        "tags": ["a"],
    }
    assert second["email"] is None


@pytest.mark.parametrize("name", ["people.xlsx", "people.parquet", "people.ods"])
def test_a_file_that_is_not_what_its_name_says_is_one_clear_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("id,email\n1,a@x.example\n")
    with pytest.raises(UsageError, match="cannot be read"):
        shape_of(path)


def test_a_workbook_needs_names_for_its_columns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is empty"):
        shape_of(workbook(tmp_path / "none.xlsx", []))
    with pytest.raises(UsageError, match="'id' twice"):
        shape_of(workbook(tmp_path / "twice.xlsx", [["id", "id"], [1, 2]]))
