"""Packed bodies come out as they went in, whatever they are."""

import os

from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.registry.packing import SHORTEST, pack, unpack


@given(st.binary(max_size=300), st.integers(min_value=1, max_value=200))
def test_what_is_packed_comes_out_as_it_went_in(piece: bytes, times: int) -> None:
    body = piece * times
    assert unpack(*pack(body)) == body


def test_what_is_short_or_gains_nothing_is_kept_as_it_came() -> None:
    short, noise = b"x" * (SHORTEST - 1), os.urandom(20_000)
    assert (pack(short), pack(noise)) == ((short, None), (noise, None))


def test_a_body_that_was_emptied_is_empty() -> None:
    assert unpack(b"", 20_000) == b""
