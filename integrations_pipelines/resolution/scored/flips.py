"""Blocks that became large, or small again: which pairs within them are candidates now, and which no more.

All else that these records are paired by stays as it was, so nothing but the pairs within such a block is looked at.
"""

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import read_columns, write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.keys import is_wide
from integrations_pipelines.resolution.scored.pairs import Pairs, Shared, candidates, pairs_within
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers


def flip_blocks(connection: Connection, found: Shared, grown: Booleans, shrunk: Integers) -> Pairs:
    """Forget the scores that blocks grown large have left without a reason; return the pairs to be scored instead.

    ``found`` is who shares what, with the blocks that are large since now (``grown``, by number of the key) and all of
    those that are so no more (``shrunk`` keys). Scores of records that say something else are gone already.
    """
    joined = pairs_within(found, shrunk)
    if not grown.any() and not len(joined[0]):
        return joined
    rows = np.repeat(grown, found.sizes)
    write_columns(connection, "flipped_member", (found.keys[rows], found.records[rows]))
    write_columns(connection, "doubtful", joined)
    for name in ("analyze_flipped", "doubt_stored", "analyze_doubtful"):
        SCORED.run(connection, name)
    one, other, keys = read_columns(connection, sql.SQL(SCORED.literal("keys_of_doubtful")), 3)
    still = candidates(one, other, is_wide(keys))
    left, right = read_columns(connection, sql.SQL(SCORED.literal("doubted")), 2)
    apart = ~_are_among((left, right), still)
    write_columns(connection, "no_candidate", (left[apart], right[apart]))
    SCORED.run(connection, "unpair_no_candidates")
    scored = _are_among(joined, still)
    return joined[0][scored], joined[1][scored]


def _are_among(pairs: Pairs, others: Pairs) -> Booleans:
    known = np.unique(np.concatenate((*pairs, *others)))
    one, two = (
        np.searchsorted(known, left) * len(known) + np.searchsorted(known, right)
        for left, right in (pairs, others)
    )
    return np.isin(one, two)
