"""Components of the identity graph, as arrays: no Python object a record."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = NDArray[np.int64]

ALONE = 99


@dataclass(frozen=True, kw_only=True)
class Components:
    """One row a record: ``labels`` is the smallest record id of its component, ``sizes`` how many records that has.

    ``ranks`` is the rank of the strongest identifier kind by which the record hangs on another; ``ALONE`` for none.
    """

    records: Integers
    labels: Integers
    sizes: Integers
    ranks: Integers


def components(records: Integers, left: Integers, right: Integers, ranks: Integers) -> Components:
    """Return the connected components of ``records`` under the edges ``left``-``right``, each with its kind's rank."""
    records = np.sort(records)
    a, b = np.searchsorted(records, left), np.searchsorted(records, right)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(records), len(records)))
    count, found = connected_components(graph, directed=False)
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, found, records)
    best = np.full(len(records), ALONE)
    np.minimum.at(best, a, ranks)
    np.minimum.at(best, b, ranks)
    return Components(
        records=records, labels=first[found], sizes=np.bincount(found, minlength=count)[found], ranks=best
    )
