import pytest

from integrations_pipelines_tests.unit.scoring.comparing import ORGANIZATION, compared, level


@pytest.mark.parametrize(
    ("left", "right", "family", "given"),
    [
        ("Robert Smith", "Bob Smith", "exact", "variant"),
        ("Smith, Robert", "Dr. Robert Smith", "exact", "exact"),
        ("Hall Isla", "Isla Hall", "swapped", "swapped"),
        ("J. Smith", "John Smith", "exact", "initial"),
        ("Jörg Müller", "Jorg Muller", "exact", "exact"),
        ("Александр Васильев", "Alexander Vasilev", "exact", "variant"),
        ("王杰", "Jie Wang", "exact", "exact"),
        ("Gabriel Thomas", "Gabirel Thomas", "exact", "close"),
        ("Marie Sanchez Mendoza", "Marie Sanchez", "exact", "first"),
        ("Ann O'Hare", "Ann Ohare", "exact", "exact"),
        ("Jan van der Berg", "Jan Berg", "exact", "exact"),
        ("Mary Kusha", "Mark Kusha", "exact", "similar"),
        ("Robert Smith", "Robert Jones", "different", "exact"),
    ],
)
def test_two_writings_of_a_name_come_to_a_level(left: str, right: str, family: str, given: str) -> None:
    found = compared({"name": left}, {"name": right})
    found_given = level(found, "name.given")
    assert (level(found, "name.family"), found_given) in {
        (family, given),
        ("shared", given),
        ("shared", "exact"),
    }


def test_a_junior_is_not_his_father_whatever_else_agrees() -> None:
    father = {
        "name": "David Dobbins Senior",
        "street": "1450 N City Rd",
        "postcode": "23208",
        "phone": "+12025550123",
    }
    assert compared(father, {**father, "name": "David Dobbins Jr"}).probability < 0.001


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("1978-11-12", "1978-11-12", "exact"),
        ("1978-11-12", "1978-12-11", "swapped"),
        ("1978-11-12", "1978-11-13", "typo"),
        ("1978-11-12", "1979-02-28", "near"),
        ("1978", "1978-11-12", "same_year"),
        ("1978-11-12", "1991-02-13", "different"),
    ],
)
def test_two_dates_come_to_a_level(left: str, right: str, expected: str) -> None:
    assert level(compared({"birth_date": left}, {"birth_date": right}), "birth_date.value") == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Acme Widgets GmbH", "ACME Widgets, Inc.", "exact"),
        ("The Boeing Company", "Boeing", "exact"),
        ("International Business Machines", "IBM", "acronym"),
        ("Widgets Acme", "Acme Widgets", "exact"),
        ("Acme Widgets", "Northwind Traders", "different"),
    ],
)
def test_two_organisation_names_come_to_a_level(left: str, right: str, expected: str) -> None:
    found = compared({"name": left}, {"name": right}, ORGANIZATION)
    assert level(found, "organization_name.words") == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("123 Main Street", "123 Main St.", "exact"),
        ("Ansbacher Strasse 23", "23 Ansbacher Street", "exact"),
        ("Hardenbergstraße 87", "Hardenbergstrasse 87", "exact"),
        ("P.O. Box 12987", "PO BOX 12987", "exact"),
        ("14 Torrens Street", "14 Torens Street", "exact"),
        ("14 Torrens Street", "99 Torrens Street", "other_number"),
        ("14 Torrens Street", "7 Wallaby Place", "different"),
    ],
)
def test_two_streets_come_to_a_level(left: str, right: str, expected: str) -> None:
    found = compared({"street": left, "city": "York"}, {"street": right, "city": "York"})
    assert level(found, "address.street") == expected


def test_an_address_in_one_line_is_the_address_in_parts() -> None:
    parts = {"street": "1515 Adela Ln", "city": "Las Vegas", "postcode": "89132"}
    found = compared(parts, {"street": "1515 Adela Lane, Las Vegas NV 89132"})
    assert (level(found, "address.street"), level(found, "address.place")) == ("close", "postcode")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("ada@example.org", "ada@example.org", "exact"),
        ("grace.kelly@jones.com", "grace.kely@jones.com", "typo"),
        ("gracekelly@jones.com", "grace.kelly@other.net", "local"),
        ("ada@example.org", "bob@example.org", "same_domain"),
        ("ada@gmail.com", "bob@gmail.com", "different"),
        ("info@example.org", "info@example.org", None),
    ],
)
def test_two_addresses_of_mail_come_to_a_level(left: str, right: str, expected: str | None) -> None:
    assert level(compared({"email": left}, {"email": right}), "email.value") == expected


def test_a_phone_without_its_country_is_the_same_phone() -> None:
    assert level(compared({"phone": "+17029191300"}, {"phone": "7029191300"}), "phone.value") == "exact"


def test_the_values_of_a_list_are_compared_each_with_each() -> None:
    found = compared({"email": ["x@a.org", "ada@b.org"]}, {"email": ["ada@b.org", "y@c.org"]})
    assert level(found, "email.value") == "exact"
