"""The sensor that keeps Dagster's partitions in step with the source systems: a new one needs no reload."""

import dagster as dg

from integrations_pipelines.orchestration.house import reading
from integrations_pipelines.orchestration.partitions import SOURCE_SYSTEMS
from integrations_pipelines.registry.sources import all_sources
from integrations_pipelines.vault import no_secrets_in_errors


# The daemon looks every 5 s; a minimum of 5 would often mean 10 (docs/reference/dagster.md).
@dg.sensor(name="source_systems", minimum_interval_seconds=1, default_status=dg.DefaultSensorStatus.RUNNING)
def source_systems(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Keep the partitions in step with the source systems of the database."""
    with no_secrets_in_errors(), reading() as connection:
        want = {source.system_key for source in all_sources(connection)}
    have = set(context.instance.get_dynamic_partitions(str(SOURCE_SYSTEMS.name)))
    if want == have:
        return dg.SkipReason("in step with the database")
    changes = [SOURCE_SYSTEMS.build_add_request(sorted(want - have))] if want - have else []
    gone = [SOURCE_SYSTEMS.build_delete_request(sorted(have - want))] if have - want else []
    return dg.SensorResult(dynamic_partitions_requests=[*changes, *gone])
