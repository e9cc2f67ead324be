"""`integrations entity-type`: the shapes that entities take: the presets, and what this organisation adds to them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli import policies
from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.entities import EntityType

group = typer.Typer(
    cls=OneLineGroup, help="Entity types: presets, and types, attributes and relations of your own."
)
group.add_typer(policies.group, name="policy")

STRENGTHS = ("exclusive", "strong", "weak")

Name = Annotated[str, typer.Argument(metavar="NAME", help="In lower case, words joined by _.")]
Type = Annotated[str, typer.Argument(metavar="TYPE", help="A preset or custom entity type.")]
Many = Annotated[bool, typer.Option("--many", help="Takes several values.")]
Description = Annotated[str, typer.Option(help="What it is.")]


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all entity types."""
    from integrations_pipelines.registry.types import entity_types

    with open_connection() as connection:
        types = entity_types(connection)
    if as_json:
        print_json({"entity_types": [outward(one) for one in types.values()]})
        return
    rows = [(one.name, _origin(one.name), len(one.attributes), len(one.relations)) for one in types.values()]
    print_table(("entity type", "", "attributes", "relations"), rows)


@group.command()
def show(name: Type, as_json: AsJson = False) -> None:
    """Show one entity type: attributes, relations, identifiers; what is protected, and what is your own."""
    from integrations_pipelines.registry.types import type_named

    with open_connection() as connection:
        found = type_named(connection, name)
    data = outward(found)
    if as_json:
        print_json(data)
        return
    print_line(f"{found.name} ({data['origin']}): {found.description}", style="bold")
    columns = ("attribute", "kind", "many", "", "")
    rows = [(a["name"], a["kind"], a["many"], _marks(a), a["description"]) for a in data["attributes"]]
    print_table(columns, rows)
    relations = [(r["name"], r["target"], r["many"], _marks(r)) for r in data["relations"]]
    print_table(("relation", "to", "many", ""), relations)
    identity = [(i["kind"], i["strength"], ", ".join(i["attributes"])) for i in data["identity"]]
    print_table(("identifier", "strength", "from"), identity)


@group.command()
def add(
    name: Name,
    label: Annotated[str, typer.Option(help="The attribute that people read first.")] = "name",
    description: Description = "",
    as_json: AsJson = False,
) -> None:
    """Add an entity type of your own."""
    from integrations_pipelines.registry.types import add_type

    _change(name, lambda c: add_type(c, name, label=label, description=description), as_json=as_json)


@group.command("add-attribute")
def add_attribute(  # noqa: PLR0913 - its options
    type_: Type,
    name: Name,
    kind: Annotated[
        str, typer.Option(help="Who cleans and checks its values: text, email, date, money, ...")
    ],
    identifies: Annotated[
        bool, typer.Option("--identifies", help="Records that share a value are one entity.")
    ] = False,
    strength: Annotated[
        str | None, typer.Option(help="With --identifies: exclusive, strong (the default) or weak.")
    ] = None,
    many: Many = False,
    description: Description = "",
    as_json: AsJson = False,
) -> None:
    """Add an attribute to a preset or custom type. One that is there cannot be overwritten."""
    from integrations_pipelines.entities import Attribute
    from integrations_pipelines.registry import types

    if strength is not None and (strength not in STRENGTHS or not identifies):
        raise UsageError(
            f"--strength {strength!r}: goes with --identifies, and is one of {', '.join(STRENGTHS)}"
        )
    shape = Attribute(kind=kind, many=many, description=description)
    proves = (strength or "strong") if identifies else None
    _change(type_, lambda c: types.add_attribute(c, type_, name, shape, strength=proves), as_json=as_json)


@group.command("add-relation")
def add_relation(
    type_: Type,
    name: Name,
    target: Annotated[str, typer.Option(help="The entity type that it leads to.")],
    many: Many = False,
    as_json: AsJson = False,
) -> None:
    """Add a relation between two types, preset or your own."""
    from integrations_pipelines.registry import types

    _change(type_, lambda c: types.add_relation(c, type_, name, target=target, many=many), as_json=as_json)


@group.command()
def remove(name: Name, as_json: AsJson = False) -> None:
    """Remove an entity type of your own that has no records."""
    from integrations_pipelines.registry.types import remove_type

    with open_connection() as connection:
        remove_type(connection, name)
    print_json({"removed": name}) if as_json else print_line(f"{name}: removed")


@group.command("remove-attribute")
def remove_attribute(type_: Type, name: Name, as_json: AsJson = False) -> None:
    """Remove an attribute of your own; what records say of it stays in their payloads."""
    from integrations_pipelines.cli.opening import actor, open_hub
    from integrations_pipelines.ruling import remove_attribute as removed

    with open_hub() as hub:
        changed = removed(hub, actor(), type_, name)
    data = {"removed": f"{type_}.{name}", "changed": changed}
    print_json(data) if as_json else print_line(f"{type_}.{name}: removed; {changed:,} entities changed")


@group.command("remove-relation")
def remove_relation(type_: Type, name: Name, as_json: AsJson = False) -> None:
    """Remove a relation of your own."""
    from integrations_pipelines.registry import types

    _change(type_, lambda c: types.remove_relation(c, type_, name), as_json=as_json)


def outward(found: "EntityType") -> dict[str, Any]:
    """Return an entity type as other programs read it; ``origin`` is preset or custom, of each part too."""
    return {
        "name": found.name,
        "origin": _origin(found.name),
        "label": found.label,
        "description": found.description,
        "attributes": [
            {"name": name, **asdict(one), "origin": _origin(found.name, name)}
            for name, one in found.attributes.items()
        ],
        "relations": [
            {"name": name, **asdict(one), "origin": _origin(found.name, name)}
            for name, one in found.relations.items()
        ],
        "identity": [
            {"kind": one.kind, "strength": one.strength, "attributes": list(one.attributes)}
            for one in found.identity
        ],
    }


def _origin(type_: str, part: str | None = None) -> str:
    from integrations_pipelines.entities import ENTITY_TYPES

    preset = ENTITY_TYPES.get(type_)
    is_preset = preset is not None and (part is None or part in preset.attributes or part in preset.relations)
    return "preset" if is_preset else "custom"


def _marks(part: dict[str, Any]) -> str:
    marks = ("protected" if part["protected"] else "", "your own" if part["origin"] == "custom" else "")
    return ", ".join(filter(None, marks))


def _change(name: str, work: "Callable[[Connection], None]", *, as_json: bool) -> None:
    from integrations_pipelines.registry.types import type_named

    with open_connection() as connection:
        work(connection)
        found = outward(type_named(connection, name))
    if as_json:
        print_json(found)
    else:
        parts = f"{len(found['attributes'])} attributes, {len(found['relations'])} relations"
        print_line(f"{name} ({found['origin']}): {parts}")
