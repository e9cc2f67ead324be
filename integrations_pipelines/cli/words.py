"""Words from outside, made fit to be shown or understood: text without control characters, durations, k=v, keys."""

import re
import unicodedata
import uuid as uuidlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from integrations_pipelines.errors import UsageError

_MODULES = re.compile(r"\b(?:[a-z_][a-z0-9_]*\.)+(?=[A-Z]\w*:)")
_SYSTEM_KEY = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_RESOURCE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_DURATION = re.compile(r"(\d{1,9})\s*([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LONGEST_KEY, _LONGEST_RESOURCE = 63, 40
_LONGEST_POLL = 2**31 - 1


def shown(text: str) -> str:
    """Return ``text`` as it may reach a terminal: no control characters, none that turn the reading direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\t\r\u2028\u2029":
        return " "
    is_hidden = character in _DIRECTIONS or unicodedata.category(character) in {"Cc", "Cs"}
    return "" if is_hidden else character


def on_one_line(text: str) -> str:
    """Return ``text`` on one line, fit for a terminal."""
    return " ".join(shown(text).split())


def told(error: str) -> str:
    """Return a reason as a person reads it: without the modules that its classes live in."""
    return on_one_line(_MODULES.sub("", error))


def moment(when: datetime | None) -> str:
    """Return a moment in UTC to the second, "" for none."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if when else ""


def system_key_of(word: str) -> str:
    """Return ``word`` if it can name a source system. Raises ``UsageError``: it is part of keys, paths and URLs."""
    if len(word) > _LONGEST_KEY or not _SYSTEM_KEY.fullmatch(word):
        rule = "lower-case letters and digits, with single . _ - between them, at most 63 characters"
        raise UsageError(f"{word!r} cannot name a source system: {rule}")
    return word


def resource_of(word: str, option: str = "--resource", what: str = "a resource") -> str:
    """Return ``word`` if it can name a file's resource. Raises ``UsageError``: it becomes a table's name."""
    if len(word) > _LONGEST_RESOURCE or not _RESOURCE.fullmatch(word):
        rule = "lower-case letters, digits and single underscores, a letter first, at most 40 characters"
        raise UsageError(f"{option} {word!r} cannot name {what}: {rule}")
    return word


def pairs(words: Iterable[str], option: str, *, split_last: bool = False) -> dict[str, str]:
    """Return ``name=value`` words as a mapping. Raises ``UsageError`` that never repeats a value."""
    found: dict[str, str] = {}
    for number, word in enumerate(words, 1):
        name, equals, value = word.rpartition("=") if split_last else word.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise UsageError(f"{option} number {number}: must read name=value")
        if name.strip() in found:
            raise UsageError(f"{option} {name.strip()}: is there twice")
        found[name.strip()] = value.strip()
    return found


def seconds(word: str, option: str) -> int:
    """Return a duration in seconds: ``90``, ``90s``, ``15m``, ``6h``, ``1d``. Raises ``UsageError``."""
    match = _DURATION.fullmatch(word.strip().lower())
    total = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 1 <= total <= _LONGEST_POLL:
        raise UsageError(f"{option} {word!r}: must be a duration such as 90s, 15m, 6h or 1d")
    return total


def moment_of(word: str, option: str) -> datetime:
    """Return a moment in UTC: ``2026-01-31``, ``2026-01-31T09:30``, with a zone or in UTC. Raises ``UsageError``."""
    try:
        found = datetime.fromisoformat(word.strip())
    except ValueError:
        raise UsageError(
            f"{option} {word!r}: must be a date or a moment such as 2026-01-31T09:30:00Z"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def end_of(word: str, option: str) -> datetime:
    """Return when something ends: a duration from now on, or a moment to come. Raises ``UsageError``."""
    now = datetime.now(UTC)
    if _DURATION.fullmatch(word.strip().lower()):
        return now + timedelta(seconds=seconds(word, option))
    moment = moment_of(word, option)
    if moment <= now:
        raise UsageError(f"{option} {word}: is over already")
    return moment


def beginning_of(word: str, option: str) -> datetime:
    """Return when something began: a duration until now, or a moment that is over. Raises ``UsageError``."""
    now = datetime.now(UTC)
    if _DURATION.fullmatch(word.strip().lower()):
        return now - timedelta(seconds=seconds(word, option))
    moment = moment_of(word, option)
    if moment >= now:
        raise UsageError(f"{option} {word}: is still to come")
    return moment


def uuid_of(word: str) -> uuidlib.UUID | None:
    """Return ``word`` as a uuid, None where it is none."""
    try:
        return uuidlib.UUID(word) if len(word) in (32, 36) else None
    except ValueError:
        return None


def record_key_of(word: str) -> tuple[str, str, str]:
    """Return (system, resource, record id) of ``SYSTEM:RESOURCE:ID``; the id may hold colons. Raises ``UsageError``."""
    system, _, rest = word.partition(":")
    resource, _, record = rest.partition(":")
    if not (system and resource and record):
        raise UsageError(f"{word!r} is neither SYSTEM:RESOURCE:ID nor a uuid")
    return system, resource, record
