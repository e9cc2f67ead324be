"""How much memory an embedded server keeps pages in: a share of what there is, in a container of what it is given."""

import os
from pathlib import Path

import pytest

from integrations_pipelines.local.cluster import GIGABYTE, memory, shared_buffers


@pytest.mark.parametrize(
    ("gigabytes", "kept"), [(2, 0.5), (4, 1), (8, 1), (16, 2), (24, 3), (32, 4), (512, 4)]
)
def test_a_server_keeps_an_eighth_of_the_memory_and_never_less_than_a_small_one(
    gigabytes: int, kept: float
) -> None:
    assert shared_buffers(gigabytes * GIGABYTE, durable=True) == kept * GIGABYTE


def test_a_server_of_tests_keeps_little() -> None:
    assert shared_buffers(512 * GIGABYTE, durable=False) == GIGABYTE // 8


@pytest.mark.parametrize(("said", "expected"), [("1048576\n", 1048576), ("max\n", None), (None, None)])
def test_a_container_counts_what_it_is_given(tmp_path: Path, said: str | None, expected: int | None) -> None:
    limit = tmp_path / "memory.max"
    if said is not None:
        limit.write_text(said)
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert memory(limit) == (expected or machine)
