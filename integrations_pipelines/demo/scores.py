"""How well the entities agree with the truth, counted in pairs of records. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

Address = tuple[str, str, str]
Pair = tuple[Address, Address]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one entity type: the pairs that truly belong together, those that were joined, and where the two differ."""

    records: int
    entities: int
    truly: int
    true_pairs: int
    joined_pairs: int
    false_pairs: tuple[Pair, ...]
    missed_pairs: tuple[Pair, ...]

    @property
    def precision(self) -> float:
        """The share of joined pairs that truly belong together."""
        return 1.0 - len(self.false_pairs) / self.joined_pairs if self.joined_pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of true pairs that were joined."""
        return 1.0 - len(self.missed_pairs) / self.true_pairs if self.true_pairs else 1.0

    def missed_between(self) -> Mapping[str, int]:
        """Return how many pairs were missed between which two tools."""
        return Counter(" - ".join(sorted({left[0], right[0]})) for left, right in self.missed_pairs)


def score(entity_of: Mapping[Address, str], truth_of: Mapping[Address, str]) -> Score:
    """Compare the entity of each record with whom it truly is; a record without an entity stands alone."""
    found = {address: entity_of.get(address, f"alone:{address}") for address in truth_of}
    true_pairs, joined_pairs = _pairs(truth_of), _pairs(found)
    return Score(
        records=len(truth_of),
        entities=len(set(found.values())),
        truly=len(set(truth_of.values())),
        true_pairs=len(true_pairs),
        joined_pairs=len(joined_pairs),
        false_pairs=tuple(sorted(joined_pairs - true_pairs)),
        missed_pairs=tuple(sorted(true_pairs - joined_pairs)),
    )


def _pairs(group_of: Mapping[Address, str]) -> set[Pair]:
    groups: dict[str, list[Address]] = defaultdict(list)
    for address in sorted(group_of):
        groups[group_of[address]].append(address)
    return {pair for members in groups.values() for pair in _combined(members)}


def _combined(members: list[Address]) -> Iterable[Pair]:
    return combinations(members, 2)
