"""Hashes that are stored: the same whichever way they are worked out, and by definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_pipelines.resolution.scoring import columns
from integrations_pipelines.resolution.scoring.columns import stable_hashes

TEXTS = st.lists(st.text(max_size=5) | st.sampled_from(["", "Ada", "é" * 300, "x" * 600]), max_size=8)


def by_definition(text: str) -> int:
    places = enumerate(text.encode()[:512])
    return sum(int(columns._TABLE[place, byte]) for place, byte in places) % 2**64


@pytest.mark.parametrize("a_step", [0, columns._A_STEP, 1 << 40])
def test_a_hash_is_the_same_however_many_are_asked_for(a_step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_A_STEP", a_step)

    @settings(max_examples=60, deadline=None)
    @given(TEXTS)
    def same(texts: list[str]) -> None:
        assert stable_hashes(texts).tolist() == [by_definition(text) for text in texts]

    same()
    assert stable_hashes(np.array([], dtype=object)).tolist() == []
