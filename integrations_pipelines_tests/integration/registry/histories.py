"""Random histories of two source systems, and random ways in which they may arrive."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from integrations_pipelines_tests.integration.registry.landed import Row, World, row

SYSTEMS = ("alpha", "beta")
NAMES = ("Ann Lee", "Bob Ray", "Cy Poe", "Dee Fox", "Eve Lee")
EMAILS = ("a@acme.com", "b@acme.com", "c@acme.com", "d@acme.com", "info@acme.com", "e@x.org", "f@x.org")
PHONES = ("+4930123456", "+4930123457")
LOGINS = ("ann", "bob", "cy")


@dataclass(frozen=True, kw_only=True, repr=False)
class Seen:
    """A row, and where it was seen."""

    system: str
    resource: str
    row: Row

    def __repr__(self) -> str:
        return f"{self.system} {self.resource} {self.row}"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A person's word on two people."""

    verdict: str
    left: tuple[str, str]
    right: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class History:
    """All that ever was observed and said; the words of persons in their order."""

    seen: tuple[Seen, ...]
    said: tuple[Said, ...]


def _maybe(*values: str) -> st.SearchStrategy[str | None]:
    return st.one_of(st.sampled_from(values), st.none())


_PERSON = st.fixed_dictionaries(
    {
        "name": _maybe(*NAMES),
        "email": _maybe(*EMAILS),
        "emails": st.lists(st.sampled_from(EMAILS), max_size=3),
        "phone": _maybe(*PHONES),
        "login": _maybe(*LOGINS, None),  # type: ignore[arg-type]
        "job": _maybe("cook", "clerk", "smith"),
    }
)
_TICKET = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(("fire", "flood")),
        "requester": _maybe("p1", "p2", "p3", "p4"),
        "assignee": _maybe(*EMAILS),
    }
)


@st.composite
def _record(draw: st.DrawFn, system: str, resource: str, key: str) -> list[Seen]:
    """Every observation of one record. A version says one content; a tombstone may come without a version."""
    is_versioned = draw(st.booleans())
    content = _PERSON if resource == "people" else _TICKET
    found = []
    for number in range(draw(st.integers(1, 3))):
        is_gone = draw(st.integers(0, 4)) == 0
        payload: dict[str, Any] = {} if is_gone else draw(content)
        version = number + 1 if is_versioned and not (is_gone and draw(st.booleans())) else None
        for minute in draw(st.lists(st.integers(1, 9), min_size=1, max_size=2)):
            found.append(row(key, version=version, seen=minute, deleted=is_gone, **payload))
    return [Seen(system=system, resource=resource, row=one) for one in found]


_KEYS = [(system, "people", f"p{n}") for system in SYSTEMS for n in range(1, 6)] + [
    (system, "tickets", f"t{n}") for system in SYSTEMS for n in range(1, 3)
]


@st.composite
def histories(draw: st.DrawFn, most: int = 10) -> History:
    """Draw a history of at most ``most`` records."""
    keys = draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=most, unique=True))
    seen = [one for key in keys for one in draw(_record(*key))]
    people = [(system, key) for system, resource, key in keys if resource == "people"]
    said = draw(_words(people)) if len(people) > 1 else []
    return History(
        seen=tuple(seen),
        said=tuple(Said(verdict=verdict, left=pair[0], right=pair[1]) for verdict, pair in said),
    )


def _words(people: list[tuple[str, str]]) -> st.SearchStrategy[list[tuple[str, list[tuple[str, str]]]]]:
    pairs = st.lists(st.sampled_from(people), min_size=2, max_size=2, unique=True)
    return st.lists(st.tuples(st.sampled_from(("same", "different")), pairs), max_size=2)


def walk_at_once(world: World, history: History) -> None:
    """Let everything arrive in one landing a resource, and be resolved once, in bulk."""
    _land(world, history.seen)
    for word in history.said:
        world.decide(word.verdict, word.left, word.right)
    world.resolve("person", "ticket", plan="bulk")


def walk_anyhow(world: World, history: History, seed: int) -> None:
    """Let it arrive in any order, in any batches, resolved now and then by either plan."""
    dice = random.Random(seed)
    waiting, here = list(history.said), set[tuple[str, str]]()
    for batch in _batches(dice, history.seen):
        if dice.random() < 0.3:
            world.new_job(dice.choice(SYSTEMS))
        _land(world, batch)
        here |= {(one.system, one.row.key) for one in batch}
        while waiting and {waiting[0].left, waiting[0].right} <= here and dice.random() < 0.7:
            _say(world, waiting.pop(0))
        if dice.random() < 0.6:
            _resolve(world, dice, dice.sample(("person", "ticket"), dice.randint(1, 2)))
    for word in waiting:
        _say(world, word)
    _resolve(world, dice, dice.sample(("person", "ticket"), 2))


def _batches(dice: random.Random, seen: Sequence[Seen]) -> Iterator[list[Seen]]:
    left = dice.sample(seen, len(seen))
    while left:
        size = dice.randint(1, max(1, len(seen) // 2))
        yield left[:size]
        left = left[size:]


def _land(world: World, seen: Sequence[Seen]) -> None:
    for system, resource in sorted({(one.system, one.resource) for one in seen}):
        rows = [one.row for one in seen if (one.system, one.resource) == (system, resource)]
        outcomes = world.land(system, resource, rows)
        assert sum(outcomes.values()) == len(rows)


def _say(world: World, word: Said) -> None:
    world.decide(word.verdict, word.left, word.right)


def _resolve(world: World, dice: random.Random, types: Sequence[str]) -> None:
    for name in types:
        world.resolve(name, plan=dice.choice(("bulk", "delta")))
