"""Brings keys and scores up to the touched records: all pairs of each record that says something else are made anew.

Whether two records are a candidate pair depends on how many share their keys. When a block becomes large, or small
again, all its records are scored anew; so the stored scores are a function of the records and the model, not of the
order in which they came.
"""

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.columns import read_columns, write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.keys import is_wide, keys_of, most_of
from integrations_pipelines.resolution.scored.pairs import candidates, large_blocks, pairs_of_all
from integrations_pipelines.resolution.scored.said import Said, say
from integrations_pipelines.resolution.scored.scores import scored_pairs
from integrations_pipelines.resolution.scored.tier import Tier, TierCounts
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers


def update_scores(connection: Connection, tier: Tier, *, everything: bool) -> TierCounts:
    """Make the scores of all records anew, or those of the touched ones; who was rescored is touched afterwards."""
    values = tier.values
    SCORED.run(connection, "prepare")
    SCORED.run(connection, "leave_all" if everything else "leave", values)
    said = say(connection, tier.frozen, "all_said" if everything else "touched_said")
    _write_changes(connection, tier, said, everything=everything)
    if everything:
        SCORED.run(connection, "rescore_all", values)
        pairs = _all_pairs(connection, tier)
    else:
        SCORED.run(connection, "rescore_changed")
        pairs = _touched_pairs(connection)
    kept = _write_scores(connection, tier, pairs, said if everything else None)
    SCORED.run(connection, "touch_rescored")
    # Where all should have been made anew and only some were, the next resolution makes up for it.
    SCORED.run(connection, "note_state" if everything or not tier.is_stale else "forget_state", values)
    return _counts(connection, tier, len(pairs[0]), kept)


def _counts(connection: Connection, tier: Tier, pairs: int, kept: int) -> TierCounts:
    ((rescored,),) = SCORED.run(connection, "rescored").fetchall()
    ((skipped,),) = SCORED.run(connection, "large_blocks", tier.values).fetchall()
    for name in ("drop_leaving", "clear"):
        SCORED.run(connection, name)
    return TierCounts(rescored=rescored, pairs=pairs, kept=kept, skipped=skipped)


def _write_changes(connection: Connection, tier: Tier, said: Said, *, everything: bool) -> None:
    """Write keys and contents of the records that say something else; note which blocks flipped by that."""
    name = "all_contents" if everything else "contents"
    known, contents = read_columns(connection, _of_type(tier, name), 2)
    order = np.argsort(known, kind="stable")
    changed = _changed(said, known[order], contents[order])
    write_columns(connection, "new_content", (said.ids[changed], said.content[changed]))
    gained, lost = _key_changes(connection, tier, said, changed)
    with indexes_afterwards(connection, len(gained[0]), "resolution.blocking_key"):
        write_columns(connection, "resolution.blocking_key", (gained[1], gained[0]))
    write_columns(connection, "lost_key", lost)
    for statement in ("delete_keys", "unpair_leaving", "forget_leaving", "note_contents"):
        SCORED.run(connection, statement, tier.values)
    if not everything:
        _flip_blocks(connection, tier, gained[1], lost[1])


def _changed(said: Said, known: Integers, contents: Integers) -> Booleans:
    if not len(known):
        return np.ones(len(said.ids), dtype=bool)
    at = np.minimum(np.searchsorted(known, said.ids), len(known) - 1)
    return np.asarray((known[at] != said.ids) | (contents[at] != said.content))


def _key_changes(
    connection: Connection, tier: Tier, said: Said, changed: Booleans
) -> tuple[tuple[Integers, Integers], tuple[Integers, Integers]]:
    """Return (record id, key) of what is new, by key, and of what is gone."""
    records, keys = keys_of(said, tier.frozen)
    mine = changed[said.rows(records)]
    records, keys = records[mine], keys[mine]
    had, former = read_columns(connection, sql.SQL(SCORED.literal("keys_of_changed")), 2)
    if not len(had):
        return (records, keys), (had, former)
    both = np.concatenate((records, had)), np.concatenate((keys, former))
    side = np.concatenate((np.zeros(len(records), dtype=np.int64), np.ones(len(had), dtype=np.int64)))
    order = np.lexsort((side, both[0], both[1]))
    a, b, side = both[0][order], both[1][order], side[order]
    alike = np.zeros(len(a), dtype=bool)
    alike[1:] = (a[1:] == a[:-1]) & (b[1:] == b[:-1])
    alike[:-1] |= alike[1:]
    gained, lost = ~alike & (side == 0), ~alike & (side == 1)
    return (a[gained], b[gained]), (a[lost], b[lost])


def _flip_blocks(connection: Connection, tier: Tier, gained: Integers, lost: Integers) -> None:
    keys, back = np.unique(np.concatenate((gained, lost)), return_inverse=True)
    change = np.zeros(len(keys), dtype=np.int64)
    np.add.at(change, back, np.concatenate((np.ones_like(gained), -np.ones_like(lost))))
    moved = change != 0
    write_columns(connection, "key_change", (keys[moved], change[moved], most_of(keys[moved])))
    for name in ("analyze_changes", "resize", "shrunk", "grown"):
        SCORED.run(connection, name, tier.values)


def _all_pairs(connection: Connection, tier: Tier) -> tuple[Integers, Integers]:
    records, keys = read_columns(connection, _of_type(tier, "all_keys"), 2)
    order = np.lexsort((records, keys))
    records, keys = records[order], keys[order]
    large, sizes = large_blocks(keys)
    SCORED.run(connection, "forget_large", tier.values)
    write_columns(connection, "key_change", (large, sizes, most_of(large)))
    SCORED.run(connection, "note_large", tier.values)
    return pairs_of_all(records, keys)


def _touched_pairs(connection: Connection) -> tuple[Integers, Integers]:
    for name in ("analyze_rescored", "wanted_keys", "analyze_wanted_keys"):
        SCORED.run(connection, name)
    one, other, keys = read_columns(connection, sql.SQL(SCORED.literal("shared_keys")), 3)
    SCORED.run(connection, "drop_wanted_keys")
    return candidates(one, other, is_wide(keys))


def _write_scores(
    connection: Connection, tier: Tier, pairs: tuple[Integers, Integers], known: Said | None
) -> int:
    for name in ("unpair_all",) if known else ("unpair_left", "unpair_right"):
        SCORED.run(connection, name, tier.values)
    kept = 0
    for scores in scored_pairs(connection, tier, pairs, known):
        write_columns(connection, "new_score", scores)
        kept += len(scores[0])
    SCORED.run(connection, "note_scores", tier.values)
    return kept


def _of_type(tier: Tier, name: str) -> sql.Composed:
    return sql.SQL(SCORED.literal(name)).format(entity_type=sql.Literal(tier.frozen.entity_type.name))
