"""uvicorn's HTTP protocol with a shorter way for deliveries: from the socket to the receiver without a task for each.

A request as third parties post it, in the plainest form that HTTP/1.1 has, is judged where its last byte is read, and
answered by one write after the commit. Whatever is not of that form, byte for byte, is uvicorn's, and so is what the
receiver does not take at once: uvicorn then reads the same bytes. See docs/decisions/063-deliveries-beside-asgi.md.
"""

import asyncio
import re
from functools import partial
from typing import ClassVar, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from integrations_pipelines.api.receiver import PREFIX, Receiver, Reply

# A subset that no two parsers read differently: no folded lines, no bare line feeds, no control characters. Nothing in
# it is tried twice (``++``), so that no head takes longer than its length.
_FIELD = rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([\x21-\x7e\x80-\xff \t]*+)\r\n"
_FIELDS = re.compile(_FIELD.decode("latin-1"))
_HEAD = re.compile(
    rb"POST (" + re.escape(PREFIX.encode()) + rb"[0-9A-Fa-f-]{36}) HTTP/1\.1\r\n((?:" + _FIELD + rb")++)\r\n"
)
_NEGOTIATED = frozenset({"content-encoding", "transfer-encoding", "expect", "upgrade", "te", "trailer"})


class Head(NamedTuple):
    """A head of the plainest form: the path, headers under lower-case names, and how many bytes it has."""

    path: str
    headers: dict[str, str]
    size: int


def read_head(data: bytes) -> Head | None:
    """Return the head that ``data`` begins with; None where it is not whole, or leaves anything to be negotiated."""
    head = _HEAD.match(data)
    if head is None:
        return None
    fields = _FIELDS.findall(head[2].decode("latin-1"))
    headers = {name.lower(): value for name, value in fields}  # a blank behind a value stays, as at uvicorn
    if len(headers) < len(fields) or not _NEGOTIATED.isdisjoint(headers):
        return None
    if headers.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    return Head(head[1].decode(), headers, head.end())


class Delivery:
    """A delivery on its way: its head, as much of its bytes as is there, and whether the receiver has it."""

    __slots__ = ("end", "head", "is_taken", "pieces", "size")

    def __init__(self, head: Head) -> None:
        """Nothing of it is there yet. ``end``: how many bytes it has, head and body."""
        self.head, self.end = head, head.size + int(head.headers["content-length"])
        self.pieces: list[bytes] = []
        self.size = 0
        self.is_taken = False

    def add(self, data: bytes) -> bool:
        """Keep ``data``; return whether all of the delivery is there."""
        self.pieces.append(data)
        self.size += len(data)
        return self.size >= self.end

    def joined(self) -> bytes:
        """Return all bytes that came, in one piece from now on."""
        if len(self.pieces) > 1:
            self.pieces = [b"".join(self.pieces)]
        return self.pieces[0]


class DeliveryProtocol(HttpToolsProtocol):
    """One connection. ``protocol_for`` gives it its receiver."""

    receiver: ClassVar[Receiver]
    _delivery: Delivery | None = None
    _is_between = True  # two requests: uvicorn's parser has not begun to read one
    _is_ending = False
    _active_at = 0.0
    _idle: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._active_at = self.loop.time()
        delivery = self._delivery or self._begun(data)
        if delivery is None:
            super().data_received(data)
        elif delivery.add(data) and not delivery.is_taken:
            delivery.is_taken = True
            path, headers, start = delivery.head
            body = delivery.joined()[start : delivery.end]
            self.receiver.take(path, headers, body, partial(self._answer, delivery))
        elif delivery.is_taken:
            self.flow.pause_reading()  # one at a time: what comes behind it waits

    def on_message_begin(self) -> None:
        """Begin a request of uvicorn's."""
        self._is_between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """End a request of uvicorn's."""
        self._is_between = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection once what is under way is answered."""
        if self._delivery is None:
            super().shutdown()
        else:
            self._is_ending = True

    def _begun(self, data: bytes) -> Delivery | None:
        """Return the delivery that ``data`` begins; None where that is uvicorn's to read."""
        if not self._is_between or self._is_busy() or self._is_crowded() or self.transport.is_closing():
            return None
        head = read_head(data)
        if head is None or not self.receiver.awaits(head.path, head.headers.get("content-length", "")):
            return None
        self._unset_keepalive_if_required()
        self._delivery = Delivery(head)
        return self._delivery

    def _answer(self, delivery: Delivery, reply: Reply | None) -> None:
        self._delivery = None
        if self.transport.is_closing():
            return
        whole, end = delivery.joined(), delivery.end
        if reply is None:
            super().data_received(whole[:end])
        else:
            self.transport.write(reply.written)
            self.server_state.total_requests += 1
        if self._is_ending:
            self.shutdown()
        elif len(whole) > end:
            self.flow.pause_reading()
            self.loop.call_soon(self._go_on, whole[end:])
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _go_on(self, rest: bytes) -> None:
        self.flow.resume_reading()
        if not self.transport.is_closing():
            self.data_received(rest)

    def _is_busy(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _is_crowded(self) -> bool:
        return self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency

    def _close_if_idle(self) -> None:
        # One timer a connection, not one a request: it looks when the last byte came.
        left = self._active_at + self.timeout_keep_alive - self.loop.time()
        if self.transport.is_closing():
            return
        if left <= 0 and self._delivery is None and self._is_between and not self._is_busy():
            self.transport.close()
        else:
            self._idle = self.loop.call_later(max(left, 1.0), self._close_if_idle)


def protocol_for(receiver: Receiver) -> type[DeliveryProtocol]:
    """Return the protocol whose deliveries ``receiver`` takes."""
    return type("DeliveryProtocol", (DeliveryProtocol,), {"receiver": receiver})
