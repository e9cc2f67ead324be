"""The demo from start to end: its own state, its own third parties, every sync, the check against the truth."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from integrations_pipelines.demo.copies import organisation
from integrations_pipelines.demo.corpus import write_corpus
from integrations_pipelines.demo.mapped import mapped_records
from integrations_pipelines.demo.peer import starting_peer
from integrations_pipelines.demo.report import Report, report_on
from integrations_pipelines.demo.show import show
from integrations_pipelines.demo.syncing import connect, sync_all
from integrations_pipelines.hub import Hub, open_hub
from integrations_pipelines.local import prepare_dagster, running_database
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

    State is kept in a folder of its own: a second demo finds everything unchanged, and says so if not. ``fresh``
    starts over; ``again`` syncs a second time at once.
    """
    own = demo_settings(settings)
    if fresh:
        shutil.rmtree(own.state_dir, ignore_errors=True)
    code = 0
    for _ in range(2 if again else 1):
        report = _run(own, console, quiet=as_json)
        if as_json:
            console.print_json(json.dumps(report.as_json()))
        else:
            show(report, own, console)
        code = code or int(bool(report.faults))
    return code


def demo_settings(settings: Settings) -> Settings:
    """Return the demo's own settings: an embedded database in ``demo`` under the state folder, whatever is set."""
    folder = settings.state_dir / "demo"
    return settings.model_copy(
        update={
            "database_url": None,
            "state_dir": folder,
            "key_file": None,
            "key_ring": None,
            "dagster_home": None,
        }
    )


def _run(settings: Settings, console: Console, *, quiet: bool) -> Report:
    clock, whole = Clock(), organisation()
    folder = settings.state_dir / "third-parties"
    done = settings.state_dir / "done"
    is_repeat = done.exists()
    with ExitStack() as stack:
        with clock.phase("corpus"):
            write_corpus(whole, folder)
            starting = stack.enter_context(starting_peer(folder))
        with clock.phase("database"):
            url = stack.enter_context(running_database(settings))
        with clock.phase("migrations"):
            migrate.upgrade(url)
        with clock.phase("Dagster"):
            prepare_dagster(settings, url)
        hub = stack.enter_context(open_hub(settings, url))
        with clock.phase("third parties"):
            peer = starting.wait()
            connect(hub, peer)
        with clock.phase("syncs"):
            runs = list(sync_all(settings, url, folder))
        mapped = mapped_records(hub.engine)
        report = report_on(whole, runs, mapped, clock.seconds, is_repeat=is_repeat)
    if not report.faults:
        done.touch()
    return report


class Clock:
    """Takes the time of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the block's time to the phase ``name``."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start
