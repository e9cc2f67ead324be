"""`integrations token`: bearer tokens of our own API. One is shown when it is made, and never again."""

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations_pipelines.cli.failures import OneLineGroup
from integrations_pipelines.cli.opening import open_audited, open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line, print_table
from integrations_pipelines.cli.words import end_of

if TYPE_CHECKING:
    from integrations_pipelines.registry.tokens import StoredToken

group = typer.Typer(cls=OneLineGroup, help="Make, list and revoke tokens of the API.")


@group.command()
def create(
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it is for: changes:read, or changes:read@crm.")
    ],
    label: Annotated[str, typer.Option(help="Who it is for.")] = "",
    expires: Annotated[
        str | None, typer.Option(metavar="90d", help="When it ends: a duration, or an ISO 8601 moment.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, this once."""
    from integrations_pipelines.vault import create_token

    ends = end_of(expires, "--expires") if expires else None
    with open_audited() as (hub, connection):
        token, text = create_token(connection, hub.keys, label=label, scopes=scope, expires_at=ends)
    if as_json:
        print_json({"token": text.reveal(), **_outward(token)})
        return
    hint("This is shown once. Keep it where secrets are kept.")
    print_line(text.reveal())


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all tokens, never their text."""
    from integrations_pipelines.registry.tokens import all_tokens

    with open_connection() as connection:
        found = [_outward(token) for token in all_tokens(connection)]
    if as_json:
        print_json({"tokens": found})
        return
    columns = ("id", "label", "scopes", "state", "created", "created by", "expires", "last used")
    shown = ("token_id", "label", "scopes", "state", "created_at", "created_by", "expires_at", "last_used_at")
    rows = [{**one, "scopes": " ".join(one["scopes"])} for one in found]
    print_table(columns, [[row[name] for name in shown] for row in rows])


@group.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its id or uuid, as `token list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Revoke a token: it is refused from the next request on."""
    from integrations_pipelines.vault import revoke_token

    with open_audited() as (hub, connection):
        found = revoke_token(connection, hub.keys, _id_in(token))
    if as_json:
        print_json({"token_id": found.token_id, "revoked": True})
    else:
        print_line(f"{found.token_id}: revoked")


def _id_in(word: str) -> str:
    # Somebody may give the whole token, secret and all: its id is enough.
    parts = word.split("_", 2)
    return parts[1] if len(parts) == 3 and parts[0] == "ipt" else word


def _outward(token: "StoredToken") -> dict[str, Any]:
    is_over = token.expires_at is not None and token.expires_at <= datetime.datetime.now(datetime.UTC)
    return {
        "token_id": token.token_id,
        "uuid": token.uuid,
        "label": token.label,
        "scopes": list(token.scopes),
        "state": "revoked" if token.revoked_at else "expired" if is_over else "live",
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }
