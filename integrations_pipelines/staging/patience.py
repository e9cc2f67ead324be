"""How long to wait for a third party that asks for a pause or does not answer: bounded, and told by its own rules."""

import math
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from integrations_pipelines.contract import RateLimit

_LONGEST = 30.0
LONGEST_PAUSE = 86_400.0
"""Seconds. No quota outlasts a day; who names more, by mistake or by milliseconds, is asked again after one."""


def back_off(attempt: int, first: float) -> float:
    """Return seconds to wait after failure ``attempt`` (from 1): doubling from ``first``, with jitter, never long."""
    return min(_LONGEST, first * 2.0 ** (attempt - 1)) * (0.5 + random.random() / 2)  # noqa: S311 - jitter


def pause_asked(status: int, headers: Mapping[str, str], rules: tuple[RateLimit, ...]) -> float | None:
    """Return the seconds that this answer asks for, 0.0 if it names none, None if it asks for no pause at all.

    429 and 5xx always do; a connector's rules say what else does (GitHub: 403 with nothing remaining).
    Source: RFC 9110 section 10.2.3 for Retry-After.
    """
    rule = next((rule for rule in rules if rule.asks(status, headers)), None)
    if rule is None and status != 429 and status < 500:
        return None
    waits = [_retry_after(headers.get("retry-after", ""))]
    if rule is not None:
        waits.append(rule.at_least)
        if rule.reset and waits[0] is None:
            waits.append(_until(headers.get(rule.reset, ""), headers))
    return min(LONGEST_PAUSE, max((wait for wait in waits if wait is not None), default=0.0))


def _retry_after(value: str) -> float | None:
    text = value.strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _until(epoch: str, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until ``epoch`` by the third party's own clock, where its answer tells the time."""
    if not epoch.strip().isdecimal():
        return None
    try:
        now = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        now = time.time()
    return max(0.0, float(epoch) - now)


# How many are left, and when there are more: in seconds, or at epoch seconds.
_COUNTERS = (
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
    ("x-hubspot-ratelimit-remaining", "x-hubspot-ratelimit-interval-milliseconds"),
)
_ITEM = re.compile(r'"[^"]*"\s*;.*?\br=(\d+)(?:.*?\bt=(\d+))?')
_QUOTA = re.compile(r"api-usage=(\d+)/(\d+)")


def requests_left(headers: Mapping[str, str]) -> tuple[float, float | None] | None:
    """Return (how many requests are left, seconds until there are more or None), or None where nothing is said.

    Sources: draft-ietf-httpapi-ratelimit-headers (``RateLimit: "default";r=50;t=30``) and its forerunners;
    GitHub's and Okta's ``X-RateLimit-*`` (epoch seconds), Jira's (ISO 8601); HubSpot's ``X-HubSpot-RateLimit-*``;
    Salesforce's ``Sforce-Limit-Info: api-usage=18/5000``, a day's, which names no reset.
    """
    left, reset = _told(headers) or (None, None)
    if left is None:
        return None
    return left, None if reset is None else min(LONGEST_PAUSE, reset)


def _told(headers: Mapping[str, str]) -> tuple[float, float | None] | None:
    if (item := _ITEM.search(headers.get("ratelimit", ""))) is not None:
        return float(item[1]), float(item[2]) if item[2] else None
    if (quota := _QUOTA.search(headers.get("sforce-limit-info", ""))) is not None:
        return max(0.0, float(quota[2]) - float(quota[1])), None
    for remaining, reset in _COUNTERS:
        left = headers.get(remaining, "").strip()
        if left.isdecimal():
            return float(left), _reset(headers.get(reset, ""), reset, headers)
    return None


def _reset(value: str, name: str, headers: Mapping[str, str]) -> float | None:
    text = value.strip()
    if not text.isdecimal():
        return _until_iso(text, headers)
    if name.endswith("milliseconds"):
        return float(text) / 1000
    if len(text) >= _EPOCH_DIGITS_OF_MILLISECONDS:
        text = text[:-3]
    return _until(text, headers) if len(text) >= _EPOCH_DIGITS else float(text)


def _until_iso(text: str, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the moment that ``text`` spells (``2026-11-22T09:30:00Z``), None for no moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _until(str(max(0, math.ceil(aware.timestamp()))), headers)


_EPOCH_DIGITS, _EPOCH_DIGITS_OF_MILLISECONDS = 9, 12
