"""`integrations credential`: the secrets of source systems. They come in by stdin or prompt and never go out."""

from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, print_json, print_line, print_table
from integrations_pipelines.errors import CredentialError, NotFound, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.hub import Hub
    from integrations_pipelines.registry.sources import Source
    from integrations_pipelines.vault import SecretValue

group = typer.Typer(cls=OneLineGroup, help="Set and list secrets; none is ever shown.")

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


@group.command("set", context_settings=_ANYTHING)
def set_(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The credential, for example token.")],
    test: Annotated[bool, typer.Option("--test", help="Try it first; save it only if it works.")] = False,
    as_json: AsJson = False,
) -> None:
    """Seal a secret, read from stdin or from a hidden prompt. An argument would stay in the shell's history."""
    if ctx.args:
        # Not repeated: it may be the secret.
        raise UsageError("credential set takes KEY and NAME; the secret comes from stdin or a prompt")
    from integrations_pipelines.cli.secrets import read_secret
    from integrations_pipelines.vault import set_credential

    with open_connection() as connection:
        source = _source_with(connection, key, name)
    value = read_secret(name)
    with open_hub() as hub:
        if test:
            _try(hub, source, name, value)
        with hub.engine.begin() as connection:
            version = set_credential(connection, hub.keys, key, name, value)
    if as_json:
        print_json({"system_key": key, "name": name, "version": version})
    else:
        print_line(f"{key} {name}: sealed as version {version}")


@group.command("list")
def list_(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="One source system only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List every version of every secret: what may be shown of it, never its value."""
    from integrations_pipelines.vault import list_credentials

    with open_connection() as connection:
        found = list_credentials(connection, key)
    credentials = [
        {
            "system_key": one.system_key,
            "name": one.name,
            "version": one.version,
            "state": one.state,
            "sealed_under": one.kek_id,
            "created_at": one.created_at,
            "valid_until": one.valid_until,
        }
        for one in found
    ]
    if as_json:
        print_json({"credentials": credentials})
        return
    columns = ("source system", "name", "version", "state", "sealed under", "created", "valid until")
    print_table(columns, [list(one.values()) for one in credentials])


def _source_with(connection: "Connection", key: str, name: str) -> "Source":
    """Return the source system ``key`` if its connector knows the credential ``name``. Raises ``NotFound``."""
    from integrations_pipelines.catalog import connector_of
    from integrations_pipelines.registry.sources import source_of

    source = source_of(connection, key)
    known = [one.name for one in connector_of(source.system_type).all_credentials]
    if name not in known:
        raise NotFound(
            f"{key} ({source.system_type}) has no credential of that name; it has: {', '.join(known) or 'none'}"
        )
    return source


def _try(hub: "Hub", source: "Source", name: str, value: "SecretValue") -> None:
    from integrations_pipelines.catalog import connector_of
    from integrations_pipelines.cli.probing import try_unsaved
    from integrations_pipelines.vault import credentials_of

    with hub.engine.begin() as connection:
        stored = credentials_of(connection, hub.keys, source.system_key)
    connector = connector_of(source.system_type)
    try:
        try_unsaved(connector, source.system_key, source.settings, {name: value}, stored=stored)
    except CredentialError as error:
        raise CredentialError(f"{error}; nothing was saved") from error
