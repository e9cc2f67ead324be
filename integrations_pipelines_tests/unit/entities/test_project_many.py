import gc
import random

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_pipelines.entities import (
    ENTITY_TYPES,
    Field,
    Link,
    LinkByIdentifier,
    LinkedRecord,
    ProjectedColumns,
    Projection,
    SourceRecord,
    compile_projection,
    project_many,
)
from integrations_pipelines.entities.projection import CONVERSIONS
from integrations_pipelines_tests.unit.entities.strategies import people

PEOPLE = compile_projection(
    Projection(
        entity_type="person",
        place="x.org",
        attributes={
            "external_id": "id",
            "name": "name",
            "given_name": "first",
            "family_name": "last",
            "email": "email",
            "other_emails": Field("more[*]|more"),
            "phone": "phone",
            "country": "land",
            "birth_date": "born",
            "created_at": "at",
            "company_name": "company.name",
        },
        relations={
            "employer": (
                Link(to="companies", key="company.id"),
                LinkByIdentifier(kind="domain", value=Field("email", convert="email_domain")),
            )
        },
    ),
    region="US",
)


def one_by_one(columns: ProjectedColumns, row: int) -> tuple[object, ...]:
    """What the columns say of one row, in the shape of ``as_row``."""
    rejected = columns.rejected[row]
    return (
        orjson.loads(columns.attributes[row] or "null"),
        columns.name_keys[row],
        orjson.loads(rejected) if rejected else {},
        [identifier[1:] for identifier in columns.identifiers if identifier[0] == row],
        [(relation[1], *relation[4:]) for relation in columns.relations if relation[0] == row],
    )


def as_row(record: SourceRecord) -> tuple[object, ...]:
    relations = [
        (one.relation, one.resource, one.key, None, None)
        if isinstance(one, LinkedRecord)
        else (one.relation, None, None, one.kind, one.value)
        for one in record.relations
    ]
    identifiers = [(one.kind, one.value, one.strength.value) for one in record.identifiers]
    return record.attributes, record.name_key, record.rejected, identifiers, relations


def written(payloads: list[dict[str, object]]) -> tuple[list[bytes], list[dict[str, object]]]:
    """The payloads as JSON texts, without those that JSON cannot say, and as they read back."""
    texts = []
    for payload in payloads:
        try:
            texts.append(orjson.dumps(payload))
        except TypeError:
            continue
    return texts, [orjson.loads(text) for text in texts]


@given(st.lists(people, max_size=6))
@settings(max_examples=150, deadline=None)
def test_many_at_once_are_what_they_are_one_by_one(payloads: list[dict[str, object]]) -> None:
    texts, documents = written(payloads)
    columns = project_many(texts, PEOPLE)
    assert [one_by_one(columns, row) for row in range(len(texts))] == [
        as_row(PEOPLE(one)) for one in documents
    ]


@given(people, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_keys_and_items_does_not_matter(
    payload: dict[str, object], chance: random.Random
) -> None:
    more = payload.get("more")
    items = chance.sample(more, len(more)) if isinstance(more, list) else more
    keys = chance.sample(sorted(payload), len(payload))
    shuffled = {key: items if key == "more" else payload[key] for key in keys}
    assert as_row(PEOPLE(shuffled)) == as_row(PEOPLE(payload))


@given(st.lists(people, max_size=6))
@settings(max_examples=100, deadline=None)
def test_no_column_breaks_a_copy_line(payloads: list[dict[str, object]]) -> None:
    columns = project_many(written(payloads)[0], PEOPLE)
    fields = [field for row in (*columns.identifiers, *columns.relations) for field in row]
    texts = [str(field) for field in (*columns.attributes, *columns.rejected, *columns.name_keys, *fields)]
    assert not [text for text in texts if set(text) & {"\t", "\n", "\r", "\x00"}]


def test_a_broken_text_is_an_error_of_its_row_alone() -> None:
    columns = project_many([b'{"name":"Ada King"}', b"{", "[1]", '{"name":"Bo Li"}', b'"\xff"'], PEOPLE)
    assert sorted(columns.errors) == [1, 2, 4]
    assert [text is None for text in columns.attributes] == [False, True, True, False, True]


def test_rows_are_counted_on_beyond_the_first_chunk() -> None:
    texts = [orjson.dumps({"email": f"p{number}@x.org"}) for number in range(2_000)]
    columns = project_many(texts, PEOPLE)
    emails = [(row, value) for row, kind, value, _ in columns.identifiers if kind == "email"]
    assert emails == [(number, f"p{number}@x.org") for number in range(2_000)]


def test_texts_that_look_like_seams_stay_whole() -> None:
    nasty = [',"\\u0001",', '"},{"', "\\u0001", '\\",\\"\\u0001\\",']
    columns = project_many([orjson.dumps({"company": {"name": name}}) for name in nasty], PEOPLE)
    assert [orjson.loads(text or "")["company_name"] for text in columns.attributes] == nasty


def test_an_id_beyond_64_bits_is_refused_not_rounded() -> None:
    columns = project_many([b'{"id": 123456789012345678901234567890}'], PEOPLE)
    assert columns.attributes == ["{}"]
    assert columns.rejected == ['{"external_id":"an inexact number cannot be an id"}']


def test_relations_name_their_target_and_count_on() -> None:
    columns = project_many([b'{"email":"a@acme.com","company":{"id":7}}'], PEOPLE)
    assert columns.relations == [
        (0, "employer", 0, "organization", "companies", "7", None, None),
        (0, "employer", 1, "organization", None, None, "domain", "acme.com"),
    ]


def test_nothing_gives_nothing() -> None:
    assert project_many([], PEOPLE) == ProjectedColumns()


def test_a_projection_without_attributes_gives_empty_objects() -> None:
    bare = Projection(entity_type="ticket", place="x", attributes={})
    assert project_many([b"{}", b'{"a":1}'], bare).attributes == ["{}", "{}"]


def test_garbage_collection_goes_on_afterwards() -> None:
    project_many([b"{}"], PEOPLE)
    assert gc.isenabled()


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(ENTITY_TYPES)), st.sampled_from([None, *sorted(CONVERSIONS)]), st.data())
@settings(max_examples=300, deadline=None)
def test_no_payload_is_too_odd(name: str, convert: str | None, data: st.DataObject) -> None:
    entity_type = ENTITY_TYPES[name]
    projection = Projection(
        entity_type=name,
        place="x",
        attributes={attribute: Field(("a", "b"), convert=convert) for attribute in entity_type.attributes},
        relations={
            relation: Link("y", Field("a|b[*]|b.c", convert=convert)) for relation in entity_type.relations
        },
    )
    payloads = [{"a": data.draw(anything), "b": data.draw(anything)} for _ in range(2)]
    columns = project_many([orjson.dumps(payload) for payload in payloads], projection)
    assert not columns.errors
