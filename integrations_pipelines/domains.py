"""Bound domains, looked at: what changed in another data model's table, as units for the corridor.

No trigger in somebody else's schema: the database compares each row's hash with the one that was taken, so only what
changed leaves the table. A look that takes long is taken less often: never more than a twentieth of the time.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from integrations_pipelines.hub import Hub
from integrations_pipelines.registry.bindings import (
    Binding,
    all_bindings,
    changed_rows,
    note_polled,
    taken_rows,
)
from integrations_pipelines.staging.units import Unit, rows_of

_SHARE = 20


def due_bindings(hub: Hub) -> list[Binding]:
    """Return the bound domains whose tables should be looked at now."""
    with hub.engine.begin() as connection:
        return [one for one in all_bindings(connection) if is_due(one, datetime.now(UTC))]


def is_due(binding: Binding, now: datetime) -> bool:
    """Return whether enough time went by since the last look, given how long that took."""
    if binding.polled_at is None or binding.poll_seconds is None:
        return True
    return now - binding.polled_at >= timedelta(seconds=binding.poll_seconds * _SHARE)


def bound_units(hub: Hub, binding: Binding, *, release: bool = False) -> Iterator[Unit]:
    """Yield what changed in the table of ``binding``; where ``release``, every row that was taken as gone.

    Raises ``UsageError`` where the table cannot be read any more.
    """
    started = time.monotonic()
    with hub.engine.begin() as connection:
        for rows in (taken_rows if release else changed_rows)(connection, binding):
            yield Unit(
                rows=rows_of(rows), cursor=None, rejected=(), extracted=len(rows), pages=1, complete=False
            )
    with hub.engine.begin() as connection:
        note_polled(connection, binding, time.monotonic() - started)
