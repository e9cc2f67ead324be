"""What Dagster is told: it loads, it is light, and the graph reads as the design says."""

import subprocess
import sys

import dagster as dg
import pytest

from integrations_pipelines.catalog import catalog
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.orchestration.definitions import definitions

STAGED = [(one, resource) for one in catalog().values() for resource in one.resources]


def test_the_definitions_are_valid() -> None:
    dg.Definitions.validate_loadable(definitions)


def test_every_resource_and_every_entity_type_is_an_asset() -> None:
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    staged = {f"staging/{one.system_type}/{resource.name}" for one, resource in STAGED}
    assert keys == staged | {f"resolved/{name}" for name in ENTITY_TYPES} | {"staging/files/rows"}


@pytest.mark.parametrize(
    ("connector", "resource"), STAGED, ids=[f"{c.system_type}/{r.name}" for c, r in STAGED]
)
def test_a_resource_feeds_the_entity_type_that_it_reads_as(connector: object, resource: object) -> None:
    key = dg.AssetKey(["staging", connector.system_type, resource.name])  # type: ignore[attr-defined]
    fed = definitions.resolve_asset_graph().get(key).child_keys
    assert [one.path[-1] for one in fed] == [resource.projection.entity_type]  # type: ignore[attr-defined]


def test_every_asset_says_what_it_is() -> None:
    specs = definitions.resolve_all_asset_specs()
    assert not [spec.key for spec in specs if not (spec.description and spec.owners and spec.kinds)]


def test_all_assets_have_the_source_systems_as_their_partitions() -> None:
    specs = definitions.resolve_all_asset_specs()
    names = {spec.partitions_def.name for spec in specs}  # type: ignore[union-attr]
    assert names == {"source_systems"}


def test_schedules_and_sensors_run_without_being_switched_on() -> None:
    repository = definitions.get_repository_def()
    schedules = {one.name: one.default_status.value for one in repository.schedule_defs}
    sensors = {one.name: one.default_status.value for one in repository.sensor_defs}
    polls = {f"poll_{one.system_type}" for one in catalog().values() if one.resources}
    nightly = {"daily_maintenance", "daily_webhooks", "nightly_learning"}
    assert schedules.keys() == polls | nightly | {"deferred_windows", "sweeps"}
    assert {*schedules.values(), *sensors.values()} == {"RUNNING"}


def test_loading_them_warns_of_nothing_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; import integrations_pipelines.orchestration.definitions;"
        "print([name for name in ('dlt', 'pyarrow', 'scipy', 'dagster_postgres') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (found.stdout, found.stderr) == ("[]\n", "")
