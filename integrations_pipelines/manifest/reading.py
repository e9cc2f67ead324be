"""A manifest read as a connector, with the shortest form of what is nearly always the same. No I/O but the file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from integrations_pipelines.contract import (
    BodyMustLack,
    Connector,
    Credential,
    NoAuth,
    Request,
    Resource,
    Setting,
    names_needed,
    template_names,
)
from integrations_pipelines.entities import ENTITY_TYPES, Projection, compile_projection
from integrations_pipelines.errors import ConfigurationError, ContractError
from integrations_pipelines.manifest.building import build, build_as, hints_of, made
from integrations_pipelines.manifest.document import Said, read_document
from integrations_pipelines.manifest.values import field, link

PROJECTION = ("entity_type", "place", "places", "attributes", "relations")
GRAPHQL_ERRORS = BodyMustLack(
    path="errors",
    reason="errors.0.extensions.code|errors.0.message",
    refused=frozenset({"UNAUTHENTICATED", "AUTHENTICATION_ERROR"}),
    later=frozenset({"THROTTLED", "RATELIMITED", "RATE_LIMITED"}),
)
_CONTRADICTION = re.compile(r"[^:]+?(?:\.([a-z][a-z0-9_]*))?: ([\w.]+) (.*)", re.DOTALL)


def read_manifest(path: Path) -> Connector:
    """Return the connector that the manifest at ``path`` describes.

    Raise ``ConfigurationError`` that names file, line and key for the first thing that cannot be right.
    """
    document = read_document(path)
    hints = hints_of(Connector)
    table = document.only(set(hints))
    for name in ("system_type", "title", "base_url", "resources"):
        if name not in table:
            document.fail(f"{name!r} is missing")
    special = {"resources", "settings", "credentials", "probe"}
    values = {name: build_as(hints[name], said) for name, said in table.items() if name not in special}
    place = f"{values['system_type']}/{{account}}"
    resources = tuple(_resource(said, name, place) for name, said in table["resources"].table().items())
    values["settings"] = _described(Setting, table.get("settings"))
    values["resources"] = resources
    values["probe"] = build_as(Request, table["probe"]) if "probe" in table else _first_asked(resources)
    values["credentials"] = _credentials(table.get("credentials"), values)
    if any(_is_graphql(one) for one in resources):
        values.setdefault("body_rules", (GRAPHQL_ERRORS,))
    return _checked(document, values)


def _described(word: type, said: Said | None) -> tuple[Any, ...]:
    """``token: How to get one``, or a table with the members of ``word``."""
    if said is None:
        return ()
    return tuple(_named(word, one, name) for name, one in said.table().items())


def _named(word: type, said: Said, name: str) -> Any:
    if isinstance(said.value, str):
        return made(word, said, {"name": name, "description": said.value})
    return build(word, said, {"name": name})


def _credentials(said: Said | None, values: Mapping[str, Any]) -> tuple[Credential, ...]:
    """Return the credentials that are described, and those that ``auth`` needs beside them."""
    described = cast("tuple[Credential, ...]", _described(Credential, said))
    known = {one.name for one in (*described, *values["settings"])}
    needed = dict.fromkeys(names_needed(values.get("auth", NoAuth())))
    more = (
        Credential(name=one, description=f"{values['title']}'s {one}.") for one in needed if one not in known
    )
    return (*described, *more)


def _first_asked(resources: Iterable[Resource]) -> Request | None:
    """Return the request of the first list that stands alone: without a probe of its own it tries the credentials."""
    return next((one.request for one in resources if one.parent is None and one.request), None)


def _is_graphql(resource: Resource) -> bool:
    return resource.request is not None and "query" in (resource.request.json or {})


def _resource(said: Said, name: str, place: str) -> Resource:
    hints = {key: hint for key, hint in hints_of(Resource).items() if key not in ("name", "projection")}
    table = said.only({*hints, *PROJECTION})
    for key in ("entity_type", "attributes", "request", "key"):
        if key not in table:
            said.fail(f"{key!r} is missing")
    values = {
        key: build_as(hints[key], one) for key, one in table.items() if key in hints and key != "ignored"
    }
    values["ignored"] = _ignored(table["ignored"]) if "ignored" in table else {}
    projection = _projection(said, table, place)
    return cast(Resource, made(Resource, said, {**values, "name": name, "projection": projection}))


def _ignored(said: Said) -> Mapping[str, str]:
    """Paths with a reason each, or a list of them without."""
    if isinstance(said.value, dict):
        return {path: str(reason.value) for path, reason in said.table().items()}
    return dict.fromkeys((str(one.value) for one in said.items()), "Ignored by the manifest.")


def _projection(said: Said, table: Mapping[str, Said], place: str) -> Projection:
    name = table["entity_type"]
    if name.value not in ENTITY_TYPES:
        name.fail(f"no entity type {name.value!r}; there are: {', '.join(sorted(ENTITY_TYPES))}")
    shape = ENTITY_TYPES[name.value]
    relations = table["relations"].table() if "relations" in table else {}
    _known(table["attributes"], shape.attributes, f"an attribute of {shape.name}")
    if relations:
        _known(table["relations"], shape.relations, f"a relation of {shape.name}")
    projection = Projection(
        entity_type=shape.name,
        place=str(table["place"].value) if "place" in table else place,
        attributes={key: field(one) for key, one in table["attributes"].table().items()},
        relations={key: link(one) for key, one in relations.items()},
        places={key: str(one.value) for key, one in table["places"].table().items()}
        if "places" in table
        else {},
    )
    _readable(projection, table)
    return projection


def _known(said: Said, names: Iterable[str], what: str) -> None:
    known = sorted(names)
    for key, one in said.table().items():
        if key not in known:
            near = get_close_matches(key, known, 1)
            one.fail(
                f"is not {what}; {f'did you mean {near[0]!r}? ' if near else ''}It has: {', '.join(known)}"
            )


def _readable(projection: Projection, table: Mapping[str, Said]) -> None:
    """Raise at the attribute or relation whose path, conversion or identifier cannot be."""
    for group in ("attributes", "relations"):
        for key, one in table[group].table().items() if group in table else ():
            kept: dict[str, Any] = {
                "attributes": {},
                "relations": {},
                group: {key: getattr(projection, group)[key]},
            }
            try:
                compile_projection(replace(projection, **kept, places={}), account="account")
            except ContractError as error:
                one.fail(str(error))
    try:
        compile_projection(projection, account="account")
    except ContractError as error:
        table["entity_type"].fail(str(error))


def _checked(document: Said, values: Mapping[str, Any]) -> Connector:
    for name in template_names(values["base_url"]):
        if name not in {one.name for one in values["settings"]}:
            document.table()["base_url"].fail(
                f"wants {{{name}}}, which is no setting: `settings: {{{name}: ...}}`"
            )
    try:
        return Connector(**values)
    except ContractError as error:
        raise _located(document, str(error)) from error


def _located(document: Said, story: str) -> ConfigurationError:
    """Return the error at the line of the resource and the field that a contradiction names."""
    match = _CONTRADICTION.fullmatch(story)
    said, why = document, story
    if match is not None:
        keys = [
            *(["resources", match[1]] if match[1] else []),
            *match[2].removeprefix("projection.").split("."),
        ]
        said, why = _deepest(document, keys), f"{match[2]} {match[3]}"
    try:
        said.fail(why)
    except ConfigurationError as error:
        return error


def _deepest(said: Said, keys: list[str]) -> Said:
    for key in keys:
        if not isinstance(said.value, dict) or key not in said.value:
            break
        said = said.under(key, said.value[key])
    return said
