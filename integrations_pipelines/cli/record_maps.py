"""`integrations record-map`: which canonical entity each source record is."""

from typing import Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.words import uuid_of
from integrations_pipelines.errors import NotFound, UsageError

group = typer.Typer(cls=OneLineGroup, help="Which canonical entity each record is.")


@group.command("list")
def list_(
    system: Annotated[str | None, typer.Option(metavar="KEY", help="One source system.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", "-r", help="One resource.")] = None,
    status: Annotated[str | None, typer.Option(help="mapped, deleted, unmatched or review.")] = None,
    entity: Annotated[str | None, typer.Option(metavar="UUID", help="One entity's records.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List record maps by source system, resource and record."""
    from dataclasses import replace

    from integrations_pipelines.registry.reading import MAP_STATUSES, Wanted, record_maps

    if status is not None and status not in MAP_STATUSES:
        raise UsageError(f"--status {status!r}: must be one of {', '.join(MAP_STATUSES)}")
    uuid = uuid_of(entity) if entity is not None else None
    if entity is not None and uuid is None:
        raise UsageError(f"--entity {entity!r}: is no uuid")
    wanted = Wanted(system_key=system, resource=resource, status=status, entity=uuid, limit=limit)
    with open_connection() as connection:
        _refuse_unknown(connection, system, resource)
        found = record_maps(connection, replace(wanted, limit=limit + 1))
    is_cut = len(found) > limit
    rows = [vars(one) for one in found[:limit]]
    if as_json:
        print_json({"record_maps": rows, "truncated": is_cut})
    else:
        _print(rows)
    if is_cut:
        hint(f"There are more than {limit}; --limit shows more.")


def _refuse_unknown(connection: Any, system: str | None, resource: str | None) -> None:
    from integrations_pipelines.registry.reading import synced_resources
    from integrations_pipelines.registry.sources import source_of

    if system is None:
        return
    source_of(connection, system)
    known = synced_resources(connection, system)
    if resource is not None and resource not in known:
        has = ", ".join(known) or "none"
        raise NotFound(f"{system} has never synced a resource {resource!r}; it has: {has}")


def _print(rows: list[dict[str, Any]]) -> None:
    columns = ("record", "entity", "domain", "status", "decided by", "version", "last synced")
    print_table(
        columns,
        [
            (
                f"{row['system_key']}:{row['resource']}:{row['source_record_id']}",
                row["target_uuid"],
                row["target_domain"],
                row["map_status"],
                row["decided_by"],
                row["source_version"],
                row["last_synced_at"],
            )
            for row in rows
        ],
    )
