"""The jobs: one sync a connector, the import of a file, and resolution alone."""

from collections.abc import Iterator, Sequence

import dagster as dg

from integrations_pipelines.catalog import catalog
from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.orchestration.answers import UNEXPECTED, dagster_answers
from integrations_pipelines.orchestration.files import KEY as FILE_ROWS_KEY
from integrations_pipelines.orchestration.house import opened_hub
from integrations_pipelines.orchestration.partitions import RESOLVED, resolved_key, staging_key

IMPORT_FILE = "import_file"


def sync_job_name(system_type: str) -> str:
    """Return the name of the job that syncs accounts of ``system_type``."""
    return f"sync_{system_type}"


def polled_connectors() -> Iterator[Connector]:
    """Yield the connectors that have something to pull."""
    return (connector for connector in catalog().values() if connector.resources)


def keys_of(connector: Connector, resources: Sequence[Resource]) -> list[dg.AssetKey]:
    """Return what a sync of ``resources`` materialises: what they land, and the entity types they read as."""
    staged = [staging_key(connector.system_type, one.name) for one in resources]
    types = {one.projection.entity_type for one in resources}
    return [*staged, *(resolved_key(name) for name in sorted(types))]


def sync_job(connector: Connector) -> "dg.UnresolvedAssetJobDefinition":
    """Return the job that pulls one account of ``connector`` and resolves what changed."""
    return dg.define_asset_job(
        sync_job_name(connector.system_type),
        selection=dg.AssetSelection.assets(*keys_of(connector, connector.resources)),
        description=f"Pull one {connector.title} account (its partition) and resolve what changed.",
        executor_def=dg.in_process_executor,
    )


def import_job() -> "dg.UnresolvedAssetJobDefinition":
    """Return the job that imports a file and resolves what changed."""
    return dg.define_asset_job(
        IMPORT_FILE,
        selection=dg.AssetSelection.assets(FILE_ROWS_KEY, *map(resolved_key, ENTITY_TYPES)),
        description="Import a file; path and resource come by run config.",
        executor_def=dg.in_process_executor,
    )


@dg.op(retry_policy=UNEXPECTED)
def resolve_types(context: dg.OpExecutionContext) -> None:
    """Resolve whatever is pending, of every entity type and whoever it came from."""
    from integrations_pipelines import sync

    with dagster_answers(context), opened_hub() as hub:
        for one in sync.resolve(hub):
            counts = {
                name: getattr(one, name) for name in ("touched", "examined", "created", "merged", "mapped")
            }
            context.log_event(dg.AssetObservation([RESOLVED, one.entity_type], metadata=counts))


@dg.job(executor_def=dg.in_process_executor)
def resolve_all() -> None:
    """Resolve whatever is pending; a sync does this for its own types by itself."""
    resolve_types()
