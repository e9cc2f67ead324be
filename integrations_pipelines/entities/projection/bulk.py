"""Many payloads at once, to columns that are ready for COPY."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.entities.projection.compiled import CompiledProjection, compile_projection
from integrations_pipelines.entities.projection.identifying import Row
from integrations_pipelines.entities.projection.words import Projection

RelationRow: TypeAlias = tuple[int, str, str | None, str | None, str | None, str | None]

_NOTHING = b"{}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectedColumns:
    """One entry a payload in ``attributes``, ``name_keys``, ``rejected``, ``errors``; the other lists name their row.

    ``attributes``, ``rejected``: JSON objects; ``b"{}"`` where the payload could not be read at all.
    ``errors``: why a payload could not be read, or None.
    ``identifiers``: (row, kind, value, strength). ``relations``: (row, relation, resource, key, None, None), or
    (row, relation, None, None, identifier kind, identifier value).
    """

    attributes: list[bytes] = field(default_factory=list)
    name_keys: list[str] = field(default_factory=list)
    identifiers: list[Row] = field(default_factory=list)
    relations: list[RelationRow] = field(default_factory=list)
    rejected: list[bytes] = field(default_factory=list)
    errors: list[str | None] = field(default_factory=list)


def project_many(
    payloads: Sequence[bytes | str],
    projection: Projection | CompiledProjection,
    *,
    types: Mapping[str, EntityType] = ENTITY_TYPES,
    region: str | None = None,
    account: str | None = None,
) -> ProjectedColumns:
    """The source records of JSON texts, as columns; a text that is no JSON object is an error of its row alone.

    Pass a ``CompiledProjection`` to compile once; the keywords then have no effect.
    """
    if isinstance(projection, Projection):
        projection = compile_projection(projection, types=types, region=region, account=account)
    columns = ProjectedColumns()
    for row, payload in enumerate(payloads):
        _project(columns, row, payload, projection)
    return columns


def _project(
    columns: ProjectedColumns, row: int, payload: bytes | str, projection: CompiledProjection
) -> None:
    """Append one row to every column."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        _fail(columns, f"not JSON: {error.msg} at {error.pos}")
        return
    if not isinstance(document, dict):
        _fail(columns, "not a JSON object")
        return
    attributes, name_key, rejected, targets = projection.read(document)
    columns.attributes.append(orjson.dumps(attributes))
    columns.name_keys.append(name_key)
    columns.rejected.append(orjson.dumps(rejected) if rejected else _NOTHING)
    columns.errors.append(None)
    for emit in projection.emitters:
        emit(row, attributes, columns.identifiers)
    if targets:
        columns.relations.extend((row, *target) for target in targets)


def _fail(columns: ProjectedColumns, error: str) -> None:
    columns.attributes.append(_NOTHING)
    columns.name_keys.append("")
    columns.rejected.append(_NOTHING)
    columns.errors.append(error)
