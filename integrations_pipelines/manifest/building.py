"""From what a manifest says to the words of the contract: one reading for all of them, by the types of their fields."""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import timedelta
from functools import cache, partial
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from integrations_pipelines.contract import (
    ApiKey,
    BodyField,
    BodyMust,
    BodyMustLack,
    CursorPages,
    DeletedFlag,
    EventStream,
    Header,
    Incremental,
    KeysetPages,
    LinkBodyPages,
    LinkHeaderPages,
    NoAuth,
    NumberedPages,
    OffsetPages,
    PageSize,
    Param,
    Request,
    ResultCap,
    SinglePage,
    moments,
    write_minute_up_in_zone,
)
from integrations_pipelines.entities.projection import Field
from integrations_pipelines.errors import ContractError
from integrations_pipelines.manifest.document import Said
from integrations_pipelines.manifest.values import duration, number, text, truth, whole
from integrations_pipelines.manifest.values import field as field_of

Build = Callable[[Said], Any]
PLACES: Mapping[str, Any] = {"param": Param, "body": BodyField, "header": Header}
# What a word is called in a manifest, where it is not its own name in small letters.
SPOKEN: Mapping[type, str] = {
    NoAuth: "none",
    ApiKey: "api_key",
    SinglePage: "single",
    CursorPages: "cursor",
    LinkHeaderPages: "link_header",
    LinkBodyPages: "link_body",
    OffsetPages: "offset",
    NumberedPages: "numbered",
    KeysetPages: "keyset",
    BodyMust: "must",
    BodyMustLack: "must_lack",
    DeletedFlag: "flag",
    Incremental: "since",
    EventStream: "events",
}
READ = {
    "iso": moments.read_iso,
    "seconds": moments.read_epoch_seconds,
    "milliseconds": moments.read_epoch_milliseconds,
}
WRITE = {
    "iso": moments.write_iso,
    "seconds": moments.write_epoch_seconds,
    "milliseconds": moments.write_epoch_milliseconds,
    "minute_in_zone": moments.write_minute_in_zone,
    "minute_up_in_zone": write_minute_up_in_zone,
}


def spoken(word: type) -> str:
    """Return what ``word`` is called in a manifest: ``CursorPages`` is ``cursor``."""
    return SPOKEN.get(word) or re.sub(r"(?<!^)(?=[A-Z])", "_", word.__name__).lower()


@cache
def hints_of(word: type) -> Mapping[str, Any]:
    """Return the fields of ``word`` with their types."""
    hints = get_type_hints(word)
    return {field.name: hints[field.name] for field in fields(word)}


def build(word: type, said: Said, given: Mapping[str, Any] | None = None) -> Any:
    """Return the ``word`` that ``said`` describes; ``given`` are members read already. Raise naming line and key."""
    given = dict(given or {})
    if not isinstance(said.value, dict) and (alone := _alone(word)):
        return made(word, said, {alone: build_as(hints_of(word)[alone], said), **given})
    hints = {name: hint for name, hint in hints_of(word).items() if name not in given}
    values = {name: build_as(hints[name], one) for name, one in said.only(set(hints)).items()}
    return made(word, said, {**given, **values})


def made(word: type, said: Said, values: Mapping[str, Any]) -> Any:
    """Return ``word`` of ``values``. Raise for what is missing, and for what the contract does not accept."""
    for one in fields(word):
        if one.name not in values and one.default is MISSING and one.default_factory is MISSING:
            said.fail(f"{one.name!r} is missing")
    try:
        return word(**values)
    except (ContractError, ValueError) as error:
        said.fail(str(error))


def _alone(word: type) -> str | None:
    """Return the one member that is required: a value alone stands for it (``version: updated_at``)."""
    required = [one.name for one in fields(word) if one.default is MISSING and one.default_factory is MISSING]
    return required[0] if len(required) == 1 else None


def build_as(hint: Any, said: Said) -> Any:
    """Return what ``said`` means where the contract wants a ``hint``."""
    special = _special(hint)
    if special is not None:
        return special(said)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _one_of([one for one in arguments if one is not type(None)], said)
    if origin is Literal:
        return said.value if said.value in arguments else said.fail(f"must be one of: {', '.join(arguments)}")
    if origin is tuple:
        return tuple(build_as(arguments[0], one) for one in said.items())
    if origin is frozenset:
        return frozenset(build_as(arguments[0], one) for one in said.items())
    if origin is not None and issubclass(cast(type, origin), Mapping):
        return {key: build_as(arguments[1], one) for key, one in said.table().items()}
    if is_dataclass(hint):
        return build(cast(type, hint), said)
    return said.fail("cannot be said in a manifest")


def _special(hint: Any) -> Build | None:
    known: list[tuple[Any, Build]] = [
        (Any, lambda said: said.value),
        (str, text),
        (bool, truth),
        (int, whole),
        (float, number),
        (timedelta, duration),
        (moments.ReadMoment, lambda said: _moment(said, READ, moments.ReadFormat)),
        (moments.WriteMoment, lambda said: _moment(said, WRITE, moments.WriteFormat)),
        (PageSize, _page_size),
        (ResultCap, _result_cap),
        (Request, request),
        (Field | str, field_of),
        (str | Field, field_of),
    ]
    if get_origin(hint) in (Union, types.UnionType) and set(get_args(hint)) <= set(PLACES.values()):
        return partial(_place, hint=hint)
    return next((built for one, built in known if one is hint or one == hint), None)


def _one_of(words: list[type], said: Said) -> Any:
    """Return the word that ``type`` names, or the only one, or the first that takes the value (numbers, texts)."""
    if len(words) == 1:
        return build_as(words[0], said)
    classes: dict[str, type] = {spoken(one): one for one in words if is_dataclass(one)}
    if not classes:
        return _scalar(words, said)
    if isinstance(said.value, str) and said.value in classes:
        return made(classes[said.value], said, {})
    if not isinstance(said.value, dict):
        said.fail(f"must be a table with a type, one of: {', '.join(classes)}")
    tag = said.table().get("type")
    if tag is None:
        said.fail(f"'type' is missing; one of: {', '.join(classes)}")
    if tag.value not in classes:
        tag.fail(f"no such type; one of: {', '.join(classes)}")
    members = {name: value for name, value in said.value.items() if name != "type"}
    return build(classes[tag.value], replace(said, value=members))


def _scalar(words: list[Any], said: Said) -> Any:
    if isinstance(said.value, list):
        return tuple(text(one) for one in said.items())
    return said.value if isinstance(said.value, int) and int in words else text(said)


def _moment(said: Said, known: Mapping[str, Any], by_format: Callable[[str], Any]) -> Any:
    name = text(said)
    if name in known:
        return known[name]
    if "%" not in name:
        said.fail(f"must be one of: {', '.join(known)}; or a format such as %Y-%m-%d %H:%M:%S")
    try:
        return by_format(name)
    except ValueError as error:
        said.fail(str(error))


def _place(said: Said, hint: Any = Param | BodyField | Header) -> Any:
    """``limit`` is a query parameter; ``{body: variables.after}`` and ``{header: X-Page}`` are the others."""
    allowed = [kind for kind, word in PLACES.items() if word in get_args(hint)]
    if isinstance(said.value, str) and "param" in allowed:
        return Param(name=said.value)
    table = said.only(set(allowed))
    if len(table) != 1:
        said.fail(f"must be a table with one of: {', '.join(allowed)}")
    ((kind, name),) = table.items()
    return _placed(kind, text(name))


def _placed(kind: str, name: str) -> Any:
    return BodyField(path=name) if kind == "body" else PLACES[kind](name=name)


def _page_size(said: Said) -> PageSize:
    """``{param: limit, largest: 100}``; ``body`` and ``header`` like ``into``."""
    into, table = _into(said, {"largest"})
    if "largest" not in table:
        said.fail("'largest' is missing")
    return PageSize(into=into, largest=whole(table["largest"]))


def _result_cap(said: Said) -> ResultCap:
    into, table = _into(said, {"records", "key"})
    for name in ("records", "key"):
        if name not in table:
            said.fail(f"{name!r} is missing")
    return ResultCap(into=into, records=whole(table["records"]), key=text(table["key"]))


def _into(said: Said, others: set[str]) -> tuple[Any, Mapping[str, Said]]:
    table = said.only({*PLACES, "into", *others})
    places = [name for name in (*PLACES, "into") if name in table]
    if len(places) != 1:
        said.fail(f"needs one of: {', '.join(PLACES)}")
    one = table[places[0]]
    return (_place(one) if places[0] == "into" else _placed(places[0], text(one))), table


def request(said: Said) -> Request:
    """A path alone, or the members of ``Request``; ``query`` and ``variables`` make a GraphQL request of it."""
    if isinstance(said.value, str):
        return cast(Request, made(Request, said, {"path": said.value}))
    table = said.table()
    if "query" not in table:
        return cast(Request, build(Request, said))
    known = said.only({"path", "query", "variables", "headers", "params"})
    values: dict[str, Any] = {
        name: build_as(hints_of(Request)[name], known[name])
        for name in ("headers", "params")
        if name in known
    }
    variables = known["variables"].table() if "variables" in known else {}
    body = {"query": text(known["query"]), "variables": {key: one.value for key, one in variables.items()}}
    path = text(known["path"]) if "path" in known else "/graphql"
    return cast(Request, made(Request, said, {"path": path, "method": "POST", "json": body, **values}))
