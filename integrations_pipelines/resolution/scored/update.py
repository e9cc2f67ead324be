"""Brings keys and scores up to the touched records: all pairs of each record that says something else are made anew.

Whether two records are a candidate pair depends on how many share their keys. When a block becomes large, or small
again, the pairs within it are looked at again (``flips``); so the stored scores are a function of the records and the
model, not of the order in which they came.
"""

from collections.abc import Iterable

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.columns import read_columns, write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored.flips import flip_blocks
from integrations_pipelines.resolution.scored.keys import keys_of, most_of
from integrations_pipelines.resolution.scored.pairs import Pairs, Shared, pairs_of_all, pairs_of_some, shared
from integrations_pipelines.resolution.scored.said import Said, say
from integrations_pipelines.resolution.scored.scores import scored_pairs
from integrations_pipelines.resolution.scored.tier import Tier, TierCounts
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers
from integrations_pipelines.resolution.scoring.sketches import as_rows, some

# Records written at a time: what bounds memory.
_TOGETHER = 100_000


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
    held = keys_of(said, tier.frozen)
    _write_changes(connection, tier, said, _changed(connection, tier, said, "all_contents"), held)
    found = shared(*held)
    _note_large(connection, tier, found, found.is_large, forget=True)
    for name in ("rescore_all", "unpair_all"):
        SCORED.run(connection, name, tier.values)
    return _write_scores(connection, tier, pairs_of_all(found), said)


def _score_touched(connection: Connection, tier: Tier) -> tuple[int, int]:
    """Return how many pairs of the touched records were scored, and how many scores were kept."""
    said = say(connection, tier.frozen, "touched_said")
    changed = _changed(connection, tier, said, "contents")
    held = keys_of(said, tier.frozen)
    gained, lost = _write_changes(connection, tier, said, changed, held)
    for name in ("rescore_changed", "analyze_rescored", "unpair_left", "unpair_right"):
        SCORED.run(connection, name)
    shrunk = _resize(connection, tier, gained, lost)
    found = _sharing(connection, np.union1d(held[1][changed[said.rows(held[0])]], shrunk))
    grown = found.is_large
    _note_large(connection, tier, found, grown, forget=False)
    again = flip_blocks(connection, found, grown, shrunk)
    return _write_scores(connection, tier, (pairs_of_some(found, said.ids[changed]), again), None)


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


def _write_changes(
    connection: Connection, tier: Tier, said: Said, changed: Booleans, held: tuple[Integers, Integers]
) -> tuple[Integers, Integers]:
    """Write contents and keys of the records that say something else; return the keys gained and those lost."""
    _write_contents(connection, said, np.flatnonzero(changed))
    gained, lost = _key_changes(connection, said, changed, held)
    with indexes_afterwards(connection, len(gained[0]), "resolution.blocking_key"):
        write_columns(connection, "resolution.blocking_key", (gained[1], gained[0]))
    write_columns(connection, "lost_key", lost)
    for statement in ("delete_keys", "unpair_leaving", "forget_leaving", "note_contents"):
        SCORED.run(connection, statement, tier.values)
    return gained[1], lost[1]


def _write_contents(connection: Connection, said: Said, changed: Integers) -> None:
    for start in range(0, len(changed), _TOGETHER):
        rows = changed[start : start + _TOGETHER]
        sketches = as_rows(some(said.sketches, rows))
        write_columns(connection, "new_content", (said.ids[rows], said.content[rows], sketches))


def _key_changes(
    connection: Connection, said: Said, changed: Booleans, held: tuple[Integers, Integers]
) -> tuple[tuple[Integers, Integers], tuple[Integers, Integers]]:
    """Return (record id, key) of what is new, by key, and of what is gone."""
    records, keys = held
    if not changed.all():
        mine = changed[said.rows(held[0])]
        records, keys = held[0][mine], held[1][mine]
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


def _resize(connection: Connection, tier: Tier, gained: Integers, lost: Integers) -> Integers:
    """Count records into and out of the large blocks; return the keys of those that are large no more."""
    keys, back = np.unique(np.concatenate((gained, lost)), return_inverse=True)
    change = np.zeros(len(keys), dtype=np.int64)
    np.add.at(change, back, np.concatenate((np.ones_like(gained), -np.ones_like(lost))))
    moved = change != 0
    write_columns(connection, "key_change", (keys[moved], change[moved], most_of(keys[moved])))
    for name in ("analyze_changes", "resize"):
        SCORED.run(connection, name, tier.values)
    return np.array([key for (key,) in SCORED.run(connection, "shrunk")], dtype=np.int64)


def _sharing(connection: Connection, keys: Integers) -> Shared:
    """Return who holds these keys, without those of large blocks."""
    write_columns(connection, "asked_key", (keys,))
    for name in ("analyze_asked", "wanted_keys", "analyze_wanted_keys"):
        SCORED.run(connection, name)
    records, keys = read_columns(connection, sql.SQL(SCORED.literal("sharing")), 2)
    SCORED.run(connection, "drop_wanted_keys")
    order = np.argsort(keys, kind="stable")
    return shared(records[order], keys[order])


def _note_large(connection: Connection, tier: Tier, found: Shared, large: Booleans, *, forget: bool) -> None:
    keys, sizes = found.keys[found.starts[large]], found.sizes[large]
    if forget:
        SCORED.run(connection, "forget_large", tier.values)
    write_columns(connection, "now_large", (keys, sizes))
    SCORED.run(connection, "note_large", tier.values)


def _write_scores(
    connection: Connection, tier: Tier, parts: Iterable[Pairs], known: Said | None
) -> tuple[int, int]:
    pairs = kept = 0
    for part in parts:
        pairs += len(part[0])
        for scores in scored_pairs(connection, tier, part, known):
            write_columns(connection, "new_score", scores)
            kept += len(scores[0])
    for name in ("note_scores", "rescore_paired") if known is None else ("note_scores",):
        SCORED.run(connection, name, tier.values)
    return pairs, kept


def _of_type(tier: Tier, name: str) -> sql.Composed:
    return sql.SQL(SCORED.literal(name)).format(entity_type=sql.Literal(tier.frozen.entity_type.name))
