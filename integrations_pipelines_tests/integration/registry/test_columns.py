"""Whole columns to PostgreSQL and back, and texts by COPY: what goes in comes out."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import (
    Bigints,
    as_arrays,
    new_uuids,
    read_columns,
    read_rows,
    write_columns,
)
from integrations_pipelines.registry.copying import (
    Documents,
    Field,
    alike,
    binary_rows,
    copy_binary,
    documents_or_null,
)
from integrations_pipelines.registry.statements import copy_lines, driver

REUSED = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
INTEGERS = st.integers(-(2**63), 2**63 - 1)
# No tab, no line break, no NUL: JSON and cleaned values hold none of them.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r"), min_size=1)


def anew(connection: Connection, columns: str) -> None:
    driver(connection).execute("drop table if exists pair")
    driver(connection).execute(sql.SQL("create temp table pair ({})").format(sql.SQL(columns)))


@REUSED
@given(rows=st.lists(st.tuples(INTEGERS, INTEGERS), max_size=200))
def test_columns_come_back_as_they_were_written(connection: Connection, rows: list[tuple[int, int]]) -> None:
    anew(connection, "a bigint, b bigint")
    a, b = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(2))
    write_columns(connection, "pair", (a, b))
    found = read_columns(connection, sql.SQL("select a, b from pair"), 2)
    assert sorted(zip(*(column.tolist() for column in found), strict=True)) == sorted(rows)


@REUSED
@given(values=st.lists(INTEGERS, max_size=200))
def test_integers_arrive_as_one_parameter(connection: Connection, values: list[int]) -> None:
    given = {"values": Bigints(np.array(values, dtype=np.int64))}
    query = sql.SQL("select v from unnest(%(values)s::bigint[]) as u(v)")
    (found,) = read_columns(connection, query, 1, given, few=True)
    assert found.tolist() == values


@REUSED
@given(
    rows=st.integers(0, 3).flatmap(lambda n: st.lists(st.lists(INTEGERS, min_size=n, max_size=n), min_size=1))
)
def test_arrays_are_written_as_arrays(connection: Connection, rows: list[list[int]]) -> None:
    anew(connection, "a bigint, b bigint[]")
    write_columns(connection, "pair", (np.arange(len(rows)), as_arrays(np.array(rows, dtype=np.int64))))
    assert [b for (b,) in driver(connection).execute("select b from pair order by a")] == rows


@pytest.mark.parametrize("few", [False, True])
def test_bytes_come_back_as_they_were_written(connection: Connection, few: bool) -> None:
    anew(connection, "a bigint, b bytea")
    given = np.arange(30, dtype=np.uint8).reshape(3, 10).view("V10").ravel()
    write_columns(connection, "pair", (np.arange(3), given))
    numbers, rows = read_rows(connection, sql.SQL("select a, b from pair"), 10, {}, few=few)
    assert {int(n): bytes(row) for n, row in zip(numbers, rows, strict=True)} == {
        n: bytes(row) for n, row in enumerate(given)
    }


def test_uuids_are_written_as_uuids(connection: Connection) -> None:
    anew(connection, "a bigint, b uuid")
    given = new_uuids(3)
    write_columns(connection, "pair", (np.arange(3), given))
    found = driver(connection).execute("select b from pair order by a").fetchall()
    assert [one.bytes for (one,) in found] == [bytes(one) for one in given]


@REUSED
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
def test_texts_come_back_as_they_were_copied(connection: Connection, rows: list[tuple[str, str]]) -> None:
    anew(connection, "n integer, a text, b text")
    lines = [f"{n}\t{a}\t{b}\n" for n, (a, b) in enumerate(rows)]
    copy_lines(connection, "pair", ("n", "a", "b"), lines)
    assert driver(connection).execute("select a, b from pair order by n").fetchall() == rows


def test_what_looks_like_a_word_of_copy_is_a_text(connection: Connection) -> None:
    anew(connection, "a text, b text")
    copy_lines(connection, "pair", ("a", "b"), ["\\.\t\\N\n", "\\t\\x41\t\n"])
    assert driver(connection).execute("select a, b from pair").fetchall() == [
        ("\\.", "\\N"),
        ("\\t\\x41", None),
    ]


MAYBE = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DOCUMENTS = st.dictionaries(TEXTS, st.integers(-9, 9) | TEXTS | st.none(), max_size=3).map(json.dumps)
ROWS = st.lists(
    st.tuples(MAYBE, DOCUMENTS, st.none() | DOCUMENTS, INTEGERS, st.binary(max_size=3)), max_size=40
)


@REUSED
@given(rows=ROWS)
def test_rows_of_any_columns_come_back_as_they_were_put_together(
    connection: Connection, rows: list[tuple[str | None, str, str | None, int, bytes]]
) -> None:
    anew(
        connection,
        "k integer generated always as identity, z text, t text, d jsonb, m jsonb, n int, s text, i bigint, b bytea",
    )
    fields: tuple[Field, ...] = (
        *(None, [row[0] for row in rows], Documents(row[1] for row in rows)),
        *(documents_or_null([row[2] for row in rows]), np.arange(len(rows), dtype=np.int32), "ä".encode()),
        *(np.array([row[3] for row in rows], dtype=np.int64), [row[4] for row in rows]),
    )
    copy_binary(connection, "pair", tuple("ztdmnsib"), binary_rows(len(rows), fields))
    found = driver(connection).execute("select z, t, d, m, n, s, i, b from pair order by k").fetchall()
    assert found == [
        (None, text, json.loads(one), json.loads(maybe) if maybe else None, n, "ä", number, raw)
        for n, (text, one, maybe, number, raw) in enumerate(rows)
    ]


@pytest.mark.parametrize("texts", [["", ""], ["ab", "cd"], [None, None], ["", None], ["a", "bc"], ["x", "x"]])
def test_texts_of_one_length_and_missing_ones_come_back(connection: Connection, texts: list[str]) -> None:
    anew(connection, "t text")
    copy_binary(connection, "pair", ("t",), binary_rows(len(texts), (texts,)))
    assert driver(connection).execute("select t from pair").fetchall() == [(one,) for one in texts]


def test_what_is_alike_is_said_once() -> None:
    assert (alike(["person", "person"]), alike(["person", "none"])) == (b"person", ["person", "none"])
