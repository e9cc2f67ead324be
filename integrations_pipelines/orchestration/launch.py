"""Runs of one source system, for the command line: in this process, or on the services of `integrations up`."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from integrations_pipelines import local
from integrations_pipelines.catalog import connector_of
from integrations_pipelines.entities import ENTITY_TYPES
from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import engine_of, resource_of, resources_of
from integrations_pipelines.orchestration import services
from integrations_pipelines.orchestration.files import KEY as FILE_ROWS
from integrations_pipelines.orchestration.files import file_rows
from integrations_pipelines.orchestration.following import Follower, followed
from integrations_pipelines.orchestration.jobs import IMPORT_FILE, keys_of, sync_job_name
from integrations_pipelines.orchestration.outcome import OnProgress, RunOutcome
from integrations_pipelines.orchestration.partitions import ensure_partition, resolved_key
from integrations_pipelines.orchestration.replays import config_of, replay_job
from integrations_pipelines.orchestration.schedules import TRIGGER
from integrations_pipelines.orchestration.staging import pull_step
from integrations_pipelines.registry.replaying import Selection
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.settings import Settings

QUIET: Mapping[str, Any] = {"console": {"config": {"log_level": "CRITICAL"}}}
"""Dagster's own console lines in this process; what went wrong is in the outcome."""


def sync_source(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Sync one source system where it is best done: on the services if they are up, else in this process.

    ``resources`` None means those the source system is set to sync. ``url`` is what ``local.running_database`` gave.
    The outcome of a red run is returned, not raised. Raises ``NotFound`` (source system, resource; switched off).
    """
    if services.is_up(settings):
        with suppress(services.UnknownJob):  # of a manifest that came after them: this process knows it
            return submit_sync(
                settings, url, system_key, resources=resources, full=full, on_progress=on_progress
            )
    return run_sync(settings, url, system_key, resources=resources, full=full, on_progress=on_progress)


def run_sync(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Execute a Dagster run of one source system in this process and return what came of it. Raises as above."""
    source = active_source(url, system_key)
    return execute(settings, url, _sync_order(source, resources, full=full), on_progress)


def submit_sync(
    settings: Settings,
    url: str,
    system_key: str,
    *,
    resources: Sequence[str] | None = None,
    full: bool = False,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Put a run into the queue of the running services and follow it to its end. Raises as above.

    Raises ``ServiceEnded`` when the services go away meanwhile: the run goes on when they are back.
    """
    order = _sync_order(active_source(url, system_key), resources, full=full)
    return submit(settings, url, order, on_progress)


def replay_source(
    settings: Settings,
    url: str,
    system_key: str,
    selection: Selection,
    *,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Replay what ``selection`` says of one source system, on the services if they are up, else in this process.

    Raises ``NotFound`` for one that is not there or switched off.
    """
    source = active_source(url, system_key)
    order = Order(
        job=replay_job.name,
        system_key=source.system_key,
        keys=(),
        config=config_of(source.system_key, selection),
    )
    here = submit if services.is_up(settings) else execute
    return here(settings, url, order, on_progress)


def run_file_import(  # noqa: PLR0913 - what an import is
    settings: Settings,
    url: str,
    system_key: str,
    *,
    path: Path,
    resource: str,
    more: Mapping[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Import a file in a Dagster run of this process, which alone is sure to see it; ``more`` is for its config.

    ``sync.file_system`` has made the source system and ``remember_file`` keeps how ``resource`` reads. Raises as above.
    """
    source = active_source(url, system_key)
    entity_type = resource_of(source, resource).projection.entity_type
    config = {"path": str(path.absolute()), "resource": resource, **(more or {})}
    order = Order(
        job=IMPORT_FILE,
        system_key=system_key,
        # A type of the organisation's own has no asset: the import itself resolves it.
        keys=[FILE_ROWS, *([resolved_key(entity_type)] if entity_type in ENTITY_TYPES else [])],
        config={"ops": {file_rows.op.name: {"config": config}}},
    )
    return execute(settings, url, order, on_progress)


def run_job(
    settings: Settings,
    url: str,
    system_key: str,
    job: str,
    config: Mapping[str, Any],
    on_progress: OnProgress | None = None,
) -> RunOutcome:
    """Run ``job`` beside the syncs of one source system, on the services if they are up, else in this process."""
    order = Order(job=job, system_key=system_key, keys=(), config=config, is_beside=True)
    return (submit if services.is_up(settings) else execute)(settings, url, order, on_progress)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to run: a job, cut down to ``keys``, for one source system; one without assets has none.

    ``is_beside``: it may stand beside a sync of the source system, which the run queue otherwise keeps apart.
    """

    job: str
    system_key: str
    keys: Sequence[dg.AssetKey]
    config: Mapping[str, Any]
    more_tags: Mapping[str, str] = field(default_factory=dict)
    is_beside: bool = False

    @property
    def tags(self) -> Mapping[str, str]:
        """What the run is found by, wherever it is executed."""
        partition = {} if self.is_beside else {"dagster/partition": self.system_key}
        return {**partition, TRIGGER: "command line", **self.more_tags}


def _sync_order(source: Source, names: Sequence[str] | None, *, full: bool) -> Order:
    connector = connector_of(source.system_type)
    if not connector.resources:
        raise NotFound(
            f"{source.system_key}: {connector.title} have nothing to pull; `integrations import` takes them"
        )
    resources = [connector.resource(name) for name in names] if names else resources_of(source)
    return Order(
        job=sync_job_name(source.system_type),
        system_key=source.system_key,
        keys=keys_of(connector, resources),
        config={"ops": {pull_step(source.system_type): {"config": {"full": full}}}},
    )


def submit(settings: Settings, url: str, order: Order, on_progress: OnProgress | None = None) -> RunOutcome:
    """Put ``order`` into the queue of the running services and follow it to its end. Raises ``ServiceEnded``."""
    with _instance(settings, url, order.system_key) as instance:
        run_id = services.submit(settings, order.job, order.keys, order.config, order.tags)
        engine = engine_of(url)
        try:
            follower = Follower(instance, engine, run_id, order.system_key)
            return services.wait_for_end(settings, follower, on_progress or (lambda _: None))
        finally:
            engine.dispose()


def execute(settings: Settings, url: str, order: Order, on_progress: OnProgress | None = None) -> RunOutcome:
    """Execute ``order`` in this process; return what came of it."""
    run_id = str(uuid.uuid4())
    engine = engine_of(url)
    try:
        with _instance(settings, url, order.system_key) as instance:
            local.fail_orphans(instance, only_of_processes=True)
            follower = Follower(instance, engine, run_id, order.system_key)
            with followed(follower, on_progress):
                _job(order.job).execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    partition_key=order.system_key if order.keys else None,
                    asset_selection=list(order.keys) or None,
                    run_config={**order.config, "loggers": QUIET},
                    tags={**order.tags, **local.process_tag()},
                    raise_on_error=False,
                )
            engine.dispose()  # connections that did not outlive the run
            return follower.outcome()
    finally:
        engine.dispose()


def _job(name: str) -> dg.JobDefinition:
    from integrations_pipelines.orchestration.definitions import definitions

    return definitions.resolve_job_def(name)


@contextmanager
def _instance(settings: Settings, url: str, system_key: str) -> Iterator[dg.DagsterInstance]:
    with local.dagster_instance(settings, url) as instance:
        ensure_partition(instance, system_key)
        yield instance


def active_source(url: str, system_key: str) -> Source:
    """Return the source system. Raises ``NotFound`` for one that is unknown or switched off."""
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            source = source_of(connection, system_key)
    finally:
        engine.dispose()
    if not source.is_active:
        raise NotFound(
            f"{system_key} is switched off; `integrations source enable {system_key}` switches it on"
        )
    return source
