"""`integrations up` and `integrations demo`: the whole house, and a made-up organisation in it."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import check_state_folder, current_settings
from integrations_pipelines.cli.output import AsJson, console, print_json, print_line
from integrations_pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from integrations_pipelines.local import Running
    from integrations_pipelines.settings import Settings


def up(as_json: AsJson = False) -> None:
    """Start database and Dagster, and keep them up until Ctrl-C."""
    from integrations_pipelines import local

    settings = current_settings()
    check_state_folder(settings)

    def ready(url: str, running: Sequence["Running"]) -> None:
        _say_where(settings, url, running, as_json=as_json)

    local.up(settings, ready)


def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last demo first.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Sync a second time at once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sync a made-up organisation, checked against the truth.

    Red (exit code 1) if a job fails or does not balance, or if a second demo finds anything new or changed.
    """
    settings = current_settings(begins=True)
    check_state_folder(settings)
    try:
        # By name: the demo is an extra, and what it needs may not be installed.
        run_demo = import_module("integrations_pipelines.demo").run_demo
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"demo: {error.name} is not installed; pip install 'integrations-pipelines[demo]'"
        ) from error
    code = run_demo(settings, console(), again=again, fresh=fresh, as_json=as_json)
    raise typer.Exit(int(code))


def _say_where(settings: "Settings", url: str, running: Sequence["Running"], *, as_json: bool) -> None:
    from integrations_pipelines.registry.urls import without_password

    dagster = f"http://{settings.dagster_host}:{settings.dagster_port}"
    api = f"http://{settings.api_host}:{settings.api_port}"
    services = [{"name": one.service.name, "pid": one.process.pid, "log": str(one.log)} for one in running]
    if as_json:
        where = {"dagster_url": dagster, "api_url": api, "database_url": without_password(url)}
        print_json({**where, "state_dir": str(settings.state_dir), "services": services})
        return
    print_line("Up. Ctrl-C stops everything.", style="bold")
    print_line(f"  Dagster    {dagster}")
    print_line(f"  API        {api}   (webhooks: integrations webhook show KEY)")
    print_line(f'  Database   {without_password(url)}   (psql "$(integrations database url)")')
    print_line(f"  State      {settings.state_dir}")
    for one in services:
        print_line(f"  {one['name']:<10} {one['log']}")
