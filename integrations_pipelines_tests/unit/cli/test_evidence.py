import datetime
import uuid
from typing import Any

from integrations_pipelines.canonical.values import Pin, Proposal
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.registry.explained import IdentifierRow
from integrations_pipelines.resolution.evidence import judged, value_origins

SEEN = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


def said(attribute: str, value: Any, record: str, because: str = "wins") -> Proposal:
    return Proposal(
        attribute=attribute,
        value=value,
        rule="newest",
        record=record,
        source_version=None,
        observed_at=SEEN,
        job=uuid.uuid4(),
        wins=because == "wins",
        because=because,
    )


def pin(attribute: str, value: Any) -> Pin:
    return Pin(
        label=1,
        attribute=attribute,
        value=value,
        uuid=uuid.uuid4(),
        until=None,
        reason="because",
        created_at=SEEN,
        created_by="cli:ann",
    )


def held(kind: str, strength: str, *, is_generic: bool = False) -> IdentifierRow:
    return IdentifierRow(
        kind=kind,
        value="x",
        strength=strength,
        is_generic=is_generic,
        names=5 if is_generic else None,
        holders=3,
    )


def test_the_winner_gives_the_value_and_the_others_say_why_they_lost() -> None:
    (origin,) = value_origins(
        ["name"], {"name": "B"}, [said("name", "B", "b"), said("name", "A", "a", "older")], []
    )
    assert (origin.record, origin.rule, origin.is_pending) == ("b", "newest", False)
    assert [(one.record, one.value, one.because) for one in origin.others] == [("a", "A", "older")]


def test_a_value_that_no_record_says_any_more_is_pending() -> None:
    (origin,) = value_origins(["name"], {"name": "old"}, [said("name", "new", "a")], [])
    assert origin.is_pending


def test_a_pinned_value_has_no_record_and_says_whom_it_goes_over() -> None:
    (origin,) = value_origins(["name"], {"name": "P"}, [said("name", "A", "a")], [pin("name", "P")])
    assert (origin.rule, origin.record, origin.is_pending) == ("pinned", None, False)
    assert origin.pin is not None
    assert (origin.pin.by, [one.because for one in origin.others]) == ("cli:ann", ["pinned over"])


def test_what_nobody_may_say_is_shown_without_a_value() -> None:
    (origin,) = value_origins(["phone"], {}, [said("phone", "+49", "a", "not the owner")], [])
    assert (origin.value, origin.record, origin.is_pending) == (None, None, False)
    assert [one.because for one in origin.others] == ["not the owner"]


def test_what_a_value_proves_is_said_by_its_strength() -> None:
    found = [
        judged(ENTITY_TYPES["person"], held("email", "strong")).status,
        judged(ENTITY_TYPES["person"], held("email", "weak")).status,
        judged(ENTITY_TYPES["person"], held("email", "strong", is_generic=True)).status,
        judged(ENTITY_TYPES["organization"], held("domain", "weak")).status,
    ]
    assert found == ["joins", "proves_nothing", "generic", "weak"]
