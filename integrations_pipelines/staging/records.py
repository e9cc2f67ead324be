"""From one record of a third party to one row, or to the reason why it cannot be taken. Pure, and fast."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from math import isfinite
from typing import Any, TypeAlias

import orjson

from integrations_pipelines.contract import (
    DeletedFlag,
    Resource,
    SecondListing,
    Version,
    steps,
    value_at,
)
from integrations_pipelines.contract.paths import without
from integrations_pipelines.errors import RecordRejected
from integrations_pipelines.staging.units import Rejected

# PostgreSQL keeps a key in a B-tree, whose entries end below 2.7 kB; no third party has ids a tenth as long.
LONGEST_KEY = 512
# orjson reads an integer of more than 64 bits as a float, without a word; 18 digits always fit.
_LONG_NUMBER = re.compile(rb"\d{19}")


class NotAnObject(RecordRejected):
    """The record is not an object."""


class NoKey(RecordRejected):
    """The record has no key."""


class UnreadableVersion(RecordRejected):
    """The record's version cannot be read."""


class Unstorable(RecordRejected):
    """The record holds what PostgreSQL cannot keep."""


# One row in the order of ``OBSERVED_SCHEMA``: record id, version, content hash, whether it is deleted, payload.
Observed: TypeAlias = tuple[str, datetime | None, bytes, bool, bytes]
ReadRecord: TypeAlias = Callable[[Any], Observed]


def parse_json(content: bytes) -> Any:
    """Return what ``content`` says, integers exact whatever their size. Raise ``ValueError`` if it is no JSON."""
    if not _LONG_NUMBER.search(content):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            pass  # A lone surrogate or a number without an end is one record's fault: the slow way lets it through.
    try:
        return json.loads(content, parse_float=_fraction, parse_constant=_NoNumber)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class _NoNumber:
    """Stands for NaN, Infinity or 1e400, which JSON libraries write as null: so it cannot be written at all."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _fraction(text: str) -> float | _NoNumber:
    value = float(text)
    return value if isfinite(value) else _NoNumber(text)


def canonical_json(value: Any) -> bytes:
    """Return the one way to write ``value``: keys sorted, no spaces, UTF-8. Raise ``Unstorable`` where jsonb would."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = _exact_json(value)
    if b"\\u0000" in text and _holds_nul(value):
        raise Unstorable("it holds a NUL character")
    return text


def _exact_json(value: Any) -> bytes:
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except UnicodeEncodeError as error:
        raise Unstorable("it holds half a character (a lone surrogate)") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise Unstorable("it holds a number without an end, or is nested too deeply") from error


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_holds_nul(item) for item in value)


def record_reader(resource: Resource, *, gone: bool = False) -> ReadRecord:
    """Return the function that reads a record of ``resource`` as a row; it raises ``RecordRejected``.

    ``gone``: the record is from the listing of deleted ones.
    """
    own_key = resource.deleted.key if gone and isinstance(resource.deleted, SecondListing) else ()
    resource = replace(resource, key=own_key) if own_key else resource
    key_of, plain_key = key_reader(resource), _plain_key(resource)
    version_of = _version_reader(_version(resource, gone))
    tells = resource.deleted.tells if isinstance(resource.deleted, DeletedFlag) else None
    volatile = resource.volatile

    def read(record: Any) -> Observed:
        key = record.get(plain_key) if type(record) is dict else None
        if type(key) is not str or not 0 < len(key) <= LONGEST_KEY or key.isspace():
            key = key_of(record)
        payload = canonical_json(record)
        hashed = canonical_json(without(record, volatile)) if volatile else payload
        deleted = gone or (tells is not None and tells(record))
        version = version_of(record) if version_of is not None else None
        return key, version, blake2b(hashed, digest_size=16).digest(), deleted, payload

    return read


def _plain_key(resource: Resource) -> str | None:
    """Return the key's name where it is one member of the record: nearly always, and worth a short way."""
    keys = steps(resource.key[0])
    return keys[0] if len(resource.key) == len(keys) == 1 else None


def _version(resource: Resource, gone: bool) -> Version | None:
    if gone:
        return resource.deleted.version if isinstance(resource.deleted, SecondListing) else None
    return resource.version


def key_reader(resource: Resource) -> Callable[[Any], str]:
    """Return the function that gives a record's source record id; it raises ``NotAnObject`` or ``NoKey``."""
    paths = resource.key

    def read(record: Any) -> str:
        if not isinstance(record, dict):
            raise NotAnObject(f"it is {_kind(record)}, not an object")
        return ":".join(_key_text(value_at(record, path), path) for path in paths)

    return read


def _key_text(value: Any, path: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise NoKey(f"its key {path!r} is {_kind(value)}")
    if len(value) > LONGEST_KEY:
        raise NoKey(f"its key {path!r} is {len(value)} characters long")
    return value


def _kind(value: Any) -> str:
    names: Mapping[type, str] = {dict: "an object", list: "a list", str: "an empty text", float: "a fraction"}
    return "missing" if value is None else names.get(type(value), "no text")


def _version_reader(version: Version | None) -> Callable[[Any], datetime | None] | None:
    if version is None:
        return None
    path, read = version.path, version.read

    def version_of(record: Any) -> datetime | None:
        value = value_at(record, path)
        if not value:
            return None
        try:
            return read(value).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise UnreadableVersion(f"its version {path!r} cannot be read") from error

    return version_of


def rejected_record(record: Any, resource: Resource, error: RecordRejected) -> Rejected:
    """Return what quarantine keeps of ``record``: its id, and all of it as ASCII JSON, where there are such."""
    try:
        key: str | None = key_reader(resource)(record)
    except RecordRejected:
        key = None
    try:
        payload: bytes | None = json.dumps(record, sort_keys=True, default=repr).encode()
    except (ValueError, RecursionError):
        payload = None
    return Rejected(
        source_record_id=key, payload=payload, error_class=type(error).__name__, message=str(error)
    )
