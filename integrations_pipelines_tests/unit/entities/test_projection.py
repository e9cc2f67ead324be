import pytest

from integrations_pipelines.entities import (
    ENTITY_TYPES,
    Attribute,
    EntityType,
    Field,
    Identifier,
    IdentityRule,
    Link,
    LinkByIdentifier,
    LinkedIdentifier,
    LinkedRecord,
    Projection,
    SourceRecord,
    Strength,
    compile_projection,
)
from integrations_pipelines.errors import ContractError


def person(payload: dict[str, object], **fields: Field | str) -> SourceRecord:
    return compile_projection(
        Projection(entity_type="person", place="x.org", attributes=fields), region="US"
    )(payload)


def values(record: SourceRecord, kind: str) -> set[str]:
    return {identifier.value for identifier in record.identifiers if identifier.kind == kind}


def test_a_payload_becomes_cleaned_attributes() -> None:
    record = person({"p": {"mail": "ADA@x.org"}, "t": "CTO"}, email="p.mail", job_title="t", city="p.city")
    assert record.attributes == {"email": "ada@x.org", "job_title": "CTO"}


def test_what_cannot_be_cleaned_is_left_out_and_noted_and_the_rest_goes_on() -> None:
    record = person({"mail": "ada at x", "name": "Ada"}, email="mail", name="name")
    assert (record.attributes, record.rejected) == ({"name": "Ada"}, {"email": "not an e-mail address"})


def test_a_full_name_gives_its_parts() -> None:
    attributes = person({"n": "Dr. Ada King, PhD"}, name="n").attributes
    assert (attributes["given_name"], attributes["family_name"]) == ("Ada", "King")


def test_the_parts_give_the_full_name() -> None:
    assert person({"f": "Ada", "l": "King"}, given_name="f", family_name="l").attributes["name"] == "Ada King"


def test_a_part_that_the_source_gives_stays() -> None:
    attributes = person({"n": "Ada King", "l": "Lovelace"}, name="n", family_name="l").attributes
    assert (attributes["given_name"], attributes["family_name"]) == ("Ada", "Lovelace")


def test_a_single_word_is_a_name_without_parts() -> None:
    record = person({"n": "Plato"}, name="n")
    assert (record.attributes, record.name_key) == ({"name": "Plato"}, "plato")


@pytest.mark.parametrize("fields", [{"n": "Ada King"}, {"f": "Ada", "l": "King"}, {"n": "King, Ada"}])
def test_the_name_key_is_the_same_from_the_whole_and_from_its_parts(fields: dict[str, object]) -> None:
    assert person(fields, name="n", given_name="f", family_name="l").name_key == "a king"


def test_an_email_is_a_strong_identifier_once_however_often_it_is_there() -> None:
    record = person({"a": "ada@x.org", "b": ["ADA@x.org", "a@y.org"]}, email="a", other_emails="b")
    strong = Strength.STRONG
    assert record.identifiers == [
        Identifier("email", "ada@x.org", strong),
        Identifier("email", "a@y.org", strong),
    ]


def test_a_role_mailbox_is_weak_evidence_only() -> None:
    assert person({"a": "info@x.org"}, email="a").identifiers == [
        Identifier("email", "info@x.org", Strength.WEAK)
    ]


def test_a_phone_number_identifies_only_beside_an_initial_and_a_family_name() -> None:
    phone: dict[str, object] = {"p": "(202) 555-0123", "n": "Jan van der Berg"}
    assert values(person(phone, phone="p"), "phone") == set()
    assert values(person(phone, phone="p", name="n"), "phone") == {"+12025550123|j berg"}


def test_a_username_identifies_at_its_place() -> None:
    projection = Projection(
        entity_type="person",
        place="crm/{account}",
        attributes={"username": "github", "external_id": "id"},
        places={"username": "github.com"},
    )
    record = compile_projection(projection, account="emea")({"github": "@Ada", "id": 7})
    assert values(record, "username") | values(record, "external_id") == {"github.com:ada", "crm/emea:7"}


def test_a_record_of_another_country_is_read_by_that_countrys_rules() -> None:
    record = person({"p": "030 123456", "c": "Germany"}, phone="p", country="c")
    assert record.attributes["phone"] == "+4930123456"


def test_an_organization_joins_by_domain_only_beside_its_core_name() -> None:
    projection = Projection(entity_type="organization", place="x", attributes={"name": "n", "domain": "d"})
    record = compile_projection(projection)({"n": "ACME, Inc.", "d": "https://www.acme.com"})
    assert record.identifiers == [
        Identifier("domain", "acme.com", Strength.WEAK),
        Identifier("name_at_domain", "acme.com|acme", Strength.STRONG),
    ]


def test_a_free_mail_domain_joins_no_organizations() -> None:
    projection = Projection(entity_type="organization", place="x", attributes={"name": "n", "domain": "d"})
    record = compile_projection(projection)({"n": "ACME", "d": "gmail.com"})
    assert {identifier.strength for identifier in record.identifiers} == {Strength.WEAK}


def ticket(payload: dict[str, object], **relations: Link | LinkByIdentifier) -> SourceRecord:
    projection = Projection(entity_type="ticket", place="desk", attributes={}, relations=relations)
    return compile_projection(projection)(payload)


def test_a_relation_points_at_a_record_or_at_an_identifier() -> None:
    record = ticket(
        {"u": 12, "mail": "ADA@x.org"},
        requester=LinkByIdentifier(kind="email", value="mail"),
        assignee=Link(to="users", key="u"),
    )
    assert record.relations == [
        LinkedRecord("assignee", "users", "12"),
        LinkedIdentifier("requester", "email", "ada@x.org"),
    ]


def test_a_relation_by_username_holds_at_a_place() -> None:
    record = ticket({"l": "Ada"}, requester=LinkByIdentifier(kind="username", value="l", place="github.com"))
    assert record.relations == [LinkedIdentifier("requester", "username", "github.com:ada")]


def test_a_relation_to_many_has_each_target_once() -> None:
    record = ticket({"c": [3, 1, 3]}, collaborators=Link(to="users", key="c"))
    assert record.relations == [
        LinkedRecord("collaborators", "users", "1"),
        LinkedRecord("collaborators", "users", "3"),
    ]


def test_an_inexact_key_leads_nowhere_and_is_noted() -> None:
    record = ticket({"u": 1.2345e29}, assignee=Link(to="users", key="u"))
    assert (record.relations, list(record.rejected)) == ([], ["assignee"])


@pytest.mark.parametrize(
    ("projection", "message"),
    [
        (Projection(entity_type="human", place="x", attributes={}), "'human'"),
        (Projection(entity_type="person", place="x", attributes={"mail": "m"}), "'mail'"),
        (
            Projection(entity_type="person", place="x", attributes={"email": Field("m", convert="rot13")}),
            "'rot13'",
        ),
        (Projection(entity_type="person", place="x", attributes={"email": "m["}), r"'m\['"),
        (Projection(entity_type="person", place="x", attributes={}, places={"login": "y"}), "'login'"),
        (Projection(entity_type="person", place="{account}", attributes={"username": "u"}), "account"),
        (Projection(entity_type="person", place="a:b", attributes={"username": "u"}), "'a:b'"),
        (
            Projection(entity_type="ticket", place="x", attributes={}, relations={"boss": Link("a", "b")}),
            "'boss'",
        ),
        (
            Projection(
                entity_type="ticket",
                place="x",
                attributes={},
                relations={"requester": LinkByIdentifier("phone", "p")},
            ),
            "'phone'",
        ),
    ],
)
def test_a_projection_that_does_not_fit_is_an_error_that_names_the_misfit(
    projection: Projection, message: str
) -> None:
    with pytest.raises(ContractError, match=message):
        compile_projection(projection)


def test_an_unknown_kind_of_a_custom_type_is_named() -> None:
    custom = EntityType(name="ship", label="imo", attributes={"imo": Attribute(kind="hull")})
    with pytest.raises(ContractError, match=r"ship\.imo.*'hull'"):
        compile_projection(Projection(entity_type="ship", place="x", attributes={}), types={"ship": custom})


def test_a_custom_type_is_projected_as_a_preset_is() -> None:
    rule = IdentityRule(kind="imo", attributes=("imo",), strength=Strength.STRONG)
    custom = EntityType(
        name="ship", label="imo", attributes={"imo": Attribute(kind="identifier")}, identity=(rule,)
    )
    projection = Projection(entity_type="ship", place="x", attributes={"imo": "number"})
    record = compile_projection(projection, types={**ENTITY_TYPES, "ship": custom})({"number": 9074729})
    assert record.identifiers == [Identifier("imo", "9074729", Strength.STRONG)]


@pytest.mark.parametrize(
    ("field", "payload", "attribute", "value"),
    [
        (Field(("a", "b"), join=", "), {"a": "1 High St", "b": "Flat 2"}, "street", "1 High St, Flat 2"),
        (Field(("a", "b"), join=" "), {"b": "Flat 2"}, "street", "Flat 2"),
        (Field("a|b"), {"a": "n/a", "b": "Berlin"}, "city", "Berlin"),
        (Field(("a", "b")), {"a": "", "b": "Berlin"}, "city", "Berlin"),
        (Field("a", convert="split"), {"a": "b@x.org; a@x.org"}, "other_emails", ["a@x.org", "b@x.org"]),
        (Field(("a", "b[*]")), {"a": "c@x.org", "b": ["a@x.org"]}, "other_emails", ["a@x.org", "c@x.org"]),
        (Field("a", convert="day_first"), {"a": "01/02/2000"}, "birth_date", "2000-02-01"),
        (Field("a", convert="month_first"), {"a": "01/02/2000"}, "birth_date", "2000-01-02"),
        (Field("a", convert="not"), {"a": True}, "is_active", False),
        (Field("a", convert="seconds"), {"a": 1}, "created_at", "1970-01-01T00:00:01.000000Z"),
        (Field("a", convert="milliseconds"), {"a": 1}, "created_at", "1970-01-01T00:00:00.001000Z"),
        (Field("a", convert="last_segment"), {"a": "https://x.org/api/users/12?x"}, "external_id", "12"),
    ],
)
def test_a_field_is_read_as_its_words_say(
    field: Field, payload: dict[str, object], attribute: str, value: object
) -> None:
    assert person(payload, **{attribute: field}).attributes[attribute] == value


@pytest.mark.parametrize(
    ("convert", "amount", "currency", "money"),
    [
        ("money", "12.3", "usd", {"amount": "12.30", "currency": "USD"}),
        ("minor_money", 1230, "usd", {"amount": "12.30", "currency": "USD"}),
        ("minor_money", 1230, "jpy", {"amount": "1230", "currency": "JPY"}),
        ("minor_money", 0, "eur", {"amount": "0.00", "currency": "EUR"}),
    ],
)
def test_money_is_put_together_from_two_fields(
    convert: str, amount: object, currency: str, money: object
) -> None:
    projection = Projection(
        entity_type="deal", place="x", attributes={"amount": Field(("a", "c"), convert=convert)}
    )
    assert compile_projection(projection)({"a": amount, "c": currency}).attributes["amount"] == money


def test_the_text_of_a_rich_text_tree_is_read() -> None:
    tree = {
        "type": "doc",
        "content": [
            {
                "type": "paragraph",
                "content": [{"type": "text", "text": "Hello "}, {"type": "text", "text": "world"}],
            },
            {"type": "paragraph", "content": [{"type": "text", "text": "Bye"}]},
        ],
    }
    projection = Projection(
        entity_type="issue", place="x", attributes={"description": Field("d", convert="document_text")}
    )
    assert compile_projection(projection)({"d": tree}).attributes["description"] == "Hello world\nBye"


def test_an_employer_is_found_by_the_domain_of_a_work_address_but_not_of_free_mail() -> None:
    link = LinkByIdentifier(kind="domain", value=Field("mail", convert="email_domain"))
    projection = Projection(entity_type="person", place="x", attributes={}, relations={"employer": link})
    project = compile_projection(projection)
    found = [project({"mail": mail}).relations for mail in ("ada@mail.acme.com", "ada@gmail.com")]
    assert found == [[LinkedIdentifier("employer", "domain", "acme.com")], []]
