"""The demo from start to end: its own state, its own third parties, every sync, the check against the truth.

What is slow to read (SQLAlchemy, Dagster, dlt) is read once the third parties are on their way up, not before.
"""

import hashlib
import json
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from integrations_pipelines.demo.clock import Clock
from integrations_pipelines.demo.copies import organisation
from integrations_pipelines.demo.corpus import write_corpus
from integrations_pipelines.demo.peer import starting_peer
from integrations_pipelines.settings import Settings

if TYPE_CHECKING:
    from integrations_pipelines.demo.report import Report


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
    nothing = dict.fromkeys(
        ("database_url", "key_file", "key_ring", "key_service", "dagster_home", "allowed_networks")
    )
    # Whoever looks around in the demo's state names that very folder, and may run the demo from there again.
    is_ours = (settings.state_dir / "third-parties").exists()
    folder = settings.state_dir if is_ours else settings.state_dir / "demo"
    return settings.model_copy(update={**nothing, "state_dir": folder})


def forget(settings: Settings) -> None:
    """Remove all that the demo keeps."""
    from integrations_pipelines.local import is_running
    from integrations_pipelines.local.cluster import cluster_in
    from integrations_pipelines.local.postgres import stop

    if is_running(settings):
        stop(cluster_in(settings.state_dir / "postgres"))
    shutil.rmtree(settings.state_dir, ignore_errors=True)


def _run_and_show(settings: Settings, console: Console, *, as_json: bool) -> "Report":
    report = _run(settings, None if as_json else console)
    if as_json:
        console.print(json.dumps(report.as_json(), indent=2, ensure_ascii=False), soft_wrap=True)
        return report
    from integrations_pipelines.demo.show import show

    show(report, settings, console)
    return report


def _run(settings: Settings, console: Console | None) -> "Report":
    clock, folder = Clock(), settings.state_dir / "third-parties"
    with clock.phase("corpus"):
        write_corpus(organisation(), folder)
    mark, kept = settings.state_dir / "done", _fingerprint(folder)
    is_repeat = mark.exists() and mark.read_text() == kept
    with ExitStack() as stack:
        starting = stack.enter_context(starting_peer(folder))
        with clock.phase("imports"):
            from integrations_pipelines.demo import house
        hub = stack.enter_context(house.prepared(settings, clock))
        runs = list(house.synced(settings, hub, starting, folder, clock, console))
        with clock.phase("check"):
            report = house.checked(hub, organisation(), runs, clock, is_repeat=is_repeat)
    if not report.faults:
        mark.write_text(kept)
    return report


def _fingerprint(folder: Path) -> str:
    """Say what the third parties hold: another version of the demo may serve something else."""
    names = ("corpus.jsonl", "roster.yaml", "more.json", "accounts.csv", "customers.csv", "invoices.csv")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()
