import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.resolution.scoring.clusters import VETO_BITS, cluster
from integrations_pipelines.resolution.scoring.columns import Floats, Integers

PRIOR = -10.0
WEIGHTS = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]),
    st.sampled_from([-30.0, -5.0, 0.0, 12.0, 15.0, 25.0, VETO_BITS]),
)


def clustered(
    weights: dict[tuple[int, int], float], size: int, order: list[int] | None = None
) -> set[frozenset[int]]:
    """The clusters, in the numbers of ``weights``, when the records come in ``order``."""
    order = order or list(range(size))
    place = {record: at for at, record in enumerate(order)}
    known = {frozenset((place[a], place[b])): bits for (a, b), bits in weights.items()}
    sure = [(*sorted(pair), bits) for pair, bits in known.items() if bits >= 15]
    columns = [np.array([edge[part] for edge in sure]) for part in range(3)]
    edges = columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2].astype(float)

    def evidence(left: Integers, right: Integers) -> Floats:
        return np.array(
            [known.get(frozenset((int(a), int(b))), 0.0) for a, b in zip(left, right, strict=True)]
        )

    labels = cluster(size, edges, order, evidence, PRIOR).labels
    return {frozenset(order[at] for at in np.flatnonzero(labels == label)) for label in set(labels)}


@given(weights=WEIGHTS, order=st.permutations(range(8)))
def test_clusters_do_not_depend_on_the_order_of_records(
    weights: dict[tuple[int, int], float], order: list[int]
) -> None:
    assert clustered(weights, 8) == clustered(weights, 8, order)


@given(weights=WEIGHTS)
def test_a_veto_keeps_two_records_apart_whatever_joins_them(weights: dict[tuple[int, int], float]) -> None:
    vetoed = [set(pair) for pair, bits in weights.items() if bits == VETO_BITS]
    assert not [pair for pair in vetoed for group in clustered(weights, 8) if pair <= group]


def test_one_sure_pair_does_not_chain_two_groups_that_contradict_each_other() -> None:
    sure = {(0, 1): 25.0, (2, 3): 25.0, (1, 2): 16.0}
    against = {(0, 2): -8.0, (0, 3): -8.0, (1, 3): -8.0}
    assert clustered(sure | against, 4) == {frozenset({0, 1}), frozenset({2, 3})}


def test_what_is_merely_not_known_does_not_split() -> None:
    assert clustered({(0, 1): 25.0, (1, 2): 25.0}, 3) == {frozenset({0, 1, 2})}


def test_a_source_without_duplicates_stands_once_in_a_cluster() -> None:
    edges = np.array([0, 1]), np.array([2, 2]), np.array([20.0, 30.0])
    found = cluster(
        3, edges, [0, 1, 2], lambda left, right: np.full(len(left), 20.0), PRIOR, np.array([0, 0, 1])
    )
    assert list(found.labels) == [0, 1, 1]
    assert list(found.refused) == [0]
