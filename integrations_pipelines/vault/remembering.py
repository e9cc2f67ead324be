"""Data keys that a far-away holder has unwrapped, kept in this process's memory for minutes: a call a key, not a use.

Never written anywhere. What was wrapped anew is another blob, and is asked for anew; a key that the holder takes back
goes on opening here until its data keys' time is over.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import NoReturn

from integrations_pipelines.vault.keys import KeyProvider, WrappedKey, length_prefixed

MOST = 1_000
"""How many data keys are kept; the one that was used longest ago goes first."""


class RememberingKeys:
    """A provider of far-away keys whose unwrapped data keys are kept for ``seconds``, counted from the unwrapping."""

    def __init__(self, provider: KeyProvider, *, seconds: float, most: int = MOST) -> None:
        self._provider, self._seconds, self._most = provider, seconds, most
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        """Where the keys are held."""
        return self._provider.where

    def current_id(self) -> str:
        """Return the id of the key that wraps now."""
        return self._provider.current_id()

    def known_ids(self) -> Collection[str]:
        """Return the ids of all keys that unwrap."""
        return self._provider.known_ids()

    def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Return ``data_key`` wrapped by the provider; what it wraps is not kept."""
        return self._provider.wrap(data_key, context)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key, of this very blob and context, asked for at most once in ``seconds``. Raises as it."""
        name = hashlib.sha256(length_prefixed(wrapped.kek_id.encode(), wrapped.blob, context)).digest()
        if (kept := self._found(name)) is not None:
            return kept
        data_key = self._provider.unwrap(wrapped, context)
        self._keep(name, data_key)
        return data_key

    def forget(self) -> None:
        """Drop every data key."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        """Return how many data keys are kept."""
        return len(self._kept)

    def _found(self, name: bytes) -> bytes | None:
        with self._lock:
            until, data_key = self._kept.get(name, (0.0, b""))
            if until <= time.monotonic():
                self._kept.pop(name, None)
                return None
            self._kept.move_to_end(name)
            return data_key

    def _keep(self, name: bytes, data_key: bytes) -> None:
        now = time.monotonic()
        with self._lock:
            self._kept[name] = (now + self._seconds, data_key)
            for old in [one for one, (until, _) in self._kept.items() if until <= now]:
                del self._kept[old]
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def __repr__(self) -> str:
        return f"RememberingKeys({self._provider!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("keys cannot be pickled or copied")


def remembering(provider: KeyProvider, *, seconds: float) -> KeyProvider:
    """Return ``provider`` with a memory of ``seconds``; itself for 0: each use is asked for then."""
    return RememberingKeys(provider, seconds=seconds) if seconds > 0 else provider
