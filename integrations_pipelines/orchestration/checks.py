"""Asset checks: the guarantees, stated where people look. Counts and rates only, never records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg

from integrations_pipelines.contract import Resource
from integrations_pipelines.registry.health import ResourceHealth, TypeHealth

QUARANTINED_ABOVE = 0.05
MAPPED_BELOW = 0.95
PARKED_ABOVE = 0.2
STALE_AFTER_POLLS = 3

_STAGING = {
    "balance": "Each extracted record has exactly one outcome.",
    "quarantine_rate": f"At most {QUARANTINED_ABOVE:.0%} of the records wait in quarantine.",
    "freshness": f"The account's last success is younger than {STALE_AFTER_POLLS} polls.",
    "credentials": "No secret of the account has expired, is about to, is old, or needs a new consent.",
}
_RESOLVED = {
    "mapping_rate": f"At least {MAPPED_BELOW:.0%} of the source records are mapped to an entity.",
    "parked_relations": f"At most {PARKED_ABOVE:.0%} of the relations wait for their target.",
}


def staging_checks(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Return the checks of a staging asset."""
    return [dg.AssetCheckSpec(name, asset=key, description=text) for name, text in _STAGING.items()]


def resolved_checks(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Return the checks of a resolved asset."""
    return [dg.AssetCheckSpec(name, asset=key, description=text) for name, text in _RESOLVED.items()]


def balance(key: dg.AssetKey, system_key: str, extracted: int, outcomes: int) -> dg.AssetCheckResult:
    """Check that ``outcomes`` add up to what was extracted; anything else is a defect."""
    metadata: dict[str, str | float] = {
        "source_system": system_key,
        "extracted": extracted,
        "outcomes": outcomes,
    }
    return _result(key, "balance", extracted == outcomes, metadata, dg.AssetCheckSeverity.ERROR)


def resource_state(
    key: dg.AssetKey, health: ResourceHealth, poll: timedelta, now: datetime | None = None
) -> list[dg.AssetCheckResult]:
    """Check how a resource of one source system stands: what waits in quarantine, and how old its last success is."""
    rate = health.quarantine_rate
    named = {"source_system": health.system_key}
    limit = poll * STALE_AFTER_POLLS
    age = (now or datetime.now(UTC)) - health.last_success if health.last_success else None
    fresh: dict[str, str | float] = {**named, "limit_seconds": limit.total_seconds()}
    if age is not None:
        fresh["age_seconds"] = age.total_seconds()
    waiting: dict[str, str | float] = {
        **named,
        "quarantined": health.quarantined,
        "records": health.records,
        "rate": rate,
    }
    return [
        _result(key, "quarantine_rate", rate <= QUARANTINED_ABOVE, waiting),
        _result(key, "freshness", age is not None and age <= limit, fresh),
    ]


def credential_state(key: dg.AssetKey, system_key: str, warnings: Sequence[str]) -> dg.AssetCheckResult:
    """Check that no secret of the account wants attention; ``warnings`` say which does, and why."""
    metadata: dict[str, str | float] = {
        "source_system": system_key,
        "warnings": "; ".join(warnings) or "none",
    }
    return _result(key, "credentials", not warnings, metadata)


def type_state(key: dg.AssetKey, health: TypeHealth) -> list[dg.AssetCheckResult]:
    """Check how an entity type stands: what is mapped, and how many relations wait for their target."""
    mapped = {"records": health.records, "mapped": health.mapped, "rate": health.mapping_rate}
    parked = {"relations": health.relations, "parked": health.parked, "rate": health.parked_rate}
    return [
        _result(key, "mapping_rate", health.mapping_rate >= MAPPED_BELOW, mapped),
        _result(key, "parked_relations", health.parked_rate <= PARKED_ABOVE, parked),
    ]


def poll_of(resource: Resource, poll_seconds: int | None) -> timedelta:
    """Return how often a resource is polled: as the account says, else as its connector does."""
    return timedelta(seconds=poll_seconds) if poll_seconds else resource.poll


def _result(
    key: dg.AssetKey,
    name: str,
    passed: bool,
    metadata: Mapping[str, str | float],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN,
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key, check_name=name, passed=passed, metadata=metadata, severity=severity
    )
