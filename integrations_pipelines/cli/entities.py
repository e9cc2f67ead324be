"""`integrations entity`: one canonical entity: look at it, join it, part it, take that back."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.reviewing import (
    MoreRecords,
    Reason,
    Records,
    named,
    person,
    say,
    wanted_reason,
)
from integrations_pipelines.cli.words import moment_of, record_key_of
from integrations_pipelines.errors import UsageError

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


@group.command()
def show(
    entity: Entity,
    all_values: Annotated[
        bool, typer.Option("--all-values", help="Everything proposed: winners, losers, and by which rule.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show an entity: records and values; with --all-values also what lost, and why."""
    from integrations_pipelines.cli.explained import value_rows
    from integrations_pipelines.resolution.explain import explain_entity

    with open_connection() as connection:
        found = explain_entity(connection, named(entity, "entity"))
    if as_json:
        data = asdict(found)
        wanted = ("asked", "uuid", "is_alias", "entity_type", "created_at", "records", "aliases")
        kept = [one for one in data["values"] if all_values or one["value"] is not None]
        hidden = set() if all_values else {"others"}
        values = [{name: said for name, said in one.items() if name not in hidden} for one in kept]
        print_json({**{name: data[name] for name in wanted}, "values": values})
        return
    if found.is_alias:
        print_line(f"{found.asked} was merged away; it answers as {found.uuid}.", style="bold")
    print_line(f"{found.uuid}: {found.entity_type}", style="bold")
    records = [(one.record, one.map_status, one.decided_by, one.source_version) for one in found.records]
    print_table(("record", "status", "decided by", "version"), records)
    rows = [row for one in found.values for row in value_rows(one)]
    firsts = [row for row in rows if row[0] and row[1] is not None]
    print_table(("attribute", "value", "rule", "record", "version", "job"), rows if all_values else firsts)


@group.command()
def pin(
    entity: Entity,
    attribute: Annotated[str, typer.Argument(metavar="ATTRIBUTE", help="One of its type's attributes.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="The value; a JSON list where it takes many.")
    ],
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(metavar="2026-12-31", help="When records speak again; without, never.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a value that goes before whatever records say."""
    from integrations_pipelines.ruling import pin as pinned

    ends = future(until) if until else None
    with open_hub() as hub:
        held, said = pinned(
            hub, person(wanted_reason(reason)), named(entity, "entity"), attribute, value, ends
        )
    data = {"entity": held.uuid, "attribute": attribute, "value": said, "until": ends}
    print_json(data) if as_json else print_line(f"{held.uuid}: {attribute} is pinned")


@group.command()
def unpin(
    entity: Entity,
    attribute: Annotated[str, typer.Argument(metavar="ATTRIBUTE", help="What was pinned.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let records speak again."""
    from integrations_pipelines.ruling import unpin as unpinned

    with open_hub() as hub:
        held = unpinned(hub, person(wanted_reason(reason)), named(entity, "entity"), attribute)
    data = {"entity": held.uuid, "attribute": attribute}
    print_json(data) if as_json else print_line(f"{held.uuid}: {attribute} is no longer pinned")


def future(word: str) -> datetime:
    """Return the moment that ``word`` is. Raises ``UsageError`` for one that is past."""
    found = moment_of(word, "--until")
    if found <= datetime.now(UTC):
        raise UsageError(f"--until {word}: is past")
    return found
