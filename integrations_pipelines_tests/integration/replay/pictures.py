"""A picture of everything that replay must not change: records, identifiers, relations, mapping, canonical values."""

from sqlalchemy import Connection, text

_QUERIES = {
    "records": "select y.system_key, r.resource, r.source_record_id, r.entity_type, r.is_deleted, r.landing,"
    " r.position, r.source_version, r.observed_at, r.content_hash, r.live_landing, r.live_position, r.live_version,"
    " r.live_hash, r.name_key, r.attributes, r.rejected from staging.source_record r"
    " join integrations.source_system y on y.id = r.source_system_id",
    "identifiers": "select record_id, kind, value, entity_type, strength from staging.identifier",
    "relations": "select record_id, name, target_type, target_resource, target_key, identifier_kind, identifier_value,"
    " object_uuid from staging.record_relation",
    "maps": "select uuid, source_system_id, resource, source_record_id, target_domain, target_uuid, map_status,"
    " decided_by, source_version, content_hash from integrations.record_map",
    "entities": 'select uuid, entity_type, "values", merged_into, founder from entities.entity',
}


def picture(connection: Connection) -> bytes:
    """Return every row of them as text, in one order; times of our own are left out."""
    lines = []
    for name, query in _QUERIES.items():
        rows = connection.execute(text(f"select t::text from ({query}) t order by 1")).scalars()
        lines += [f"{name} {row}" for row in rows]
    return "\n".join(lines).encode()
