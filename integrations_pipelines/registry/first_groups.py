"""Source records as columns, a block of ids at a time: what the maps of a first resolution say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import Integers
from integrations_pipelines.registry.statements import FIRST_MAPS, driver


@dataclass(frozen=True, kw_only=True)
class Group:
    """Records of one resource of one source system, all there or all deleted, all with a version or none.

    ``keys`` are ``names`` in UTF-8; ``jobs`` are the import jobs that brought their newest rows, 0 where that is not
    known; ``versions`` are as PostgreSQL sends moments; ``hashes`` are all as wide.
    """

    system: int
    system_key: str
    resource: str
    status: str
    ids: Integers
    keys: pa.Array
    names: Sequence[str]
    jobs: Integers
    versions: NDArray[Any] | None
    hashes: NDArray[Any]


def read_groups(connection: Connection, entity_type: str, ids: tuple[int, int]) -> list[Group]:
    """Return the records of ``entity_type`` from one id to another."""
    values = {"entity_type": entity_type, "first": ids[0], "last": ids[1]}
    query = FIRST_MAPS.literal("block")
    rows = driver(connection).cursor(binary=True).execute(query, values).fetchall()
    landings = [np.frombuffer(row[-1], dtype=">i8") for row in rows]
    jobs = _jobs(connection, landings)
    return [_group(_of(jobs, own), *row[:-1]) for row, own in zip(rows, landings, strict=True)]


def _jobs(connection: Connection, landings: Sequence[NDArray[Any]]) -> dict[int, int]:
    known = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *landings]))
    return dict(FIRST_MAPS.run(connection, "jobs_of", {"landings": known.tolist()}).fetchall())


def _of(jobs: dict[int, int], landings: NDArray[Any]) -> Integers:
    known, places = np.unique(landings, return_inverse=True)
    return np.array([jobs.get(one, 0) for one in known.tolist()], dtype=np.int64)[places]


def _group(  # noqa: PLR0913 - the columns of the statement
    jobs: Integers,
    system: int,
    system_key: str,
    resource: str,
    status: str,
    width: int,
    ids: bytes,
    sizes: bytes,
    joined: str,
    versions: bytes | None,
    hashes: bytes,
) -> Group:
    keys = _texts(np.frombuffer(sizes, dtype=">i4"), joined.encode())
    return Group(
        system=system,
        system_key=system_key,
        resource=resource,
        status=status,
        ids=np.frombuffer(ids, dtype=">i8").astype(np.int64),
        keys=keys,
        names=keys.cast(pa.large_string()).to_pylist(),
        jobs=jobs,
        versions=np.frombuffer(versions, dtype="V8") if versions is not None else None,
        hashes=np.frombuffer(hashes, dtype=f"V{width}"),
    )


def _texts(sizes: NDArray[np.integer], joined: bytes) -> pa.Array:
    places = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])
    buffers = [None, pa.py_buffer(places), pa.py_buffer(joined)]
    return pa.Array.from_buffers(pa.large_binary(), len(sizes), buffers)
