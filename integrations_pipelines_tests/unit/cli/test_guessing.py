import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.cli.guessing import guess
from integrations_pipelines.entities import ENTITY_TYPES

PERSON, ORGANIZATION = ENTITY_TYPES["person"], ENTITY_TYPES["organization"]


@pytest.mark.parametrize(
    ("column", "attribute"),
    [
        ("email", "email"),
        ("E-Mail", "email"),
        ("Email Address", "email"),
        ("firstName", "given_name"),
        ("LAST_NAME", "family_name"),
        (" Phone Number ", "phone"),
        ("Company", "company_name"),
        ("ZIP", "postcode"),
    ],
)
def test_an_obvious_column_is_guessed(column: str, attribute: str) -> None:
    assert guess([column], PERSON) == {column: attribute}


@pytest.mark.parametrize("column", ["id", "customer_no", "notes", "", "shoe size", "mail merge"])
def test_what_is_not_obvious_is_not_guessed(column: str) -> None:
    assert guess([column], PERSON) == {}


@pytest.mark.parametrize(
    ("columns", "attributes"),
    [
        (
            "Vorname;Nachname;E-Mail Adresse;Telefon (mobil);PLZ",
            "given_name family_name email phone postcode",
        ),
        ("Nom;Prénom;Courriel;Ville", "family_name given_name email city"),
        ("Nome;Cognome;Città", "given_name family_name city"),
        ("Nombre y apellidos;Teléfono;Dirección", "name phone street"),
        ("Vor- und Nachname;Firma", "name company_name"),
    ],
)
def test_headings_of_other_languages_are_read(columns: str, attributes: str) -> None:
    assert list(guess(columns.split(";"), PERSON).values()) == attributes.split()


def test_one_column_means_another_thing_of_another_type() -> None:
    assert guess(["company"], ORGANIZATION) == {"company": "name"}


def test_what_a_person_named_is_not_guessed_again() -> None:
    assert guess(["email", "mail"], PERSON, taken=["email"]) == {}


@given(st.lists(st.text(), unique=True))
def test_no_attribute_is_given_twice_and_all_are_there(columns: list[str]) -> None:
    found = guess([*columns, "e-mail", "mail", "email"], PERSON)
    assert len(set(found.values())) == len(found)
    assert set(found.values()) <= set(PERSON.attributes)
