"""Reads a delivery as a scheme says: where values stand, what was signed, when it was sent. Total, never raising."""

import binascii
import string
from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson

from integrations_pipelines.contract.paths import value_at
from integrations_pipelines.contract.signatures import Carried, Signature, Timestamp, Unit

_MOST_SIGNATURES = 20


class Delivery(NamedTuple):
    """One request as it came. ``headers``: lower-case names. ``url``: the public one, as the sender called it.

    A tuple, as all that is made anew for each delivery: a frozen dataclass takes five times as long to make.
    """

    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    url: str = ""

    def __repr__(self) -> str:
        return f"Delivery(method={self.method!r}, url={self.url!r})"


def raw(at: Carried, delivery: Delivery) -> str | None:
    """Return what stands at ``at``, whole; None where nothing does."""
    if at.header:
        return delivery.headers.get(at.header)
    return dict(_pairs(delivery.url)).get(at.parameter)


def values(at: Carried, delivery: Delivery) -> list[str]:
    """Return what is carried at ``at``, less its prefix; nothing where it is absent or empty."""
    found = raw(at, delivery)
    if found is None:
        return []
    if not at.separator:
        part = found.strip()
        return [part.removeprefix(at.prefix)] if part.startswith(at.prefix) and part != at.prefix else []
    parts = found.split(at.separator, _MOST_SIGNATURES)[:_MOST_SIGNATURES]
    stripped = (part.strip() for part in parts)
    return [
        part.removeprefix(at.prefix) for part in stripped if part.startswith(at.prefix) and part != at.prefix
    ]


def signed_parts(scheme: Signature, delivery: Delivery) -> dict[str, bytes] | str:
    """Return the bytes of all that ``scheme`` signs, but the secret; or the reason why they cannot be had."""
    found: dict[str, bytes] = {}
    names = scheme.names
    if "body" in names:
        found["body"] = delivery.body
    if "method" in names:
        found["method"] = to_bytes(delivery.method.upper())
    if "url" in names:
        found["url"] = to_bytes(delivery.url)
    if "query" in names:
        found["query"] = to_bytes(_query(delivery.url, scheme.at.parameter))
    if scheme.timestamp is not None and scheme.timestamp.at is not None:
        stamps = values(scheme.timestamp.at, delivery)
        if len(stamps) != 1:
            return "malformed" if stamps else "no_timestamp"
        found["timestamp"] = to_bytes(stamps[0])
    if scheme.id is not None:
        ids = values(scheme.id, delivery)
        if len(ids) != 1:
            return "malformed"
        found["id"] = to_bytes(ids[0])
    return found


def messages(scheme: Signature, parts: Mapping[str, bytes], key: bytes) -> Iterator[bytes]:
    """Yield what may have been signed: one message, and a second where escapes in the URL are read first."""
    yield parts["body"] if scheme.signed == "{body}" else _filled(scheme.signed, {**parts, "secret": key})
    if scheme.url_decoded and b"%" in parts.get("url", b""):
        url = parts["url"].decode("utf-8", "replace")
        for escape in scheme.url_decoded:
            character = chr(int(escape[1:], 16))
            url = url.replace(escape, character).replace(escape.lower(), character)
        yield _filled(scheme.signed, {**parts, "url": to_bytes(url), "secret": key})


def stamp_in(body: bytes, path: str) -> str:
    """Return the text or the whole number at ``path`` of a JSON body; "" where there is none."""
    try:
        found = value_at(orjson.loads(body), path)
    except ValueError:
        return ""
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def moment_in(text: str, rule: Timestamp, now: datetime) -> datetime | str:
    """Return the moment that ``text`` says, if it is near ``now``; else ``malformed``, ``too_old``, ``too_new``."""
    moment = _read_moment(text, rule.unit)
    if moment is None:
        return "malformed"
    if moment < now - rule.tolerance:
        return "too_old"
    return "too_new" if moment > now + rule.tolerance else moment


def from_base64(text: str) -> bytes | None:
    """Return the bytes of strict base64; None for anything else."""
    try:
        return b64decode(to_bytes(text), validate=True)
    except (binascii.Error, ValueError):
        return None


def to_bytes(text: str) -> bytes:
    """Return ``text`` as UTF-8; half characters, which no header can hold, do not raise."""
    return text.encode("utf-8", "surrogatepass")


def _read_moment(text: str, unit: Unit) -> datetime | None:
    try:
        if unit == "iso":
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        # Strict: a peer's library reads "1614265330.75" under a signature over "1614265330" (finding 3).
        if not (text.isascii() and text.isdigit() and len(text) <= 16):
            return None
        return datetime.fromtimestamp(int(text) / (1000 if unit == "milliseconds" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _filled(template: str, parts: Mapping[str, bytes]) -> bytes:
    return b"".join(parts[part] if is_name else part.encode() for part, is_name in _pieces(template))


@cache
def _pieces(template: str) -> tuple[tuple[str, bool], ...]:
    pieces: list[tuple[str, bool]] = []
    for text, name, _, _ in string.Formatter().parse(template):
        pieces += [(text, False)] if text else []
        pieces += [(name, True)] if name is not None else []
    return tuple(pieces)


def _query(url: str, but: str) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(_pairs(url)) if name != but)


def _pairs(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return []
