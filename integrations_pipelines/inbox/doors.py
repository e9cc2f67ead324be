"""The door of one source system: what its webhooks look like, which secrets open it, and what its operator said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.contract import Webhooks
from integrations_pipelines.contract.schemes import SCHEMES
from integrations_pipelines.contract.signatures import BasicLogin, FirstOf, Scheme, Signature, SingleScheme
from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.inbox.verifying import Secret
from integrations_pipelines.registry.inbox import set_webhook_words
from integrations_pipelines.registry.sources import Source


@dataclass(frozen=True, kw_only=True)
class DoorKey:
    """A secret that opens the door until ``valid_until``; None: until further notice. ``id`` is its row's."""

    id: int
    secret: Secret
    valid_until: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Return whether it counts at ``now``."""
        return self.valid_until is None or now < self.valid_until


@dataclass(frozen=True, kw_only=True)
class Door:
    """What the receiver has to know of one source system. ``unsigned``: why deliveries need no signature; "" they do.

    ``is_gone``: its operator wants the third party to stop. ``expects_secret_until``: a handshake may hand one over.
    ``tenant``: what the tenant's place must hold; "": it is not looked at.
    """

    source_system_id: int
    system_key: str
    webhooks: Webhooks
    keys: tuple[DoorKey, ...] = ()
    unsigned: str = ""
    is_gone: bool = False
    largest_body: int = 0
    expects_secret_until: datetime | None = None
    tenant: str = field(default="")

    @cached_property
    def reads_url(self) -> bool:
        """Whether the address that was called counts for a signature here; mostly it does not."""
        scheme = self.webhooks.scheme
        return any(map(_reads_url, scheme.schemes if isinstance(scheme, FirstOf) else (scheme,)))

    def live(self, now: datetime) -> list[DoorKey]:
        """Return the keys that count at ``now``."""
        return [key for key in self.keys if key.opens(now)]


def webhooks_of(source: Source) -> Webhooks | None:
    """Return what the webhooks of ``source`` look like: its connector's, with the scheme that its operator chose.

    None where the connector knows of no webhooks. Raise ``ConfigurationError`` for a scheme that nobody knows.
    """
    known = connector_of(source.system_type).webhooks
    scheme = _words(source).get("scheme")
    if known is None or scheme is None:
        return known
    if scheme not in SCHEMES:
        raise ConfigurationError(
            f"{source.system_key}: no scheme is called {scheme!r}; there are: {', '.join(SCHEMES)}"
        )
    return replace(known, scheme=SCHEMES[scheme])


def door_of(source: Source, keys: Sequence[DoorKey]) -> Door | None:
    """Return the door of ``source``, None where it has none. Raise as ``webhooks_of`` does."""
    webhooks = webhooks_of(source)
    if webhooks is None:
        return None
    words = _words(source)
    until = words.get("expects_secret_until")
    return Door(
        source_system_id=source.id,
        system_key=source.system_key,
        webhooks=webhooks,
        keys=tuple(keys),
        unsigned=str(words.get("allow_unsigned", "")).strip(),
        is_gone=bool(words.get("gone", False)),
        largest_body=int(words.get("largest_body", webhooks.largest_body)),
        expects_secret_until=datetime.fromisoformat(until) if until else None,
        tenant=source.settings.get(webhooks.tenant.setting, "") if webhooks.tenant else "",
    )


def expect_secret(connection: Connection, source: Source, *, minutes: int) -> datetime:
    """Let the next handshake of ``source`` hand over a secret, for ``minutes``; return until when."""
    until = datetime.now(UTC) + timedelta(minutes=minutes)
    set_webhook_words(connection, source, {"expects_secret_until": until.isoformat()})
    return until


def path_of(uuid: UUID) -> str:
    """Return the path that a third party calls for the source system ``uuid``."""
    return f"/webhooks/{uuid}"


def scheme_name(scheme: Scheme) -> str:
    """Return the name of a scheme; one that a manifest describes has none of its own."""
    return next((name for name, one in SCHEMES.items() if one == scheme), "described by the connector")


def _reads_url(scheme: SingleScheme) -> bool:
    if isinstance(scheme, BasicLogin):
        return False
    if not isinstance(scheme, Signature):
        return bool(scheme.at.parameter)
    places = (scheme.at, scheme.id, scheme.timestamp.at if scheme.timestamp else None)
    return bool(scheme.names & {"url", "query"}) or any(one.parameter for one in places if one)


def _words(source: Source) -> Mapping[str, Any]:
    words: Mapping[str, Any] = source.config.get("webhook", {})
    return words
