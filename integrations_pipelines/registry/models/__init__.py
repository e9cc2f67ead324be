"""The tables, by theme; ``Base.metadata`` is what the migrations are checked against."""

from integrations_pipelines.registry.models.base import Base
from integrations_pipelines.registry.models.jobs import (
    ImportJob,
    Landing,
    QuarantinedRecord,
    SourceSystem,
    SyncCursor,
    SyncLog,
)
from integrations_pipelines.registry.models.records import (
    Entity,
    GenericValue,
    Identifier,
    PendingRecord,
    RecordDecision,
    RecordMap,
    RecordRelation,
    ReleasedIdentifier,
    ReviewItem,
    SourceRecord,
)
from integrations_pipelines.registry.models.secrets import KeyCheck, Secret, SecretVersion

__all__ = [
    "Base",
    "Entity",
    "GenericValue",
    "Identifier",
    "ImportJob",
    "KeyCheck",
    "Landing",
    "PendingRecord",
    "QuarantinedRecord",
    "RecordDecision",
    "RecordMap",
    "RecordRelation",
    "ReleasedIdentifier",
    "ReviewItem",
    "Secret",
    "SecretVersion",
    "SourceRecord",
    "SourceSystem",
    "SyncCursor",
    "SyncLog",
]
