"""`integrations match` as a person uses it: files in, clusters out, one clear line for what cannot be read."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

from integrations_pipelines.cli import app

PEOPLE = """Id,First Name,Surname,DOB,E-mail,Phone,City
1,Robert,Smith,12/11/1978,bsmith@work.example,702-919-1300,Las Vegas
2,Bob,Smith,11/12/1978,,702-919-1300,Las Vegas
3,Ada,Lovelace,10/12/1815,ada@engine.example,,London
4,Ada,Lovelace,10/12/1815,ada@engine.example,,London
5,Grace,Hopper,25/12/1906,grace@navy.example,,New York
"""
FILES: dict[str, bytes] = {
    "people.csv": PEOPLE.encode(),
    "empty.csv": b"",
    "empty.jsonl": b"",
    "twice.csv": b"name,email,name\nAda,ada@x.example,King\n",
    "ragged.csv": b"name,email\nAda Lovelace,ada@x.example\nGrace,Hopper,grace@x.example\n",
    "open.csv": b'name,email\n"Ada Lovelace,ada@x.example\nGrace Hopper,grace@x.example\n',
    "broken.jsonl": b'{"name": "Ada"}\n{"name": \n',
    "list.jsonl": b'["Ada"]\n',
    "broken.parquet": b"PAR1 this is none PAR1",
    "numbers.csv": b"a,b\n1,2\n",
    "people.xlsx": b"PK",
}
PERSON = ("--entity-type", "person")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of files, good and bad, that is the current one."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["match", *words])


def clusters(text: str) -> list[int]:
    return [int(row["cluster_id"]) for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["nofile.csv", *PERSON], "nofile.csv: there is no such file"),
        ([".", *PERSON], "not a .csv"),
        (["people.xlsx", *PERSON], "people.xlsx: not a .csv"),
        (["empty.csv", *PERSON], "empty.csv: is empty"),
        (["empty.jsonl", *PERSON], "empty.jsonl: holds no records"),
        (["twice.csv", *PERSON], "'name' twice"),
        (["ragged.csv", *PERSON], "ragged.csv: line 3 has 3 fields where the first has 2"),
        (["open.csv", *PERSON], "open.csv"),
        (["broken.jsonl", *PERSON], "broken.jsonl: line 2 is no JSON"),
        (["list.jsonl", *PERSON], "list.jsonl: line 1 is no JSON object"),
        (["broken.parquet", *PERSON], "broken.parquet: cannot be read as Parquet"),
        (["numbers.csv", *PERSON], "--map"),
        (["people.csv"], "--entity-type"),
        (["people.csv", "--entity-type", "unicorn"], "unicorn"),
        (["people.csv", *PERSON, "--map", "Nmae=name"], "Nmae"),
        (["people.csv", *PERSON, "--map", "City=shoe"], "shoe"),
        (["people.csv", *PERSON, "--map", "City=shoe:size"], "size"),
        (["people.csv", *PERSON, "--map", "City"], "--map number 1"),
        (["people.csv", *PERSON, "--source-column", "nope"], "--source-column"),
        (["people.csv", *PERSON, "--threshold", "95"], "probabilities"),
        (["people.csv", *PERSON, "--threshold", "0.6", "--review-threshold", "0.7"], "probabilities"),
        (["people.csv", *PERSON, "--out", "nowhere/out.csv"], "nowhere"),
        (["people.csv", *PERSON, "--out", "people.csv"], "people.csv"),
        (["people.csv", *PERSON, "--out", "a", "--pairs", "a"], "--pairs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-",
)
def test_what_cannot_be_used_is_named_in_one_line(here: Path, words: list[str], named: str) -> None:
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_no_personal_data_stands_in_an_error(here: Path) -> None:
    for name in ("ragged.csv", "open.csv", "broken.jsonl", "list.jsonl"):
        assert "Ada" not in run(name, *PERSON).output


def test_clusters_go_to_stdout_and_guesses_to_stderr(here: Path) -> None:
    result = run("people.csv", *PERSON)
    assert clusters(result.stdout) == [1, 1, 2, 2, 3]
    assert "Surname -> family_name (by name)" in result.stderr


def test_out_and_pairs_are_written_and_nothing_else_is(here: Path) -> None:
    before = set(here.iterdir())
    result = run("people.csv", *PERSON, "--out", "clusters.csv", "--pairs", "pairs.jsonl")
    assert result.stdout == ""
    assert set(here.iterdir()) - before == {here / "clusters.csv", here / "pairs.jsonl"}
    assert clusters((here / "clusters.csv").read_text()) == [1, 1, 2, 2, 3]
    first = json.loads((here / "pairs.jsonl").read_text().splitlines()[0])
    assert {"left", "right", "same_cluster", "findings", "probability"} <= set(first)


def test_json_is_alone_on_stdout(here: Path) -> None:
    document = json.loads(run("people.csv", *PERSON, "--json").stdout)
    assert (document["rows"], document["clusters"]) == (5, 3)
    assert document["matches"][0] == {
        "file": "people.csv",
        "row": 1,
        "cluster_id": 1,
        "probability": pytest.approx(1, abs=0.05),
    }


def test_what_is_not_utf_8_is_read_and_said(here: Path) -> None:
    (here / "windows.csv").write_bytes(
        "name,email\nJosé Ferrer,jf@x.example\nJosé Ferrer,jf@x.example\n".encode("cp1252")
    )
    result = run("windows.csv", *PERSON)
    assert "windows.csv: is not UTF-8; read as Windows-1252" in result.stderr
    assert clusters(result.stdout) == [1, 1]


def test_one_bad_byte_does_not_make_all_else_windows_1252(here: Path) -> None:
    (here / "spoilt.csv").write_bytes(
        ("name,email\n" + "José Ferrer,jf@x.example\n" * 3).encode() + b"Jos\xe9,j@x.example\n"
    )
    result = run("spoilt.csv", *PERSON, "--pairs", "pairs.jsonl")
    assert "spoilt.csv: is UTF-8, but not whole: the first bad byte is in line 5" in result.stderr
    assert clusters(result.stdout)[:3] == [1, 1, 1]


def test_a_quotation_mark_left_open_is_named_by_its_line(here: Path) -> None:
    (here / "open.csv").write_text('name,email\n"Ann,a@x.example\n"Bob",b@x.example\n"Cy",c@x.example\n')
    result = run("open.csv", *PERSON)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "open.csv: line 2 cannot be read as CSV" in result.stderr


def test_several_files_of_several_formats_are_matched_with_each_other(here: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(PEOPLE)))
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), here / "people.parquet")
    result = run("people.csv", "people.parquet", *PERSON)
    assert clusters(result.stdout) == [1, 1, 2, 2, 3] * 2


def test_a_low_threshold_lowers_the_review_threshold_with_it(here: Path) -> None:
    assert run("people.csv", *PERSON, "--threshold", "0.3").exit_code == 0


def train(*words: str) -> Result:
    return CliRunner().invoke(app, ["matching", "train", "people.csv", *PERSON, *words])


def test_a_trained_model_is_one_that_match_takes(here: Path) -> None:
    assert train("--out", "model.json").exit_code == 0
    assert clusters(run("people.csv", *PERSON, "--model", "model.json").stdout) == [1, 1, 2, 2, 3]


def test_labels_move_the_weights_towards_what_they_show(here: Path) -> None:
    lines = "".join(f"people.csv,{row},{cluster}\n" for row, cluster in enumerate("aabbc", 1))
    (here / "labels.csv").write_text("file,row,cluster_id\n" + lines)
    assert train("--out", "model.json", "--labels", "labels.csv").exit_code == 0
    (exact, *_) = json.loads((here / "model.json").read_text())["kinds"]["person_name"]["family"]
    assert exact["m"] > 0.8  # what ships; both labelled pairs agree


@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ("file,row\npeople.csv,1\n", "first line must name"),
        ("file,row,cluster_id\npeople.csv,99,a\n", "line 2 names a row"),
        ("file,row,cluster_id\npeople.csv,1,a\npeople.csv,2,b\n", "no two rows"),
    ],
)
def test_labels_that_do_not_fit_are_refused(here: Path, labels: str, named: str) -> None:
    (here / "labels.csv").write_text(labels)
    result = train("--out", "model.json", "--labels", "labels.csv")
    assert (result.exit_code, named in result.stderr) == (2, True), result.output
    assert not (here / "model.json").exists()


def test_a_model_that_is_none_is_refused(here: Path) -> None:
    for content, told in (("{}", "bad.json: is no model"), ("no", "bad.json: is no JSON, so no model")):
        (here / "bad.json").write_text(content)
        assert told in run("people.csv", *PERSON, "--model", "bad.json").stderr
