"""The demo from start to end: its own state, its own third parties, every sync, the check against the truth."""

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread

from rich.console import Console

from integrations_pipelines.demo.copies import organisation
from integrations_pipelines.demo.corpus import write_corpus
from integrations_pipelines.demo.mapped import mapped_records
from integrations_pipelines.demo.peer import Starting, starting_peer
from integrations_pipelines.demo.report import Report, report_on
from integrations_pipelines.demo.show import show
from integrations_pipelines.demo.stories import stories
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.local import is_running, prepare_dagster, running_database
from integrations_pipelines.local.cluster import cluster_in
from integrations_pipelines.local.postgres import stop
from integrations_pipelines.orchestration.outcome import RunOutcome
from integrations_pipelines.registry import migrate
from integrations_pipelines.settings import Settings


def run_demo(
    settings: Settings,
    console: Console,
    *,
    again: bool = False,
    fresh: bool = False,
    as_json: bool = False,
) -> int:
    """Sync the made-up organisation and show what came of it; return 0 if all is as it must be, else 1.

    State is kept in a folder of its own: a second demo finds everything unchanged, and is red if not. ``fresh``
    starts over; ``again`` syncs a second time at once.
    """
    own = demo_settings(settings)
    if fresh:
        forget(own)
    reports = [_run_and_show(own, console, as_json=as_json) for _ in range(2 if again else 1)]
    return int(any(report.faults for report in reports))


def demo_settings(settings: Settings) -> Settings:
    """Return the demo's own settings: an embedded database in ``demo`` under the state folder, whatever is set."""
    nothing = dict.fromkeys(("database_url", "key_file", "key_ring", "dagster_home"))
    # Whoever looks around in the demo's state names that very folder, and may run the demo from there again.
    is_ours = (settings.state_dir / "third-parties").exists()
    folder = settings.state_dir if is_ours else settings.state_dir / "demo"
    return settings.model_copy(update={**nothing, "state_dir": folder})


def forget(settings: Settings) -> None:
    """Remove all that the demo keeps."""
    if is_running(settings):
        stop(cluster_in(settings.state_dir / "postgres"))
    shutil.rmtree(settings.state_dir, ignore_errors=True)


def _run_and_show(settings: Settings, console: Console, *, as_json: bool) -> Report:
    report = _run(settings, console, is_quiet=as_json)
    if as_json:
        console.print(json.dumps(report.as_json(), indent=2, ensure_ascii=False), soft_wrap=True)
    else:
        show(report, settings, console)
    return report


def _run(settings: Settings, console: Console, *, is_quiet: bool) -> Report:
    clock, whole, folder = Clock(), organisation(), settings.state_dir / "third-parties"
    with clock.phase("corpus"):
        write_corpus(whole, folder)
    mark, kept = settings.state_dir / "done", _fingerprint(folder)
    is_repeat = mark.exists() and mark.read_text() == kept
    with ExitStack() as stack:
        starting = stack.enter_context(starting_peer(folder))
        hub = stack.enter_context(_prepared(settings, clock))
        runs = list(_synced(settings, hub, starting, folder, clock, None if is_quiet else console))
        with clock.phase("check"), hub.engine.connect() as connection:
            mapped = mapped_records(connection)
            told = stories(connection, whole, mapped)
        report = report_on(whole, runs, mapped, told, clock.seconds, is_repeat=is_repeat)
    if not report.faults:
        mark.write_text(kept)
    return report


@contextmanager
def _prepared(settings: Settings, clock: "Clock") -> Iterator[Hub]:
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


def _synced(
    settings: Settings,
    hub: Hub,
    starting: Starting,
    folder: Path,
    clock: "Clock",
    console: Console | None,
) -> Iterator[RunOutcome]:
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


def _fingerprint(folder: Path) -> str:
    """Say what the third parties hold: another version of the demo may serve something else."""
    names = ("corpus.jsonl", "roster.yaml", "more.json", "accounts.csv", "customers.csv", "invoices.csv")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


class Clock:
    """Takes the time of each phase."""

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
