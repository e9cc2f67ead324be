"""One command on a fresh machine: embedded PostgreSQL, migrations, Dagster's services."""

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from integrations_pipelines.errors import UsageError
from integrations_pipelines.local.dagster_home import (
    dagster_environment,
    dagster_instance,
    fail_orphans,
    keep_all_connections,
    prepare_dagster,
    process_tag,
)
from integrations_pipelines.local.dagster_services import (
    DEFINITIONS,
    Running,
    ServiceEnded,
    free_port,
    services,
    watch,
)
from integrations_pipelines.local.postgres import embedded_database, is_running, running_database
from integrations_pipelines.settings import Settings

__all__ = [
    "Running",
    "ServiceEnded",
    "dagster_environment",
    "dagster_instance",
    "embedded_database",
    "fail_orphans",
    "free_port",
    "is_running",
    "keep_all_connections",
    "only_one",
    "prepare_dagster",
    "process_tag",
    "running_database",
    "services",
    "up",
    "whole_house",
]


@contextmanager
def whole_house(settings: Settings, *, definitions: str = DEFINITIONS) -> Iterator[tuple[str, list[Running]]]:
    """Give (database URL, services): database up and migrated, orphaned runs failed, Dagster answering.

    Raises ``UsageError`` when another process already does this for ``settings.state_dir``.
    """
    # Every run imports this room: Alembic would cost it a tenth of a second.
    from integrations_pipelines.registry import migrate

    with only_one(settings), running_database(settings) as url:
        migrate.upgrade(url)
        with dagster_instance(settings, url) as instance:
            fail_orphans(instance)
        with services(settings, url, definitions=definitions) as running:
            yield url, running


def up(settings: Settings, ready: Callable[[str, Sequence[Running]], None]) -> None:
    """Run the whole house until SIGINT or SIGTERM; ``ready`` is called with URL and services once all answer.

    Raises ``ServiceEnded`` when a service ends by itself, and what ``whole_house`` raises.
    """
    asked_to_stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    with whole_house(settings) as (url, running):
        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            ready(url, running)
            watch(running, until=asked_to_stop.is_set)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the place of the one `integrations up` of this state folder. Raises ``UsageError`` when it is taken."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{settings.state_dir}: `integrations up` is running here already") from None
        yield
