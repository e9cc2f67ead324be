"""`integrations serve`: the API alone, for machines where Dagster runs elsewhere."""

from functools import partial
from typing import Annotated, Literal

import typer

from integrations_pipelines.cli.opening import check_state_folder, current_settings, open_url
from integrations_pipelines.cli.output import hint


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; INTEGRATIONS_API_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="INTEGRATIONS_API_PORT.")] = None,
    only: Annotated[
        Literal["webhooks", "api"] | None,
        typer.Option(help="One half: the receiver, which needs few rights in the database, or all the rest."),
    ] = None,
) -> None:
    """Receive webhooks and answer the API until Ctrl-C. `integrations up` does this too."""
    from integrations_pipelines.api.serving import serve as serve_api

    settings = current_settings()
    check_state_folder(settings)
    with open_url(settings) as url:
        where = (host or settings.api_host, port or settings.api_port)
        told = partial(hint, f"http://{where[0]}:{where[1]} (Ctrl-C stops it)")
        serve_api(settings, url, host=where[0], port=where[1], only=only, on_listening=told)
