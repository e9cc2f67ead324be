"""`integrations replay`: take and read again what was landed, under today's mapping and rules. Nothing is fetched."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import FAILED
from integrations_pipelines.cli.opening import check_state_folder, current_settings, open_hub, open_url
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.progress import following
from integrations_pipelines.cli.status import counted
from integrations_pipelines.cli.syncing import outward, reason_of
from integrations_pipelines.cli.words import record_key_of, uuid_of
from integrations_pipelines.errors import NotFound, UsageError

if TYPE_CHECKING:
    from integrations_pipelines.orchestration.outcome import RunOutcome
    from integrations_pipelines.registry.replaying import Selection
    from integrations_pipelines.replay import WouldChange


def replay(  # noqa: PLR0913 - the options of the command
    job: Annotated[str | None, typer.Option(metavar="UUID", help="What this import job landed.")] = None,
    record: Annotated[
        str | None, typer.Option(metavar="SYSTEM:RESOURCE:ID", help="One source record.")
    ] = None,
    error_class: Annotated[
        str | None, typer.Option("--class", help="Quarantined records of this error class.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Landed then or later.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Landed before.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that was ever landed.")] = False,
    system: Annotated[str | None, typer.Option(metavar="KEY", help="One source system alone.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take what was landed again, under today's mapping and rules. Twice is the same as once."""
    if not (job or record or error_class or since or until or everything):
        raise UsageError("say what to replay: --job, --record, --class, --since/--until, or --all")
    if everything and (job or record or error_class or since or until):
        raise UsageError("--all: means everything; leave the other conditions out")
    key, selection = _selection(job, record, error_class, (since, until))
    if record and system not in (None, key):
        raise UsageError(f"--system {system}: --record names {key}")
    if dry_run:
        say_what_would_change(selection, key or system, as_json=as_json)
    else:
        run(selection, key or system, as_json=as_json)


def run(selection: "Selection", system_key: str | None, *, as_json: bool) -> None:
    """Replay ``selection``, a run a source system; leave with ``FAILED`` where one is red. Raises ``NotFound``."""
    settings = current_settings()
    check_state_folder(settings)
    with open_url(settings) as url:
        keys = _systems(url, selection, system_key)
        from integrations_pipelines.orchestration.launch import replay_source

        outcomes = []
        for key in keys:
            with following(as_json=as_json) as follow:
                outcomes.append(replay_source(settings, url, key, selection, on_progress=follow))
    _end(outcomes, as_json=as_json)


def say_what_would_change(selection: "Selection", system_key: str | None, *, as_json: bool) -> None:
    """Print what a replay of ``selection`` would change. Raises ``NotFound``."""
    from integrations_pipelines.replay import all_that_would_change

    with open_hub() as hub:
        with hub.engine.begin() as connection:
            keys = _known_systems(connection, selection, system_key)
        found = [one for key in keys for one in all_that_would_change(hub, key, selection)]
    if as_json:
        print_json({"dry_run": True, "resources": [_would(one) for one in found]})
        return
    rows = [
        (one.system_key, one.resource, counted(one.outcomes), one.waiting, dict(one.differences.attributes))
        for one in found
    ]
    print_table(("system", "resource", "would be", "tried again", "attributes that change"), rows)
    hint("Nothing was written.")


def moment_of(word: str | None, option: str) -> datetime.datetime | None:
    """Return a moment in ISO 8601, UTC where it names no zone. Raises ``UsageError``."""
    if word is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(word)
    except ValueError:
        raise UsageError(f"{option} {word!r}: must be a moment such as 2026-03-01T10:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _selection(
    job: str | None, record: str | None, error_class: str | None, bounds: tuple[str | None, str | None]
) -> tuple[str | None, "Selection"]:
    from integrations_pipelines.registry.replaying import Selection

    uuid = uuid_of(job) if job is not None else None
    if job is not None and uuid is None:
        raise UsageError(f"--job {job!r}: is no uuid")
    key, *named = record_key_of(record) if record is not None else (None,)
    return key, Selection(
        job=uuid,
        record=(named[0], named[1]) if named else None,
        error_class=error_class,
        since=moment_of(bounds[0], "--since"),
        until=moment_of(bounds[1], "--until"),
    )


def _systems(url: str, selection: "Selection", system_key: str | None) -> list[str]:
    from integrations_pipelines.cli.opening import actor
    from integrations_pipelines.registry.reading import reading_connection

    with reading_connection(url, actor=actor()) as connection:
        return _known_systems(connection, selection, system_key)


def _known_systems(connection: Any, selection: "Selection", system_key: str | None) -> list[str]:
    """Return the source systems concerned. Raises ``NotFound`` for a source system or job that is not there."""
    from integrations_pipelines.registry.replaying import has_job, systems
    from integrations_pipelines.registry.sources import source_of

    if system_key is not None:
        source_of(connection, system_key)
    if selection.job is not None and not has_job(connection, selection.job):
        raise NotFound(f"no import job is called {selection.job}")
    return systems(connection, selection, system_key)


def _would(one: "WouldChange") -> dict[str, Any]:
    return {
        "system_key": one.system_key,
        "resource": one.resource,
        "entity_type": one.entity_type,
        "outcomes": one.outcomes,
        "would_change": one.differences.current + one.differences.behind,
        "attributes": one.differences.attributes,
        "sample_record_ids": one.differences.samples,
        "quarantined_tried_again": one.waiting,
    }


def _end(outcomes: Sequence["RunOutcome"], *, as_json: bool) -> None:
    if as_json:
        print_json({"runs": [outward(one) for one in outcomes]})
    else:
        rows = [
            (
                one.system_key,
                each.resource,
                each.status,
                each.extracted,
                counted(each.outcomes),
                each.is_balanced,
            )
            for one in outcomes
            for each in one.resources
        ]
        print_table(("system", "resource", "status", "read", "outcomes", "balanced"), rows)
    for one in outcomes:
        if not one.is_green:
            hint(f"Error: {one.system_key}: the replay is red: {reason_of(one)}")
    if not outcomes:
        hint("Nothing to replay.")
    if not all(one.is_green for one in outcomes):
        raise typer.Exit(FAILED)
