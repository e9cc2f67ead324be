import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.registry import urls

PLAIN = "postgresql://ada:s3cret@db.example:5433/hub?sslmode=require"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_a_driver_in_the_scheme_is_taken_out(scheme: str) -> None:
    assert urls.for_psycopg(PLAIN.replace("postgresql", scheme, 1)) == PLAIN


@pytest.mark.parametrize("address", ["mysql://u:s3cret@h/d", "just s3cret", "", "sqlite://"])
def test_another_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        urls.for_psycopg(address)
    assert "s3cret" not in str(refused.value)


def test_dagster_gets_its_driver_and_its_schema() -> None:
    url = urls.for_dagster(PLAIN)
    assert url.startswith("postgresql+psycopg2://ada:s3cret@db.example:5433/hub?")
    assert url.endswith("options=-csearch_path%3Ddagster")


def test_options_that_are_there_stay() -> None:
    url = urls.for_psycopg(
        urls.with_option(f"{PLAIN}&options=-cjit%3Doff", "options", "-csearch_path=dagster")
    )
    assert conninfo_to_dict(url)["options"] == "-cjit=off -csearch_path=dagster"


def test_dlt_gets_the_host_and_password_that_it_asks_for() -> None:
    assert urls.for_dlt("postgresql://ada@/hub") == "postgresql://ada:x@localhost/hub"
    assert urls.for_dlt(PLAIN) == PLAIN


def test_a_shown_url_has_no_password() -> None:
    shown = urls.without_password(f"{PLAIN}&password=s3cret")
    assert "s3cret" not in shown
    assert "ada@db.example:5433/hub" in shown


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
def test_libpq_reads_any_socket_folder_back(name: str) -> None:
    parameters = conninfo_to_dict(urls.for_socket(f"/{name}"))
    assert parameters["host"] == f"/{name}"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40))
def test_libpq_reads_any_database_name_back(name: str) -> None:
    assert conninfo_to_dict(urls.for_database(PLAIN, name))["dbname"] == name
