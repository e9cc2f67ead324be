"""What is stored of scored records: content, sketch and keys; who has which key; and which blocks are large.

Under a key that very many share nobody is looked for, so new records are not listed under it; all the keys of a record
stand with the record, from which they are listed again should the block shrink.
"""

from dataclasses import dataclass

import numpy as np
from psycopg import sql
from sqlalchemy import Connection

from integrations_pipelines.registry.bulk import indexes_afterwards
from integrations_pipelines.registry.columns import Bigints, as_arrays, read_columns, write_columns
from integrations_pipelines.registry.statements import SCORED
from integrations_pipelines.resolution.scored import keys as limits
from integrations_pipelines.resolution.scored.keys import is_large, most_of
from integrations_pipelines.resolution.scored.pairs import Shared
from integrations_pipelines.resolution.scored.said import Said
from integrations_pipelines.resolution.scored.tier import Tier
from integrations_pipelines.resolution.scoring.columns import Booleans, Integers, among, distinct
from integrations_pipelines.resolution.scoring.sketches import as_rows, some

# Records written at a time: what bounds memory.
_TOGETHER = 100_000
# From so many keys on, it takes less to read which blocks are large than to look each key up.
_MANY = 20_000

# Record ids and keys, one row a record and key.
Held = tuple[Integers, Integers]


@dataclass(frozen=True, kw_only=True)
class Large:
    """Keys, ascending: those of large blocks, those of blocks that are large no more, and those that are not listed.

    ``relisted`` are among the shrunk.
    """

    large: Integers
    shrunk: Integers
    unlisted: Integers
    relisted: Integers


def write_contents(connection: Connection, said: Said, changed: Booleans, held: Held) -> None:
    """Put what the changed records say by now into the working table ``new_content``."""
    order = np.argsort(held[0], kind="stable")
    keys, starts = held[1][order], np.searchsorted(held[0][order], said.ids)
    sizes = np.diff(np.append(starts, len(keys)))
    every = np.flatnonzero(changed)
    for first in range(0, len(every), _TOGETHER):
        rows = every[first : first + _TOGETHER]
        # Arrays of one length have one width.
        for size in np.unique(sizes[rows]):
            at = rows[sizes[rows] == size]
            arrays = as_arrays(keys[starts[at][:, None] + np.arange(size)])
            sketches = as_rows(some(said.sketches, at))
            write_columns(connection, "new_content", (said.ids[at], said.content[at], sketches, arrays))


def key_changes(connection: Connection, said: Said, changed: Booleans, held: Held) -> tuple[Held, Held]:
    """Return what the records of ``new_content`` have gained, by key, and what they and those that leave have lost."""
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


def store(connection: Connection, tier: Tier, gained: Held, lost: Held, large: Large) -> None:
    """Write what ``new_content`` holds, and who has which key by now."""
    listed = ~among(gained[1], large.unlisted)
    with indexes_afterwards(connection, int(listed.sum()), "resolution.blocking_key"):
        write_columns(connection, "resolution.blocking_key", (gained[1][listed], gained[0][listed]))
    write_columns(connection, "lost_key", lost)
    for statement in ("delete_keys", "unpair_leaving", "forget_leaving", "note_contents"):
        SCORED.run(connection, statement, tier.values)
    if len(large.relisted):
        write_columns(connection, "relisted", (large.relisted,))
        for statement in ("forget_listed", "relist"):
            SCORED.run(connection, statement)


def large_of_all(connection: Connection, tier: Tier, found: Shared) -> Large:
    """Return how the large blocks of all records stand; what is stored of them is made anew."""
    keys, sizes = found.keys[found.starts], found.sizes
    query = sql.SQL(SCORED.literal("unlisted")).format(entity_type=sql.Literal(tier.frozen.entity_type.name))
    (former,) = read_columns(connection, query, 1)
    former = np.sort(former)
    large = found.is_large
    unlisted = large & (is_large(keys, sizes, limits.LISTED) | among(keys, former))
    SCORED.run(connection, "forget_large", tier.values)
    _note(connection, tier, (keys[large], sizes[large], ~unlisted[large]))
    return Large(
        large=keys[large],
        shrunk=keys[:0],
        unlisted=keys[unlisted],
        relisted=former[~among(former, keys[large])],
    )


def resized(connection: Connection, tier: Tier, asked: Integers, gained: Integers, lost: Integers) -> Large:
    """Count records into and out of the large blocks, and return how those stand whose keys change or are asked for."""
    keys = distinct(np.concatenate((asked, gained, lost)))
    change = np.zeros(len(keys), dtype=np.int64)
    np.add.at(change, np.searchsorted(keys, gained), 1)
    np.add.at(change, np.searchsorted(keys, lost), -1)
    large, sizes, listed = _large_among(connection, tier, keys)
    rows, most = np.searchsorted(keys, large), most_of(large)
    sizes = sizes + change[rows]
    is_shrunk = sizes <= most
    unlisted = (listed == 0) | (sizes > most * limits.LISTED)
    moved = (change[rows] != 0) & ~is_shrunk
    resized = {"keys": large[moved], "records": sizes[moved], "is_listed": ~unlisted[moved]}
    SCORED.run(
        connection, "resize", {name: Bigints(column.astype(np.int64)) for name, column in resized.items()}
    )
    SCORED.run(connection, "shrunk", {"keys": Bigints(large[is_shrunk])})
    return Large(
        large=large[~is_shrunk],
        shrunk=large[is_shrunk],
        unlisted=large[unlisted & ~is_shrunk],
        relisted=large[is_shrunk & (listed == 0)],
    )


def _large_among(connection: Connection, tier: Tier, keys: Integers) -> tuple[Integers, ...]:
    """Return which of ``keys``, ascending, are those of large blocks; how many share each, and whether it is listed."""
    name = "large_among" if len(keys) < _MANY else "all_large"
    asked = {**tier.values, "keys": Bigints(keys)}
    found = read_columns(connection, sql.SQL(SCORED.literal(name)), 3, asked, few=True)
    order = np.argsort(found[0])
    order = order[among(found[0][order], keys)]
    return tuple(column[order] for column in found)


def note_grown(connection: Connection, tier: Tier, found: Shared, grown: Booleans) -> None:
    """Note the blocks that are large since now."""
    keys, sizes = found.keys[found.starts[grown]], found.sizes[grown]
    _note(connection, tier, (keys, sizes, ~is_large(keys, sizes, limits.LISTED)))


def _note(connection: Connection, tier: Tier, large: tuple[Integers, Integers, Booleans]) -> None:
    keys, sizes, listed = large
    write_columns(connection, "now_large", (keys, sizes, listed.astype(np.int64)))
    SCORED.run(connection, "note_large", tier.values)
