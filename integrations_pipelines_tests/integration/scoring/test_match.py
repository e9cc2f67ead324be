import csv
import io
import json
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest

from integrations_pipelines.errors import UsageError
from integrations_pipelines.resolution.match import match_files, report, write_clusters, write_pairs
from integrations_pipelines.resolution.scoring import recomputed

PEOPLE = """Id,First Name,Surname,DOB,E-mail,Phone,City,Notes
1,Robert,Smith,12/11/1978,bsmith@work.com,702-919-1300,Las Vegas,x
2,Bob,Smith,11/12/1978,,702-919-1300,Las Vegas,y
3,Ada,Lovelace,10/12/1815,ada@engine.org,,London,z
4,Ada,Lovelace,10/12/1815,ada@engine.org,,London,z
5,Grace,Hopper,25/12/1906,grace@navy.mil,,New York,w
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


def clusters(path: Path, **options: str) -> list[int]:
    result = match_files([path], "person", **options)  # type: ignore[arg-type]
    out = io.StringIO()
    write_clusters(result, out)
    return [int(row["cluster_id"]) for row in csv.DictReader(io.StringIO(out.getvalue()))]


def test_each_row_of_input_has_its_cluster_in_order(people: Path) -> None:
    assert clusters(people) == [1, 1, 2, 2, 3]


def test_the_guess_of_every_column_is_shown(people: Path) -> None:
    shown = list(report(match_files([people], "person")))
    assert shown[:3] == [
        "Id -> ignored (by name)",
        "First Name -> given_name (by name)",
        "Surname -> family_name (by name)",
    ]


def test_a_column_can_be_mapped_by_hand(people: Path) -> None:
    result = match_files([people], "person", {"Notes": "nickname:identifier", "City": "ignored"})
    assert {guess.column: guess.attribute for guess in result.guesses if guess.why == "given"} == {
        "Notes": "nickname:identifier",
        "City": "ignored",
    }


def test_jsonl_and_parquet_say_the_same_as_csv(people: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(PEOPLE)))
    lines, table = tmp_path / "people.jsonl", tmp_path / "people.parquet"
    lines.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), table)
    assert clusters(lines) == clusters(table) == clusters(people)


def test_nested_features_of_one_name_are_values_of_one_column(tmp_path: Path) -> None:
    path = tmp_path / "features.jsonl"
    names = {"FEATURES": [{"NAME_FULL": "Ada Smith"}, {"NAME_FULL": "Ada Byron"}, {"EMAIL": "ada@x.org"}]}
    path.write_bytes(orjson.dumps(names))
    assert match_files([path], "person").rows.columns["NAME_FULL"] == [["Ada Smith", "Ada Byron"]]


def test_every_pair_written_explains_its_score(people: Path, tmp_path: Path) -> None:
    write_pairs(match_files([people], "person"), tmp_path / "pairs.jsonl")
    documents = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert len(documents) == 2
    for document in documents:
        assert recomputed(document) == pytest.approx((document["weight"], document["probability"]), abs=1e-12)


def test_clusters_do_not_depend_on_the_order_of_rows(people: Path, tmp_path: Path) -> None:
    head, *rows = PEOPLE.strip().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([head, *rows[::-1]]) + "\n")
    assert [len(rows) - place for place in range(len(rows))] == [5, 4, 3, 2, 1]
    assert clusters(turned) == [1, 2, 2, 3, 3]


def test_an_unknown_column_or_kind_is_a_clear_error(people: Path) -> None:
    with pytest.raises(UsageError, match="there is no column 'Nmae'"):
        match_files([people], "person", {"Nmae": "name"})
    with pytest.raises(UsageError, match="there is no kind 'shoe'"):
        match_files([people], "person", {"Notes": "size:shoe"})


def test_a_file_of_another_sort_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"people\.xlsx"):
        match_files([tmp_path / "people.xlsx"], "person")


def test_a_file_of_one_row_is_one_cluster(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("name,email\nAda Smith,ada@x.org\n")
    assert clusters(path) == [1]


def test_a_file_without_rows_has_no_clusters(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text("name,email\n")
    assert clusters(path) == []


def test_two_sources_that_never_repeat_themselves_are_linked_one_to_one(tmp_path: Path) -> None:
    titles = [
        f"A study of {word} in large databases" for word in "joins views locks logs trees heaps".split()
    ]
    for name in ("left", "right"):
        lines = [f'{number},"{title}",1999' for number, title in enumerate(titles)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,title,year", *lines]) + "\n")
    result = match_files([tmp_path / "left.csv", tmp_path / "right.csv"], "product")
    assert np.bincount(np.unique(result.clusters, return_inverse=True)[1]).max() <= 2
