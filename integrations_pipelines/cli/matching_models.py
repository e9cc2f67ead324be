"""`integrations matching`: what entity types are scored by; learning it from the stored records, and going back."""

from dataclasses import asdict
from typing import Annotated

import typer

from integrations_pipelines.cli.matching_weights import show_used
from integrations_pipelines.cli.opening import actor, open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, print_json, print_table

group = typer.Typer(
    help="What records are scored by: thresholds, statistics, learning them from your own data."
)
EntityTypeName = Annotated[str, typer.Argument(metavar="ENTITY_TYPE", help="person, organization, product.")]


@group.command()
def show(as_json: AsJson = False) -> None:
    """Say what each scored type is scored by, and how many records and too common keys there are."""
    from integrations_pipelines.entities import ENTITY_TYPES
    from integrations_pipelines.resolution.scored.promoting import model_in_force

    with open_connection() as connection:
        found = [one for name in ENTITY_TYPES if (one := model_in_force(connection, ENTITY_TYPES[name]))]
    if as_json:
        print_json({"models": [asdict(one) for one in found]})
        return
    columns = ("type", "model", "learnt from", "links from", "asks from", "records", "keys too common")
    print_table(columns, [tuple(asdict(one).values()) for one in found])


@group.command()
def refresh(
    entity_type: EntityTypeName,
    shipped: Annotated[bool, typer.Option("--shipped", help="Go back to the shipped model instead.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    samples: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="Samples of each kind.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Learn frequencies and the prior from the stored records, promote them, and make all scores anew."""
    from integrations_pipelines.promoting import refresh_model

    with open_hub() as hub:
        done = refresh_model(hub, actor(), entity_type, shipped=shipped, dry_run=dry_run, samples=samples)
    print_json(asdict(done)) if as_json else show_used(done, _UNDO)


_UNDO = "To go back: integrations matching refresh {} --shipped"
