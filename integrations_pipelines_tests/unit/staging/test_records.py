"""One record: its key, its version, its hash, and why it may not be taken."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.contract import DeletedFlag, SecondListing, Version
from integrations_pipelines.staging.records import (
    NoKey,
    NotAnObject,
    UnreadableVersion,
    Unstorable,
    canonical_json,
    parse_json,
    record_reader,
    rejected_record,
)
from integrations_pipelines_tests.integration.staging.toy import THINGS, things

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('abü€\n"\\'),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text("abc", max_size=3), children, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_what_is_parsed_and_written_again_is_the_same_value(value: Any) -> None:
    assert json.loads(canonical_json(parse_json(json.dumps(value).encode()))) == value


@given(st.dictionaries(st.text("abcd", min_size=1, max_size=3), JSON, max_size=5))
def test_the_order_of_keys_does_not_change_the_text(record: dict[str, Any]) -> None:
    assert canonical_json(record) == canonical_json(dict(reversed(record.items())))


def test_an_integer_above_64_bits_stays_exact() -> None:
    record = parse_json(b'{"id": 1234567890123456789012345, "at": null}')
    key, *_, payload = record_reader(THINGS)(record)
    assert (key, payload) == ("1234567890123456789012345", b'{"at":null,"id":1234567890123456789012345}')


def test_a_record_reads_the_same_beside_a_neighbour_with_a_huge_integer() -> None:
    alone = parse_json(b'[{"id": "a", "rate": 1.10}]')[0]
    beside = parse_json(b'[{"id": "a", "rate": 1.10}, {"id": 12345678901234567890123}]')[0]
    assert record_reader(THINGS)(alone) == record_reader(THINGS)(beside)


@pytest.mark.parametrize("record", [[], "x", 1, None])
def test_a_record_that_is_no_object_is_rejected(record: Any) -> None:
    with pytest.raises(NotAnObject):
        record_reader(THINGS)(record)


@pytest.mark.parametrize("key", [None, "", "  ", True, 1.5, {}, [], "k" * 600])
def test_a_record_without_a_usable_key_is_rejected(key: Any) -> None:
    with pytest.raises(NoKey):
        record_reader(THINGS)({"id": key})


def test_a_key_of_two_parts_is_joined() -> None:
    read = record_reader(things(key=("shop.id", "number")))
    assert read({"shop": {"id": 4}, "number": "A7"})[0] == "4:A7"


def test_a_version_becomes_utc() -> None:
    assert record_reader(THINGS)({"id": "a", "at": "2026-01-01T02:00:00+02:00"})[1] == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def test_a_version_that_cannot_be_read_rejects_the_record() -> None:
    with pytest.raises(UnreadableVersion):
        record_reader(THINGS)({"id": "a", "at": "yesterday"})


@pytest.mark.parametrize(
    "text", ['{"id": "a", "b": "\\u0000"}', '{"id": "a", "b": "\\ud800"}', '{"id": "a", "b": NaN}']
)
def test_what_postgresql_cannot_keep_rejects_the_record_alone(text: str) -> None:
    with pytest.raises(Unstorable):
        record_reader(THINGS)(parse_json(text.encode()))


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert record_reader(THINGS)({"id": "a", "b": "\\u0000"})[0] == "a"


def test_volatile_fields_do_not_change_the_hash_but_are_kept() -> None:
    read = record_reader(things(volatile=("seen", "stats.views")))
    one = read({"id": "a", "seen": 1, "stats": {"views": 1, "likes": 2}})
    two = read({"id": "a", "seen": 2, "stats": {"views": 9, "likes": 2}})
    assert one[2] == two[2]
    assert one[4] != two[4]


def test_a_flag_or_the_listing_says_what_is_deleted() -> None:
    flagged = record_reader(things(deleted=DeletedFlag(path="status", equals="deleted")))
    second = record_reader(
        things(deleted=SecondListing(params={"a": "b"}, version=Version(path="gone"))), gone=True
    )
    row = second({"id": "a", "at": "2026-01-01T00:00:00Z", "gone": "2026-02-01T00:00:00Z"})
    assert (flagged({"id": "a", "status": "deleted"})[3], flagged({"id": "a"})[3], row[3]) == (
        True,
        False,
        True,
    )
    assert row[1] == datetime(2026, 2, 1, tzinfo=UTC)


def test_what_quarantine_keeps_can_be_written_whatever_it_was() -> None:
    record = {"id": "a", "b": "\ud800\0"}
    kept = rejected_record(record, THINGS, Unstorable("no"))
    assert (kept.source_record_id, kept.error_class, json.loads(kept.payload or b"")) == (
        "a",
        "Unstorable",
        record,
    )


def test_what_was_rejected_is_not_printed() -> None:
    assert "private" not in repr(rejected_record({"x": "private"}, THINGS, NoKey("its key 'id' is missing")))
