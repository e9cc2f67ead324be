"""The audit chain: who used, made, rotated or revealed which secret or token. Any later change of it is found.

Each link's SHA-256 covers its fields and the link before. The last hash is sealed under the key ring, so that who can
write to the database alone cannot make a shorter or another chain look whole; and its place is kept in a file beside
the key file too, so that not even an older, once valid state of the tables can be put back unnoticed.
"""

import datetime
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from integrations_pipelines.errors import CredentialError, Never
from integrations_pipelines.registry import audit as stored
from integrations_pipelines.vault.keys import KeyProvider, WrappedKey, length_prefixed

_NO_HASH = b"\0" * 32
_CONTEXT = b"integrations-pipelines/audit-head"


class ChainBroken(Never):
    """The audit chain was changed."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A place in the chain that somebody outside the database knows: number and hash of a link."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def record(
    connection: Connection,
    keys: KeyProvider,
    action: str,
    subject: str,
    detail: Mapping[str, str | int | bool | None] | None = None,
) -> Anchor:
    """Add an event to the chain in the caller's transaction, which should end soon: others wait for it.

    ``action`` is ``thing.verb`` (``credential.rotate``), ``subject`` names the thing; no secret and no personal data.
    Raises ``ChainBroken`` where the head is gone.
    """
    head = stored.lock_head(connection)
    if head is None:
        raise ChainBroken("the head of the audit chain is gone; nothing more is recorded behind it")
    previous = head.hash or _NO_HASH
    fields: dict[str, Any] = {
        "sequence": head.sequence + 1,
        "recorded_at": datetime.datetime.now(datetime.UTC),
        "actor": stored.actor_of(connection),
        "action": action,
        "subject": subject,
        "detail": dict(detail or {}),
    }
    link = stored.Link(**fields, previous_hash=previous, hash=_hash(fields, previous))
    stored.add_link(connection, link)
    stored.move_head(connection, _sealed(keys, link.sequence, link.hash))
    return Anchor(sequence=link.sequence, hash=link.hash.hex())


def seal_anew(connection: Connection, keys: KeyProvider) -> None:
    """Seal the head under the current key, before its old one is retired. Raises where the old seal does not hold."""
    head = stored.lock_head(connection)
    if head is not None and head.kek_id not in (None, keys.current_id()):
        _check_seal(keys, head)
        stored.move_head(connection, _sealed(keys, head.sequence, head.hash))


def one_moment(engine: Engine) -> AbstractContextManager[Connection]:
    """Give a transaction that sees the chain as it is at one moment: events that come meanwhile are no break of it."""
    return engine.execution_options(isolation_level="REPEATABLE READ").begin()


def verify(connection: Connection, keys: KeyProvider, *anchors: Anchor) -> Anchor:
    """Return where the chain ends if every link holds, the seal holds, and every one of ``anchors`` lies on it.

    ``connection`` is one of ``one_moment`` where others may be at work.
    Raises ``ChainBroken`` that names the first link that is off: edited, deleted, inserted, or cut from the end.
    """
    head = stored.head_of(connection)
    if head is None:
        raise ChainBroken("the head of the audit chain is gone")
    expected, last, previous = {one.sequence: one for one in anchors}, 0, _NO_HASH
    for link in stored.links(connection):
        _check_link(link, last, previous)
        if link.sequence in expected and expected.pop(link.sequence).hash != link.hash.hex():
            raise ChainBroken(f"event {link.sequence} is not the one that was anchored outside the database")
        last, previous = link.sequence, link.hash
    _check_end(keys, head, last, previous)
    missing = [number for number in expected if number > 0]
    if missing:
        raise ChainBroken(
            f"the chain ends at event {last}, yet event {max(missing)} was anchored outside the database: "
            "its end was cut off, or an older state was put back "
            "(for a database made anew on purpose, remove audit-anchor.json from the state folder)"
        )
    return Anchor(sequence=last, hash=previous.hex())


def chain_end(connection: Connection) -> Anchor | None:
    """Return where the chain ends by its head, None where nothing was recorded yet."""
    head = stored.head_of(connection)
    return Anchor(sequence=head.sequence, hash=head.hash.hex()) if head and head.sequence else None


def read_anchor(path: Path) -> Anchor | None:
    """Return what the anchor file says, None where there is none. Raises ``ChainBroken`` for one that says nothing."""
    try:
        said = json.loads(path.read_bytes())
        return Anchor(sequence=int(said["sequence"]), hash=str(said["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise ChainBroken(f"{path}: does not read as an anchor of the audit chain") from None


def keep_anchor(path: Path, anchor: Anchor) -> None:
    """Keep ``anchor`` in the file unless it knows a later one already; call it once the transaction is through."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        kept = read_anchor(path) if path.stat().st_size else None
        if kept is None or kept.sequence < anchor.sequence:
            file.seek(0)
            file.write(json.dumps(vars(anchor)))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())


def anchor_of(text: str) -> Anchor:
    """Return the anchor that ``SEQUENCE:HASH`` names. Raises ``ValueError``."""
    sequence, _, digest = text.partition(":")
    if len(bytes.fromhex(digest)) != hashlib.sha256().digest_size:
        raise ValueError("not a SHA-256")
    return Anchor(sequence=int(sequence), hash=digest.lower())


def _hash(fields: Mapping[str, Any], previous: bytes) -> bytes:
    said = {**fields, "recorded_at": fields["recorded_at"].astimezone(datetime.UTC).isoformat()}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(length_prefixed(previous, text.encode())).digest()


def _check_link(link: stored.Link, last: int, previous: bytes) -> None:
    if link.sequence != last + 1:
        raise ChainBroken(f"event {last + 1} is missing: event {link.sequence} follows {last}")
    if link.previous_hash != previous:
        raise ChainBroken(
            f"event {link.sequence} does not follow event {last}: one of both was put in or changed"
        )
    fields = {name: value for name, value in vars(link).items() if name not in ("previous_hash", "hash")}
    if not hmac.compare_digest(_hash(fields, previous), link.hash):
        raise ChainBroken(f"event {link.sequence} was changed")


def _check_end(keys: KeyProvider, head: stored.Head, last: int, previous: bytes) -> None:
    if head.sequence != last:
        how = "its end was cut off" if head.sequence > last else "events were put behind its end"
        raise ChainBroken(f"the chain should end at event {head.sequence} and ends at {last}: {how}")
    if last == 0 and head.kek_id is None:
        return
    if head.hash != previous:
        raise ChainBroken(f"event {last} is not the one that the head of the chain names")
    _check_seal(keys, head)


def _check_seal(keys: KeyProvider, head: stored.Head) -> None:
    wrapped = WrappedKey(kek_id=head.kek_id or "", blob=head.seal)
    try:
        sealed = keys.unwrap(wrapped, _context(head.sequence))
    except CredentialError as error:
        raise ChainBroken(f"the seal on event {head.sequence} does not open: {error}") from error
    if not hmac.compare_digest(sealed, head.hash):
        raise ChainBroken(f"the seal on event {head.sequence} is of another chain")


def _sealed(keys: KeyProvider, sequence: int, digest: bytes) -> stored.Head:
    wrapped = keys.wrap(digest, _context(sequence))
    return stored.Head(sequence=sequence, hash=digest, kek_id=wrapped.kek_id, seal=wrapped.blob)


def _context(sequence: int) -> bytes:
    return length_prefixed(_CONTEXT, str(sequence).encode())
