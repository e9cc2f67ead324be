"""Two records side by side, for the tests of this folder."""

from collections.abc import Mapping, Sequence

import numpy as np

from integrations_pipelines.entities.kinds import JSON
from integrations_pipelines.resolution.scoring import (
    Model,
    PairEvidence,
    Records,
    Scorer,
    Statistics,
    evidence,
    records,
    scheme_of,
    untrained_model,
)

PERSON = {
    "name": "person_name",
    "given_name": "person_name",
    "family_name": "person_name",
    "birth_date": "date",
    "email": "email",
    "phone": "phone",
    "street": "address",
    "city": "name",
    "postcode": "name",
    "passport": "identifier",
    "account": "exclusive_identifier",
}
ORGANIZATION = {
    "name": "organization_name",
    "phone": "phone",
    "street": "address",
    "city": "name",
    "postcode": "name",
}


def statistics(size: int = 10_000, *, households: float = 0.1) -> Statistics:
    """What a data set of this size might say that tells nothing of its values."""
    return Statistics(
        size=size, partners=0.5, households=households, branches=0.0, limits={}, u={}, rare={}, words={}
    )


def table(rows: Sequence[Mapping[str, JSON]], kinds: Mapping[str, str] = PERSON) -> Records:
    """Records of cleaned attributes."""
    attributes = {name: [row.get(name) for row in rows] for name in kinds}
    return records(attributes, scheme_of(kinds), len(rows))


def compared(
    left: Mapping[str, JSON],
    right: Mapping[str, JSON],
    kinds: Mapping[str, str] = PERSON,
    known: Statistics | None = None,
) -> PairEvidence:
    """The evidence of two records, by the untrained model."""
    model: Model = untrained_model()
    one, two = table([left], kinds), table([right], kinds)
    pair = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    scored = Scorer(model, known or statistics()).score(one, two, pair)
    return next(iter(evidence(scored, one, two, model)))


def level(found: PairEvidence, comparison: str) -> str | None:
    """The level that a comparison came to; None where a side is missing."""
    return next((one.level for one in found.findings if one.comparison == comparison), None)
