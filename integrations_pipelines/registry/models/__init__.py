"""The tables, by theme; ``Base.metadata`` is what the migrations are checked against."""

from integrations_pipelines.registry.models.access import (
    ApiToken,
    AuditEvent,
    AuditHead,
    ErasedRecord,
    OAuthConsent,
    OAuthGrant,
    RetentionRule,
)
from integrations_pipelines.registry.models.base import Base
from integrations_pipelines.registry.models.decisions import (
    Decision,
    decision_member,
    decision_value,
    reclaim,
)
from integrations_pipelines.registry.models.domains import DomainBinding
from integrations_pipelines.registry.models.feed import Change, Delivery, MissedEvent, Subscription
from integrations_pipelines.registry.models.fetching import (
    BackfillWindow,
    RateBudget,
    SuspectedRecord,
    Sweep,
)
from integrations_pipelines.registry.models.inbox import WebhookDrain, WebhookEvent, WebhookRefusal
from integrations_pipelines.registry.models.jobs import (
    ImportJob,
    Landing,
    QuarantinedRecord,
    SourceSystem,
    SyncCursor,
    SyncLog,
)
from integrations_pipelines.registry.models.merges import ToldMerge
from integrations_pipelines.registry.models.policies import AttributePin, AttributePolicy, CreationBar
from integrations_pipelines.registry.models.records import (
    Entity,
    GenericValue,
    RecordDecision,
    RecordMap,
    RecordRelation,
    ReviewItem,
    SourceRecord,
    identifier,
    pending_record,
    released_identifier,
)
from integrations_pipelines.registry.models.scores import (
    LargeBlock,
    MatchingModel,
    PairScore,
    ScoredRecord,
    ScoredState,
    blocking_key,
)
from integrations_pipelines.registry.models.secrets import KeyCheck, Secret, SecretVersion
from integrations_pipelines.registry.models.types import CustomAttribute, CustomRelation, CustomType

__all__ = [
    "ApiToken",
    "AttributePin",
    "AttributePolicy",
    "AuditEvent",
    "AuditHead",
    "BackfillWindow",
    "Base",
    "Change",
    "CreationBar",
    "CustomAttribute",
    "CustomRelation",
    "CustomType",
    "Decision",
    "Delivery",
    "DomainBinding",
    "Entity",
    "ErasedRecord",
    "GenericValue",
    "ImportJob",
    "KeyCheck",
    "Landing",
    "LargeBlock",
    "MatchingModel",
    "MissedEvent",
    "OAuthConsent",
    "OAuthGrant",
    "PairScore",
    "QuarantinedRecord",
    "RateBudget",
    "RecordDecision",
    "RecordMap",
    "RecordRelation",
    "RetentionRule",
    "ReviewItem",
    "ScoredRecord",
    "ScoredState",
    "Secret",
    "SecretVersion",
    "SourceRecord",
    "SourceSystem",
    "Subscription",
    "SuspectedRecord",
    "Sweep",
    "SyncCursor",
    "SyncLog",
    "ToldMerge",
    "WebhookDrain",
    "WebhookEvent",
    "WebhookRefusal",
    "blocking_key",
    "decision_member",
    "decision_value",
    "identifier",
    "pending_record",
    "reclaim",
    "released_identifier",
]
