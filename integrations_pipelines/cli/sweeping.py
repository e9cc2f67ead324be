"""`integrations sweep`: which records of an account are gone, where its third party tells nobody."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.opening import current_settings, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_table
from integrations_pipelines.cli.progress import following
from integrations_pipelines.cli.syncing import end_with
from integrations_pipelines.errors import NotFound

if TYPE_CHECKING:
    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.sources import Source


def sweep(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    resource: Annotated[
        list[str] | None, typer.Option("--resource", "-r", help="Only this one; may be repeated.")
    ] = None,
    allow_mass_delete: Annotated[
        bool, typer.Option("--allow-mass-delete", help="However many are missing: they are really gone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missing; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """List an account's record ids; suspect what is missing, delete what is confirmed. Exit code 1 where it is red."""
    with open_hub() as hub:
        source, names = _wanted(hub, key, resource or [])
        if dry_run:
            _show(hub, source, names, as_json=as_json)
            return
        from integrations_pipelines.orchestration.launch import run_job
        from integrations_pipelines.orchestration.sweeping import sweep_config, sweep_source

        config = {"ops": sweep_config(source.system_key, names, allow_mass_delete=allow_mass_delete)}
        with following(as_json=as_json) as follow:
            outcome = run_job(
                current_settings(), hub.url, source.system_key, sweep_source.name, config, follow
            )
        suspected = {one.resource: one.suspected for one in _standing(hub, key)}
    end_with(outcome, as_json=as_json, more={"suspected": {name: suspected.get(name, 0) for name in names}})
    waiting = sum(suspected.get(name, 0) for name in names)
    if waiting:
        hint(
            f"{key}: {waiting} records are suspected; they are deleted when the next complete sweep misses them too"
        )


def _wanted(hub: "Hub", key: str, asked: Sequence[str]) -> "tuple[Source, list[str]]":
    """Return the source system and what to sweep. Raises ``NotFound`` for what is not there, or cannot be swept."""
    from integrations_pipelines.hub import resource_of, resources_of
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.staging.sweeping import is_swept, require_sweep

    with hub.engine.begin() as connection:
        source = source_of(connection, key)
    if not source.is_active:
        raise NotFound(f"{key} is switched off; `integrations source enable {key}` switches it on")
    for name in asked:
        require_sweep(resource_of(source, name), key)
    names = list(asked) or [one.name for one in resources_of(source) if is_swept(one)]
    if not names:
        raise NotFound(
            f"{key}: a file tells what is there by `integrations import --snapshot`"
            if source.system_type == "files"
            else f"{key}: its third party tells of deletes by itself; --resource sweeps one all the same"
        )
    return source, names


def _show(hub: "Hub", source: "Source", names: Sequence[str], *, as_json: bool) -> None:
    from integrations_pipelines import sweep as sweeps
    from integrations_pipelines import sync

    found: list[dict[str, Any]] = []
    with sync.running_job(hub, source.system_key, job_type="sweep") as job:
        swept = [sweeps.sweep(hub, job, name, dry_run=True) for name in names]
        sync.close(hub, job, [one.pulled for one in swept])
    for one in swept:
        error = str(one.pulled.error) if one.pulled.error else None
        found.append({"resource": one.pulled.resource, **sweeps.summary_of(one), "error": error})
    if as_json:
        print_json({"system_key": source.system_key, "resources": found})
        return
    print_table(list(found[0]), [list(one.values()) for one in found])


def _standing(hub: "Hub", key: str) -> Any:
    from integrations_pipelines.registry.sweeps import suspicions

    with hub.engine.begin() as connection:
        return suspicions(connection, key)
