"""Runs the API in this process, until it is asked to stop."""

import gc
import socket
import sys
from collections.abc import Callable

import uvicorn

from integrations_pipelines.api.application import Application, Only
from integrations_pipelines.api.protocol import protocol_for
from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.hub import open_hub
from integrations_pipelines.registry.packing import codec
from integrations_pipelines.settings import Settings


def serve(
    settings: Settings,
    url: str,
    *,
    host: str,
    port: int,
    only: Only | None = None,
    on_listening: Callable[[], object] = lambda: None,
) -> None:
    """Serve the API on ``host``:``port`` over the migrated database at ``url`` until SIGINT or SIGTERM.

    ``only`` one half of it, as ``Application`` has it; ``on_listening`` is called once the port is ours. Raises
    ``ConfigurationError`` for a port that is taken, and what ``open_hub`` raises.
    """
    with open_hub(settings, url) as hub:
        listener = _listener(host, port)
        on_listening()
        application = Application(settings.model_copy(update={"api_host": host, "api_port": port}), hub, only)
        config = uvicorn.Config(
            application,
            loop="uvloop",
            http="httptools" if only == "api" else protocol_for(application.receiver),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,  # addresses are no proof of anything here, and reading them costs
            limit_concurrency=4_000,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=10,
        )
        _let_nothing_pause_it()
        uvicorn.Server(config).run(sockets=[listener])


def _let_nothing_pause_it() -> None:
    codec()
    # A full collection goes through all that was ever imported: 0.1 s and more in which nobody is answered.
    gc.collect()
    gc.freeze()
    # What waits for its commit is looked through again and again otherwise: each 700 objects, the default.
    gc.set_threshold(20_000, 20, 20)
    # What runs beside the receiver, in threads, gives way after this many seconds, by default 0.005.
    sys.setswitchinterval(0.001)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"INTEGRATIONS_API_PORT={port}: cannot listen on {host}: {error.strerror}"
        ) from error
    listener.listen(1024)
    return listener
