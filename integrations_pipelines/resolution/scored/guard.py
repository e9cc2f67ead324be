"""What the live tier adds to the shipped weights: records of business tools are mostly those of colleagues.

Colleagues share a company, a domain, the front of a telephone number and the switchboard itself, and their addresses
are made by one rule: what speaks for two records of a consumer being one is the rule among them.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from integrations_pipelines.resolution.scoring import Records, Scored, Scorer
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers
from integrations_pipelines.resolution.scoring.model import Model

OTHER_FAMILY = "other_family"
# (kind, aspect, level): its share among random pairs, where the tools are those of a company.
_AMONG_COLLEAGUES = {
    ("email", "value", "similar"): 0.005,
    ("phone", "value", "typo"): 0.002,
    ("phone", "value", "last_seven"): 0.002,
    ("affiliation", "words", "exact"): 0.03,
    ("affiliation", "words", "near"): 0.01,
}


def among_colleagues(
    document: Mapping[str, Any], *, unless_changed_from: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return weights as they hold among the records of a company's tools: shipped ones, or one's own.

    A share that is another than in ``unless_changed_from`` was chosen, and stays.
    """
    changed: dict[str, Any] = deepcopy(dict(document))
    usual = document if unless_changed_from is None else unless_changed_from
    for (kind, aspect, level), share in _AMONG_COLLEAGUES.items():
        for row, known in zip(changed["kinds"][kind][aspect], usual["kinds"][kind][aspect], strict=True):
            if row["name"] == level and row["u"] == known["u"]:
                row["u"] = share
    changed["version"] = f"{document['version']}-colleagues"
    return changed


class LiveScorer(Scorer):
    """Scores as ``Scorer`` does, and asks where only a shared telephone speaks against another family name."""

    def _chunk(self, left: Records, right: Records, rows: Integers, others: Integers) -> Scored:
        found = super()._chunk(left, right, rows, others)
        guarded = np.where(
            _other_family(found, left, self._model),
            np.minimum(self._model.other_person - found.weights, 0.0),
            0.0,
        )
        return Scored(
            left=found.left,
            right=found.right,
            weights=found.weights + guarded,
            prior=found.prior,
            compared=found.compared,
            guards={**found.guards, OTHER_FAMILY: guarded},
        )


def _other_family(found: Scored, records: Records, model: Model) -> Booleans:
    """Whether the family names differ, and neither mailbox, birth date nor number bears a change of name out."""
    other = np.zeros(len(found.left), dtype=bool)
    borne_out = np.zeros(len(found.left), dtype=bool)
    kinds = {comparison.name: comparison.kind for comparison in records.scheme}
    for one in found.compared:
        name, _, aspect = one.name.rpartition(".")
        levels = model.kinds[kinds[name]][aspect].levels
        if kinds[name] == "person_name" and aspect == "family":
            other |= one.levels == levels.index("different")
        elif kinds[name] in ("email", "date", "identifier", "exclusive_identifier"):
            borne_out |= one.levels == levels.index("exact")
    return other & ~borne_out
