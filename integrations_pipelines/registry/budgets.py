"""Rate budgets: how many requests an account still has, shared by all processes, the urgent lanes first.

A bucket a class of endpoints, in PostgreSQL. Tokens are taken a few at a time and are good for a moment only, so that a
request seldom costs a round trip, and what a process holds can never add up beyond the limit.
"""

import datetime
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine

from integrations_pipelines.contract.budgets import ACCOUNT, Budget
from integrations_pipelines.registry.reading import rows
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("budgets.sql"))
Lane = Literal["webhook", "poll", "backfill", "sweep"]
# What each lane leaves to those before it, as a share of the bucket.
_RESERVES: dict[Lane, float] = {"webhook": 0.0, "poll": 0.1, "backfill": 0.3, "sweep": 0.5}
_LANES = tuple(_RESERVES)
_BURST = 0.2
_GOOD_FOR = 0.1  # tokens are good for this share of the window, a second at most
_LEARN_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A budget as it is: requests at once, requests a second, how many were ever taken, a pause under way."""

    system_key: str
    name: str
    capacity: float | None
    refill: float | None
    taken: int
    blocked_until: datetime.datetime | None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket that keeps a limit in *any* span: what it holds at first and what flows in are within it together."""

    capacity: float
    refill: float
    good_for: float


def bucket_of(budget: Budget) -> Bucket:
    """Return the bucket for ``budget``: capacity + refill * (seconds + what tokens are good for) = requests."""
    capacity = max(1.0, _BURST * budget.requests)
    good_for = min(1.0, _GOOD_FOR * budget.seconds)
    # A limit of one request has no burst to spare: one each time the span is over.
    refill = (budget.requests - capacity) / (budget.seconds + good_for) or 0.5 / (budget.seconds + good_for)
    return Bucket(capacity=capacity, refill=refill, good_for=good_for)


class BudgetedPace:
    """The pace of one account in one lane; any number of threads may share it. Buckets are made when first used."""

    def __init__(self, engine: Engine, source: Source, budgets: Sequence[Budget], lane: Lane) -> None:
        self._engine, self._source, self._lane = engine, source, lane
        self._lock = threading.Lock()
        named = any(one.name == ACCOUNT for one in budgets)
        self._purses = [_Purse(one) for one in budgets]
        # Without a known limit there is still a place to keep a pause in.
        self._account = next((one for one in self._purses if one.name == ACCOUNT), _Purse(None))
        if not named:
            self._purses.append(self._account)

    def wait_for(self, path: str) -> float:
        """Take the right to send one request now: return 0.0, or the seconds after which to ask again."""
        with self._lock:
            found = [one for one in self._purses if one.counts(path)]
            for purse in found:
                if not purse.has_one() and (wait := self._fill(purse)) > 0:
                    return wait
            for purse in found:
                purse.spend()
        return 0.0

    def pause(self, path: str, seconds: float) -> None:
        """Keep everybody from asking for ``seconds``: the third party said so."""
        with self._lock:
            purse = self._closest(path)
            purse.empty()
            self._write("pause", purse, seconds=seconds)

    def learn(self, path: str, remaining: float, reset: float | None) -> None:
        """Take the third party's own word: so many requests are left, for the next ``reset`` seconds."""
        with self._lock:
            purse = self._closest(path)
            if remaining >= 1 and not purse.is_news(remaining):
                return
            if remaining < 1:
                purse.empty()
            self._write("learn", purse, remaining=remaining, reset=reset)

    def _closest(self, path: str) -> "_Purse":
        """Return the most special budget that counts ``path``."""
        special = [one for one in self._purses if one is not self._account and one.counts(path)]
        return special[0] if special else self._account

    def _fill(self, purse: "_Purse") -> float:
        rank = _LANES.index(self._lane)
        values = {"lane": rank, "reserve": _RESERVES[self._lane], "wanted": purse.wanted()}
        granted, wait = self._write("take", purse, **values)
        purse.fill(int(granted))
        return float(wait)

    def _write(self, name: str, purse: "_Purse", **values: float | None) -> tuple[float, float]:
        key = {"source_system_id": self._source.id, "name": purse.name}
        with self._engine.begin() as connection:
            if not purse.is_known:
                _SQL.run(connection, "ensure", {**key, "capacity": purse.capacity, "refill": purse.refill})
                purse.is_known = True
            cursor = _SQL.run(connection, name, {**key, **values})
            found = cursor.fetchone() if cursor.description else None
        return found or (0, 0)


class _Purse:
    """What this process holds of one bucket. It asks for more at a time the faster it spends."""

    def __init__(self, budget: Budget | None) -> None:
        bucket = bucket_of(budget) if budget else None
        self._budget = budget
        self.name = budget.name if budget else ACCOUNT
        self.capacity = bucket.capacity if bucket else None
        self.refill = bucket.refill if bucket else None
        self.is_known = False
        self._good_for = bucket.good_for if bucket else 1.0
        self._most = max(1, int(bucket.refill * bucket.good_for)) if bucket else 100
        self._left, self._filled, self._size = 0, 0.0, 0
        self._learned, self._learned_at = float("inf"), 0.0

    def counts(self, path: str) -> bool:
        return self._budget is None or self._budget.counts(path)

    def has_one(self) -> bool:
        return self._left > 0 and time.monotonic() - self._filled < self._good_for

    def wanted(self) -> int:
        spent_all = self._left == 0 and time.monotonic() - self._filled < self._good_for
        wanted = 2 * self._size if spent_all else self._size - self._left
        return max(1, min(self._most, wanted))

    def fill(self, tokens: int) -> None:
        self._left = self._size = tokens
        self._filled = time.monotonic()

    def spend(self) -> None:
        self._left -= 1

    def empty(self) -> None:
        self._left = 0

    def is_news(self, remaining: float) -> bool:
        """Whether it is worth a round trip: much fewer are left than was told last, or that was a while ago."""
        now = time.monotonic()
        if remaining > self._learned / 2 and now - self._learned_at < _LEARN_SECONDS:
            return False
        self._learned, self._learned_at = remaining, now
        return True


def standings(connection: Connection, system_key: str | None = None) -> list[Standing]:
    """Return the budgets that are known, by source system and class of endpoints."""
    return rows(connection, _SQL, "standing", Standing, {"system_key": system_key})
