"""The decision itself: a function of the component alone, that breaks no rule and forgets no word of a person's."""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_pipelines.resolution.decide import (
    Component,
    Held,
    KindRule,
    NaturalKey,
    Partition,
    partition,
)

RULES = (
    KindRule(kind="login", rank=1, most=1, by_place=True),
    KindRule(kind="email", rank=11, most=2),
    KindRule(kind="phone", rank=12),
)
HELD = st.one_of(
    st.builds(Held, kind=st.just("login"), value=st.sampled_from(("here:a", "here:b", "there:a"))),
    st.builds(Held, kind=st.just("email"), value=st.sampled_from("pqrs"), is_generic=st.booleans()),
    st.builds(Held, kind=st.just("phone"), value=st.sampled_from("123")),
)
NUMBERS = range(1, 8)
PAIRS = st.frozensets(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)).filter(lambda pair: pair[0] < pair[1]),
    max_size=3,
)
COMPONENTS = st.builds(
    Component,
    records=st.just({n: ("system", "people", f"r{n}") for n in NUMBERS}),
    held=st.dictionaries(st.sampled_from(NUMBERS), st.lists(HELD, max_size=4, unique=True), max_size=7),
    same=PAIRS,
    different=PAIRS,
)


@dataclass(frozen=True)
class Named:
    """A partition by natural keys: groups, and (left, right, kind, reason) of what was refused."""

    groups: frozenset[frozenset[NaturalKey]]
    refusals: frozenset[tuple[NaturalKey, NaturalKey, str, str]]


def named(component: Component, found: Partition) -> Named:
    key = component.records
    return Named(
        frozenset(frozenset(key[record] for record in group) for group in found.groups),
        frozenset(
            (one.edge.left_key, one.edge.right_key, one.edge.kind, one.reason) for one in found.refusals
        ),
    )


def renumbered(component: Component, ids: Mapping[int, int], dice: random.Random) -> Component:
    """Return the same component as another order of arrival would have it."""

    def pairs(given: frozenset[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        return frozenset((min(ids[a], ids[b]), max(ids[a], ids[b])) for a, b in given)

    records = {ids[record]: key for record, key in component.records.items()}
    held = {ids[record]: dice.sample(items, len(items)) for record, items in component.held.items()}
    return Component(
        records=dict(dice.sample(list(records.items()), len(records))),
        held=dict(dice.sample(list(held.items()), len(held))),
        same=pairs(component.same),
        different=pairs(component.different),
    )


@given(component=COMPONENTS, seed=st.integers(0, 2**32))
def test_the_order_of_arrival_does_not_matter(component: Component, seed: int) -> None:
    dice = random.Random(seed)
    ids = dict(zip(NUMBERS, dice.sample(range(100), len(NUMBERS)), strict=True))
    other = renumbered(component, ids, dice)
    assert named(other, partition(other, RULES)) == named(component, partition(component, RULES))


@given(component=COMPONENTS)
def test_every_record_is_in_one_group(component: Component) -> None:
    found = partition(component, RULES)
    assert sorted(record for group in found.groups for record in group) == sorted(component.records)


@given(component=COMPONENTS)
def test_what_a_person_called_different_is_never_one(component: Component) -> None:
    groups = partition(component, RULES).groups
    assert not [pair for pair in component.different for group in groups if set(pair) <= set(group)]


def slots(component: Component, group: tuple[int, ...]) -> dict[tuple[str, str], list[set[str]]]:
    """Return the values of each kind and place, record by record."""
    found: dict[tuple[str, str], list[set[str]]] = defaultdict(list)
    rules = {rule.kind: rule for rule in RULES}
    for record in group:
        mine: dict[tuple[str, str], set[str]] = defaultdict(set)
        for item in component.held.get(record, ()):
            mine[item.kind, item.value.split(":")[0] if rules[item.kind].by_place else ""].add(item.value)
        for slot, values in mine.items():
            found[slot].append(values)
    return found


@given(
    component=COMPONENTS.map(
        lambda one: Component(records=one.records, held=one.held, different=one.different)
    )
)
def test_no_union_holds_more_values_than_an_entity_may(component: Component) -> None:
    most = {rule.kind: rule.most for rule in RULES}
    for group in partition(component, RULES).groups:
        for (kind, _), by_record in slots(component, group).items():
            whole, limit = set.union(*by_record), most[kind]
            # One record may break the rule by itself; then nobody who holds the kind joins it.
            assert limit is None or len(whole) <= limit or whole in by_record


@given(component=COMPONENTS)
def test_only_groups_that_are_still_apart_are_asked_about_and_once(component: Component) -> None:
    found = partition(component, RULES)
    home = {record: number for number, group in enumerate(found.groups) for record in group}
    asked = [frozenset({home[one.edge.left], home[one.edge.right]}) for one in found.refusals]
    assert all(len(pair) == 2 for pair in asked)
    assert len(asked) == len(set(asked))


@given(component=COMPONENTS)
def test_a_component_without_contradictions_is_never_split(component: Component) -> None:
    free = tuple(KindRule(kind=rule.kind, rank=rule.rank, by_place=rule.by_place) for rule in RULES)
    joined = Component(records=component.records, held=component.held, same=component.same)
    found = partition(joined, free)
    assert found.refusals == ()
    assert {frozenset(group) for group in found.groups} == plain(joined)


def plain(component: Component) -> set[frozenset[int]]:
    """Return the connected components, found naively."""
    groups = {record: {record} for record in component.records}
    holders = defaultdict(list)
    for record, items in component.held.items():
        for item in items:
            if not item.is_generic:
                holders[item.kind, item.value].append(record)
    edges = [*component.same, *((records[0], other) for records in holders.values() for other in records)]
    for a, b in edges:
        whole = groups[a] | groups[b]
        groups.update(dict.fromkeys(whole, whole))
    return {frozenset(group) for group in groups.values()}


KEYS = {n: ("system", "people", f"r{n}") for n in NUMBERS}


def test_a_person_who_said_different_is_not_asked_again() -> None:
    same_address = {n: [Held(kind="email", value="p")] for n in (1, 2)}
    found = partition(Component(records=KEYS, held=same_address, different=frozenset({(1, 2)})), RULES)
    assert found.refusals == ()


def test_persons_who_contradict_each_other_are_asked() -> None:
    words = Component(records=KEYS, held={}, same=frozenset({(1, 2), (2, 3)}), different=frozenset({(1, 3)}))
    assert [one.edge.kind for one in partition(words, RULES).refusals] == ["decision"]


def test_a_person_who_says_same_goes_before_the_rules() -> None:
    logins = {1: [Held(kind="login", value="here:a")], 2: [Held(kind="login", value="here:b")]}
    found = partition(Component(records=KEYS, held=logins, same=frozenset({(1, 2)})), RULES)
    assert (1, 2) in found.groups


def crowd(
    holders: int, *, different: frozenset[tuple[int, int]] = frozenset(), login: bool = False
) -> Component:
    """Return records that all hold one phone number; with ``login``, the first has another one here than the rest."""
    phone = Held(kind="phone", value="1")
    logins = {n: Held(kind="login", value="here:a" if n == 1 else "here:b") for n in range(1, holders + 1)}
    return Component(
        records={n: ("system", "people", f"r{n:03}") for n in range(1, holders + 1)},
        held={n: [phone, logins[n]] if login else [phone] for n in range(1, holders + 1)},
        different=different,
    )


@pytest.mark.parametrize("holders", [30, 31, 200])
def test_who_is_told_apart_from_a_crowd_leaves_the_rest_of_it_together(holders: int) -> None:
    found = partition(crowd(holders, different=frozenset((1, n) for n in range(2, holders + 1))), RULES)
    assert found.groups == ((1,), tuple(range(2, holders + 1)))


@pytest.mark.parametrize("holders", [30, 31, 200])
def test_who_contradicts_a_crowd_is_asked_about_once(holders: int) -> None:
    component = crowd(holders, login=True)
    apart = Component(
        records=component.records,
        held={
            n: [one for one in held if one.kind == "phone"] if n > 2 else held
            for n, held in component.held.items()
        },
    )
    found = partition(apart, RULES)
    assert (found.groups, len(found.refusals)) == (((1, *range(3, holders + 1)), (2,)), 1)
