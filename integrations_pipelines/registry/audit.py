"""The rows of the audit chain: one writer at a time adds a link. How links are hashed and sealed: ``vault.audit``."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from integrations_pipelines.registry.models import AuditEvent, AuditHead


@dataclass(frozen=True, kw_only=True)
class Link:
    """One event of the chain, as it stands."""

    sequence: int
    recorded_at: datetime.datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous_hash: bytes
    hash: bytes


@dataclass(frozen=True, kw_only=True)
class Head:
    """Where the chain ends; ``kek_id`` is None while nothing was ever recorded."""

    sequence: int
    hash: bytes
    kek_id: str | None
    seal: bytes


def lock_head(connection: Connection) -> Head | None:
    """Return the head, held until the transaction ends; None where somebody took it away."""
    return _head(connection, lock=True)


def head_of(connection: Connection) -> Head | None:
    """Return the head; None where somebody took it away."""
    return _head(connection, lock=False)


def add_link(connection: Connection, link: Link) -> None:
    """Store the next link."""
    connection.execute(insert(AuditEvent).values(**vars(link)))


def move_head(connection: Connection, head: Head) -> None:
    """Put the head where the chain ends now."""
    connection.execute(update(AuditHead).where(AuditHead.id == 1).values(**vars(head)))


def links(connection: Connection, *, chunk: int = 5000) -> Iterator[Link]:
    """Yield every link in order, read in chunks."""
    after = -1
    while rows := connection.execute(
        select(AuditEvent.__table__)
        .where(AuditEvent.sequence > after)
        .order_by(AuditEvent.sequence)
        .limit(chunk)
    ).all():
        for row in rows:
            yield Link(**row._mapping)
        after = rows[-1].sequence


def newest_links(
    connection: Connection, *, limit: int, subject: str | None, action: str | None
) -> list[Link]:
    """Return the newest links first, of one subject or of actions that begin so where they are given."""
    query = select(AuditEvent.__table__).order_by(AuditEvent.sequence.desc()).limit(limit)
    if subject is not None:
        query = query.where(AuditEvent.subject == subject)
    if action is not None:
        query = query.where(AuditEvent.action.startswith(action, autoescape=True))
    return [Link(**row._mapping) for row in connection.execute(query)]


def actor_of(connection: Connection) -> str:
    """Return the name that this connection's writes stand under."""
    return str(connection.execute(text("select integrations.actor()")).scalar_one())


def _head(connection: Connection, *, lock: bool) -> Head | None:
    query = select(AuditHead.sequence, AuditHead.hash, AuditHead.kek_id, AuditHead.seal).where(
        AuditHead.id == 1
    )
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return Head(**row._mapping) if row else None
