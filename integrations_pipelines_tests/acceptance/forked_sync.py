"""A real sync in a process of its own, for tests that kill it."""

from integrations_pipelines import sync
from integrations_pipelines.settings import read_settings
from integrations_pipelines.staging.account import Limits
from integrations_pipelines_tests.acceptance.workspaces import hub_on, synced
from integrations_pipelines_tests.warm_processes import Request, serve

# Imported late by a sync, dlt's own late ones among them: half of a fork's processor time.
NEEDED = (
    "adbc_driver_postgresql",
    "dlt.destinations.insert_job_client",
    "integrations_pipelines.connectors.slack",
    "integrations_pipelines.registry.first_load",
    "integrations_pipelines.staging.fetch",
    "integrations_pipelines.staging.loading",
    "psycopg2",
)
SMALL = Limits(unit_rows=20)


def run(request: Request) -> int:
    """Sync each of the accounts and resolve; return 0 if all of it went well."""
    settings = read_settings(database_url=request["url"], state_dir=request["state"])
    with hub_on(settings) as hub:
        pulled = [synced(hub, key, limits=SMALL) for key in request["accounts"].split()]
        sync.resolve(hub, ("person",))
    return 1 if any(one.error for one in pulled) else 0


if __name__ == "__main__":
    serve(run, NEEDED)
