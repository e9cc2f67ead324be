"""A real PostgreSQL for the tests: one server for all workers, a fresh migrated database for each test that asks.

The template is migrated once; a test's own database is a copy of it (30 ms), so no test sees another's rows.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from integrations_pipelines.local import embedded_database
from integrations_pipelines.registry import migrate, urls

TEMPLATE = "template_integrations"
MEMORY = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a folder of our own in it
_ROOM = 8 * 1024**3
_AN_HOUR_AGO = """
create or replace function integrations.an_hour_ago() returns trigger language plpgsql as
  $$ begin new.refilled_at := new.refilled_at - interval '1 hour'; return new; end $$;
create or replace trigger an_hour_ago before insert or update on integrations.rate_budget
  for each row execute function integrations.an_hour_ago();
"""


@contextmanager
def server_for_tests(folder: Path) -> Iterator[str]:
    """Give the URL of the server in ``folder``, shared by all workers of this run; its template is migrated."""
    with embedded_database(folder / "postgres", durable=False) as url:
        with (folder / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            make_template(url)
        yield url


def make_template(url: str) -> None:
    """Migrate a database for the others to be copied from, unless it is there."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone():
            return
        unfinished = f"{TEMPLATE}_unfinished"
        connection.execute(f"create database {unfinished}")
        migrate.upgrade(urls.for_database(url, unfinished))
        connection.execute(f"alter database {unfinished} rename to {TEMPLATE}")


@contextmanager
def copied_database(url: str, template: str = TEMPLATE) -> Iterator[str]:
    """Give the URL of a new copy of ``template``; it is dropped afterwards, whoever is still connected."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set file_copy_method = clone")  # the kernel copies: 2 of 18 ms less
        connection.execute(f"create database {name} template {template} strategy file_copy")
    try:
        yield urls.for_database(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


@contextmanager
def short_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """Give a folder that any account can walk into (root's server is ``nobody``) and that a socket path fits in.

    ``in_memory``: if there is room. A test's database is 780 small files, whose copy costs a quarter there; what is
    measured or killed has its files on the disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="ip-", dir=MEMORY if in_memory and _has_room(MEMORY) else None))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def let_an_hour_pass_between_requests(url: str) -> None:
    """Have every rate budget in this database found full: Slack's 20 lists a minute would cost three seconds each.

    The budgets are asked as ever. What a third party itself says (429, nothing left) still holds.
    """
    with psycopg.connect(url) as connection:
        connection.execute(_AN_HOUR_AGO)


@contextmanager
def database_user(url: str, role: str) -> Iterator[str]:
    """Give the URL by which a user of ``role`` comes to the migrated database at ``url``; it is gone afterwards."""
    migrate.grant_roles(url)
    name = sql.Identifier(f"{role}_{uuid4().hex[:8]}")
    made = sql.SQL("create role {} login password 'x' in role {}").format(name, sql.Identifier(role))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(made)
        parts = urlsplit(url)
        yield urlunsplit(
            parts._replace(netloc=f"{name.as_string()[1:-1]}:x@{parts.netloc.rpartition('@')[2]}")
        )
        connection.execute(sql.SQL("drop owned by {} cascade").format(name))
        connection.execute(sql.SQL("drop role {}").format(name))


def _has_room(folder: Path) -> bool:
    return "TMPDIR" not in os.environ and folder.is_dir() and shutil.disk_usage(folder).free > _ROOM
