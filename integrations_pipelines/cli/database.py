"""`integrations database`: where it is, and bringing it up to date."""

from typing import Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import actor, check_state_folder, current_settings
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line

group = typer.Typer(cls=OneLineGroup, help="Where the database is; bring it up to date.")


@group.command()
def url(
    show_password: Annotated[
        bool, typer.Option("--show-password", help="Print the password of DATABASE_URL too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the database's URL, fit for psql. An embedded server is started, and left running for it."""
    from integrations_pipelines.local import running_database
    from integrations_pipelines.registry import urls

    settings = current_settings()
    is_embedded = settings.database_url is None
    if is_embedded:
        check_state_folder(settings)
    with running_database(settings, stay=True) as address:
        # The embedded server trusts whoever can open its socket: the password in its URL means nothing.
        shown = address if is_embedded or show_password else urls.without_password(address)
    if as_json:
        print_json({"url": shown, "is_embedded": is_embedded})
    else:
        print_line(shown)
    if is_embedded:
        hint("The embedded server stays up until the next `integrations` command ends.")


@group.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database to this program's schema, Dagster's tables included. Changes nothing where it is there."""
    from integrations_pipelines.local import prepare_dagster, running_database
    from integrations_pipelines.registry.migrate import grant_roles, upgrade
    from integrations_pipelines.registry.reading import newest_revision, reading_connection, schema_revision

    settings = current_settings(begins=True)
    check_state_folder(settings)
    with running_database(settings) as address:
        with reading_connection(address, actor=actor()) as connection:
            before = schema_revision(connection)
        upgrade(address)
        prepare_dagster(settings, address)
        grant_roles(address)
    revision = newest_revision()
    if as_json:
        print_json({"revision": revision, "was": before})
    else:
        print_line(f"The database is at revision {revision}{'' if before == revision else ' now'}.")
