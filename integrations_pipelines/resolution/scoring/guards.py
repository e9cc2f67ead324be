"""What no sum of weights may do: link on a name alone, over a contradiction, or two members of one household.

Families share address, phone, mailbox and family name; offices share nearly all of it. None of that tells one member
from another, so it must not outweigh what does: given name, birth date, identifiers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Booleans, Floats, Levels
from integrations_pipelines.resolution.scoring.model import Model
from integrations_pipelines.resolution.scoring.records import Scheme

GUARDS = ("name_again", "household", "other_person", "branch", "variant", "name_alone", "veto")
_NAMES = frozenset({"person_name", "organization_name"})
_ORGANIZATIONS = frozenset({"organization_name"})
_ADDRESS = frozenset({"address", "site"})
_HOUSEHOLD = frozenset({"phone", "address", "site", "domain", "affiliation"})
_IDENTIFIERS = frozenset({"identifier", "exclusive_identifier"})
_AGREEING_GIVEN = frozenset({"exact", "variant", "first", "initial", "close", "swapped"})
_SURE_GIVEN = frozenset({"exact", "variant", "first", "swapped"})
# A value that this many bits take away from is shared by so many that it is nobody's own.
_SHARED_RARITY = -2.0


class Comparable(Protocol):
    """What a guard looks at."""

    @property
    def levels(self) -> Levels:
        """The level of each pair."""

    @property
    def weights(self) -> Floats:
        """Its weight."""

    @property
    def rarity(self) -> Floats:
        """The weight of the value's frequency."""


@dataclass(frozen=True)
class Peculiarities:
    """What lives in the data: people who share an address, organisations with several."""

    has_households: bool
    has_branches: bool


@dataclass(frozen=True)
class _Pairs:
    """The comparisons of many pairs, found by kind and level."""

    compared: tuple[tuple[str, str, Comparable], ...]
    model: Model
    size: int

    def at(self, kinds: frozenset[str], aspect: str, chosen: Callable[[str], bool]) -> Booleans:
        """Whether any comparison of these kinds came to a level that ``chosen`` takes."""
        found = np.zeros(self.size, dtype=bool)
        for kind, name, one in self.compared:
            if kind in kinds and name == aspect:
                names = (*self.model.kinds[kind][name].levels, "missing")
                found |= np.array([chosen(level) for level in names])[one.levels]
        return found

    def gained(self, kinds: frozenset[str]) -> Floats:
        """The positive weights of these kinds."""
        total = np.zeros(self.size)
        for kind, _, one in self.compared:
            if kind in kinds:
                total += np.maximum(one.weights + one.rarity, 0.0)
        return total

    def own(self, kind: str) -> Booleans:
        """Whether a value agrees (but for a slip) that is not shared by many."""
        found = np.zeros(self.size, dtype=bool)
        for name, aspect, one in self.compared:
            if name == kind:
                names = (*self.model.kinds[kind][aspect].levels, "missing")
                agrees = np.array([level in ("exact", "typo", "tail") for level in names])
                found |= agrees[one.levels] & (one.rarity >= _SHARED_RARITY)
        return found


def _pairs(scheme: Scheme, compared: Mapping[str, Comparable], size: int, model: Model) -> _Pairs:
    kinds = {comparison.name: comparison.kind for comparison in scheme}
    listed = tuple(
        (kinds[name.partition(".")[0]], name.rpartition(".")[2], one) for name, one in compared.items()
    )
    return _Pairs(listed, model, size)


def households(
    scheme: Scheme, compared: Mapping[str, Comparable], size: int, model: Model
) -> tuple[int, int]:
    """How many pairs share family name and address (or the like), and how many of these are plainly two people."""
    pairs = _pairs(scheme, compared, size, model)
    together = pairs.at(frozenset({"address"}), "street", lambda level: level in ("exact", "close"))
    together |= pairs.at(frozenset({"phone", "email"}), "value", lambda level: level == "exact")
    together &= pairs.at(frozenset({"person_name"}), "family", lambda level: level in ("exact", "close"))
    together &= _given(pairs, _AGREEING_GIVEN | {"similar", "different"})
    if any(comparison.kind == "date" for comparison in scheme):
        together &= pairs.at(frozenset({"date"}), "value", lambda level: level != "missing")
    two = together & _given(pairs, frozenset({"different"})) & _not_born_together(pairs) & ~_proof(pairs)
    return int(together.sum()), int(two.sum())


def branches(scheme: Scheme, compared: Mapping[str, Comparable], size: int, model: Model) -> tuple[int, int]:
    """How many pairs share an organisation's name and phone (or the like), and how many of these lie apart."""
    pairs = _pairs(scheme, compared, size, model)
    named = pairs.at(_ORGANIZATIONS, "words", lambda level: level in ("exact", "near", "contained", "strong"))
    reached = pairs.at(frozenset({"phone", "email", "domain"}), "value", lambda level: level == "exact")
    together = named & reached & pairs.at(_ADDRESS, "street", lambda level: level != "missing")
    return int(together.sum()), int((together & _apart(pairs)).sum())


def _apart(pairs: _Pairs) -> Booleans:
    return pairs.at(_ADDRESS, "street", lambda level: level in ("other_number", "number_alone", "different"))


def guard_weights(
    scheme: Scheme, compared: Mapping[str, Comparable], total: Floats, model: Model, data: "Peculiarities"
) -> dict[str, Floats]:
    """By guard, the bits that it takes from each pair's total; zero or less.

    Where the data has no households, only a slip explains two given names at one address; likewise for branches.
    """
    pairs = _pairs(scheme, compared, len(total), model)
    nobody = np.zeros(len(total), dtype=bool)
    found: dict[str, Floats] = {
        "name_again": _name_again(pairs),
        "household": _household(pairs) if data.has_households else np.zeros(len(total)),
    }
    total = total + found["name_again"] + found["household"]
    for name, most, where in (
        ("other_person", model.other_person, _other_person(pairs) if data.has_households else nobody),
        ("branch", model.other_person, _branch(pairs) if data.has_branches else nobody),
        ("variant", model.other_person, _variant(pairs)),
        ("name_alone", model.name_alone, _name_alone(pairs) if _has_more(scheme) else nobody),
        ("veto", model.veto, _vetoed(pairs)),
    ):
        found[name] = np.where(where, np.minimum(most - total, 0.0), 0.0)
        total = total + found[name]
    return found


def _given(pairs: _Pairs, levels: frozenset[str]) -> Booleans:
    return pairs.at(frozenset({"person_name"}), "given", levels.__contains__)


def _proof(pairs: _Pairs) -> Booleans:
    return pairs.at(_IDENTIFIERS, "value", lambda level: level in ("exact", "typo"))


def _not_born_together(pairs: _Pairs) -> Booleans:
    return ~pairs.at(
        frozenset({"date"}), "value", lambda level: level not in ("same_year", "different", "missing")
    )


def _other_given(pairs: _Pairs) -> Booleans:
    """Given names differ, or are but similar with no mailbox of their own to say that they are one."""
    similar = _given(pairs, frozenset({"similar"})) & ~pairs.own("email")
    return (_given(pairs, frozenset({"different"})) | similar) & ~_proof(pairs)


def _household(pairs: _Pairs) -> Floats:
    """An important difference cancels what a household shares; a mailbox too, unless the given names agree."""
    born_apart = pairs.at(
        frozenset({"date"}), "value", lambda level: level in ("same_year", "same_day", "different")
    )
    numbered_apart = pairs.at(_IDENTIFIERS, "value", lambda level: level in ("similar", "different"))
    other = _other_given(pairs)
    sure = _given(pairs, _SURE_GIVEN)
    differs = other | ((born_apart | (numbered_apart & ~sure)) & ~_proof(pairs))
    mailbox = np.where(other | ~(sure | pairs.own("email")), pairs.gained(frozenset({"email"})), 0.0)
    return np.where(differs, -pairs.gained(_HOUSEHOLD) - mailbox, 0.0)


def _other_person(pairs: _Pairs) -> Booleans:
    """Another given name; or nothing that is a person's own: a household's record without a name fits all of it."""
    named = pairs.at(_NAMES, "words", lambda level: level != "missing")
    person = pairs.at(frozenset({"person_name"}), "family", lambda _: True) & ~named
    born = pairs.at(frozenset({"date"}), "value", lambda level: level in ("exact", "swapped", "typo", "near"))
    own = _given(pairs, _AGREEING_GIVEN) | born | _proof(pairs) | pairs.own("email") | pairs.own("phone")
    return _other_given(pairs) | (person & ~own)


def _name_again(pairs: _Pairs) -> Floats:
    """A mailbox's local part that recurs at another domain is made of the name, and the name has been counted."""
    local = pairs.at(frozenset({"email"}), "value", lambda level: level in ("similar", "local"))
    family = pairs.at(
        frozenset({"person_name"}), "family", lambda level: level in ("exact", "close", "swapped")
    )
    named = local & family & _given(pairs, _SURE_GIVEN)
    return np.where(named, -pairs.gained(frozenset({"email"})), 0.0)


def _branch(pairs: _Pairs) -> Booleans:
    """Two addresses of an organisation, in data where branches share name and phone."""
    named = pairs.at(_ORGANIZATIONS, "words", lambda level: level != "missing")
    return named & _apart(pairs) & ~_proof(pairs)


def _variant(pairs: _Pairs) -> Booleans:
    """Other model numbers in the names of two things: the next size, the next colour."""
    return pairs.at(frozenset({"title"}), "code", lambda level: level == "contradicts") & ~_proof(pairs)


def _has_more(scheme: Scheme) -> bool:
    """Whether anything but names is compared; where nothing is, names and their frequency have to do."""
    return any(comparison.kind not in _NAMES for comparison in scheme)


def _name_alone(pairs: _Pairs) -> Booleans:
    """Nothing but the name speaks for the pair. A local part that recurs elsewhere is but the name again."""
    alone, named = np.ones(pairs.size, dtype=bool), np.zeros(pairs.size, dtype=bool)
    for kind, aspect, one in pairs.compared:
        speaks = one.weights + one.rarity > 1.0
        if kind in _NAMES:
            named |= speaks
        elif kind == "email":
            local = pairs.model.kinds[kind][aspect].levels.index("local")
            alone &= ~(speaks & (one.levels != local))
        else:
            alone &= ~speaks
    return alone & named


def _vetoed(pairs: _Pairs) -> Booleans:
    veto = np.zeros(pairs.size, dtype=bool)
    for kind, aspect, one in pairs.compared:
        veto |= np.append(pairs.model.kinds[kind][aspect].veto, False)[one.levels]
    return veto
