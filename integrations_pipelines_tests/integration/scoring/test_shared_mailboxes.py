import numpy as np
import pytest

from integrations_pipelines.resolution.scoring import (
    Scorer,
    indexes,
    learn,
    pairs_within,
    records,
    scheme_of,
    untrained_model,
)
from integrations_pipelines_tests.benchmarks._matching.people import (
    KINDS,
    People,
    people,
    with_role_mailboxes,
)


def precision(known: People) -> float:
    """The share of linked pairs that are one person."""
    size = len(known.truth)
    prepared = records(known.columns, scheme_of(KINDS), size)
    kept, model = indexes(prepared), untrained_model()
    statistics = learn(prepared, model, kept)
    blocks = pairs_within(prepared, statistics.limits, kept)
    scored = Scorer(model, statistics).score(
        prepared, prepared, (blocks.left, blocks.right), at_least=model.link
    )
    return float(np.mean(known.truth[scored.left] == known.truth[scored.right]))


@pytest.mark.slow
def test_role_mailboxes_shared_by_strangers_hardly_cost_precision() -> None:
    known = people(12_000, 3_000)
    assert precision(with_role_mailboxes(known, 0.02)) >= precision(known) - 0.002
