"""Many payloads at once, to columns that are ready for COPY."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import orjson

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.entities.presets import ENTITY_TYPES
from integrations_pipelines.entities.projection.compiled import CompiledProjection, Read, compile_projection
from integrations_pipelines.entities.projection.identifying import IdentifierRow
from integrations_pipelines.entities.projection.relating import RelationRow
from integrations_pipelines.entities.projection.words import Projection
from integrations_pipelines.entities.projection.writing import json_objects

# Small enough that a chunk's documents stay in the processor's cache and their memory is used again.
_CHUNK = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectedColumns:
    """What payloads project to. Rows count from 0; no text holds a tab or a line break.

    ``attributes``: a JSON object a payload, None where it could not be read at all: then ``errors`` says why.
    ``name_keys``: one a payload. ``rejected``: a JSON object a payload of what was left out and why, or None.
    ``identifiers``: (row, kind, value, strength).
    ``relations``: (row, relation, ordinal, target type, resource, key, None, None), or
    (row, relation, ordinal, target type, None, None, identifier kind, identifier value).
    ``passed_over``: rows that are no entity, on purpose; projection itself passes nobody over.
    """

    attributes: list[str | None] = field(default_factory=list)
    name_keys: list[str] = field(default_factory=list)
    rejected: list[str | None] = field(default_factory=list)
    identifiers: list[IdentifierRow] = field(default_factory=list)
    relations: list[RelationRow] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)
    passed_over: frozenset[int] = frozenset()


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
    with _no_garbage_collection():
        for start in range(0, len(payloads), _CHUNK):
            documents, errors = _parsed(payloads[start : start + _CHUNK])
            _append(columns, projection.read(documents, start), start, errors)
    return columns


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Nothing here makes cycles, yet looking for them takes an eighth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _parsed(payloads: Sequence[bytes | str]) -> tuple[list[dict[str, object]], dict[int, str]]:
    """The documents, an empty one for each that cannot be read, and why by row: all at once, until one cannot be."""
    try:
        read = list(map(orjson.loads, payloads))
    except orjson.JSONDecodeError:
        return _parsed_apart(payloads)
    return (read, {}) if set(map(type, read)) == {dict} else _parsed_apart(payloads)


def _parsed_apart(payloads: Sequence[bytes | str]) -> tuple[list[dict[str, object]], dict[int, str]]:
    documents = []
    errors = {}
    for row, payload in enumerate(payloads):
        try:
            document = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            document, errors[row] = {}, f"not JSON: {error.msg} at character {error.pos}"
        if type(document) is not dict:
            document, errors[row] = {}, "not a JSON object"
        documents.append(document)
    return documents, errors


def _append(columns: ProjectedColumns, read: Read, start: int, errors: dict[int, str]) -> None:
    attributes: list[str | None] = [*json_objects(read.columns, len(read.name_keys))]
    for row, error in errors.items():
        attributes[row] = None
        columns.errors[start + row] = error
    columns.attributes.extend(attributes)
    columns.name_keys.extend(read.name_keys)
    columns.identifiers.extend(read.identifiers)
    columns.relations.extend(read.relations)
    rejected: list[str | None] = [None] * len(attributes)
    for row, reasons in read.rejected.items():
        rejected[row - start] = orjson.dumps(reasons).decode()
    columns.rejected.extend(rejected)
