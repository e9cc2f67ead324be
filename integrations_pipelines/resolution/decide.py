"""The decision itself: which records of a component are one entity. Pure, so that it can be tested and explained.

Most components contradict nothing and stay whole. One that does is built up again from single records, by its edges
from the strongest to the weakest; an edge whose union would break a constraint is refused, and a person is asked.
Refusing depends on the component alone, never on the order of arrival: ties are broken by natural keys.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby
from math import fsum

NaturalKey = tuple[str, str, str]

# Above this many holders a shared value is spelled out as a star from its first holder, not as every pair.
_PAIRWISE_UP_TO = 30
# The tier of an edge that a score makes.
SCORED = 2
_SAID_DIFFERENT = "a person said that they are different"
_SPEAK_AGAINST = "taken together, the records on both sides speak against it"
# A score joins at most so many records: beyond that it is a shared value that nobody knows as one.
LARGEST_BY_SCORE = 200


@dataclass(frozen=True, kw_only=True)
class KindRule:
    """What an identifier kind may do in one entity; ``most`` is None where any number of values is fine."""

    kind: str
    rank: int
    most: int | None = None
    by_place: bool = False


@dataclass(frozen=True, kw_only=True)
class Held:
    """A cleaned identifier value that a record holds; a generic one joins nobody, but still counts."""

    kind: str
    value: str
    is_generic: bool = False


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person who told two sides apart knew that they share, as (kind, value); ``day`` is when, in ISO 8601."""

    values: frozenset[tuple[str, str]]
    day: str


_NOTHING = Told(values=frozenset(), day="")


@dataclass(frozen=True, kw_only=True)
class Component:
    """Records that hang together, what they hold, and what persons said of pairs of them.

    ``bits``: what speaks for each pair (smaller id first) being one, or against it; empty where nothing speaks against
    any. A score joins two groups only where their pairs reach ``enough`` bits on average: single links alone chain.
    ``told``, by ``different`` pair: what was known then; of a pair that is missing there, everything was.
    """

    records: Mapping[int, NaturalKey]
    held: Mapping[int, Sequence[Held]]
    same: frozenset[tuple[int, int]] = frozenset()
    different: frozenset[tuple[int, int]] = frozenset()
    bits: Mapping[tuple[int, int], float] = field(default_factory=dict)
    enough: float = 0.0
    told: Mapping[tuple[int, int], Told] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Edge:
    """A reason to join two records. Smaller sorts first: tier 0 is a person's word, tier 1 a shared identifier.

    ``weight`` is for scored pairs (tier 2): the negated score, so that the surest comes first.
    """

    tier: int
    rank: int
    weight: float
    kind: str
    value: str
    left_key: NaturalKey
    right_key: NaturalKey
    left: int = field(compare=False)
    right: int = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An edge that a constraint stopped: it waits for a person. ``reason`` is one line.

    ``note`` says what is new where a person had answered before.
    """

    edge: Edge
    reason: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Partition:
    """Groups of record ids, each sorted; what was refused; and the surest rank by which a record hangs on its group."""

    groups: tuple[tuple[int, ...], ...]
    refusals: tuple[Refusal, ...]
    ranks: Mapping[int, int] = field(default_factory=dict)


def partition(component: Component, rules: Sequence[KindRule], scored: Iterable[Edge] = ()) -> Partition:
    """Split ``component`` into entities so that no group breaks a rule or a person's "different".

    ``scored`` are edges of the scored tier. A person's "same" goes before all rules, but not over a "different".
    """
    by_kind = {rule.kind: rule for rule in rules}
    groups = _Groups(component, by_kind)
    refusals = []
    edges = sorted([*_edges(component, by_kind), *scored])
    joined = []
    for _, by_one_value in groupby(edges, key=lambda edge: (edge.tier, edge.kind, edge.value)):
        star = list(by_one_value)
        for edge in star:
            reason = groups.join(edge)
            if reason is not None:
                refusals.append(Refusal(edge=edge, reason=reason))
        joined += _join_others(star, groups)
    edges = sorted([*edges, *joined])
    apart = tuple(_still_apart(_worth_asking(refusals, component, groups), groups))
    return Partition(groups=groups.result(), refusals=apart, ranks=_ranks(edges, groups))


def _join_others(star: Sequence[Edge], groups: "_Groups") -> list[Edge]:
    """Unite those holders of a crowded value that were kept from its first one, as every pair of them would.

    Returns the edges that did. Nobody is asked about these: of each of them and the first holder somebody is.
    """
    if star[0].tier != 1 or len(star) < _PAIRWISE_UP_TO or len({edge.left for edge in star}) > 1:
        return []
    tried, joined = {groups.group_of(star[0].left)}, []
    for place, first in enumerate(star):
        if groups.group_of(first.right) in tried or len(tried) > _PAIRWISE_UP_TO:
            continue
        for other in star[place + 1 :]:
            edge = replace(other, left=first.right, left_key=first.right_key)
            if groups.group_of(edge.left) != groups.group_of(edge.right) and groups.join(edge) is None:
                joined.append(edge)
        tried.add(groups.group_of(first.right))
    return joined


def _ranks(edges: Sequence[Edge], groups: "_Groups") -> dict[int, int]:
    within = [edge for edge in edges if groups.group_of(edge.left) == groups.group_of(edge.right)]
    # From the weakest to the surest, so that the surest is what stays.
    return {record: edge.rank for edge in reversed(within) for record in (edge.left, edge.right)}


def _edges(component: Component, rules: Mapping[str, KindRule]) -> list[Edge]:
    key = component.records
    # Record ids tell who came first, which must not count: the pair is turned by its natural keys.
    pairs = [sorted(pair, key=key.__getitem__) for pair in component.same]
    by_hand = [Edge(0, 0, 0.0, "decision", "", key[a], key[b], a, b) for a, b in pairs]
    holders = defaultdict(list)
    for record, held in component.held.items():
        for item in held:
            if not item.is_generic and item.kind in rules:
                holders[item.kind, item.value].append(record)
    return by_hand + [
        Edge(1, rules[kind].rank, 0.0, kind, value, key[a], key[b], a, b)
        for (kind, value), records in holders.items()
        for a, b in _pairs(sorted(records, key=key.__getitem__))
    ]


def _pairs(records: list[int]) -> Iterable[tuple[int, int]]:
    if len(records) <= _PAIRWISE_UP_TO:
        return combinations(records, 2)
    return ((records[0], other) for other in records[1:])


class _Groups:
    """Records under union, each group with the values it holds and the records it must stay apart from."""

    def __init__(self, component: Component, rules: Mapping[str, KindRule]) -> None:
        self._rules = rules
        self._group = {record: record for record in component.records}
        self._records = {record: {record} for record in component.records}
        self._held = {record: _values(component.held.get(record, ()), rules) for record in component.records}
        self._bits, self._enough = component.bits, component.enough
        self._apart: dict[int, set[int]] = defaultdict(set)
        for a, b in component.different:
            self._apart[a].add(b)
            self._apart[b].add(a)

    def group_of(self, record: int) -> int:
        return self._group[record]

    def join(self, edge: Edge) -> str | None:
        """Unite the edge's two groups, or return why that may not be."""
        a, b = self._group[edge.left], self._group[edge.right]
        if a == b:
            return None
        reason = self._contradiction(a, b, edge.tier)
        if reason is None:
            self._unite(a, b)
        return reason

    def result(self) -> tuple[tuple[int, ...], ...]:
        return tuple(sorted(tuple(sorted(records)) for records in self._records.values()))

    def _contradiction(self, a: int, b: int, tier: int) -> str | None:
        if self._apart[a] & self._records[b] or self._apart[b] & self._records[a]:
            return _SAID_DIFFERENT
        if tier == 0:
            return None
        for slot in sorted(self._held[a].keys() & self._held[b].keys()):
            most, values = self._rules[slot[0]].most, self._held[a][slot] | self._held[b][slot]
            if most is not None and len(values) > most:
                return _too_many(slot, len(values), most)
        return self._doubt(a, b) if tier == SCORED else None

    def _doubt(self, a: int, b: int) -> str | None:
        """Return what speaks against a union by score alone."""
        one, two = self._records[a], self._records[b]
        if len(one) + len(two) > LARGEST_BY_SCORE:
            return f"together they are more than {LARGEST_BY_SCORE} records, and a score joins no more"
        if not self._bits:
            return None
        # Exact sums: those of floats depend on the order of the records.
        total = fsum(self._bits.get((min(x, y), max(x, y)), 0.0) for x in one for y in two)
        return _SPEAK_AGAINST if total < self._enough * len(one) * len(two) else None

    def _unite(self, a: int, b: int) -> None:
        for record in self._records[b]:
            self._group[record] = a
        self._records[a] |= self._records.pop(b)
        self._apart[a] |= self._apart.pop(b, set())
        for slot, values in self._held.pop(b).items():
            self._held[a].setdefault(slot, set()).update(values)


def _too_many(slot: tuple[str, str], count: int, most: int) -> str:
    kind, place = slot
    where = f" at {place}" if place else ""
    return f"together they hold {count} values of {kind}{where}, and an entity may hold {most}"


def _values(held: Sequence[Held], rules: Mapping[str, KindRule]) -> dict[tuple[str, str], set[str]]:
    slots: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in held:
        rule = rules.get(item.kind)
        if rule is not None and rule.most is not None:
            place = item.value.split(":", 1)[0] if rule.by_place else ""
            slots[item.kind, place].add(item.value)
    return dict(slots)


def _worth_asking(refusals: list[Refusal], component: Component, groups: _Groups) -> Iterable[Refusal]:
    """A person's "different" is asked again where another person's word, or a value that is new, speaks against it."""
    told = _told_between(component, groups)
    for refusal in refusals:
        edge = refusal.edge
        if refusal.reason != _SAID_DIFFERENT or edge.tier == 0:
            yield refusal
            continue
        known = told.get(frozenset((groups.group_of(edge.left), groups.group_of(edge.right))))
        if edge.tier != SCORED and known is not None and (edge.kind, edge.value) not in known.values:
            yield replace(
                refusal, note=f"evidence changed since rejected on {known.day}: {edge.kind} is shared now"
            )


def _told_between(component: Component, groups: _Groups) -> dict[frozenset[int], Told | None]:
    """Return what persons knew who told the records of two groups apart; None where one knew everything."""
    found: dict[frozenset[int], Told | None] = {}
    for pair in component.different:
        between = frozenset(groups.group_of(record) for record in pair)
        one, other = component.told.get(pair), found.get(between, _NOTHING)
        found[between] = (
            None if one is None or other is None
            else Told(values=one.values | other.values, day=max(one.day, other.day))
        )  # fmt: skip
    return found


def _still_apart(refusals: Iterable[Refusal], groups: _Groups) -> Iterable[Refusal]:
    # A later, weaker edge may have taken another way round; and two groups are asked about once.
    asked = set()
    for refusal in refusals:
        pair = frozenset((groups.group_of(refusal.edge.left), groups.group_of(refusal.edge.right)))
        if len(pair) == 2 and pair not in asked:
            asked.add(pair)
            yield refusal
