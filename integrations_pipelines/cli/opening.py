"""Opens what a command works on: settings, the database (started on demand, migrated), the hub."""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from integrations_pipelines.cli.output import hint
from integrations_pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.hub import Hub
    from integrations_pipelines.settings import Settings


@contextmanager
def open_url(settings: "Settings") -> Iterator[str]:
    """Give the URL of the database, up and migrated; an embedded one is started and migrated on demand.

    Raises ``ConfigurationError`` for a state folder that cannot be used, and for a user's own database that
    `integrations database migrate` has not been run on.
    """
    if settings.database_url is not None:
        from integrations_pipelines.registry.urls import for_psycopg

        # What `local.running_database` would give, without the second that importing it takes.
        url = for_psycopg(settings.database_url)
        _bring_up_to_date(settings, url)
        yield url
        return
    from integrations_pipelines.local import running_database

    check_state_folder(settings)
    if not (settings.state_dir / "postgres").exists():
        hint(f"No DATABASE_URL: an embedded PostgreSQL is made; its state lives in {settings.state_dir}")
    with running_database(settings) as url:
        _bring_up_to_date(settings, url)
        yield url


@contextmanager
def open_connection(*, begins: bool = False) -> Iterator["Connection"]:
    """Give a transaction on the database; it is committed at the end. ``begins`` as in ``current_settings``."""
    from integrations_pipelines.registry.reading import reading_connection

    with (
        open_url(current_settings(begins=begins)) as url,
        reading_connection(url, actor=actor()) as connection,
    ):
        yield connection


@contextmanager
def open_hub(*, begins: bool = False) -> Iterator["Hub"]:
    """Give the hub, its key ring open. Raises ``CredentialError`` as ``hub.open_hub`` does; ``begins`` as below."""
    from integrations_pipelines import hub

    settings = current_settings(begins=begins)
    check_state_folder(settings)
    with open_url(settings) as url, hub.open_hub(settings, url) as opened:
        yield opened


@contextmanager
def open_audited(*, begins: bool = False) -> Iterator[tuple["Hub", "Connection"]]:
    """Give the hub and a transaction on it whose events stand in the audit chain under this person's name."""
    from integrations_pipelines.hub import audited

    with open_hub(begins=begins) as hub, audited(hub, actor()) as connection:
        yield hub, connection


def current_settings(*, begins: bool = False) -> "Settings":
    """Return the settings of this process; where nothing but a demo was ever run, those of the demo.

    ``begins``: the command is one that an installation of one's own begins with, and never means the demo.
    Raises ``ConfigurationError``.
    """
    # Imported here: pydantic costs more than all that `--help` needs.
    from integrations_pipelines.settings import read_settings

    settings = read_settings()
    demo = settings.state_dir / "demo"
    if begins or settings.database_url or (settings.state_dir / "postgres").exists():
        return settings
    if not (demo / "postgres").exists():
        return settings
    hint(f"Nothing is connected here yet; this is the demo's organisation, in {demo}")
    return read_settings(state_dir=demo)


def actor() -> str:
    """Return the name that stands in the actor columns for what this process writes: ``cli:alice``."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "unknown"
    return f"cli:{re.sub(r'[^A-Za-z0-9._@-]', '_', name)}"


def check_state_folder(settings: "Settings") -> None:
    """Raise ``ConfigurationError`` unless the state folder is there, or can be made, and can be written to."""
    folder = settings.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"INTEGRATIONS_STATE_DIR: {folder}: {error.strerror}") from error


def _bring_up_to_date(settings: "Settings", url: str) -> None:
    from integrations_pipelines.registry.reading import newest_revision, reading_connection, schema_revision

    with reading_connection(url, actor=actor()) as connection:
        found, newest = schema_revision(connection), newest_revision()
    if found == newest:
        return
    if found is not None and found > newest:
        raise ConfigurationError(f"the database is at revision {found}, newer than this program ({newest})")
    if settings.database_url is not None:
        where = f"at revision {found} and not {newest}" if found else "not set up yet"
        raise ConfigurationError(
            f"DATABASE_URL: the database is {where}; run `integrations database migrate`"
        )
    from integrations_pipelines.registry.migrate import upgrade

    upgrade(url)
