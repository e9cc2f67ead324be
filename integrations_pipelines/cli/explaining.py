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
    other: Annotated[
        str | None,
        typer.Argument(metavar="[SYSTEM:RESOURCE:ID]", help="Another record: why the two are one, or not."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why a record is its entity, or whence its values are, or why two records are one."""
    if other is not None:
        _explain_pair(thing, other, as_json=as_json)
        return
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


def _explain_pair(left: str, right: str, *, as_json: bool) -> None:
    keys = record_key_of(left), record_key_of(right)
    from integrations_pipelines.cli.explained_pair import print_pair
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.resolution.pair import explain_pair

    with open_connection() as connection:
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        for key in keys:
            source_of(connection, key[0])
        pair = explain_pair(connection, *keys)
    print_json(asdict(pair)) if as_json else print_pair(pair)
