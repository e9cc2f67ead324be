"""Preset entity types, attribute kinds with their cleaners, and source records. Pure: nothing here reads or writes."""

from integrations_pipelines.entities.kinds import JSON, KINDS, AttributeKind, UncleanValue
from integrations_pipelines.entities.mailboxes import is_free_mail, is_role_mailbox
from integrations_pipelines.entities.model import Attribute, EntityType, IdentityRule, Relation, Strength
from integrations_pipelines.entities.names import family_key, name_key
from integrations_pipelines.entities.organizations import organization_key
from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.entities.projection import (
    CompiledProjection,
    Field,
    Identifier,
    Link,
    LinkByIdentifier,
    LinkedIdentifier,
    LinkedRecord,
    ProjectedColumns,
    Projection,
    SourceRecord,
    compile_projection,
    literal_path,
    project_many,
)

__all__ = [
    "ENTITY_TYPES",
    "JSON",
    "KINDS",
    "Attribute",
    "AttributeKind",
    "CompiledProjection",
    "EntityType",
    "Field",
    "Identifier",
    "IdentityRule",
    "Link",
    "LinkByIdentifier",
    "LinkedIdentifier",
    "LinkedRecord",
    "ProjectedColumns",
    "Projection",
    "Relation",
    "SourceRecord",
    "Strength",
    "UncleanValue",
    "compile_projection",
    "family_key",
    "is_free_mail",
    "is_role_mailbox",
    "literal_path",
    "name_key",
    "organization_key",
    "project_many",
]
