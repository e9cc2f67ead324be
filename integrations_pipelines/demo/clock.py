"""How long each phase of the demo takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Takes the time of each phase, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        """Add to a phase."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the block's time to a phase."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.add(name, time.monotonic() - start)
