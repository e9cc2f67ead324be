"""Files as they come out of other people's tools."""

from pathlib import Path

import pytest

from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.errors import TooManyRejected, UsageError
from integrations_pipelines.staging import Limits, Unit, read_file, shape_of

PEOPLE = file_resource("people", "person", {"name": "name", "e.mail": "email"}, "id")


def units_of(path: Path, **limits: int) -> list[Unit]:
    return list(read_file(path, PEOPLE, limits=Limits(**limits)))


def written(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, mark: str) -> None:
    path = written(tmp_path, f'id{mark}name\r\n1{mark}"Doe{mark} Jane; or, so"\r\n2{mark}Max\r\n')
    assert (shape_of(path).delimiter, [unit.rows.num_rows for unit in units_of(path)]) == (mark, [2])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "id,name\n1,Jürgen Müller\n".encode(encoding))
    assert units_of(path)[0].rows.column("payload")[0].as_py() == '{"id":"1","name":"Jürgen Müller"}'


def test_bytes_late_in_the_file_settle_the_encoding(tmp_path: Path) -> None:
    late = "id,name\n" + "".join(f"{n},plain name\n" for n in range(100_000)) + "x,Jürgen\n"
    assert shape_of(written(tmp_path, late.encode("cp1252"))).encoding == "cp1252"


def test_a_line_break_in_quotes_is_part_of_the_value(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,name\n1,"two\nlines"\n2,one\n')
    assert units_of(path)[0].rows.column("source_record_id").to_pylist() == ["1", "2"]


def test_a_row_of_another_width_is_rejected_by_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    (unit,) = units_of(written(tmp_path, "id,name\n1,a\n2,b,c\n\n3,d\n"))
    assert (unit.extracted, unit.rows.num_rows, unit.rejected[0].message) == (
        3,
        2,
        "line 3: 3 fields where the first line has 2",
    )


def test_a_row_without_a_key_is_rejected(tmp_path: Path) -> None:
    (unit,) = units_of(written(tmp_path, "id,name\n,a\n2,b\n"))
    assert [one.error_class for one in unit.rejected] == ["NoKey"]


def test_units_stay_small(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n" + "".join(f"{n},a\n" for n in range(4500)))
    assert [unit.rows.num_rows for unit in units_of(path, unit_rows=2000)] == [2000, 2000, 500]


def test_json_lines_are_read_and_a_bad_one_is_rejected(tmp_path: Path) -> None:
    path = written(
        tmp_path, '{"id": 1, "n": 12345678901234567890123}\n\nnot json\n[]\n{"id": "b"}\n', "people.jsonl"
    )
    (unit,) = units_of(path)
    assert unit.rows.column("source_record_id").to_pylist() == ["1", "b"]
    assert [one.error_class for one in unit.rejected] == ["BadLine", "NotAnObject"]


def test_a_file_of_mostly_bad_lines_stops_after_they_were_handed_on(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n" + ",x\n" * 50 + "1,a\n")
    units = read_file(path, PEOPLE)
    assert len(next(units).rejected) == 50
    with pytest.raises(TooManyRejected):
        next(units)


def test_a_spoilt_line_does_not_spoil_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, "id,name\n1,Jürgen\n".encode() + b"2,J\xfcrgen\n" + "3,Åse\n".encode())
    (unit,) = units_of(path)
    assert unit.rows.column("payload").to_pylist() == [
        '{"id":"1","name":"Jürgen"}',
        '{"id":"3","name":"Åse"}',
    ]
    assert [(one.error_class, one.source_record_id) for one in unit.rejected] == [("Unstorable", "2")]


def test_a_byte_that_windows_1252_has_not_is_set_aside_and_not_replaced(tmp_path: Path) -> None:
    (unit,) = units_of(written(tmp_path, b"id,name\n1,J\xfcrgen\n2,a\x81b\n"))
    assert (unit.rows.num_rows, [one.error_class for one in unit.rejected]) == (1, ["Unstorable"])


@pytest.mark.parametrize("last", ['"Name 2"', "Name 2", '"two\nlines"'])
def test_a_quotation_mark_left_open_takes_no_other_row_with_it(tmp_path: Path, last: str) -> None:
    (unit,) = units_of(written(tmp_path, f'id,name,city\n1,"Open,x\n2,{last},y\n3,{last},z\n'))
    assert unit.rows.column("source_record_id").to_pylist() == ["2", "3"]
    assert [one.message.partition(":")[0] for one in unit.rejected] == ["line 2"]


def test_rows_of_other_widths_among_the_first_do_not_hide_the_delimiter(tmp_path: Path) -> None:
    (unit,) = units_of(written(tmp_path, "id,name,email\n1,Bob,b@x.example\n2,Eve\n3,Mal,m@x.example,more\n"))
    assert (unit.rows.num_rows, len(unit.rejected)) == (1, 2)


def test_a_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    assert shape_of(written(tmp_path, "id;name;\n1;Bob;\n")).columns == ("id", "name", "column 3")


@pytest.mark.parametrize(
    "content", ["", "\n\n", "id,id\n1,2\n", '"id,name\n1,2\n', bytes(range(256)), b"\xff\xfea", b"i\x81d,b\n"]
)
def test_a_header_that_cannot_be_right_is_said(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(UsageError):
        shape_of(written(tmp_path, content))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        shape_of(tmp_path / "nothing.csv")


@pytest.mark.parametrize(("header", "key"), [("name,ID,email", "ID"), ("number,name", "number")])
def test_the_key_is_the_id_or_the_first_column(tmp_path: Path, header: str, key: str) -> None:
    assert shape_of(written(tmp_path, f"{header}\n")).default_key == key
