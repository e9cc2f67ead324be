"""`integrations entity-type policy`: whose word counts, attribute by attribute."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import actor, open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table
from integrations_pipelines.cli.words import seconds

group = typer.Typer(
    cls=OneLineGroup, help="Whose word counts, attribute by attribute; without a policy the newest."
)

What = Annotated[
    str, typer.Argument(metavar="TYPE.ATTRIBUTE | TYPE", help="An attribute; a whole type for no-create.")
]
Sources = Annotated[
    list[str] | None, typer.Option("--source", metavar="KEY", help="A source system; the first goes first.")
]


@group.command("set")
def set_(
    what: What,
    rule: Annotated[
        str,
        typer.Option(help="owner, source-priority, newest, most-frequent, longest; no-create for a type."),
    ],
    source: Sources = None,
    max_age: Annotated[
        str | None,
        typer.Option(
            metavar="30d", help="source-priority: older than the newest word by more than this loses."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set a policy; the entities that it touches are computed anew at once."""
    from integrations_pipelines.ruling import Wanted, set_policy

    entity_type, attribute = _split(what)
    wanted = Wanted(
        entity_type=entity_type,
        attribute=attribute,
        rule=rule,
        sources=tuple(dict.fromkeys(source or [])),
        max_age=float(seconds(max_age, "--max-age")) if max_age else None,
    )
    with open_hub() as hub:
        changed = set_policy(hub, actor(), wanted)
    _say({**asdict(wanted), "changed": changed}, f"{what}: {rule}", as_json=as_json)


@group.command("list")
def list_(
    entity_type: Annotated[str | None, typer.Option("--entity-type", help="One entity type.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the policies that are set."""
    from integrations_pipelines.registry.policies import policies

    with open_connection() as connection:
        found = policies(connection, entity_type)
    if as_json:
        print_json({"policies": [asdict(one) for one in found]})
        return
    rows = [
        (
            f"{one.entity_type}.{one.attribute}" if one.attribute else one.entity_type,
            one.rule,
            ", ".join(one.sources),
            f"{one.max_age:.0f} s" if one.max_age else "",
            one.updated_by,
            one.updated_at,
        )
        for one in found
    ]
    print_table(("of", "rule", "sources", "max age", "by", "at"), rows)


@group.command()
def clear(what: What, source: Sources = None, as_json: AsJson = False) -> None:
    """Take a policy away: the newest word counts again, and sources may make entities again."""
    from integrations_pipelines.ruling import clear_policy

    entity_type, attribute = _split(what)
    with open_hub() as hub:
        changed = clear_policy(hub, actor(), entity_type, attribute, source or [])
    data = {"entity_type": entity_type, "attribute": attribute, "changed": changed}
    _say(data, f"{what}: cleared", as_json=as_json)


def _split(what: str) -> tuple[str, str | None]:
    entity_type, _, attribute = what.partition(".")
    return entity_type, attribute or None


def _say(data: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(data)
    else:
        print_line(f"{line}; {data['changed']:,} entities changed")
