"""The one verifier: bytes in, verdict out, never an exception. What it checks is data, ``contract.signatures``.

It fails closed: what cannot be read is refused, and without a secret nothing is accepted.
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from integrations_pipelines.contract.signatures import (
    BasicLogin,
    Carried,
    FirstOf,
    Scheme,
    SharedToken,
    Signature,
    SingleScheme,
)
from integrations_pipelines.inbox.reading import (
    Delivery,
    from_base64,
    messages,
    moment_in,
    raw,
    signed_parts,
    stamp_in,
    to_bytes,
    values,
)

VerifyEd25519 = Callable[[bytes, bytes, bytes], bool]
"""Takes (public key, signature, message); the room that speaks cryptography gives it."""

_HASHES = {"hmac-sha1": "sha1", "hmac-sha256": "sha256", "hmac-sha512": "sha512"}


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A live secret; ``version`` is what a verdict says matched."""

    version: int
    text: str = field(repr=False)


class Accepted(NamedTuple):
    """It is the third party's own. ``version``: whose secret matched. ``sent_at``: None where nothing says when.

    ``covers``: what the signature covers, hashed: the same again is a replay, under whatever unsigned headers.
    """

    version: int
    sent_at: datetime | None
    covers: bytes


@dataclass(frozen=True, kw_only=True)
class Refused:
    """It is not, for ``reason``: ``no_secret``, ``no_signature``, ``no_timestamp``, ``too_old``, ``too_new``,
    ``wrong_signature``, ``malformed``.
    """

    reason: str


Verdict = Accepted | Refused


def without_ed25519(key: bytes, signature: bytes, message: bytes) -> bool:
    """Accept nothing: for callers that have no such scheme."""
    del key, signature, message
    return False


def verify(
    scheme: Scheme,
    secrets: Sequence[Secret],
    delivery: Delivery,
    *,
    now: datetime,
    verify_ed25519: VerifyEd25519 = without_ed25519,
) -> Verdict:
    """Return whether ``delivery`` is signed by one of ``secrets``, all of which are tried."""
    fitting = [one for one in secrets if one.text]
    if not fitting:
        return Refused(reason="no_secret")
    match scheme:
        case FirstOf(schemes=schemes):
            chosen = next((one for one in schemes if _is_there(one, fitting, delivery)), None)
            if chosen is None:
                return Refused(reason="no_signature")
            return verify(chosen, fitting, delivery, now=now, verify_ed25519=verify_ed25519)
        case Signature():
            return _signed(scheme, fitting, delivery, now, verify_ed25519)
        case SharedToken(at=at):
            return _same(at, [(one, one.text) for one in fitting], delivery)
        case BasicLogin():
            login = Carried(header="authorization")
            return _same(login, [(one, _basic(one.text)) for one in fitting], delivery)


def _is_there(scheme: SingleScheme, secrets: Sequence[Secret], delivery: Delivery) -> bool:
    match scheme:
        case Signature(at=at, key_prefix=prefix):
            return raw(at, delivery) is not None and any(one.text.startswith(prefix) for one in secrets)
        case SharedToken(at=at):
            return raw(at, delivery) is not None
        case BasicLogin():
            return "authorization" in delivery.headers


def _same(at: Carried, secrets: Sequence[tuple[Secret, str]], delivery: Delivery) -> Verdict:
    given = values(at, delivery)
    if not given:
        return Refused(reason="no_signature")
    for secret, expected in secrets:
        if _is_among(given, expected):
            covers = hashlib.sha256(delivery.body).digest()
            return Accepted(version=secret.version, sent_at=None, covers=covers)
    return Refused(reason="wrong_signature")


def _signed(
    scheme: Signature,
    secrets: Sequence[Secret],
    delivery: Delivery,
    now: datetime,
    verify_ed25519: VerifyEd25519,
) -> Verdict:
    given = values(scheme.at, delivery)
    if not given:
        return Refused(reason="no_signature")
    parts = signed_parts(scheme, delivery)
    if isinstance(parts, str):
        return Refused(reason=parts)
    rule = scheme.timestamp
    sent_at: datetime | str | None = None
    if rule is not None and rule.at is not None:
        sent_at = moment_in(parts["timestamp"].decode("utf-8", "replace"), rule, now)
        if isinstance(sent_at, str):
            return Refused(reason=sent_at)
    matched = _matching(scheme, secrets, given, parts, verify_ed25519)
    if matched is None:
        return Refused(reason="wrong_signature")
    if rule is not None and rule.body:
        # Read only now: a stranger's body is not parsed.
        sent_at = moment_in(stamp_in(delivery.body, rule.body), rule, now)
    if isinstance(sent_at, str):
        return Refused(reason=sent_at)
    return Accepted(version=matched.version, sent_at=sent_at, covers=_hashed(parts))


def _hashed(parts: Mapping[str, bytes]) -> bytes:
    pieces = [b"%s:%d:%s" % (name.encode(), len(part), part) for name, part in sorted(parts.items())]
    return hashlib.sha256(b"".join(pieces)).digest()


def _matching(
    scheme: Signature,
    secrets: Sequence[Secret],
    given: Sequence[str],
    parts: Mapping[str, bytes],
    verify_ed25519: VerifyEd25519,
) -> Secret | None:
    for secret in secrets:
        key = _key(scheme, secret.text)
        for message in messages(scheme, parts, key) if key else ():
            if scheme.algorithm == "ed25519":
                if any(_is_ed25519(key or b"", one, message, verify_ed25519) for one in given):
                    return secret
            elif _is_among(_cased(scheme, given), _digest(scheme, key or b"", message)):
                return secret
    return None


def _cased(scheme: Signature, given: Sequence[str]) -> Sequence[str]:
    return [one.lower() for one in given] if scheme.encoding == "hex" else given


def _digest(scheme: Signature, key: bytes, message: bytes) -> str:
    if scheme.algorithm == "sha256":
        digest = hashlib.sha256(message).digest()
    else:
        digest = hmac.digest(key, message, _HASHES[scheme.algorithm])
    return digest.hex() if scheme.encoding == "hex" else b64encode(digest).decode()


def _is_among(given: Sequence[str], expected: str) -> bool:
    # A list, no generator: how many were compared is not to be measured from outside.
    return any([hmac.compare_digest(to_bytes(one), to_bytes(expected)) for one in given])  # noqa: C419


def _is_ed25519(key: bytes, given: str, message: bytes, verify_ed25519: VerifyEd25519) -> bool:
    signature = from_base64(given)
    return signature is not None and len(signature) == 64 and verify_ed25519(key, signature, message)


def _key(scheme: Signature, text: str) -> bytes | None:
    if not text.startswith(scheme.key_prefix):
        return None
    rest = text.removeprefix(scheme.key_prefix)
    return from_base64(rest) if scheme.key_encoding == "base64" else to_bytes(rest)


def _basic(text: str) -> str:
    return f"Basic {b64encode(to_bytes(text)).decode()}"
