"""What every step needs in hand: the database, the key ring, and the accounts of this organisation."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.connectors.files import file_resource
from integrations_pipelines.contract import Resource
from integrations_pipelines.entities import EntityType
from integrations_pipelines.errors import DatabaseUnavailable, NotFound
from integrations_pipelines.registry import urls
from integrations_pipelines.registry.budgets import BudgetedPace, Lane
from integrations_pipelines.registry.jobs import Job
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.registry.types import entity_types, type_named
from integrations_pipelines.settings import Settings
from integrations_pipelines.staging.account import Account
from integrations_pipelines.vault import (
    KeyRing,
    LiveCredentials,
    OAuthTokens,
    chain_end,
    install_redaction,
    keep_anchor,
    list_credentials,
    open_key_ring,
    record,
)

LOG = logging.getLogger(__name__)
Done = TypeVar("Done")
_RESOLUTION_LOCKS = 7_223
_TRIES = 3
_CLASHES = (SerializationFailure, DeadlockDetected)


@dataclass(frozen=True, kw_only=True)
class Hub:
    """One process's hold on the product. ``url`` may hold a password: it is never shown."""

    engine: Engine
    keys: KeyRing
    url: str = field(repr=False)
    anchor: Path | None = None
    """Where the end of the audit chain is kept outside the database; None keeps it nowhere."""


@contextmanager
def open_hub(settings: Settings, url: str) -> Iterator[Hub]:
    """Give the hub on the migrated database at ``url``; log lines are redacted from here on.

    Raises ``CredentialError`` where the key ring does not open what is sealed.
    """
    engine = engine_of(url)
    install_redaction()
    try:
        keys = open_key_ring(
            engine,
            keys=_plain(settings.key_ring),
            key_file=settings.keys,
            service=settings.key_service,
            vault_token=_plain(settings.vault_token),
            data_key_seconds=settings.data_key_seconds,
        )
        for notice in keys.notices:
            LOG.warning("%s", notice)
        yield Hub(engine=engine, keys=keys, url=url, anchor=settings.audit_anchor)
    finally:
        engine.dispose()


def _plain(word: SecretStr | None) -> str | None:
    return word.get_secret_value() if word is not None else None


def engine_of(url: str) -> Engine:
    """Return an engine on ``url``. No statement is prepared: working tables of one name change from step to step."""
    return create_engine(
        urls.for_sqlalchemy(url),
        connect_args={"prepare_threshold": None},
        hide_parameters=True,  # they are records: an error's text must not carry them into a log
    )


@contextmanager
def audited(hub: Hub, actor: str | None = None) -> Iterator[Connection]:
    """Give a transaction whose events of the audit chain are anchored outside the database once it is through.

    ``actor`` is whose name stands in it; None: the database's user.
    """
    with hub.engine.begin() as connection:
        if actor is not None:
            connection.execute(
                text("select set_config('integrations.actor', :actor, true)"), {"actor": actor}
            )
        yield connection
    with hub.engine.begin() as connection:
        end = chain_end(connection)
    if hub.anchor is not None and end is not None:
        try:
            keep_anchor(hub.anchor, end)
        except OSError as error:
            LOG.warning("%s: the end of the audit chain is not kept: %s", hub.anchor, error.strerror)


def note_use(hub: Hub, job: Job) -> None:
    """Write down in the audit chain, once a job, that the account's secrets are used."""
    with audited(hub) as connection:
        held = list_credentials(connection, job.source.system_key)
        if names := sorted({one.name for one in held if one.kek_id}):
            detail = {"job": str(job.uuid), "names": " ".join(names)}
            record(connection, hub.keys, "credential.use", job.source.system_key, detail)


def account_of(hub: Hub, source: Source, *, lane: Lane = "poll") -> Account:
    """Return ``source`` ready to be asked, in its ``lane`` of the account's rate budget.

    Raises ``ConfigurationError`` for settings that its connector refuses.
    """
    connector = connector_of(source.system_type)
    config = connector.configured(source.settings)
    grant = (
        OAuthTokens(hub.engine, hub.keys, connector, source.system_key, config) if connector.oauth else None
    )
    credentials = LiveCredentials(hub.engine, hub.keys, source.system_key, grant)
    return Account(
        source_system=source.uuid,
        system_key=source.system_key,
        connector=connector,
        config=config,
        credentials=credentials,
        renew=credentials.renew,
        pace=BudgetedPace(hub.engine, source, connector.budgets_of(config), lane),
    )


def types_of(hub: Hub) -> Mapping[str, EntityType]:
    """Return the entity types of this installation, presets and its own, by name."""
    with hub.engine.begin() as connection:
        return entity_types(connection)


def resource_of(source: Source, name: str) -> Resource:
    """Return the resource ``name`` of ``source``: its connector's, or an imported file's. Raises ``NotFound``."""
    files = source.config.get("files", {})
    if name in files:
        reading = files[name]
        return file_resource(name, reading["entity_type"], reading["columns"], reading["key"])
    if source.system_type == "files":
        raise NotFound(
            f"{source.system_key} has no file resource {name!r}; it has: {', '.join(files) or 'none'}"
        )
    return _limited(source, connector_of(source.system_type).resource(name))


def _limited(source: Source, resource: Resource) -> Resource:
    """Return ``resource`` with the account's own word on how many records may be rejected, if it has one."""
    share = source.settings.get("reject_above")
    return replace(resource, reject_above=float(share), reject_few=0) if share else resource


def resources_of(source: Source) -> tuple[Resource, ...]:
    """Return what ``source`` syncs, parents before their children; a file system has its imported files."""
    if source.system_type == "files":
        return tuple(resource_of(source, name) for name in sorted(source.config.get("files", {})))
    connector = connector_of(source.system_type)
    return connector.resources_of(connector.configured(source.settings))


@contextmanager
def resolution_transaction(hub: Hub, *entity_types: str) -> Iterator[Connection]:
    """Give a REPEATABLE READ transaction that resolves ``entity_types`` alone; others wait their turn.

    Types that their relations aim at are not resolved meanwhile: neither transaction would see the other's half, the
    relation or its target, and the relation would stay parked.
    """
    with hub.engine.connect() as connection:
        for function, name in _resolution_locks([type_named(connection, name) for name in entity_types]):
            values = {"kind": _RESOLUTION_LOCKS, "name": name}
            connection.execute(text(f"select {function}(:kind, hashtext(:name))"), values)
        # Committed first: the snapshot has to be taken after the lock, not before.
        connection.commit()
        try:
            with connection.begin():
                connection.execute(text("set transaction isolation level repeatable read"))
                yield connection
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock_all()"))
            connection.commit()


def in_resolution(hub: Hub, entity_type: str | Sequence[str], work: Callable[[Connection], Done]) -> Done:
    """Return what ``work`` does in a resolution transaction of one type or several; tried again where too much changed.

    Raises ``DatabaseUnavailable`` where it changes every time.
    """
    names = [entity_type] if isinstance(entity_type, str) else entity_type
    for _ in range(_TRIES):
        try:
            with resolution_transaction(hub, *names) as connection:
                return work(connection)
        except (OperationalError, *_CLASHES) as error:
            # Records were applied beside us and changed what we had read: read again.
            cause = error.orig if isinstance(error, OperationalError) else error
            if not isinstance(cause, _CLASHES):
                raise
    raise DatabaseUnavailable(
        f"resolution of {', '.join(names)}: too much changed meanwhile", retry_after=5.0
    )


def _resolution_locks(entity_types: Sequence[EntityType]) -> list[tuple[str, str]]:
    """Return (function, type) of what to lock, in the one order that keeps everybody from waiting in a circle."""
    alone = {one.name for one in entity_types}
    aims = {relation.target for one in entity_types for relation in one.relations.values()} - alone
    locks = [("pg_advisory_lock", name) for name in alone]
    return sorted([*locks, *(("pg_advisory_lock_shared", name) for name in aims)], key=lambda lock: lock[1])
