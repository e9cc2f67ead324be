"""Thresholds and policies tried out on the stored data: the real resolution in a transaction that is taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import Connection

from integrations_pipelines.canonical.values import recompute
from integrations_pipelines.errors import NotFound, UsageError
from integrations_pipelines.hub import Hub, in_resolution
from integrations_pipelines.registry import policies
from integrations_pipelines.registry.deciding import act_as
from integrations_pipelines.registry.simulate import COUNTS, Differences, differences, remember
from integrations_pipelines.registry.types import entity_types, type_named
from integrations_pipelines.resolution.resolve import resolve
from integrations_pipelines.resolution.scored import Thresholds
from integrations_pipelines.resolution.scored.tier import configured, current_model
from integrations_pipelines.ruling import Wanted, check_named

CLEAR = "clear"
LIMITS = tuple(f"max_{name}" for name in COUNTS)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is tried out. None is what the settings say.

    ``policies`` with the rule ``clear`` take one away. ``limits`` by the names of ``LIMITS``: how much may change in
    all. ``entity_types`` are those that the thresholds are tried on, all that are scored where there are none.
    """

    link: float | None = None
    review: float | None = None
    entity_types: Sequence[str] = ()
    policies: Sequence[Wanted] = ()
    limits: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def has_thresholds(self) -> bool:
        """Whether it says anything of thresholds."""
        return self.link is not None or self.review is not None


@dataclass(frozen=True, kw_only=True)
class Excess:
    """A limit that would be exceeded."""

    limit: str
    allowed: int
    found: int


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What would change. ``pending``: records that were resolved first, by the rules in force, and are not counted."""

    thresholds: Thresholds
    pending: int
    types: Sequence[Differences]
    exceeded: Sequence[Excess]

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all entity types together."""
        return {name: sum(one.counts[name] for one in self.types) for name in COUNTS}


def simulate(hub: Hub, rules: Rules, *, samples: int = 5) -> Simulation:
    """Return what ``rules`` would change in the stored data; writes nothing.

    Each type is resolved as it would really be, under its resolution lock: real resolutions of it wait meanwhile.
    Raises ``NotFound`` for a type, attribute or source that is not there, ``UsageError`` for rules that say nothing.
    """
    thresholds = _thresholds(rules)
    with hub.engine.begin() as connection:
        names = _types_of(connection, rules)
    tried = [_tried(hub, name, rules, thresholds, samples) for name in names]
    found = [one for one, _ in tried]
    totals = {name: sum(one.counts[name] for one in found) for name in COUNTS}
    return Simulation(
        thresholds=thresholds,
        pending=sum(pending for _, pending in tried),
        types=found,
        exceeded=[
            Excess(limit=limit, allowed=allowed, found=totals[limit.removeprefix("max_")])
            for limit, allowed in rules.limits.items()
            if totals[limit.removeprefix("max_")] > allowed
        ],
    )


def _thresholds(rules: Rules) -> Thresholds:
    now = configured()
    link = now.link if rules.link is None else rules.link
    review = now.review if rules.review is None else rules.review
    if review > link:
        raise UsageError(f"thresholds.review: {review} is above thresholds.link, {link}; say both")
    return Thresholds(link=link, review=review)


def _types_of(connection: Connection, rules: Rules) -> list[str]:
    """Return the entity types that ``rules`` concern, by name."""
    named = dict.fromkeys(one.entity_type for one in rules.policies)
    for one in rules.policies:
        check_named(connection, one)
    if rules.has_thresholds:
        types = entity_types(connection)
        wanted = [type_named(connection, name).name for name in rules.entity_types] or types
        scored = [name for name in wanted if current_model(connection, types[name])]
        if missing := [name for name in rules.entity_types if name not in scored]:
            raise UsageError(f"thresholds.entity_types: {missing[0]} is not scored: thresholds say nothing")
        named |= dict.fromkeys(scored)
    return sorted(named)


def _tried(
    hub: Hub, name: str, rules: Rules, thresholds: Thresholds, samples: int
) -> tuple[Differences, int]:
    def work(connection: Connection) -> tuple[Differences, int]:
        try:
            act_as(connection, "simulation")
            entity_type = type_named(connection, name)
            pending = resolve(connection, entity_type).touched
            remember(connection, name)
            ruled = [one for one in rules.policies if one.entity_type == name]
            for one in ruled:
                _set(connection, one)
            concerned = not rules.entity_types or name in rules.entity_types
            resolve(connection, entity_type, thresholds if concerned else None)
            if ruled:
                recompute(connection, name, None)
            return differences(connection, name, label=entity_type.label, some=samples), pending
        finally:
            connection.rollback()

    return in_resolution(hub, name, work)


def _set(connection: Connection, one: Wanted) -> None:
    """Set or clear a policy as a person would."""
    was_there = True
    match one.attribute, one.rule:
        case None, "clear":
            was_there = policies.clear_bar(connection, one.entity_type, one.sources)
        case None, _:
            policies.set_bar(connection, one.entity_type, one.sources)
        case str(attribute), "clear":
            was_there = policies.clear_policy(connection, one.entity_type, attribute)
        case _:
            policies.set_policy(connection, {**vars(one), "sources": list(one.sources)})
    if not was_there:
        raise NotFound(
            f"{'.'.join(filter(None, (one.entity_type, one.attribute)))}: no policy is set to clear"
        )
