"""`integrations sync`: runs the Dagster job of a source system and shows how far it is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import FAILED
from integrations_pipelines.cli.opening import actor, check_state_folder, current_settings, open_url
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.progress import following
from integrations_pipelines.cli.status import counted
from integrations_pipelines.cli.words import moment, told
from integrations_pipelines.errors import NotFound

if TYPE_CHECKING:
    from integrations_pipelines.orchestration.outcome import RunOutcome


def sync(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    resource: Annotated[
        list[str] | None, typer.Option("--resource", "-r", help="Only this one; may be repeated.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="From the start, not from where it ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sync a source system through Dagster. Exit code 1 where the job is red."""
    settings = current_settings()
    check_state_folder(settings)
    with open_url(settings) as url:
        _refuse_unknown(url, key, resource or [])
        from integrations_pipelines.orchestration.launch import sync_source

        with following(as_json=as_json) as follow:
            outcome = sync_source(
                settings, url, key, resources=resource or None, full=full, on_progress=follow
            )
    end_with(outcome, as_json=as_json)


def end_with(outcome: "RunOutcome", *, as_json: bool, more: dict[str, Any] | None = None) -> None:
    """Print what came of a run; leave with ``FAILED`` where it is red."""
    if as_json:
        print_json({**outward(outcome), **(more or {})})
    else:
        _print(outcome)
    if outcome.status == "deferred":
        hint(
            f"{outcome.system_key}: deferred until {moment(outcome.next_try_at)}: {reason_of(outcome)}; it goes on by "
            "itself while `integrations up` runs, or with the next `integrations sync`"
        )
    if not outcome.is_green:
        hint(f"Error: {outcome.system_key}: the job is red: {reason_of(outcome)}")
        raise typer.Exit(FAILED)


def reason_of(outcome: "RunOutcome") -> str:
    """Return why a run is red, in one line."""
    failed = [f"{one.resource}: {one.error}" for one in outcome.resources if one.error]
    return told(outcome.error or "; ".join(failed) or outcome.status)


def outward(outcome: "RunOutcome") -> dict[str, Any]:
    """Return the run as other programs read it."""
    return {
        "system_key": outcome.system_key,
        "run": outcome.run_id,
        "job": outcome.import_job,
        "status": outcome.status,
        "error": outcome.error,
        "next_try_at": outcome.next_try_at,
        "resources": [
            {
                "resource": one.resource,
                "entity_type": one.entity_type,
                "status": one.status,
                "extracted": one.extracted,
                "outcomes": dict(one.outcomes),
                "balanced": one.is_balanced,
                "error": one.error,
                "unmapped": list(one.unmapped),
            }
            for one in outcome.resources
        ],
    }


def _print(outcome: "RunOutcome") -> None:
    rows = [
        (one.resource, one.entity_type, one.status, one.extracted, counted(one.outcomes), one.is_balanced)
        for one in outcome.resources
    ]
    print_table(("resource", "entity type", "status", "extracted", "outcomes", "balanced"), rows)
    for one in outcome.resources:
        if one.unmapped:
            hint(f"{one.resource}: fields that nobody maps or ignores: {', '.join(one.unmapped)}")
    hint(f"{outcome.system_key}: {outcome.status}; job {outcome.import_job or 'none'}")


def _refuse_unknown(url: str, key: str, resources: Sequence[str]) -> None:
    """Raise ``NotFound`` before Dagster is imported: that takes seconds."""
    from integrations_pipelines.cli.sources import resources_with_types
    from integrations_pipelines.registry.reading import reading_connection
    from integrations_pipelines.registry.sources import source_of

    with reading_connection(url, actor=actor()) as connection:
        source = source_of(connection, key)
    if not source.is_active:
        raise NotFound(f"{key} is switched off; `integrations source enable {key}` switches it on")
    if source.system_type == "files":
        raise NotFound(f"{key} holds files; `integrations import FILE --system {key} ...` takes one in")
    known = list(_all_resources(source.system_type) or resources_with_types(source))
    for name in resources:
        if name not in known:
            raise NotFound(f"{key} has no resource {name!r}; it has: {', '.join(known)}")


def _all_resources(system_type: str) -> list[str]:
    from integrations_pipelines.catalog import connector_of

    return [one.name for one in connector_of(system_type).resources]
