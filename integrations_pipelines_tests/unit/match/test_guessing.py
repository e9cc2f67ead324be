"""What columns are taken for, in the headings people write; and what must never be evidence."""

import pytest

from integrations_pipelines.resolution.match.guessing import guess_columns
from integrations_pipelines.resolution.match.heading_words import attribute_of_heading

GIVEN, FAMILY = ["Ada", "Grace", "Alan"], ["Lovelace", "Hopper", "Turing"]


def guessed(entity_type: str, **columns: list[str]) -> dict[str, str]:
    return {one.column: one.attribute for one in guess_columns(columns, entity_type, {})}


@pytest.mark.parametrize(
    ("heading", "attribute"),
    [
        ("first_name", "given_name"), ("GivenName", "given_name"), ("fname", "given_name"), ("Vorname", "given_name"),
        ("Prénom", "given_name"), ("raw_inventor_name_first", "given_name"), ("fname_c1", "given_name"),
        ("FIRST", "given_name"), ("LastName", "family_name"), ("lname", "family_name"), ("Nachname", "family_name"),
        ("Apellidos", "family_name"), ("SURNAME", "family_name"), ("Full Name", "name"), ("customer_name", "name"),
        ("Vor- und Nachname", "name"), ("Nombre y apellidos", "name"), ("Nom et prénom", "name"),
        ("Nome e cognome", "name"),
        ("company", "company_name"), ("Firma", "company_name"), ("employer", "company_name"),
        ("addr1", "street"), ("Address Line 1", "street"), ("Straße", "street"), ("addr2", "address_line_2"),
        ("Hausnummer", "house_number"), ("street_number", "house_number"), ("zip", "postcode"),
        ("PLZ", "postcode"), ("Postal Code", "postcode"), ("code_postal", "postcode"), ("ville", "city"),
        ("town", "city"), ("res_city_desc", "city"), ("state_cd", "state"), ("dob", "birth_date"),
        ("DateOfBirth", "birth_date"), ("Geburtsdatum", "birth_date"), ("date_de_naissance", "birth_date"),
        ("birth_year", "birth_year"), ("tel", "phone"), ("Mobile", "phone"), ("contact_number", "phone"),
        ("E-Mail", "email"), ("mail", "email"), ("emailAddress", "email"), ("sex", "gender"),
        ("ssn", "ssn:identifier"), ("tax_id", "tax_id:identifier"),
    ],
)  # fmt: skip
def test_a_persons_column_is_known_by_its_heading(heading: str, attribute: str) -> None:
    assert attribute_of_heading(heading, "person") == attribute


@pytest.mark.parametrize(
    ("heading", "attribute"),
    [
        ("title", "name"), ("Song_Name", "name"), ("paper_title", "name"), ("product name", "name"),
        ("authors", "authors"), ("Autor", "authors"), ("Artist_Name", "authors"), ("venue", "venue"),
        ("journal", "venue"), ("booktitle", "venue"), ("year", "year"), ("Jahr", "year"), ("price", "price"),
        ("Preis", "price"), ("list_price", "price"), ("manufacturer", "brand"), ("Hersteller", "brand"),
        ("Marke", "brand"), ("modelno", "model"), ("SKU", "model"), ("Beschreibung", "description"),
        ("Album_Name", "collection"), ("genre", "category"),
    ],
)  # fmt: skip
def test_a_things_column_is_known_by_its_heading(heading: str, attribute: str) -> None:
    assert attribute_of_heading(heading, "product") == attribute


@pytest.mark.parametrize(
    "heading", ["name", "Company", "business_name", "Site name", "Firma", "organisation"]
)
def test_an_organisation_is_named_by_many_headings(heading: str) -> None:
    assert attribute_of_heading(heading, "organization") == "name"


@pytest.mark.parametrize(
    "heading",
    ["id", "ID", "uuid", "unique_id", "rec_id", "person_id", "customer_no", "row", "index", "cluster", "Cluster ID",
     "cluster_label", "true_id", "True Id", "golden_id", "ground_truth", "entity_id", "label_id", "duplicate_of",
     "matched_to", "source", "dataset", "created_at", "modified", "status", "column 1"],
)  # fmt: skip
@pytest.mark.parametrize("entity_type", ["person", "organization", "product"])
def test_keys_truth_and_bookkeeping_are_never_evidence(heading: str, entity_type: str) -> None:
    assert attribute_of_heading(heading, entity_type) == "ignored"


def test_an_unknown_column_of_numbers_is_never_evidence() -> None:
    numbers = ["1234567890", "1234567890", "2345678901"]
    assert guessed("person", surname=FAMILY, ncid=numbers, CID=numbers)["ncid"] == "ignored"


def test_a_name_beside_a_given_name_is_the_family_name() -> None:
    assert guessed("person", Prénom=GIVEN, Nom=FAMILY)["Nom"] == "family_name"
    assert guessed("person", Nome=GIVEN, Cognome=FAMILY)["Nome"] == "given_name"


def test_a_full_name_beside_its_parts_stays_a_full_name() -> None:
    whole = [f"{one} {two}" for one, two in zip(GIVEN, FAMILY, strict=True)]
    assert guessed("person", name=whole, first=GIVEN)["name"] == "name"


def test_a_heading_that_its_values_belie_is_not_believed() -> None:
    assert guessed("person", surname=FAMILY, dob=["red", "green", "blue"])["dob"] == "ignored"


def test_single_letters_are_a_birth_date_only_together() -> None:
    parts = {"by": ["1967", "1968", "1949"], "bm": ["9", "2", "7"], "bd": ["27", "17", "22"]}
    assert guessed("person", surname=FAMILY, **parts)["by"] == "birth_year"
    assert guessed("person", surname=FAMILY, by=["Ada", "Grace", "Alan"])["by"] == "ignored"


def test_what_stands_in_a_column_tells_where_its_heading_does_not() -> None:
    found = guessed(
        "person",
        surname=FAMILY,
        x1=["ada@x.example", "grace@x.example", "alan@x.example"],
        x2=["+44 20 7946 0958", "(702) 919-1300", "310/246-1501"],
        x3=["1915-12-10", "1906-12-09", "1912-06-23"],
        x4=["2026-01-10", "2026-02-09", "2026-03-23"],
    )
    assert found == {
        "surname": "family_name", "x1": "email", "x2": "phone", "x3": "birth_date", "x4": "ignored",
    }  # fmt: skip


def test_the_most_telling_column_names_a_row_where_no_heading_does() -> None:
    found = guessed(
        "organization",
        what=["Acme Tools Ltd", "Beta Foods GmbH", "Gamma Media SA"],
        kept=["yes", "yes", "no"],
    )
    assert found == {"what": "name", "kept": "ignored"}


def test_a_column_without_values_is_not_compared() -> None:
    assert guessed("person", surname=FAMILY, email=["", "", ""])["email"] == "ignored"
