"""Random histories of people who are nearly alike, so that scores decide; and a tier so small that everything flips."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from integrations_pipelines.resolution import decide
from integrations_pipelines.resolution.scored import keys, links, model, pairs, stored
from integrations_pipelines.resolution.scored.model import Thresholds
from integrations_pipelines_tests.integration.registry.histories import SYSTEMS, History, Said, Seen
from integrations_pipelines_tests.integration.registry.landed import row

NAMES = (
    "Anna Kowalska", "Ania Kowalska", "Anna Kovalska", "A. Kowalska", "Anna Maria Kowalska", "Jan Kowalski",
    "Robert Smith", "Bob Smith", "Robert Smyth", "Robert Smith Jr", "Robert Smith Sr",
)  # fmt: skip
EMAILS = (
    "anna.kowalska@acme.com", "anna.kowalska@post.org", "akowalska@acme.com", "anna.kowalsk@acme.com",
    "robert.smith@acme.com", "bob.smith@acme.com", "robertsmith@post.org", "info@acme.com",
)  # fmt: skip
PHONES = ("+493012345678", "+493012345679", "+493098765432")
THRESHOLDS = Thresholds(link=0.7, review=0.2)

_PERSON = st.fixed_dictionaries(
    {
        "name": st.one_of(st.sampled_from(NAMES), st.none()),
        "email": st.one_of(st.sampled_from(EMAILS), st.none()),
        "emails": st.lists(st.sampled_from(EMAILS), max_size=1),
        "phone": st.one_of(st.none(), st.sampled_from(PHONES)),
        "login": st.one_of(st.none(), st.none(), st.sampled_from(("anna", "bob"))),
    }
)
_KEYS = [(system, f"p{number}") for system in SYSTEMS for number in range(1, 8)]


@st.composite
def _record(draw: st.DrawFn, system: str, key: str) -> list[Seen]:
    found = []
    for version in range(1, draw(st.integers(1, 3)) + 1):
        is_gone = draw(st.integers(0, 9)) == 0
        payload: dict[str, Any] = {} if is_gone else draw(_PERSON)
        found.append(row(key, version=version, seen=version, deleted=is_gone, **payload))
    return [Seen(system=system, resource="people", row=one) for one in found]


@st.composite
def scored_histories(draw: st.DrawFn, most: int = 9) -> History:
    """Draw a history of at most ``most`` records, and what persons say of pairs of them."""
    drawn = draw(st.lists(st.sampled_from(_KEYS), min_size=2, max_size=most, unique=True))
    pair = st.lists(st.sampled_from(drawn), min_size=2, max_size=2, unique=True)
    words = draw(st.lists(st.tuples(st.sampled_from(("same", "different")), pair), max_size=2))
    return History(
        seen=tuple(seen for key in drawn for seen in draw(_record(*key))),
        said=tuple(Said(verdict=verdict, left=two[0], right=two[1]) for verdict, two in words),
    )


@contextmanager
def small_tier() -> Iterator[None]:
    """Let the prior's size, blocks and unions be so small that a dozen of records crosses every limit."""
    with (
        patch.object(model, "_SMALLEST", 4),
        patch.object(model, "_STEP", 2),
        patch.object(keys, "MOST_WIDE", 2),
        patch.object(keys, "MOST_NARROW", 3),
        patch.object(keys, "LISTED", 1),
        patch.object(stored, "_MANY", 40),
        patch.object(pairs, "_WIDE_NEEDED", 1),
        patch.object(decide, "LARGEST_BY_SCORE", 4),
        patch.object(links, "LARGEST_BY_SCORE", 4),
    ):
        yield
