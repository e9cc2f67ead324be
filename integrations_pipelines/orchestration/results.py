"""What a step tells Dagster: counts, durations and checks. Never payloads, secrets or personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from integrations_pipelines.contract import Resource
from integrations_pipelines.orchestration import checks
from integrations_pipelines.orchestration.partitions import resolved_key, staging_key
from integrations_pipelines.registry import health

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.jobs import Job
    from integrations_pipelines.resolution.resolve import Resolution
    from integrations_pipelines.sync import Pulled

FILE_ROWS = "rows"
Telling = dg.MaterializeResult[None] | dg.AssetCheckResult
Told = Iterator[Telling]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One resource as it went; ``error`` is the very error, of our tree or not."""

    pulled: "Pulled"
    error: Exception | None
    seconds: float


def of_pull(hub: "Hub", job: "Job", resource: Resource, tried: Tried) -> Told:
    """Yield what a resource brought, with its checks; one that broke off has checks alone."""
    key = staging_key(job.source.system_type, _asset_of(job, resource))
    from integrations_pipelines.vault import credential_warnings

    with hub.engine.begin() as connection:
        states = health.resource_health(connection, job.source.system_key, resource.name)
        warnings = credential_warnings(connection, job.source.system_key)
    found = [_balance(key, job, tried), checks.credential_state(key, job.source.system_key, warnings)]
    for state in states:
        found += checks.resource_state(key, state, checks.poll_of(resource, job.source.poll_seconds))
    if tried.error:
        yield from found
        return
    records = sum(state.records for state in states)
    metadata = {"dagster/row_count": records, **_counts(job, tried)}
    yield dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=found)


def of_resolution(hub: "Hub", resolution: "Resolution") -> dg.MaterializeResult[None]:
    """Return what a resolution did, and how its entity type stands now."""
    key = resolved_key(resolution.entity_type)
    with hub.engine.begin() as connection:
        (state,) = health.type_health(connection, [resolution.entity_type])
    metadata = {
        "dagster/row_count": state.entities,
        "source_records": state.records,
        "touched": resolution.touched,
        "examined": resolution.examined,
        "created": resolution.created,
        "merged": resolution.merged,
        "mapped": resolution.mapped,
        "remapped": resolution.remapped,
        "asked": resolution.asked,
        "rescored": resolution.scores.rescored,
        "pairs_scored": resolution.scores.pairs,
        "pairs_kept": resolution.scores.kept,
        "keys_too_common": resolution.scores.skipped,
        "mapping_rate": state.mapping_rate,
        "parked_relations": state.parked,
    }
    return dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=checks.type_state(key, state))


def _balance(key: dg.AssetKey, job: "Job", tried: Tried) -> dg.AssetCheckResult:
    accounted = sum(tried.pulled.outcomes.values())
    return checks.balance(key, job.source.system_key, tried.pulled.extracted, accounted)


def _counts(job: "Job", tried: Tried) -> dict[str, str | float]:
    from integrations_pipelines.registry.apply import OUTCOMES

    # Zeros too: without them a plot has gaps.
    outcomes = {name: tried.pulled.outcomes.get(name, 0) for name in (*OUTCOMES, *tried.pulled.outcomes)}
    return {
        "source_system": job.source.system_key,
        "import_job": str(job.uuid),
        "extracted": tried.pulled.extracted,
        **outcomes,
        "duration_seconds": round(tried.seconds, 3),
        "unmapped_fields": ", ".join(tried.pulled.unmapped) or "none",
    }


def _asset_of(job: "Job", resource: Resource) -> str:
    """Return the asset's name: files have one asset, whatever they hold."""
    return FILE_ROWS if job.source.system_type == "files" else resource.name
