"""The commands, put together. A command lives with its group; heavy imports happen inside the commands."""

from typing import Annotated

import typer

from integrations_pipelines.cli import (
    auditing,
    backfilling,
    connectors,
    credentials,
    database,
    domains,
    entities,
    entity_types,
    erasing,
    explaining,
    exporting,
    forgetting,
    importing,
    keys,
    matching,
    matching_models,
    matching_weights,
    quarantine,
    record_maps,
    replaying,
    retention,
    reviewing,
    running,
    serving,
    simulating,
    sources,
    status,
    subscriptions,
    sweeping,
    syncing,
    tokens,
    webhooks,
)
from integrations_pipelines.cli.failures import OneLineGroup

_HELP = (
    "Third parties into PostgreSQL, resolved onto canonical entities, every link explained and reversible."
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("integrations-pipelines"))
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error, scrubbed.")] = False,
) -> None:
    """Options that stand before the command. ``--debug`` is taken out by ``OneLineGroup``, wherever it stands."""


app = typer.Typer(
    cls=OneLineGroup,
    callback=_global_options,
    help=_HELP,
    name="integrations",
    rich_markup_mode=None,  # importing rich for the help alone takes longer than all the rest
    pretty_exceptions_enable=False,
)

app.command("up")(running.up)
app.command("serve")(serving.serve)
app.command("demo")(running.demo)
app.add_typer(connectors.group, name="connector")
sources.group.command("forget")(forgetting.forget)
app.add_typer(sources.group, name="source")
app.add_typer(credentials.group, name="credential")
app.add_typer(keys.group, name="key")
app.add_typer(tokens.group, name="token")
app.add_typer(auditing.group, name="audit")
app.add_typer(webhooks.group, name="webhook")
app.command("sync")(syncing.sync)
app.command("backfill")(backfilling.backfill)
app.command("sweep")(sweeping.sweep)
app.command("import")(importing.import_file)
app.command("match")(matching.match)
matching_models.group.command("train")(matching.train)
matching_models.group.command("simulate")(simulating.simulate)
matching_models.group.command("use")(matching_weights.use)
app.add_typer(matching_models.group, name="matching")
app.command("status")(status.status)
app.add_typer(record_maps.group, name="record-map")
app.command("explain")(explaining.explain)
app.command("export")(exporting.export)
app.command("restore")(exporting.restore)
app.command("erase")(erasing.erase)
app.add_typer(retention.group, name="retention")
app.add_typer(entities.group, name="entity")
app.add_typer(entity_types.group, name="entity-type")
app.add_typer(reviewing.group, name="review")
app.add_typer(quarantine.group, name="quarantine")
app.add_typer(subscriptions.group, name="subscription")
app.command("replay")(replaying.replay)
app.add_typer(domains.group, name="domain")
app.add_typer(database.group, name="database")
