"""`integrations import`: a file through the same corridor as everything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import actor, check_state_folder, current_settings, open_url
from integrations_pipelines.cli.output import AsJson, hint
from integrations_pipelines.cli.progress import following
from integrations_pipelines.cli.syncing import end_with
from integrations_pipelines.cli.words import pairs, resource_of, system_key_of
from integrations_pipelines.errors import NotFound, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.entities import EntityType
    from integrations_pipelines.staging.files import FileShape


def import_file(  # noqa: PLR0913 - its options
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, JSON lines, Excel (or .ods), or Parquet.")
    ],
    system: Annotated[str, typer.Option(metavar="KEY", help="The source system; made if it is not there.")],
    resource: Annotated[str, typer.Option("--resource", "-r", help="What its rows are: customers.")],
    entity_type: Annotated[str, typer.Option("--entity-type", help="person, organization, ...")],
    map_: Annotated[
        list[str] | None, typer.Option("--map", metavar="column=attribute", help="May be repeated.")
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="column", help="The column of the record id.")] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="The file holds all there is: what it lacks may be gone.")
    ] = False,
    allow_mass_delete: Annotated[
        bool, typer.Option("--allow-mass-delete", help="With --snapshot: however many it lacks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take the rows of a file in. Columns that --map does not name are guessed by name; the guess is shown."""
    settings = current_settings(begins=True)
    system, resource = system_key_of(system), resource_of(resource)
    from integrations_pipelines.staging.files import shape_of

    file = file.expanduser().absolute()
    shape, given = shape_of(file), pairs(map_ or [], "--map", split_last=True)
    check_state_folder(settings)
    with open_url(settings) as url:
        types = _entity_types(url)
        wanted = Wanted(system, resource, _entity_type(types, entity_type))
        check_links(wanted.entity_type, given.values(), types)
        reading = read_as(file.name, shape, wanted.entity_type, given, key)
        _remember(url, wanted, reading)
        _say(reading)
        from integrations_pipelines.orchestration.launch import run_file_import

        with following(as_json=as_json) as follow:
            config = {"snapshot": snapshot, "allow_mass_delete": allow_mass_delete}
            outcome = run_file_import(
                settings, url, system, path=file, resource=resource, more=config, on_progress=follow
            )
    more = {"key": reading.key, "columns": dict(reading.columns), "unmapped": list(reading.unmapped)}
    end_with(outcome, as_json=as_json, more=more)


@dataclass(frozen=True)
class Wanted:
    """Where the rows belong."""

    system_key: str
    resource: str
    entity_type: "EntityType"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a file's columns read: ``columns`` is column: attribute, ``guessed`` the part nobody named."""

    entity_type: str
    key: str
    columns: Mapping[str, str]
    guessed: Mapping[str, str]
    unmapped: tuple[str, ...]


def read_as(
    name: str, shape: "FileShape", entity_type: "EntityType", given: Mapping[str, str], key: str | None
) -> Reading:
    """Return how the file reads. Raises ``UsageError`` that names what there is for what there is not."""
    from integrations_pipelines.cli.guessing import guess
    from integrations_pipelines.connectors.files import link_of

    for column in (*given, *([key] if key is not None else [])):
        if column not in shape.columns:
            raise UsageError(f"{name} has no column {column!r}; it has: {', '.join(shape.columns)}")
    for attribute in given.values():
        if link_of(attribute) is None and attribute not in entity_type.attributes:
            known = ", ".join(entity_type.attributes)
            raise UsageError(f"--map: {entity_type.name} has no attribute {attribute!r}; it has: {known}")
    guessed = guess([one for one in shape.columns if one not in given], entity_type, given.values())
    columns = {one: {**given, **guessed}[one] for one in shape.columns if one in given or one in guessed}
    if not columns:
        raise UsageError(
            f"{name}: no column ({', '.join(shape.columns)}) reads as an attribute of {entity_type.name} "
            f"({', '.join(entity_type.attributes)}); --map column=attribute says which does"
        )
    record_id = key if key is not None else shape.default_key
    return Reading(
        entity_type=entity_type.name,
        key=record_id,
        columns=columns,
        guessed=guessed,
        unmapped=tuple(one for one in shape.columns if one not in columns and one != record_id),
    )


def check_links(entity_type: "EntityType", words: Iterable[str], types: Mapping[str, "EntityType"]) -> None:
    """Raise ``UsageError`` for a relation (``owner.email``, ``owner:customers``) that leads nowhere."""
    from integrations_pipelines.connectors.files import link_of

    for relation, by, is_identifier in filter(None, map(link_of, words)):
        shape = entity_type.relations.get(relation)
        if shape is None:
            known = ", ".join(entity_type.relations) or "none"
            raise UsageError(f"--map: {entity_type.name} has no relation {relation!r}; it has: {known}")
        usable = [rule.kind for rule in types[shape.target].identity if not rule.beside]
        if is_identifier and by not in usable:
            found_by = ", ".join(usable) or "nothing"
            raise UsageError(
                f"--map: {relation}: a {shape.target} is not found by {by!r}, but by: {found_by}"
            )


def _entity_types(url: str) -> Mapping[str, "EntityType"]:
    from integrations_pipelines.registry.reading import reading_connection
    from integrations_pipelines.registry.types import entity_types

    with reading_connection(url, actor=actor()) as connection:
        return entity_types(connection)


def _entity_type(types: Mapping[str, "EntityType"], name: str) -> "EntityType":
    if name not in types:
        raise NotFound(f"--entity-type: there is no {name!r}; there are: {', '.join(types)}")
    return types[name]


def _remember(url: str, wanted: Wanted, reading: Reading) -> None:
    """Keep how the file reads with its source system, made if it is not there. Raises ``UsageError``."""
    from integrations_pipelines.registry import sources
    from integrations_pipelines.registry.reading import held_as, reading_connection

    key, resource = wanted.system_key, wanted.resource
    with reading_connection(url, actor=actor()) as connection:
        try:
            source = sources.source_of(connection, key)
        except NotFound:
            source = sources.add_source(connection, system_key=key, system_type="files", settings={})
        if source.system_type != "files":
            raise UsageError(
                f"--system {key}: is a {source.system_type} account; files need one of their own"
            )
        held = held_as(connection, key, resource)
        if held not in (None, reading.entity_type):
            raise UsageError(
                f"--entity-type {reading.entity_type}: {key} {resource} already holds {held} records"
            )
        how = {"entity_type": reading.entity_type, "columns": dict(reading.columns), "key": reading.key}
        sources.remember_file(connection, source, resource, how)


def _say(reading: Reading) -> None:
    for column, attribute in reading.columns.items():
        hint(f"  {column} -> {attribute}{'   (guessed)' if column in reading.guessed else ''}")
    if reading.unmapped:
        hint(f"  kept, and mapped to nothing: {', '.join(reading.unmapped)}")
    hint(f"  record id: {reading.key}")
