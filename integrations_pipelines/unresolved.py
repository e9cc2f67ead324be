"""Resolution around a record that PostgreSQL refuses: that one is set aside, the others are resolved."""

from collections.abc import Sequence

from integrations_pipelines.entities import EntityType
from integrations_pipelines.hub import Hub, resolution_transaction
from integrations_pipelines.registry import quarantine
from integrations_pipelines.registry.isolating import culprits, refusal_of, refused
from integrations_pipelines.resolution.resolve import Resolution
from integrations_pipelines.resolution.resolve import resolve as resolve_pending


def resolve_apart(hub: Hub, entity_type: EntityType, error: Exception) -> Resolution:
    """Resolve ``entity_type`` without the records that are refused, quarantined now. Raises ``error`` for many."""
    name = entity_type.name
    with hub.engine.begin() as connection:
        pending = quarantine.pending_records(connection, name)
    found = culprits(pending, lambda wanted: _refusal(hub, entity_type, pending, wanted), error)
    with resolution_transaction(hub, name) as connection:
        quarantine.set_aside_unresolved(connection, {one: refusal_of(why) for one, why in found.items()})
        quarantine.hold_back(connection, name, list(found))
        return resolve_pending(connection, entity_type, walk=True)


def _refusal(
    hub: Hub, entity_type: EntityType, pending: Sequence[int], wanted: Sequence[int]
) -> Exception | None:
    name, chosen = entity_type.name, set(wanted)
    others = [one for one in pending if one not in chosen]
    with resolution_transaction(hub, name) as connection:

        def attempt() -> None:
            quarantine.hold_back(connection, name, others)
            resolve_pending(connection, entity_type, walk=True)

        return refused(connection, attempt)
