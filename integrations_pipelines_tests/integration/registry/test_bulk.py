"""Indexes that are built after a large load: none is missing afterwards, and nobody is waited for to leave one out."""

from sqlalchemy import Connection, Engine, text

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.statements import driver
from integrations_pipelines_tests.integration.registry.landed import taken_for_many

TABLES = ("staging.source_record", "staging.identifier", "entities.entity", "integrations.record_map")
SHAPE = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where connamespace::regnamespace::text in ('staging', 'entities', 'integrations', 'resolution')
union all
select schemaname, indexname, indexdef from pg_indexes
where schemaname in ('staging', 'entities', 'integrations', 'resolution')
order by 1, 2, 3
"""


def shape(connection: Connection) -> list[tuple[str, str, str]]:
    return driver(connection).execute(SHAPE).fetchall()


def keys_of(connection: Connection) -> set[str]:
    return {name for _, name, _ in shape(connection) if name.startswith(("pk_", "fk_"))}


def test_everything_that_was_put_off_is_there_afterwards(connection: Connection) -> None:
    before, keys = shape(connection), keys_of(connection)
    with taken_for_many(), indexes_afterwards(connection, 1, *TABLES):
        put_off = keys - keys_of(connection)
    assert {"pk_source_record", "pk_entity", "pk_record_map", "fk_review_item_left_record_id"} <= put_off
    assert shape(connection) == before


def test_a_key_stays_where_somebody_is_at_what_refers_to_it(engine: Engine, connection: Connection) -> None:
    with engine.connect() as reader:
        reader.execute(text("select from resolution.review_item"))
        with taken_for_many(), indexes_afterwards(connection, 1, *TABLES):
            left = keys_of(connection)
    assert {"pk_source_record", "fk_review_item_left_record_id"} <= left
    assert "pk_entity" not in left
