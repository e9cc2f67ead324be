"""`integrations matching`: what entity types are scored by; learning it from the stored records, and going back."""

from dataclasses import asdict
from typing import Annotated

import typer

from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table

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
def refresh(entity_type: EntityTypeName, shipped: Annotated[
    bool, typer.Option("--shipped", help="Go back to the shipped model instead.")
] = False, as_json: AsJson = False) -> None:  # fmt: skip
    """Learn frequencies and the prior from the stored records, promote them, and make all scores anew."""
    from integrations_pipelines.entities import ENTITY_TYPES
    from integrations_pipelines.errors import UsageError
    from integrations_pipelines.hub import in_resolution
    from integrations_pipelines.resolution.resolve import resolve
    from integrations_pipelines.resolution.scored.promoting import forget_model, learn_model

    if entity_type not in ENTITY_TYPES:
        raise UsageError(f"no entity type {entity_type!r}; there are {', '.join(ENTITY_TYPES)}")
    chosen = ENTITY_TYPES[entity_type]
    with open_hub() as hub:
        version, done = in_resolution(
            hub,
            entity_type,
            lambda c: ((forget_model if shipped else learn_model)(c, chosen), resolve(c, chosen)),
        )
    if as_json:
        print_json({"version": version, "resolution": asdict(done)})
        return
    print_line(f"{entity_type} is scored by {version}.")
    print_line(
        f"{done.scores.rescored} records, {done.scores.pairs} pairs; {done.merged} entities merged, "
        f"{done.created} made, {done.remapped} records moved, {done.asked} questions."
    )
