"""Projection: how a connector says which part of a payload becomes which attribute, and the compiled function."""

from integrations_pipelines.entities.projection.bulk import ProjectedColumns, project_many
from integrations_pipelines.entities.projection.compiled import CompiledProjection, compile_projection
from integrations_pipelines.entities.projection.conversions import CONVERSIONS
from integrations_pipelines.entities.projection.paths import literal_path
from integrations_pipelines.entities.projection.words import (
    Field,
    Identifier,
    Link,
    LinkByIdentifier,
    LinkedIdentifier,
    LinkedRecord,
    Projection,
    SourceRecord,
)

__all__ = [
    "CONVERSIONS",
    "CompiledProjection",
    "Field",
    "Identifier",
    "Link",
    "LinkByIdentifier",
    "LinkedIdentifier",
    "LinkedRecord",
    "ProjectedColumns",
    "Projection",
    "SourceRecord",
    "compile_projection",
    "literal_path",
    "project_many",
]
