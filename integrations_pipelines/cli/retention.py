"""`integrations retention`: how long what is kept. Without a rule, everything is kept."""

from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table

group = typer.Typer(
    cls=OneLineGroup, help="How long landed rows, quarantine, log and webhook deliveries are kept."
)

What = Annotated[
    str, typer.Argument(metavar="WHAT", help="landed-rows, quarantine, sync-log or webhook-events.")
]
System = Annotated[str | None, typer.Option(metavar="KEY", help="Of this source system alone.")]
Resource = Annotated[str | None, typer.Option("--resource", "-r", help="Of this resource alone.")]


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the rules."""
    from integrations_pipelines.registry.keeping import rules

    with open_connection() as connection:
        found = [vars(rule) for rule in rules(connection)]
    if as_json:
        print_json({"rules": found})
        return
    columns = ("what", "system", "resource", "days", "since", "by")
    print_table(
        columns, [[value if value is not None else "all" for value in rule.values()] for rule in found]
    )
    if not found:
        hint("Without a rule, everything is kept.")


@group.command("set")
def set_(
    what: What,
    days: Annotated[int, typer.Option(help="What is older may go.")],
    system: System = None,
    resource: Resource = None,
) -> None:
    """Let WHAT go after so many days; the most particular rule counts. The daily maintenance job carries it out."""
    from integrations_pipelines.registry.keeping import set_rule
    from integrations_pipelines.registry.sources import source_of

    with open_connection() as connection:
        id_ = source_of(connection, system).id if system else None
        set_rule(connection, what, source_system_id=id_, resource=resource, days=days)


@group.command()
def clear(what: What, system: System = None, resource: Resource = None) -> None:
    """Keep WHAT for ever again."""
    from integrations_pipelines.registry.keeping import clear_rule
    from integrations_pipelines.registry.sources import source_of

    with open_connection() as connection:
        id_ = source_of(connection, system).id if system else None
        clear_rule(connection, what, source_system_id=id_, resource=resource)


@group.command()
def run(as_json: AsJson = False) -> None:
    """Carry the rules out now, instead of waiting for tonight."""
    from integrations_pipelines.registry.keeping import apply_rules

    with open_hub() as hub:
        deleted = apply_rules(hub.engine)
    if as_json:
        print_json({"deleted": deleted})
        return
    print_table(("what", "deleted"), list(deleted.items()))
