import adbc_driver_postgresql.dbapi
import dlt
import psycopg
import pytest
import sqlalchemy

from integrations_pipelines.registry import urls


def test_psycopg_connects(database_url: str) -> None:
    with psycopg.connect(urls.for_psycopg(database_url)) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_sqlalchemy_connects_with_psycopg_3(database_url: str) -> None:
    engine = sqlalchemy.create_engine(urls.for_sqlalchemy(database_url))
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
    assert engine.dialect.driver == "psycopg"
    engine.dispose()


def test_dagsters_url_connects_with_psycopg_2_in_its_own_schema(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("create schema if not exists dagster")
    engine = sqlalchemy.create_engine(urls.for_dagster(database_url))
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select current_schema()")).scalar() == "dagster"
    assert engine.dialect.driver == "psycopg2"
    engine.dispose()


def test_adbc_connects(database_url: str) -> None:
    with (
        adbc_driver_postgresql.dbapi.connect(urls.for_adbc(database_url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


def test_dlt_connects(database_url: str, tmp_path: pytest.TempPathFactory) -> None:
    pipeline = dlt.pipeline(
        "connects",
        destination=dlt.destinations.postgres(urls.for_dlt(database_url)),
        dataset_name="landing",
        pipelines_dir=str(tmp_path),
    )
    with pipeline.sql_client() as client:
        assert client.execute_sql("select 1") == [(1,)]
