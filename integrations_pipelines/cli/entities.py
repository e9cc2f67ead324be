"""`integrations entity`: one canonical entity: look at it, join it, part it, take that back."""

from dataclasses import asdict
from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.reviewing import (
    MoreRecords,
    Reason,
    Records,
    named,
    person,
    say,
    wanted_reason,
)
from integrations_pipelines.cli.words import record_key_of

group = typer.Typer(
    cls=OneLineGroup, help="One canonical entity: look at it, join it, part it, take that back."
)

Entity = Annotated[str, typer.Argument(metavar="UUID", help="The entity; an alias answers as its survivor.")]


@group.command()
def merge(
    kept: Annotated[str, typer.Argument(metavar="A", help="The entity that keeps its uuid.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The entity whose uuid becomes an alias of A.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Join two entities. Mapping, values, relations and aliases follow at once."""
    from integrations_pipelines.review import merge_entities

    uuids = named(kept, "entity"), named(other, "entity")
    with open_hub() as hub:
        done = merge_entities(hub, person(wanted_reason(reason)), *uuids)
    say(done, as_json=as_json)


@group.command()
def split(
    entity: Entity, records: Records, reason: Reason, more: MoreRecords = None, as_json: AsJson = False
) -> None:
    """Part records from an entity, as one of their own; the rest keeps the uuid."""
    from integrations_pipelines.review import split_entity

    keys = [record_key_of(one) for one in (*records, *(more or []))]
    with open_hub() as hub:
        done = split_entity(hub, person(wanted_reason(reason)), named(entity, "entity"), keys)
    say(done, as_json=as_json)


@group.command()
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's uuid.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Take a decision back: the state becomes what it were without it, whatever was synced since."""
    from integrations_pipelines.review import undo_decision

    with open_hub() as hub:
        done = undo_decision(hub, person(wanted_reason(reason)), named(decision, "decision"))
    say(done, as_json=as_json)


@group.command()
def decisions(
    entity: Entity,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what persons decided of an entity's records, the last first."""
    from integrations_pipelines.registry.deciding import decisions_of

    with open_connection() as connection:
        found = decisions_of(connection, named(entity, "entity"), limit=limit + 1)
    is_cut = len(found) > limit
    if as_json:
        print_json({"decisions": [asdict(one) for one in found[:limit]], "truncated": is_cut})
    else:
        columns = ("decision", "kind", "at", "by", "reason", "records", "and", "")
        rows = [
            (
                one.uuid,
                one.kind,
                one.created_at,
                one.created_by,
                one.reason,
                ", ".join(one.left_records),
                ", ".join(one.right_records),
                f"taken back by {one.undone_by}" if one.undone_by else "",
            )
            for one in found[:limit]
        ]
        print_table(columns, rows)
    if is_cut:
        hint(f"There are more than {limit}; --limit shows more.")
