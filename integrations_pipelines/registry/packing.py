"""How long bodies of webhooks lie in the inbox: as LZ4 blocks, packed by the receiver. Everybody reads them here.

PostgreSQL would cut 11.6 kB into six chunks, each a row, an index entry and a line of the log; a quarter of it is two.
Not every PostgreSQL is built with LZ4, and its own ``pglz`` costs more than the commit.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from integrations_pipelines.registry.statements import statements

if TYPE_CHECKING:
    import pyarrow

SHORTEST = 2_000
"""Bytes. PostgreSQL keeps a row of less in one piece, so that nothing is won."""
_SQL = statements(Path(__file__).with_name("inbox.sql"))
_AT_ONCE = 20


def pack(body: bytes) -> tuple[bytes, int | None]:
    """Return ``body`` as it is to be kept, and its size; None: it is kept as it came."""
    if len(body) < SHORTEST:
        return body, None
    packed: bytes = codec().compress(body, asbytes=True)
    return (packed, len(body)) if len(packed) < len(body) * 3 // 4 else (body, None)


def unpack(kept: bytes, size: int | None) -> bytes:
    """Return the body of which ``pack`` returned ``kept`` and ``size``; one that was emptied since is empty."""
    if size is None or not kept:
        return kept
    body: bytes = codec().decompress(kept, size, asbytes=True)
    return body


def empty_packed(connection: Connection, pattern: str) -> int:
    """Empty the packed bodies in which ``pattern`` is found (``escape`` form of bytes); return how many."""
    count, after = 0, 0
    while True:
        rows = _SQL.run(connection, "packed", {"after": after, "most": _AT_ONCE}).fetchall()
        if not rows:
            return count
        bodies = [unpack(bytes(body), size) for _, body, size in rows]
        values = {"ids": [row[0] for row in rows], "bodies": bodies, "bytes": pattern}
        count += _SQL.run(connection, "empty_packed", values).rowcount
        after = rows[-1][0]


@cache
def codec() -> "pyarrow.Codec":
    """Return what packs. Whoever must not pause later asks before: the first time takes as long as an import."""
    import pyarrow

    return pyarrow.Codec("lz4_raw")
