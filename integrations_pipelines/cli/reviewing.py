"""`integrations review`: what waits for a person, and their answers."""

import uuid as uuidlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import actor, open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import record_key_of, uuid_of
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.registry.deciding import ReviewItemRow
    from integrations_pipelines.review import Decided, Person

group = typer.Typer(cls=OneLineGroup, help="What waits for a person: are these two the same?")

STATUSES = ("open", "accepted", "rejected", "answered", "closed", "all")

Item = Annotated[str, typer.Argument(metavar="UUID", help="The review item.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
Records = Annotated[
    list[str],
    typer.Option("--records", metavar="SYSTEM:RESOURCE:ID", help="A record that goes; others may follow."),
]
MoreRecords = Annotated[list[str] | None, typer.Argument(metavar="[SYSTEM:RESOURCE:ID]...", help="Likewise.")]


@group.command("list")
def list_(
    entity_type: Annotated[str | None, typer.Option("--entity-type", help="One entity type.")] = None,
    status: Annotated[str, typer.Option(help=f"One of {', '.join(STATUSES)}.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List questions, the oldest first; without --status those that wait."""
    from integrations_pipelines.registry.deciding import review_items
    from integrations_pipelines.registry.types import type_named

    if status not in STATUSES:
        raise UsageError(f"--status {status!r}: must be one of {', '.join(STATUSES)}")
    wanted = None if status == "all" else status
    with open_connection() as connection:
        if entity_type is not None:
            type_named(connection, entity_type)
        found = review_items(connection, entity_type=entity_type, status=wanted, limit=limit + 1)
    is_cut = len(found) > limit
    if as_json:
        print_json({"review_items": [outward(one) for one in found[:limit]], "truncated": is_cut})
    else:
        columns = ("review item", "type", "status", "record", "and", "why", "")
        rows = [
            (one.uuid, one.entity_type, one.status, one.left_record, one.right_record, one.reason, one.note)
            for one in found[:limit]
        ]
        print_table(columns, rows)
    if is_cut:
        hint(f"There are more than {limit}; --limit shows more.")


@group.command()
def show(item: Item, as_json: AsJson = False) -> None:
    """Show one question: both entities as they stand, value beside value, and the evidence."""
    from integrations_pipelines.registry.deciding import review_item
    from integrations_pipelines.resolution.explain import explain_entity

    with open_connection() as connection:
        found = review_item(connection, named(item, "review item"))
        sides = [
            explain_entity(connection, one) if one else None
            for one in (found.left_entity, found.right_entity)
        ]
    if as_json:
        entities = [asdict(one) if one else None for one in sides]
        print_json({**outward(found), "left": entities[0], "right": entities[1]})
        return
    print_line(f"{found.uuid}: {found.entity_type}, {found.status}: {found.reason}", style="bold")
    if found.note:
        print_line(found.note)
    heads = [
        f"{record} ({entity or 'no entity'})"
        for record, entity in (
            (found.left_record, found.left_entity),
            (found.right_record, found.right_entity),
        )
    ]
    values = [{one.attribute: one.value for one in side.values} if side else {} for side in sides]
    names = list(dict.fromkeys((*values[0], *values[1])))
    print_table(("attribute", *heads), [(one, values[0].get(one), values[1].get(one)) for one in names])
    print_table(("evidence", ""), list(found.evidence.items()))


@group.command()
def accept(item: Item, reason: Reason = "", as_json: AsJson = False) -> None:
    """Yes, they are the same: joins the two entities at once."""
    from integrations_pipelines.review import accept_item

    with open_hub() as hub:
        done = accept_item(hub, person(reason), named(item, "review item"))
    say(done, as_json=as_json)


@group.command()
def reject(item: Item, reason: Reason, as_json: AsJson = False) -> None:
    """No, they are different: remembered, and not asked again unless the evidence changes."""
    from integrations_pipelines.review import reject_item

    with open_hub() as hub:
        done = reject_item(hub, person(wanted_reason(reason)), named(item, "review item"))
    say(done, as_json=as_json)


@group.command()
def split(
    item: Item, records: Records, reason: Reason, more: MoreRecords = None, as_json: AsJson = False
) -> None:
    """Say which records are one, apart from all others of the entities that are asked of."""
    from integrations_pipelines.review import split_item

    keys = [record_key_of(one) for one in (*records, *(more or []))]
    with open_hub() as hub:
        done = split_item(hub, person(wanted_reason(reason)), named(item, "review item"), keys)
    say(done, as_json=as_json)


def outward(one: "ReviewItemRow") -> dict[str, Any]:
    """Return the question as other programs read it."""
    return {name: value for name, value in vars(one).items() if name not in ("left_id", "right_id")}


def named(text: str, what: str) -> uuidlib.UUID:
    """Return the uuid that ``text`` is. Raises ``UsageError``."""
    uuid = uuid_of(text)
    if uuid is None:
        raise UsageError(f"{text!r}: is no uuid of {'an' if what[0] in 'aeiou' else 'a'} {what}")
    return uuid


def person(reason: str) -> "Person":
    """Return who runs this command, with their reason."""
    from integrations_pipelines.review import Person

    return Person(actor=actor(), reason=reason.strip())


def wanted_reason(reason: str) -> str:
    """Return the reason. Raises ``UsageError`` for an empty one."""
    if not reason.strip():
        raise UsageError("--reason: say why; it is kept with the decision")
    return reason


def say(done: "Decided", *, as_json: bool) -> None:
    """Print a decision and what became of the entities."""
    if as_json:
        data = asdict(done)
        print_json(
            {name: data[name] for name in ("decision", "kind", "entity_type", "reason", "by", "entities")}
        )
        return
    print_line(f"{done.decision}: {done.kind} by {done.by}", style="bold")
    print_table(("entity", "records"), [(one.uuid, ", ".join(one.records)) for one in done.entities])
    if done.kind != "undo":
        hint(f"Taken back with: integrations entity undo {done.decision} --reason ...")
