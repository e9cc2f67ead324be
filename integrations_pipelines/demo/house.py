"""The product's part of the demo: database and Dagster made ready, every sync run, the outcome checked."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread

from rich.console import Console

from integrations_pipelines.demo.clock import Clock
from integrations_pipelines.demo.copies import Organisation
from integrations_pipelines.demo.mapped import mapped_records
from integrations_pipelines.demo.peer import Starting
from integrations_pipelines.demo.report import Report, report_on
from integrations_pipelines.demo.stories import stories
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.local import prepare_dagster, running_database
from integrations_pipelines.orchestration.outcome import RunOutcome
from integrations_pipelines.registry import migrate
from integrations_pipelines.settings import Settings


@contextmanager
def prepared(settings: Settings, clock: Clock) -> Iterator[Hub]:
    """Give the hub on a database that is up and migrated, with Dagster's storage made and its definitions read."""
    # PostgreSQL starts in a process of its own; meanwhile this one reads Dagster, which takes longer.
    reading = Thread(target=import_module, args=["integrations_pipelines.orchestration.definitions"])
    reading.start()
    with ExitStack() as stack:
        with clock.phase("database"):
            url = stack.enter_context(running_database(settings))
        with clock.phase("migrations"):
            migrate.upgrade(url)
        with clock.phase("Dagster"):
            reading.join()
            prepare_dagster(settings, url)
        yield stack.enter_context(open_hub(settings, url))


def synced(
    settings: Settings,
    hub: Hub,
    starting: Starting,
    folder: Path,
    clock: Clock,
    console: Console | None,
) -> Iterator[RunOutcome]:
    """Connect the source systems and run each sync through Dagster; yield what came of it, and say so."""
    from integrations_pipelines.demo.syncing import connect, sync_all

    with clock.phase("third parties"):
        connect(hub, starting.wait())
    start = time.monotonic()
    for outcome in sync_all(settings, hub.url, folder):
        seconds, start = time.monotonic() - start, time.monotonic()
        clock.add(f"sync {outcome.system_key}", seconds)
        if console:
            records = sum(one.extracted for one in outcome.resources)
            console.print(f"{outcome.system_key:<14}{records:>5} records  {outcome.status}  {seconds:.1f} s")
        yield outcome


def checked(
    hub: Hub, whole: Organisation, runs: Sequence[RunOutcome], clock: Clock, *, is_repeat: bool
) -> Report:
    """Compare what the product made of the records with the truth."""
    with hub.engine.connect() as connection:
        mapped = mapped_records(connection)
        told = stories(connection, whole, mapped)
    return report_on(whole, runs, mapped, told, clock.seconds, is_repeat=is_repeat)
