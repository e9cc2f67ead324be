"""Subscriptions with their signing secrets, which the vault keeps under a source system of their own.

That system holds nothing else and is switched off: so that a signing secret is sealed, rotated with an overlap, listed
and revoked like every other secret, by the same commands.
"""

import uuid as uuidlib
from collections.abc import Sequence

from sqlalchemy import Connection

from integrations_pipelines.egress import check_url
from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import Hub
from integrations_pipelines.outbound.signing import new_secret
from integrations_pipelines.registry import feed, sources
from integrations_pipelines.vault import SecretValue, credentials_of, revoke, set_credential

KEEPER = "outgoing-webhooks"


def add_subscription(hub: Hub, url: str, events: Sequence[str]) -> tuple[uuidlib.UUID, str]:
    """Tell ``url`` of changes from now on; return the subscription's uuid and its secret, which is shown once.

    Raises ``AddressRefused`` for an URL that may not be called, ``UsageError`` for an unknown event.
    """
    check_url(url)
    secret = new_secret()
    with hub.engine.begin() as connection:
        _ensure_keeper(connection)
        uuid = feed.subscribe(connection, url, events)
        set_credential(connection, hub.keys, KEEPER, str(uuid), SecretValue(secret))
    return uuid, secret


def remove_subscription(hub: Hub, uuid: uuidlib.UUID) -> None:
    """Tell an endpoint no more; its secret is revoked. Raises ``NotFound``."""
    with hub.engine.begin() as connection:
        feed.unsubscribe(connection, uuid)
        for version in credentials_of(connection, hub.keys, KEEPER).live_versions(str(uuid)):
            revoke(connection, KEEPER, str(uuid), version.version)


def live_secrets(hub: Hub, uuids: Sequence[uuidlib.UUID]) -> dict[uuidlib.UUID, list[str]]:
    """Return the secrets that sign for each subscription now; several while one replaces another, none where it
    does not open.
    """
    with hub.engine.begin() as connection:
        opened = credentials_of(connection, hub.keys, KEEPER)
    return {
        uuid: [one.value.reveal() for one in opened.live_versions(str(uuid))] for uuid in dict.fromkeys(uuids)
    }


def _ensure_keeper(connection: Connection) -> None:
    try:
        sources.source_of(connection, KEEPER)
    except NotFound:
        label = "Holds the signing secrets of outgoing webhooks"
        keeper = sources.add_source(
            connection, system_key=KEEPER, system_type="files", label=label, settings={}
        )
        sources.set_active(connection, keeper, is_active=False)
