"""`integrations credential`: the secrets of source systems. They come in by stdin or prompt and never go out."""

import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli import connecting
from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_audited, open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import end_of, seconds
from integrations_pipelines.errors import CredentialError, NotFound, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from integrations_pipelines.registry.sources import Source
    from integrations_pipelines.vault import SecretValue

group = typer.Typer(cls=OneLineGroup, help="Set and list secrets; none is ever shown.")

Expires = Annotated[
    str | None,
    typer.Option(
        metavar="90d", help="When the third party stops taking it: a duration, or an ISO 8601 moment."
    ),
]
group.command("connect")(connecting.connect)
_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


@group.command("set", context_settings=_ANYTHING)
def set_(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The credential, for example token.")],
    test: Annotated[bool, typer.Option("--test", help="Try it first; save it only if it works.")] = False,
    expires: Expires = None,
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
    if test:
        _try(source, name, value)
    with open_audited() as (hub, connection):
        ends = end_of(expires, "--expires") if expires else None
        version = set_credential(connection, hub.keys, key, name, value, expires_at=ends)
    if as_json:
        print_json({"system_key": key, "name": name, "version": version})
    else:
        print_line(f"{key} {name}: sealed as version {version}")


@group.command(context_settings=_ANYTHING)
def rotate(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The credential, for example token.")],
    overlap: Annotated[
        str,
        typer.Option(metavar="24h", help="How long the old one stays as fall-back, and valid for webhooks."),
    ] = "24h",
    expires: Expires = None,
    as_json: AsJson = False,
) -> None:
    """Replace a secret by a new one from stdin or a prompt, which becomes active only if the third party takes it."""
    if ctx.args:
        raise UsageError("credential rotate takes KEY and NAME; the secret comes from stdin or a prompt")
    from integrations_pipelines.cli.secrets import read_secret
    from integrations_pipelines.vault import record, set_credential

    window = datetime.timedelta(seconds=seconds(overlap, "--overlap"))
    ends = end_of(expires, "--expires") if expires else None
    with open_connection() as connection:
        source = _source_with(connection, key, name)
    value = read_secret(name)
    is_tried = _tried(source, name, value)
    with open_audited() as (hub, connection):
        version = set_credential(connection, hub.keys, key, name, value, overlap=window, expires_at=ends)
        detail = {"version": version, "tried": is_tried, "overlap_seconds": int(window.total_seconds())}
        record(connection, hub.keys, "credential.rotate", f"{key}/{name}", detail)
    if as_json:
        print_json({"system_key": key, "name": name, "version": version, "tried": is_tried})
    else:
        print_line(f"{key} {name}: version {version} is active; the former one stays for {overlap}")


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
            "expires_at": one.expires_at,
            "age_days": one.age.days,
            "warning": one.warning,
        }
        for one in found
    ]
    if as_json:
        print_json({"credentials": credentials})
        return
    columns = ("source system", "name", "version", "state", "sealed under", "created", "valid until")
    print_table((*columns, "expires", "days old", "warning"), [list(one.values()) for one in credentials])
    for one in found:
        if one.warning:
            hint(f"{one.system_key} {one.name}: {one.warning}; integrations credential rotate replaces it")


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


def _tried(source: "Source", name: str, value: "SecretValue") -> bool:
    """Try a new secret where the probe uses it; return whether it was. Raises as ``_try`` does."""
    from integrations_pipelines.catalog import connector_of
    from integrations_pipelines.contract import names_needed

    connector = connector_of(source.system_type)
    if connector.probe is None or name not in names_needed(connector.auth):
        hint(f"{name} is not what requests are signed with: it is taken untried")
        return False
    _try(source, name, value)
    return True


def _try(source: "Source", name: str, value: "SecretValue") -> None:
    from integrations_pipelines.catalog import connector_of
    from integrations_pipelines.cli.probing import try_unsaved
    from integrations_pipelines.vault import credentials_of, record

    subject = f"{source.system_key}/{name}"
    with open_audited() as (hub, connection):
        stored = credentials_of(connection, hub.keys, source.system_key)
    try:
        connector = connector_of(source.system_type)
        try_unsaved(connector, source.system_key, source.settings, {name: value}, stored=stored)
    except CredentialError as error:
        with open_audited() as (hub, connection):
            record(connection, hub.keys, "credential.refused", subject, {"by": "third party"})
        raise CredentialError(f"{error}; nothing was saved") from error
