"""What the data says of random pairs and frequent values, frozen: a pair's score depends on it, not on the data."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from integrations_pipelines.resolution.scoring.columns import Floats, Hashes


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """How many of ``total`` records hold a value, by the value's hash, sorted. A value not listed is held once."""

    tokens: Hashes
    counts: Floats
    total: float

    def of(self, tokens: Hashes) -> Floats:
        """How many records hold each value."""
        if not len(self.tokens):
            return np.ones(len(tokens))
        at = np.minimum(np.searchsorted(self.tokens, tokens), len(self.tokens) - 1)
        return np.where(self.tokens[at] == tokens, self.counts[at], 1.0)


NONE = Frequencies(tokens=np.zeros(0, dtype=np.uint64), counts=np.zeros(0), total=0)


def frequencies(tokens: Hashes) -> Frequencies:
    """The frequencies of held values; those held once are left out."""
    held = tokens[tokens != 0]
    distinct, counts = np.unique(held, return_counts=True)
    often = counts > 1
    return Frequencies(tokens=distinct[often], counts=counts[often].astype(float), total=float(len(held)))


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Frozen with a model version.

    ``m`` and ``u`` by "comparison.aspect": the share of matching and of random pairs at each level, population and
    data blended; what is not there, the model says.
    ``rare`` by "comparison.aspect.level": how often values occur. ``words`` by "comparison.part": how often words do.
    ``households``: of the pairs that share family name and address, the share that are plainly two people.
    ``branches``: of the pairs that share an organisation's name and phone, the share that have two addresses.
    ``limits`` by blocking rule: how many records may share a key.
    ``partners``: how many other records of the same entity a record is expected to have. ``size``: records seen.
    """

    size: int
    partners: float
    households: float
    branches: float
    limits: Mapping[str, int] = field(repr=False)
    u: Mapping[str, Floats] = field(repr=False)
    rare: Mapping[str, Frequencies] = field(repr=False)
    words: Mapping[str, Frequencies] = field(repr=False)
    m: Mapping[str, Floats] = field(default_factory=dict, repr=False)

    @property
    def prior(self) -> float:
        """The match weight of two records of which nothing is known, in bits."""
        chance = min(0.5, self.partners / max(self.size - 1, 1))
        return float(np.log2(chance / (1 - chance)))


def as_document(statistics: Statistics) -> dict[str, object]:
    """The statistics as JSON: hashes instead of values, so that it holds no personal data."""
    return {
        "size": statistics.size,
        "partners": statistics.partners,
        "households": statistics.households,
        "branches": statistics.branches,
        "limits": dict(statistics.limits),
        "m": {name: [float(share) for share in shares] for name, shares in statistics.m.items()},
        "u": {name: [float(share) for share in shares] for name, shares in statistics.u.items()},
        "rare": {name: _listed(found) for name, found in statistics.rare.items()},
        "words": {name: _listed(found) for name, found in statistics.words.items()},
    }


def _listed(found: Frequencies) -> dict[str, object]:
    """Frequencies by the million, as text: numbers one by one take JSON, and PostgreSQL, ten times as long."""
    return {
        "total": found.total,
        "tokens": b64encode(found.tokens.astype("<u8").tobytes()).decode(),
        "counts": b64encode(found.counts.astype("<u4").tobytes()).decode(),
    }


def from_document(document: Mapping[str, object]) -> Statistics:
    """The statistics of ``as_document``."""
    return Statistics(
        size=int(_number(document["size"])),
        partners=_number(document["partners"]),
        households=_number(document["households"]),
        branches=_number(document["branches"]),
        limits={rule: int(_number(most)) for rule, most in _mapping(document["limits"]).items()},
        m={name: np.array(shares) for name, shares in _mapping(document.get("m", {})).items()},
        u={name: np.array(shares) for name, shares in _mapping(document["u"]).items()},
        rare={name: _unlisted(_mapping(found)) for name, found in _mapping(document["rare"]).items()},
        words={name: _unlisted(_mapping(found)) for name, found in _mapping(document["words"]).items()},
    )


def _number(value: object) -> float:
    assert isinstance(value, int | float)  # noqa: S101 - written by as_document
    return value


def _mapping(value: object) -> Mapping[str, object]:
    assert isinstance(value, Mapping)  # noqa: S101 - written by as_document
    return value


def _unlisted(found: Mapping[str, object]) -> Frequencies:
    tokens, counts, total = found["tokens"], found["counts"], found["total"]
    assert isinstance(tokens, str) and isinstance(counts, str) and isinstance(total, float)  # noqa: S101 - as above
    return Frequencies(
        tokens=np.frombuffer(b64decode(tokens), dtype="<u8").astype(np.uint64),
        counts=np.frombuffer(b64decode(counts), dtype="<u4").astype(np.float64),
        total=total,
    )
