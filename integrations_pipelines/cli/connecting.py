"""`integrations credential connect`: OAuth2, by a person's consent in a browser, or by the account's own secret."""

from typing import TYPE_CHECKING, Annotated

import typer

from integrations_pipelines.cli.opening import actor, open_connection, open_hub
from integrations_pipelines.cli.output import AsJson, hint, print_json, print_line

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
    from integrations_pipelines.consenting import client_for
    from integrations_pipelines.consenting import connect as keep
    from integrations_pipelines.registry.sources import source_of

    with open_connection() as connection:
        source = source_of(connection, key)
    with open_hub() as hub:
        client = client_for(hub, source)
    tokens = _tokens(client, port=port, wait=wait, browser=browser)
    with open_hub() as hub:
        connected = keep(hub, source, client, tokens, actor=actor())
    if as_json:
        print_json(vars(connected))
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
