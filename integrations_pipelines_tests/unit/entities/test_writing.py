import orjson
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.entities.projection.writing import json_objects

NASTY = [',"\\u0001",', '"},{"', "\\u0001", '\\",\\"\\u0001\\",', "a\tb\nc", ",}", "{", "é\u2028", ""]
values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.sampled_from(NASTY)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]))
    | st.lists(st.sampled_from(NASTY), min_size=1)
    | st.just({"amount": "1.00", "currency": None})
)
names = st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, max_size=5)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, list[object]], int]:
    rows = draw(st.integers(1, 4))
    kinds = st.sampled_from([values, st.sampled_from(NASTY), st.sampled_from(["plain", "also plain"])])
    return {name: draw(st.lists(draw(kinds), min_size=rows, max_size=rows)) for name in draw(names)}, rows


@given(tables())
def test_the_objects_read_back_as_the_rows_without_their_nones(
    table: tuple[dict[str, list[object]], int],
) -> None:
    columns, rows = table
    expected = [
        {name: column[row] for name, column in columns.items() if column[row] is not None}
        for row in range(rows)
    ]
    assert [orjson.loads(text) for text in json_objects(columns, rows)] == expected  # type: ignore[arg-type]


@given(tables())
def test_the_values_stand_in_the_order_of_the_columns(table: tuple[dict[str, list[object]], int]) -> None:
    columns, rows = table
    for text in json_objects(columns, rows):  # type: ignore[arg-type]
        found = list(orjson.loads(text))
        assert found == [name for name in columns if name in found]
