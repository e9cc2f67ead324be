"""The model that an entity type is scored by: what is compared, weights, frozen statistics, thresholds. No I/O.

A score depends on the two records and on this alone. Without learnt statistics the shipped ones hold, which know
nothing of the data but its size, rounded up; so they are the same in whatever order the records came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.resolution.scored.guard import LiveScorer, among_colleagues
from integrations_pipelines.resolution.scoring import (
    Model,
    Scheme,
    Scorer,
    Statistics,
    from_document,
    read_model,
    scheme_of,
    untrained_model,
)
from integrations_pipelines.resolution.scoring.columns import stable_hashes
from integrations_pipelines.resolution.scoring.model import bits
from integrations_pipelines.resolution.scoring.sketches import VERSION

# Kinds that say who or what a record is. A ticket or an invoice has a subject or a number: two of one subject are two.
_TELLING = frozenset({"person_name", "gtin"})
_LABELS = frozenset({"person_name", "organization_name"})
# Said of a record and not of whom it is: another tool's traces, what changes every day, what most have in common.
# Logins and external ids hold at one place only: the exact tier knows the place, an attribute does not.
_UNSAID = frozenset(
    "external_id url username website language time_zone description industry employee_count job_title country"
    " stock_quantity is_active created_at updated_at".split()
)
# Sizes that the prior is worked out for; from one to the next all scores are made anew, so few of them.
_SMALLEST, _STEP = 4_096, 4


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Probabilities from which on a pair links, or is asked about."""

    link: float = 0.95
    review: float = 0.5

    @property
    def link_bits(self) -> float:
        """The match weight from which on a pair links."""
        return bits(self.link)

    @property
    def review_bits(self) -> float:
        """The match weight from which on a pair is kept and asked about."""
        return bits(self.review)


def live_scheme(entity_type: EntityType) -> Scheme:
    """Return the comparisons of a type's records; empty where its attributes do not say who or what a record is."""
    kinds = {name: one.kind for name, one in entity_type.attributes.items() if name not in _UNSAID}
    tells = _TELLING & set(kinds.values()) or kinds.get(entity_type.label) in _LABELS
    return scheme_of(kinds, entity_type.label) if tells else ()


def size_class(records: int) -> int:
    """Return the size that a prior is worked out for: the next of 4,096, 16,384, 65,536, ..."""
    size = _SMALLEST
    while size < records:
        size *= _STEP
    return size


def shipped_statistics(model: Model, size: int) -> Statistics:
    """Return statistics that know of the data its size alone: shares and frequencies are the population's."""
    return Statistics(
        size=size,
        partners=model.first_partners,
        households=2 * model.least_households,
        branches=model.least_branches / 2,
        limits={},
        u={},
        rare={},
        words={},
    )


@dataclass(frozen=True, kw_only=True)
class FrozenModel:
    """What pairs of ``entity_type`` are scored by. ``version`` names all of it but the size and the thresholds."""

    entity_type: EntityType
    scheme: Scheme
    model: Model
    learnt: Statistics | None = field(repr=False)
    version: str

    def statistics(self, size: int) -> Statistics:
        """Return the statistics for so many records, rounded up; learnt ones stay as they were learnt."""
        return self.learnt or shipped_statistics(self.model, size_class(size))

    def scorer(self, size: int) -> Scorer:
        """Return the scorer for so many records."""
        return LiveScorer(self.model, self.statistics(size))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that are compared."""
        return tuple(sorted({name for one in self.scheme for slot in one.slots for name in slot.values()}))

    @cached_property
    def digest(self) -> int:
        """A hash of what is compared: another scheme makes other keys and sketches."""
        return int(_digest(self.scheme).astype(np.int64))


def frozen_model(entity_type: EntityType, document: Mapping[str, Any] | None) -> FrozenModel | None:
    """Return the model of a stored ``document`` (version, weights, statistics), or the shipped one.

    None where the type is not scored.
    """
    scheme = live_scheme(entity_type)
    if not scheme:
        return None
    stored = document or {}
    model = read_model(stored["weights"]) if stored.get("weights") else _shipped()
    learnt = from_document(stored["statistics"]) if stored.get("statistics") else None
    version = version_of(scheme, stored.get("version"))
    return FrozenModel(entity_type=entity_type, scheme=scheme, model=model, learnt=learnt, version=version)


def version_of(scheme: Scheme, stored: str | None) -> str:
    """Return what names a model that compares by ``scheme``; ``stored``: the version in force, None for the shipped."""
    digest = int(_digest(scheme)) & 0xFFFFFF
    return f"{stored or untrained_model().version}+{digest:06x}"


@cache
def _shipped() -> Model:
    """Return the weights of an organisation's own records that ship; no model is ever changed."""
    return read_model(among_colleagues(untrained_model().document))


def _digest(scheme: Scheme) -> np.uint64:
    return _hashed(repr(scheme))


@lru_cache(maxsize=256)
def _hashed(text: str) -> np.uint64:
    return np.uint64(stable_hashes([text])[0] ^ np.uint64(VERSION))
