"""Brings keys and scores up to the touched records: all pairs of each record that says something else are made anew.

Whether two records are a candidate pair depends on how many share their keys. When a block becomes large, or small
again, the pairs within it are looked at again (``flips``); so the stored scores are a function of the records and the
model, not of the order in which they came.
"""

from collections.abc import Iterable

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.columns import Bigints, read_columns, write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.flips import flip_blocks
from integrations_pipelines.resolution.scored.keys import keys_of
from integrations_pipelines.resolution.scored.pairs import (
    Pairs,
    Shared,
    pairs_of_all,
    pairs_of_some,
    shared,
)
from integrations_pipelines.resolution.scored.said import Said, say
from integrations_pipelines.resolution.scored.scores import scored_pairs
from integrations_pipelines.resolution.scored.stored import (
    key_changes,
    large_of_all,
    note_grown,
    resized,
    store,
    write_contents,
)
from integrations_pipelines.resolution.scored.tier import Tier, TierCounts
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers, among, distinct

# A key that brings pairs has few holders: so many keys fit into one value of PostgreSQL with all of theirs.
_FEW_KEYS = 250_000


def update_scores(connection: Connection, tier: Tier, *, everything: bool) -> TierCounts:
    """Make the scores of all records anew, or those of the touched ones; who was rescored is touched afterwards."""
    SCORED.run(connection, "prepare")
    SCORED.run(connection, "leave_all" if everything else "leave", tier.values)
    pairs, kept = (_score_all if everything else _score_touched)(connection, tier)
    SCORED.run(connection, "touch_rescored")
    # Where all should have been made anew and only some were, the next resolution makes up for it.
    SCORED.run(connection, "note_state" if everything or not tier.is_stale else "forget_state", tier.values)
    return _counts(connection, tier, pairs, kept)


def _score_all(connection: Connection, tier: Tier) -> tuple[int, int]:
    """Return how many pairs of all records were scored, and how many scores were kept."""
    said = say(connection, tier.frozen, "all_said")
    changed = _changed(connection, tier, said, "all_contents")
    held = keys_of(said, tier.frozen)
    write_contents(connection, said, changed, held)
    gained, lost = key_changes(connection, said, changed, held)
    found = shared(*held)
    store(connection, tier, gained, lost, large_of_all(connection, tier, found))
    for name in ("rescore_all", "unpair_all"):
        SCORED.run(connection, name, tier.values)
    return _write_scores(connection, tier, pairs_of_all(found), said, is_all=True)


def _score_touched(connection: Connection, tier: Tier) -> tuple[int, int]:
    """Return how many pairs of the touched records were scored, and how many scores were kept."""
    said = say(connection, tier.frozen, "touched_said")
    changed = _changed(connection, tier, said, "contents")
    held = keys_of(said, tier.frozen)
    write_contents(connection, said, changed, held)
    gained, lost = key_changes(connection, said, changed, held)
    asked = held[1][changed[said.rows(held[0])]]
    large = resized(connection, tier, asked, gained[1], lost[1])
    store(connection, tier, gained, lost, large)
    for name in ("rescore_changed", "analyze_rescored", "unpair_left", "unpair_right"):
        SCORED.run(connection, name)
    wanted = distinct(np.concatenate((asked, large.shrunk)))
    found = _sharing(connection, wanted[~among(wanted, large.large)])
    grown = found.is_large
    note_grown(connection, tier, found, grown)
    again = flip_blocks(connection, found, grown, large.shrunk)
    parts = pairs_of_some(found, said.ids[changed]), again
    return _write_scores(connection, tier, parts, said, is_all=False)


def _counts(connection: Connection, tier: Tier, pairs: int, kept: int) -> TierCounts:
    ((rescored,),) = SCORED.run(connection, "rescored").fetchall()
    ((skipped,),) = SCORED.run(connection, "large_blocks", tier.values).fetchall()
    for name in ("drop_leaving", "clear"):
        SCORED.run(connection, name)
    return TierCounts(rescored=rescored, pairs=pairs, kept=kept, skipped=skipped)


def _changed(connection: Connection, tier: Tier, said: Said, name: str) -> Booleans:
    """Return which records say something else than the block ``name`` says they did."""
    known, contents = read_columns(connection, _of_type(tier, name), 2)
    if not len(known):
        return np.ones(len(said.ids), dtype=bool)
    order = np.argsort(known, kind="stable")
    known, contents = known[order], contents[order]
    at = np.minimum(np.searchsorted(known, said.ids), len(known) - 1)
    return np.asarray((known[at] != said.ids) | (contents[at] != said.content))


def _sharing(connection: Connection, keys: Integers) -> Shared:
    """Return who holds these keys, of which none is that of a large block."""
    asked = {"keys": Bigints(keys)}
    query, few = sql.SQL(SCORED.literal("sharing")), len(keys) < _FEW_KEYS
    records, keys = read_columns(connection, query, 2, asked, few=few)
    order = np.argsort(keys, kind="stable")
    return shared(records[order], keys[order])


def _write_scores(
    connection: Connection, tier: Tier, parts: Iterable[Pairs], known: Said, *, is_all: bool
) -> tuple[int, int]:
    pairs = kept = 0
    for part in parts:
        pairs += len(part[0])
        for scores in scored_pairs(connection, tier, part, known, is_all=is_all):
            write_columns(connection, "new_score", scores)
            kept += len(scores[0])
    for name in ("note_scores",) if is_all else ("note_scores", "rescore_paired"):
        SCORED.run(connection, name, tier.values)
    return pairs, kept


def _of_type(tier: Tier, name: str) -> sql.Composed:
    return sql.SQL(SCORED.literal(name)).format(entity_type=sql.Literal(tier.frozen.entity_type.name))
