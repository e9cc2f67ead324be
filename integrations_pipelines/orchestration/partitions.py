"""Names in Dagster: asset keys, and the partitions, which are the source systems by their immutable key."""

import dagster as dg

SOURCE_SYSTEMS = dg.DynamicPartitionsDefinition(name="source_systems")
STAGING, RESOLVED = "staging", "resolved"


def staging_key(system_type: str, resource: str) -> dg.AssetKey:
    """Return the key of what a connector lands: ``staging/github/issues``."""
    return dg.AssetKey([STAGING, system_type, resource])


def resolved_key(entity_type: str) -> dg.AssetKey:
    """Return the key of an entity type's canonical entities: ``resolved/person``."""
    return dg.AssetKey([RESOLVED, entity_type])


def ensure_partition(instance: dg.DagsterInstance, system_key: str) -> None:
    """Make a source system syncable at once; the sensor ``source_systems`` would do so within seconds."""
    if not instance.has_dynamic_partition(str(SOURCE_SYSTEMS.name), system_key):
        instance.add_dynamic_partitions(str(SOURCE_SYSTEMS.name), [system_key])
