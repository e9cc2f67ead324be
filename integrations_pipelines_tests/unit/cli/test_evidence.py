import datetime
import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.registry.explained import IdentifierRow, MemberRow
from integrations_pipelines.resolution.evidence import judged, value_origins

SEEN = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


def member(record: str, *, is_deleted: bool = False, **attributes: Any) -> MemberRow:
    return MemberRow(
        id=hash(record),
        record=record,
        map_status="mapped",
        decided_by="email",
        is_deleted=is_deleted,
        attributes=attributes,
        source_version=None,
        observed_at=SEEN,
        job=uuid.uuid4(),
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


def test_the_last_record_that_speaks_gives_the_value() -> None:
    (origin,) = value_origins(
        "person", {"name": "B"}, [member("a", name="A"), member("b", name="B")], rule="newest"
    )
    assert (origin.record, origin.is_pending) == ("b", False)
    assert [(one.record, one.value, one.because) for one in origin.others] == [("a", "A", "older")]


def test_a_deleted_record_is_silent_beside_a_live_one() -> None:
    members = [member("a", name="A"), member("b", is_deleted=True, name="B")]
    (origin,) = value_origins("person", {"name": "A"}, members, rule="newest")
    assert (origin.record, origin.others[0].because) == ("a", "deleted")


def test_a_deleted_record_speaks_where_no_live_one_is_left() -> None:
    (origin,) = value_origins(
        "person", {"name": "B"}, [member("b", is_deleted=True, name="B")], rule="newest"
    )
    assert (origin.record, origin.is_pending) == ("b", False)


def test_a_value_that_no_record_says_any_more_is_pending() -> None:
    (origin,) = value_origins("person", {"name": "old"}, [member("a", name="new")], rule="newest")
    assert origin.is_pending


def test_what_a_value_proves_is_said_by_its_strength() -> None:
    found = [
        judged("person", held("email", "strong")).status,
        judged("person", held("email", "weak")).status,
        judged("person", held("email", "strong", is_generic=True)).status,
        judged("organization", held("domain", "weak")).status,
    ]
    assert found == ["joins", "proves_nothing", "generic", "weak"]


@given(st.lists(st.dictionaries(st.sampled_from(["name", "email"]), st.text(), max_size=2), max_size=6))
def test_every_record_that_speaks_is_shown_once(said: list[dict[str, str]]) -> None:
    members = [member(str(n), is_deleted=False, **one) for n, one in enumerate(said)]
    merged = {name: value for one in said for name, value in one.items()}
    for origin in value_origins("person", merged, members, rule="newest"):
        shown = [origin.record, *(one.record for one in origin.others)]
        assert sorted(filter(None, shown)) == sorted(
            one.record for one in members if origin.attribute in one.attributes
        )
        assert not origin.is_pending
