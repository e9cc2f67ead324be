"""`integrations credential connect`: OAuth2, by a person's consent in a browser, or by the account's own secret."""

from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import open_audited, open_connection
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line
from integrations_pipelines.errors import UsageError

if TYPE_CHECKING:
    from integrations_pipelines.vault import OAuthClient, Tokens


def connect(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The source system.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the answer is awaited; 0: any.")] = 0,
    wait: Annotated[int, typer.Option(min=1, help="Seconds to wait for the consent.")] = 300,
    browser: Annotated[bool, typer.Option(help="Open the browser; the address is printed anyway.")] = True,
    as_json: AsJson = False,
) -> None:
    """Get tokens by OAuth2 and keep them; they are refreshed from then on. The browser must be on this machine."""
    from integrations_pipelines.catalog import connector_of
    from integrations_pipelines.registry.grants import lock_grant
    from integrations_pipelines.registry.sources import source_of
    from integrations_pipelines.vault import client_of, credentials_of, record, store_tokens

    with open_connection() as connection:
        source = source_of(connection, key)
    connector = connector_of(source.system_type)
    if connector.oauth is None:
        raise UsageError(f"{key} ({source.system_type}) is not connected by OAuth2: use `credential set`")
    config = connector.configured(source.settings)
    with open_audited() as (hub, connection):
        client = client_of(connector.oauth, key, config, credentials_of(connection, hub.keys, key))
    tokens = _tokens(client, port=port, wait=wait, browser=browser)
    with open_audited() as (hub, connection):
        lock_grant(connection, key)
        ends = store_tokens(connection, hub.keys, key, connector.oauth.credential, tokens)
        record(connection, hub.keys, "oauth.connect", key, {"kind": client.kind, "scopes": tokens.scopes})
    if as_json:
        print_json({"system_key": key, "kind": client.kind, "scopes": tokens.scopes, "expires_at": ends})
    else:
        print_line(f"{key}: connected; the access token is refreshed by itself")


def _tokens(client: "OAuthClient", *, port: int, wait: int, browser: bool) -> "Tokens":
    from integrations_pipelines.vault import by_itself, consented

    if client.kind != "authorization_code":
        return by_itself(client)

    def show(url: str) -> None:
        hint(f"Consent here: {url}")
        if browser:
            import webbrowser

            webbrowser.open(url)

    return consented(client, show, port=port, seconds=wait)
