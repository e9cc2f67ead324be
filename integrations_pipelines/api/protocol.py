"""uvicorn's HTTP protocol with a shorter way for deliveries: from the socket to the receiver without a task for each.

A request as a third party posts it (length known, nothing to negotiate) is judged where its last byte is read, and
answered by one write after the commit. Anything else goes uvicorn's own way to ``Receiver.__call__``, and so does
whatever the receiver does not take at once: docs/decisions/063-deliveries-beside-asgi.md.
"""

import asyncio
from functools import partial
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from integrations_pipelines.api.receiver import PREFIX, Receiver, Reply

_PREFIX = PREFIX.encode()
_LENGTH = len(PREFIX) + 36  # of a path with a uuid, and no query behind it
_NEGOTIATED = frozenset({"content-encoding", "transfer-encoding", "expect"})


class Delivery(RequestResponseCycle):
    """A delivery under way: as much of a cycle as uvicorn's protocol asks after; ``become_whole`` makes it one."""

    message_event = asyncio.Event()  # nobody waits for it: set when the connection is lost

    def __init__(self, url: bytes, headers: list[tuple[bytes, bytes]], texts: dict[str, str]) -> None:
        """``texts``: the headers as the receiver reads them."""
        self.url, self.headers, self.texts = url, headers, texts
        self.chunks: list[bytes] = []
        self.response_complete = self.disconnected = False
        self.keep_alive = True

    def joined(self) -> bytes:
        """Return all of the body, as it came."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)

    def become_whole(self, protocol: "DeliveryProtocol", keep_alive: bool) -> None:
        """Be a cycle of uvicorn's that has received its body."""
        super().__init__(
            scope=protocol.scope_of(self),
            transport=protocol.transport,
            flow=protocol.flow,
            logger=protocol.logger,
            access_logger=protocol.access_logger,
            access_log=protocol.access_log,
            default_headers=protocol.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=protocol.on_response_complete,
        )
        self.body, self.more_body = bytearray(self.joined()), False
        self.message_event.set()


class DeliveryProtocol(HttpToolsProtocol):
    """One connection. ``protocol_for`` gives it its receiver."""

    receiver: ClassVar[Receiver]
    _active_at = 0.0
    _idle: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._active_at = self.loop.time()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin a request; its scope is made for those alone that go through ASGI."""
        self.url, self.headers, self.expect_100_continue = b"", [], False

    def on_headers_complete(self) -> None:
        """Choose the way."""
        delivery = self._delivery()
        if delivery is not None:
            self.cycle = delivery
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body: the receiver has been asked whether it takes as much."""
        if type(self.cycle) is Delivery:
            self.cycle.chunks.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Hand the delivery over."""
        if type(self.cycle) is Delivery:
            one = self.cycle
            self.receiver.take(one.url.decode(), one.texts, one.joined(), partial(self._answer, one))
        else:
            super().on_message_complete()

    def scope_of(self, delivery: Delivery) -> Any:
        """Return what ASGI is told of a delivery."""
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": delivery.headers,
            "state": self.app_state.copy(),
            "method": "POST",
            "path": self.root_path + delivery.url.decode(),
            "raw_path": self.root_path.encode() + delivery.url,
            "query_string": b"",
        }

    def _delivery(self) -> Delivery | None:
        parser, url = self.parser, self.url
        if not url.startswith(_PREFIX) or len(url) != _LENGTH or b"%" in url or b"?" in url:
            return None
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1":
            return None
        if parser.should_upgrade() or not parser.should_keep_alive() or self._is_busy():
            return None
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            return None
        texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        if not _NEGOTIATED.isdisjoint(texts):
            return None
        is_awaited = self.receiver.awaits(url.decode("latin-1"), texts.get("content-length", ""))
        return Delivery(url, self.headers, texts) if is_awaited else None

    def _answer(self, delivery: Delivery, reply: Reply | None) -> None:
        if delivery.disconnected or self.transport.is_closing():
            return
        if reply is None:
            delivery.become_whole(self, delivery.keep_alive)
            self._start_asgi_task(delivery, self.app)
            return
        self.transport.write(reply.written)
        delivery.response_complete = True
        if not delivery.keep_alive:
            self.transport.close()
        if self.pipeline:
            self.on_response_complete()
            return
        self.server_state.total_requests += 1
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _close_if_idle(self) -> None:
        # One timer a connection, not one a request: it looks when the last byte came.
        left = self._active_at + self.timeout_keep_alive - self.loop.time()
        self._idle = None
        if self.transport.is_closing():
            return
        if left <= 0 and not self._is_busy():
            self.transport.close()
        else:
            wait = max(left, 1.0)
            self._idle = self.loop.call_later(wait, self._close_if_idle)


def protocol_for(receiver: Receiver) -> type[DeliveryProtocol]:
    """Return the protocol whose deliveries ``receiver`` takes."""
    return type("DeliveryProtocol", (DeliveryProtocol,), {"receiver": receiver})
