"""`integrations explain`: where a record came from, what it was matched to, and why."""

from dataclasses import asdict
from typing import Annotated

import typer

from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, print_json
from integrations_pipelines.cli.words import record_key_of, uuid_of


def explain(
    thing: Annotated[
        str, typer.Argument(metavar="SYSTEM:RESOURCE:ID | UUID", help="A source record, or an entity.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say why a record is its entity, or whence its values are."""
    uuid = uuid_of(thing)
    key = record_key_of(thing) if uuid is None else ("", "", "")
    from integrations_pipelines.cli.explained import print_entity, print_record
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.resolution.explain import explain_entity, explain_record

    with open_connection() as connection:
        # One look at everything: a sync may be under way.
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        if uuid is not None:
            entity = explain_entity(connection, uuid)
            print_json(asdict(entity)) if as_json else print_entity(entity)
            return
        source_of(connection, key[0])
        record = explain_record(connection, *key)
        print_json(asdict(record)) if as_json else print_record(record)
