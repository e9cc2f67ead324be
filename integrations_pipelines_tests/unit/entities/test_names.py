import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.entities import family_key, name_key, organization_key
from integrations_pipelines.entities.names import split_name

ONE_PERSON = [
    "John Smith",
    "JOHN  SMITH",
    "Smith, John",
    "Mr. John Smith",
    "Dr John Smith, PhD",
    "John Smith Jr.",
    "John Q. Smith III",
    "J. Smith",
    "John (Johnny) Smith",
    'John "Johnny" Smith',
    "Smith, John, Jr.",
    "Jöhn Smïth",
]


@pytest.mark.parametrize("name", ONE_PERSON)
def test_spellings_of_one_name_have_one_key(name: str) -> None:
    assert name_key(name) == "j smith"


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Jan van der Berg", "berg"),
        ("van der Berg", "berg"),
        ("Berg", "berg"),
        ("Gabriel García Márquez", "marquez"),
        ("María de la Cruz", "cruz"),
        ("Søren Kierkegaard", "kierkegaard"),
        ("Łukasz Żółć", "zolc"),
        ("Conan O'Brien", "o'brien"),
        ("Yo-Yo Ma", "ma"),
        ("Ann Lee, MA", "lee"),
        ("Hon Do", "do"),
        ("Lee,", "lee"),
        ("Madonna", "madonna"),
        ("Иван Петров", "петров"),
        ("Dr.", "dr"),
        ("", ""),
    ],
)
def test_the_family_key_is_the_family_name_alone(name: str, family: str) -> None:
    assert family_key(name) == family


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jan van der Berg", ("Jan", "van der Berg")),
        ("Smith, John", ("John", "Smith")),
        ("Dr. Ada King, Countess of Lovelace", ("Countess of Lovelace", "Ada King")),
        ("Prof. Ada M. Lovelace", ("Ada M.", "Lovelace")),
        ("Plato", ("", "Plato")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Van Morrison", ("Van", "Morrison")),
    ],
)
def test_a_name_is_split_as_written(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@given(st.text())
def test_no_name_is_too_odd_for_a_key(name: str) -> None:
    assert isinstance(name_key(name), str)
    assert isinstance(organization_key(name), str)


@given(st.sampled_from(ONE_PERSON), st.sampled_from(["Jane Doe", "John Smythe", "Ann Smith"]))
def test_other_names_have_other_keys(name: str, other: str) -> None:
    assert name_key(name) != name_key(other)


@pytest.mark.parametrize(
    "name",
    [
        "Acme Widgets",
        "ACME Widgets, Inc.",
        "The Acme Widgets Co., Ltd.",
        "Acme-Widgets GmbH & Co. KG",
        "Acme Widgets S.A. de C.V.",
        "AcmeWidgets LLC",
    ],
)
def test_legal_forms_do_not_tell_organizations_apart(name: str) -> None:
    assert organization_key(name) == "acmewidgets"


@pytest.mark.parametrize(
    ("name", "key"), [("Limited", "limited"), ("The Company", "the"), ("株式会社", "株式会社"), ("", "")]
)
def test_at_least_one_word_of_a_name_stays(name: str, key: str) -> None:
    assert organization_key(name) == key
