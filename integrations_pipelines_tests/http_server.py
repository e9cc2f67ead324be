"""A real HTTP server on loopback whose answers a test writes as one function. What was asked is kept."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sent. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Response:
    """What the server answers; ``dropped``: nothing at all, the connection is closed."""

    status: int = 200
    dropped: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of_json(cls, value: Any, status: int = 200, **headers: str) -> "Response":
        """Answer with JSON; ``headers`` take ``_`` for ``-``."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(
            status=status,
            headers={"content-type": "application/json", **named},
            body=json.dumps(value).encode(),
        )


Handler = Callable[[Request], Response]


@dataclass(kw_only=True)
class ScriptedServer:
    """The running server: set ``handler``, read ``requests``."""

    url: str
    handler: Handler
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """Keep the request and answer it; a handler that raises is a 500 with the reason."""
        self.requests.append(request)
        try:
            return self.handler(request)
        except Exception as error:  # noqa: BLE001  # the client under test shall see it
            return Response(status=500, body=repr(error).encode())


@contextmanager
def scripted_server(handler: Handler | None = None) -> Iterator[ScriptedServer]:
    """Give a server on a free port of loopback; without ``handler`` all is 404."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.daemon_threads = True
    script = ScriptedServer(
        url=f"http://127.0.0.1:{server.server_address[1]}",
        handler=handler or (lambda _: Response(status=404)),
    )
    server.script = script  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length", 0))),
        )
        response = self.server.script.answer(request)  # type: ignore[attr-defined]
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: pytest shows what matters."""
