"""Dagster's home and storage on this machine: written and made once, by one process, before any service starts."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.registry import urls
from integrations_pipelines.settings import Settings, publish

if TYPE_CHECKING:  # importing Dagster costs 0.7 s, and `integrations status` does not need it
    from dagster import DagsterInstance
    from dagster._core.instance.ref import InstanceRef

CODE_LOCATION = "integrations_pipelines"
PROCESS_TAG = "integrations/process"
_LOCK = 7_220_431_002


def dagster_environment(settings: Settings, url: str) -> dict[str, str]:
    """Return what a process needs in its environment to work on our Dagster instance and our database."""
    # Said, because the process that reads it cannot tell whether the database it is told of is an embedded one.
    allowed = ",".join(settings.networks_allowed)
    return {
        "DAGSTER_HOME": str(settings.home_of_dagster),
        "DAGSTER_POSTGRES_URL": urls.for_dagster(url),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DATABASE_URL": urls.for_psycopg(url),
        "INTEGRATIONS_STATE_DIR": str(settings.state_dir),
        **({"INTEGRATIONS_ALLOWED_NETWORKS": allowed} if allowed else {}),
    }


def write_dagster_home(settings: Settings, *, code_server_port: int) -> Path:
    """Write ``dagster.yaml`` and ``workspace.yaml`` into Dagster's home and return it. No secret goes into a file."""
    home = settings.home_of_dagster
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_shipped("dagster.yaml"), home / "dagster.yaml")
    (home / "workspace.yaml").write_text(
        "load_from:\n"
        f"  - grpc_server: {{host: {settings.code_server_host}, port: {code_server_port}, "
        f"location_name: {CODE_LOCATION}}}\n"
    )
    return home


@contextmanager
def dagster_instance(settings: Settings, url: str) -> Iterator["DagsterInstance"]:
    """Give our Dagster instance in this process, its storage made and of this version.

    Puts ``dagster_environment`` into this process's environment, so that ``DagsterInstance.get()`` finds it too.
    """
    if not (settings.home_of_dagster / "workspace.yaml").exists():
        write_dagster_home(settings, code_server_port=settings.code_server_port)
    publish(dagster_environment(settings, url))
    from dagster import DagsterInstance

    with _storage_of_this_version(url) as is_older:
        instance = DagsterInstance.from_config(str(settings.home_of_dagster))
        if is_older:
            instance.upgrade()
    with instance:
        _keep_connections(instance)
        yield instance


def _keep_connections(instance: "DagsterInstance") -> None:
    """Let ``instance`` keep its connections.

    Else it makes one a statement, 250 a run: PostgreSQL then works longer at letting us in than at the run (seven runs
    of the demo: 16 s of its processor time against 6.5 s).
    """
    # A timeout of 0 is none.
    instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=10)
    _try_pooled_connections_first()


def keep_all_connections() -> None:
    """Let every instance that this process opens from now on keep its connections, and ask nothing that we know."""
    from dagster._core.instance import factory
    from dagster._core.storage.runs import SqlRunStorage

    # Asked of PostgreSQL's catalog with each look at a run. ``prepare_dagster`` made the tables, or upgraded them.
    SqlRunStorage.has_run_stats_index_cols = _yes  # type: ignore[assignment]
    opened = factory.create_instance_from_ref

    def keeping(instance_ref: "InstanceRef") -> "DagsterInstance":
        instance = opened(instance_ref)
        _keep_connections(instance)
        return instance

    factory.create_instance_from_ref = keeping  # all others look it up there


def _yes(_storage: object) -> bool:
    return True


def _try_pooled_connections_first() -> None:
    """Let no pool hand out a psycopg 2 connection that the server has dropped; Dagster's pools do not ask for it."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    if not event.contains(Pool, "checkout", _try_connection):
        event.listen(Pool, "checkout", _try_connection)


def _try_connection(connection: object, _record: object, _proxy: object) -> None:
    import psycopg2
    from sqlalchemy.exc import DisconnectionError

    if not isinstance(connection, psycopg2.extensions.connection):
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        if not connection.autocommit:
            connection.rollback()
    except psycopg2.Error as error:
        raise DisconnectionError from error


def prepare_dagster(settings: Settings, url: str) -> None:
    """Make Dagster's home and storage. Two services that did it at once would crash each other (dagster.md 0.2)."""
    with dagster_instance(settings, url):
        pass


def process_tag() -> dict[str, str]:
    """Return the run tag by which ``fail_orphans`` sees that the process that executes a run is alive."""
    return {PROCESS_TAG: f"{os.getpid()}:{_started(os.getpid())}"}


def fail_orphans(instance: "DagsterInstance", *, only_of_processes: bool = False) -> list[str]:
    """Mark the runs failed whose process is gone, and return their ids. Call it before the services start.

    The stock launcher leaves them STARTED for ever. A run that this marks is tried again by ``run_retries``. Runs with
    a live ``process_tag`` are somebody's `integrations sync`, and are left alone. ``only_of_processes`` looks at runs
    with such a tag alone, and may be called while services run: theirs have none.
    """
    from dagster import DagsterRunStatus, RunsFilter

    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    orphans = [
        run
        for run in instance.get_runs(filters=RunsFilter(statuses=under_way))
        if not _is_alive(run.tags.get(PROCESS_TAG)) and (PROCESS_TAG in run.tags or not only_of_processes)
    ]
    for run in orphans:
        instance.report_run_failed(
            run, message="The process of this run ended without a word: found at start-up."
        )
    return [run.run_id for run in orphans]


@contextmanager
def _storage_of_this_version(url: str) -> Iterator[bool]:
    """Hold the set-up's lock; say whether an older Dagster's tables are there. Notes ours at the end."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        connection.execute(f"create schema if not exists {urls.DAGSTER_SCHEMA}")
        noted = _noted_version(connection)
        if noted == version("dagster"):
            yield False
            return
        yield noted is not None
        connection.execute(f"comment on schema {urls.DAGSTER_SCHEMA} is 'Dagster {version('dagster')}'")


def _noted_version(connection: psycopg.Connection) -> str | None:
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = %s",
        [urls.DAGSTER_SCHEMA],
    ).fetchone()
    return found[0].removeprefix("Dagster ") if found and found[0] else None


def _shipped(name: str) -> Path:
    """Return a file of the repository's root, which the wheel carries inside this package."""
    for folder in (Path(__file__).parent, Path(__file__).parents[2]):
        if (folder / name).exists():
            return folder / name
    raise ConfigurationError(f"{name}: missing from the installation")


def _is_alive(tag: str | None) -> bool:
    pid, _, started = (tag or "").partition(":")
    return bool(pid) and _started(int(pid)) == started


def _started(pid: int) -> str:
    """Return when a process started, so that a pid used again is not taken for the old one; '' if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""
