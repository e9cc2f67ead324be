"""Uuids by the array: RFC 9562, version 7."""

import time
from uuid import RFC_4122, UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_pipelines.registry.columns import new_uuids


def uuids(count: int) -> list[UUID]:
    return [UUID(bytes=bytes(one)) for one in new_uuids(count)]


@settings(deadline=None)
@given(count=st.integers(0, 2000))
def test_uuids_are_of_version_7_and_ascend(count: int) -> None:
    found = uuids(count)
    assert len(found) == count == len(set(found))
    assert {(one.version, one.variant) for one in found} <= {(7, RFC_4122)}
    assert found == sorted(found)


def test_a_uuid_starts_with_the_time() -> None:
    before = time.time_ns() // 1_000_000
    (found,) = uuids(1)
    assert before <= found.int >> 80 <= time.time_ns() // 1_000_000


def test_half_a_million_uuids_are_all_different() -> None:
    data = new_uuids(500_000).tobytes()
    assert len({data[n : n + 16] for n in range(0, len(data), 16)}) == 500_000
