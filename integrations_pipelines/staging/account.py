"""Whose data is fetched, with which settings and secrets, and how much patience there is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from integrations_pipelines.contract import Connector


class Credentials(Protocol):
    """Where the secrets of one source system come from: the vault."""

    def reveal(self, name: str) -> str:
        """Return the secret called ``name``. Raise ``CredentialError`` where there is none."""
        ...


class Pace(Protocol):
    """How fast an account may be asked, whoever asks; paths are relative to its base URL."""

    def wait_for(self, path: str) -> float:
        """Take the right to send one request now: return 0.0, or the seconds after which to ask again."""
        ...

    def pause(self, path: str, seconds: float) -> None:
        """Keep everybody from asking for ``seconds``: the third party said so."""
        ...

    def learn(self, path: str, remaining: float, reset: float | None) -> None:
        """Take the third party's own word: so many requests are left, for the next ``reset`` seconds."""
        ...


class Unhurried:
    """No budget at all: for probes, and for what nobody limits."""

    def wait_for(self, path: str) -> float:
        """Return 0.0."""
        del path
        return 0.0

    def pause(self, path: str, seconds: float) -> None:
        """Do nothing."""

    def learn(self, path: str, remaining: float, reset: float | None) -> None:
        """Do nothing."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One source system, ready to be asked. ``config`` are its settings as they were saved.

    ``renew`` is called when the third party refuses the credentials; it says whether others are in place now.
    """

    source_system: UUID
    system_key: str
    connector: Connector
    config: Mapping[str, str]
    credentials: Credentials = field(repr=False)
    renew: Callable[[], bool] = field(default=lambda: False, repr=False)
    pace: Pace = field(default_factory=Unhurried, repr=False)

    @property
    def name(self) -> str:
        """How errors name it: ``HubSpot (crm-eu)``."""
        return f"{self.connector.title} ({self.system_key})"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one fetch may take. ``wait_seconds`` is all the waiting that one request may cost before it gives up.

    ``first_wait``: the seconds between its first failure and the next try; later ones double it.
    """

    unit_rows: int = 20_000
    unit_seconds: float = 20.0
    wait_seconds: float = 60.0
    attempts: int = 8
    first_wait: float = 0.5
    request_seconds: float = 120.0
    answer_bytes: int = 64 * 1024 * 1024
    empty_pages: int = 1000
