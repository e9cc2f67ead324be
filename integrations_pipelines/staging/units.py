"""What a fetch hands on: units of rows, and the records that could not be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

# Our own place in a listing, as JSON. Only staging reads what is inside.
Cursor = Mapping[str, Any]

OBSERVED_SCHEMA: Final = pa.schema(
    [
        pa.field("source_record_id", pa.string(), nullable=False),
        pa.field("source_version", pa.timestamp("us", tz="UTC")),
        pa.field("content_hash", pa.binary(), nullable=False),
        pa.field("is_deleted", pa.bool_(), nullable=False),
        pa.field("payload", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A record that cannot be taken as it is. ``payload`` is what came, as JSON bytes, where it can be written.

    ``is_gone``: it came from the listing of deleted records.
    """

    source_record_id: str | None
    payload: bytes | None = field(repr=False)
    error_class: str
    message: str
    is_gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Some pages of one listing. ``extracted`` is ``rows`` plus ``rejected``.

    ``cursor`` is where the next run starts once this unit is landed; None: it starts from the beginning.
    ``unmapped``: fields, seen in a sample of the records, that nobody mapped and nobody ignored.
    ``merged``: (lost, kept): record ids that are one at the third party.
    ``complete``: with this unit a full listing is through, so what was in none of its units is not there any more.
    """

    rows: pa.Table = field(repr=False)
    cursor: Cursor | None
    rejected: tuple[Rejected, ...]
    extracted: int
    pages: int
    complete: bool
    unmapped: frozenset[str] = frozenset()
    merged: tuple[tuple[str, str], ...] = ()


def rows_of(observed: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Return the table of what was observed of each record, columns in the order of ``OBSERVED_SCHEMA``."""
    columns: Sequence[Sequence[Any]] = list(zip(*observed, strict=True)) or [()] * len(OBSERVED_SCHEMA)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, OBSERVED_SCHEMA, strict=True)],
        schema=OBSERVED_SCHEMA,
    )
