"""The resolved assets: the canonical entities of each type, from all source systems together."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from integrations_pipelines.catalog import catalog
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.orchestration import checks
from integrations_pipelines.orchestration.answers import UNEXPECTED, dagster_answers
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.partitions import (
    RESOLVED,
    SOURCE_SYSTEMS,
    resolved_key,
    staging_key,
)
from integrations_pipelines.orchestration.results import FILE_ROWS, Told, of_resolution

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub


def resolved_assets() -> dg.AssetsDefinition:
    """Return the resolved assets: one step, of which any part can be run alone."""

    @dg.multi_asset(
        name="resolve",
        specs=[_spec(name) for name in ENTITY_TYPES],
        check_specs=[check for name in ENTITY_TYPES for check in checks.resolved_checks(resolved_key(name))],
        can_subset=True,
        retry_policy=UNEXPECTED,
    )
    def resolve(context: dg.AssetExecutionContext) -> Told:
        with dagster_answers(context.op_execution_context), opened_hub() as hub:
            yield from resolved(hub, {key.path[-1] for key in context.selected_asset_keys})

    return resolve


def resolved(hub: "Hub", entity_types: Collection[str]) -> Iterator[dg.MaterializeResult[None]]:
    """Resolve ``entity_types`` and yield what came of each.

    How they stand is read when all are through: a relation of one waits for the records of another.
    """
    from integrations_pipelines import sync

    for resolution in sync.resolve(hub, sorted(entity_types)):
        yield of_resolution(hub, resolution)


def resolve_here(context: dg.AssetExecutionContext, hub: "Hub", entity_types: Collection[str]) -> None:
    """Resolve ``entity_types`` inside another step, and note it with the resolved assets all the same."""
    for result in resolved(hub, entity_types):
        context.log_event(
            dg.AssetMaterialization(
                result.asset_key or "", partition=context.partition_key, metadata=dict(result.metadata or {})
            )
        )


def _spec(name: str) -> dg.AssetSpec:
    entity_type = ENTITY_TYPES[name]
    return dg.AssetSpec(
        resolved_key(name),
        deps=sources_of(name),
        description=f"{entity_type.description or f'Canonical entities of type {name}.'}\n\n"
        "Resolved from the records of every source system; a partition says whose records came last.",
        group_name=RESOLVED,
        kinds={"postgres", "python"},
        owners=["team:integrations"],
        partitions_def=SOURCE_SYSTEMS,
    )


def sources_of(entity_type: str) -> list[dg.AssetKey]:
    """Return the staging assets whose records read as ``entity_type``; a file may hold records of any type."""
    mapped = [
        staging_key(connector.system_type, resource.name)
        for connector in catalog().values()
        for resource in connector.resources
        if resource.projection.entity_type == entity_type
    ]
    return [*mapped, staging_key("files", FILE_ROWS)]
