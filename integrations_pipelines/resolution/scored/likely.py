"""Which candidate pairs are worth reading: those whose sketches leave a score from the review threshold on possible."""

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import Bigints, read_rows
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.pairs import Pairs
from integrations_pipelines.resolution.scored.said import Said
from integrations_pipelines.resolution.scored.tier import Tier
from integrations_pipelines.resolution.scoring.columns import Integers, distinct
from integrations_pipelines.resolution.scoring.sketches import Ceiling, Sketches, from_rows, size_of

# Pairs looked at together: what bounds memory.
_TOGETHER = 1_000_000
# So many bytes fit into one value of PostgreSQL.
_FEW_BYTES = 500_000_000


def likely_pairs(connection: Connection, tier: Tier, pairs: Pairs, known: Said | None) -> Pairs:
    """Return the pairs that may reach the review threshold; the sketches of ``known`` records are in hand."""
    ceiling = Ceiling(tier.frozen.scheme, tier.scorer.weighing)
    kept = [np.zeros(0, dtype=np.int64)]
    for start in range(0, len(pairs[0]), _TOGETHER):
        some = pairs[0][start : start + _TOGETHER], pairs[1][start : start + _TOGETHER]
        if known is None:
            ids, sketches = _stored(connection, tier, distinct(np.concatenate(some)))
        else:
            ids, sketches = known.ids, known.sketches
        rows = np.searchsorted(ids, some[0]), np.searchsorted(ids, some[1])
        kept.append(start + ceiling.reaching(sketches, rows, tier.thresholds.review_bits))
    at = np.concatenate(kept)
    return pairs[0][at], pairs[1][at]


def _stored(connection: Connection, tier: Tier, ids: Integers) -> tuple[Integers, Sketches]:
    """Return the records ``ids``, ascending, and their sketches as they are stored."""
    query, width = sql.SQL(SCORED.literal("sketches")), size_of(tier.frozen.scheme)
    few = len(ids) * width < _FEW_BYTES
    found, rows = read_rows(connection, query, width, {"records": Bigints(ids)}, few=few)
    order = np.argsort(found)
    return found[order], from_rows(rows[order], tier.frozen.scheme)
