"""Policies and pins, carried out at once: the rule and the values that follow from it are one transaction."""

import json
import uuid as uuidlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from integrations_pipelines.canonical.values import recompute
from integrations_pipelines.entities import KINDS, Attribute, UncleanValue
from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.hub import Hub, in_resolution
from integrations_pipelines.registry import policies, types
from integrations_pipelines.registry.deciding import Party, act_as, party
from integrations_pipelines.registry.policies import NO_CREATE, RULES
from integrations_pipelines.registry.sources import source_of
from integrations_pipelines.registry.types import attribute_named, entity_types, type_named
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.review import Person

WITH_SOURCES = ("owner", "source-priority", NO_CREATE)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A policy as it is asked for; ``attribute`` None goes with the rule ``no-create`` alone."""

    entity_type: str
    attribute: str | None
    rule: str
    sources: Sequence[str] = ()
    max_age: float | None = None


def set_policy(hub: Hub, actor: str, wanted: Wanted) -> int:
    """Set a policy and compute what it touches anew; return how many entities have other values now.

    Raises ``NotFound`` for a type, attribute or source that is not there, ``UsageError`` for a rule that says nothing.
    """
    with hub.engine.begin() as connection:
        _check(connection, wanted)

    def work(connection: Connection) -> int:
        act_as(connection, actor)
        if wanted.attribute is None:
            policies.set_bar(connection, wanted.entity_type, wanted.sources)
            return _resolved(connection, wanted.entity_type)
        policies.set_policy(connection, {**vars(wanted), "sources": list(wanted.sources)})
        return recompute(connection, wanted.entity_type, None)

    return in_resolution(hub, wanted.entity_type, work)


def clear_policy(
    hub: Hub, actor: str, entity_type: str, attribute: str | None, sources: Sequence[str]
) -> int:
    """Take a policy away and compute what it touched anew; return as ``set_policy``. Raises ``NotFound``."""
    with hub.engine.begin() as connection:
        held = type_named(connection, entity_type)
        if attribute is not None:
            attribute_named(held, attribute)

    def work(connection: Connection) -> int:
        act_as(connection, actor)
        if attribute is None:
            _found(policies.clear_bar(connection, entity_type, sources), entity_type)
            return _resolved(connection, entity_type)
        _found(policies.clear_policy(connection, entity_type, attribute), f"{entity_type}.{attribute}")
        return recompute(connection, entity_type, None)

    return in_resolution(hub, entity_type, work)


def pin(
    hub: Hub, who: Person, entity: uuidlib.UUID, attribute: str, word: str, until: datetime | None
) -> tuple[Party, Any]:
    """Set a value that goes before whatever records say; return the entity and the value as it was cleaned.

    Raises ``NotFound``, and ``UsageError`` where ``word`` cannot be read as the attribute's kind.
    """
    held, shape = _attribute_of(hub, entity, attribute)
    value = cleaned(attribute, shape, word)

    def work(connection: Connection) -> None:
        new = policies.NewPin(
            entity=held.uuid,
            entity_type=held.entity_type,
            attribute=attribute,
            value=value,
            until=until,
            reason=who.reason,
        )
        policies.add_pin(connection, new)

    _over(hub, who, held, work)
    return held, value


def unpin(hub: Hub, who: Person, entity: uuidlib.UUID, attribute: str) -> Party:
    """Let records speak again. Raises ``NotFound`` where nothing is pinned."""
    held, _ = _attribute_of(hub, entity, attribute)

    def work(connection: Connection) -> None:
        was_there = policies.end_pin(connection, held.uuid, attribute, reason=who.reason)
        if not was_there:
            raise NotFound(f"{held.uuid}: nothing is pinned on {attribute}")

    _over(hub, who, held, work)
    return held


def cleaned(name: str, shape: Attribute, word: str) -> Any:
    """Return ``word`` as the attribute keeps it; a list stands as JSON. Raises ``UsageError``."""
    try:
        raw = json.loads(word) if shape.many or shape.kind in ("json", "money") else word
    except json.JSONDecodeError as error:
        raise UsageError(f"{name}: must be JSON: {error.msg}") from error
    if shape.many and not isinstance(raw, list):
        raise UsageError(f'{name}: takes many values, as a JSON list: ["one", "two"]')
    try:
        values = [KINDS[shape.kind].clean(one, None) for one in (raw if shape.many else [raw])]
    except UncleanValue as error:
        raise UsageError(f"{name}: cannot be read as {shape.kind}: {error}") from error
    if None in values:
        raise UsageError(f"{name}: there is nothing in it to pin")
    return values if shape.many else values[0]


def _over(hub: Hub, who: Person, held: Party, work: Callable[[Connection], None]) -> None:
    def carried_out(connection: Connection) -> int:
        act_as(connection, who.actor)
        work(connection)
        return recompute(connection, held.entity_type, [held.uuid])

    in_resolution(hub, held.entity_type, carried_out)


def _attribute_of(hub: Hub, entity: uuidlib.UUID, attribute: str) -> tuple[Party, Attribute]:
    with hub.engine.begin() as connection:
        held = party(connection, entity)
        return held, attribute_named(type_named(connection, held.entity_type), attribute)


def _check(connection: Connection, wanted: Wanted) -> None:
    known = RULES if wanted.attribute is not None else (NO_CREATE,)
    if wanted.rule not in known:
        of = "an attribute (TYPE.ATTRIBUTE)" if wanted.attribute is not None else "a whole type"
        raise UsageError(f"--rule {wanted.rule!r}: for {of} it must be one of {', '.join(known)}")
    check_named(connection, wanted)
    if bool(wanted.sources) != (wanted.rule in WITH_SOURCES):
        says = "names its sources: --source KEY" if not wanted.sources else "takes no --source"
        raise UsageError(f"--rule {wanted.rule}: {says}")
    if wanted.max_age is not None and wanted.rule != "source-priority":
        raise UsageError(f"--max-age goes with source-priority, not with {wanted.rule}")


def check_named(connection: Connection, wanted: Wanted) -> None:
    """Raise ``NotFound`` for a type, an attribute or a source of ``wanted`` that is not there."""
    held = type_named(connection, wanted.entity_type)
    if wanted.attribute is not None:
        attribute_named(held, wanted.attribute)
    for key in wanted.sources:
        source_of(connection, key)


def _resolved(connection: Connection, entity_type: str) -> int:
    done = resolve(connection, entity_types(connection)[entity_type])
    return done.created + done.remapped


def _found(was_there: bool, what: str) -> None:
    if not was_there:
        raise NotFound(f"{what}: no policy is set")


def remove_attribute(hub: Hub, actor: str, entity_type: str, name: str) -> int:
    """Remove an attribute that the organisation added; return how many entities have other values now.

    Raises ``NotFound``, and ``UsageError`` for one that is not the organisation's own.
    """

    def work(connection: Connection) -> int:
        act_as(connection, actor)
        types.remove_attribute(connection, entity_type, name)
        resolve(connection, type_named(connection, entity_type))
        return recompute(connection, entity_type, None)

    return in_resolution(hub, entity_type, work)
