"""Connected components as arrays, against the plainest union-find there is."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.resolution.graph import ALONE, components, values_of
from integrations_pipelines.resolution.scoring.columns import among, distinct

IDS = st.lists(st.integers(1, 2**60), min_size=1, max_size=30, unique=True)


@given(
    start=st.integers(1, 2**40),
    steps=st.lists(st.sampled_from([1, 1, 2, 5_000]), max_size=12),
    data=st.data(),
)
def test_dense_ids_are_linked_as_sparse_ones_are(start: int, steps: list[int], data: st.DataObject) -> None:
    """Each record hangs on another by two edges, so that there are edges enough for a table of ids."""
    records = np.cumsum([start, *steps])
    number = st.integers(0, len(records) - 1)
    pairs = data.draw(st.lists(st.tuples(number, number), min_size=len(records), max_size=3 * len(records)))
    left, right = np.array(pairs).T
    found = components(records, records[left], records[right], np.zeros(len(left), dtype=np.int64))
    apart = np.arange(len(records)) * 10**6
    other = components(apart, apart[left], apart[right], np.zeros(len(left), dtype=np.int64))
    assert np.searchsorted(records, found.labels).tolist() == (other.labels // 10**6).tolist()
    assert found.sizes.tolist() == other.sizes.tolist()
    assert found.ranks.tolist() == other.ranks.tolist()


FEW = st.lists(st.integers(-9, 30), max_size=30)


@given(values=FEW, others=FEW)
def test_what_is_in_an_array_is_found(values: list[int], others: list[int]) -> None:
    one, two = (np.array(each, dtype=np.int64) for each in (values, others))
    assert distinct(one).tolist() == sorted(set(values))
    assert among(one, distinct(two)).tolist() == [value in others for value in values]


@given(rows=st.lists(st.tuples(st.integers(1, 9), *[st.integers(0, 2)] * 3), max_size=20))
def test_values_are_equal_where_rank_and_both_hashes_are(rows: list[tuple[int, int, int, int]]) -> None:
    records, *value = (np.array([row[n] for row in rows], dtype=np.int64) for n in range(4))
    found = values_of(records, *value)
    holders = [sorted(found.records[found.groups == n].tolist()) for n in range(len(found.starts))]
    expected: dict[tuple[int, ...], list[int]] = {}
    for record, *same in sorted(rows):
        expected.setdefault(tuple(same), []).append(record)
    assert sorted(holders) == sorted(expected.values())
    assert found.counts.tolist() == [len(one) for one in holders]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Draw records and (left, right, rank)."""
    records = draw(IDS)
    edge = st.tuples(st.sampled_from(records), st.sampled_from(records), st.integers(0, 20))
    return records, draw(st.lists(edge, max_size=40))


def naive(records: list[int], edges: list[tuple[int, int, int]]) -> dict[int, int]:
    """Return the smallest record of each record's component."""
    label = {record: record for record in records}
    for _ in records:
        for left, right, _rank in edges:
            label[left] = label[right] = min(label[left], label[right])
    return label


def arrays(records: list[int], edges: list[tuple[int, int, int]]) -> tuple[np.ndarray, ...]:
    columns = zip(*edges, strict=True) if edges else ((), (), ())
    return tuple(np.array(column, dtype=np.int64) for column in (records, *columns))


@given(graph=graphs())
def test_components_are_those_of_a_naive_union_find(
    graph: tuple[list[int], list[tuple[int, int, int]]],
) -> None:
    records, edges = graph
    found, expected = components(*arrays(records, edges)), naive(records, edges)
    labels = dict(zip(found.records.tolist(), found.labels.tolist(), strict=True))
    assert labels == expected
    sizes = [list(expected.values()).count(expected[record]) for record in found.records.tolist()]
    assert found.sizes.tolist() == sizes


@given(graph=graphs())
def test_a_record_has_the_rank_of_its_strongest_edge(
    graph: tuple[list[int], list[tuple[int, int, int]]],
) -> None:
    records, edges = graph
    found = components(*arrays(records, edges))
    best = {
        record: min([rank for a, b, rank in edges if record in (a, b)], default=ALONE) for record in records
    }
    assert dict(zip(found.records.tolist(), found.ranks.tolist(), strict=True)) == best
