"""The short way from the socket to the receiver: requests as they may come over one connection, byte by byte."""

import asyncio
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
import uvicorn

from integrations_pipelines.api.application import Application
from integrations_pipelines.api.protocol import protocol_for
from integrations_pipelines.local import free_port
from integrations_pipelines.registry.sources import Source
from integrations_pipelines.settings import read_settings
from integrations_pipelines_tests.integration.inbox.house import House, github

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n"


def body_of(number: int) -> bytes:
    return b'{"number": %d, "at": %d}' % (number, time.time_ns())


def request(source: Source, body: bytes, headers: Mapping[str, str] | None = None, /, **more: str) -> bytes:
    lines = {"host": "here", "content-length": str(len(body)), **(headers or github(body)), **more}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /webhooks/{source.uuid} HTTP/1.1\r\n{head}\r\n".encode() + body


def connection(house: House) -> socket.socket:
    address = urlsplit(house.address)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=20)


def statuses(sender: socket.socket, many: int) -> list[int]:
    """Return the statuses of the next ``many`` answers, as far as they come before the connection ends."""
    said = b""
    while said.count(b"HTTP/1.1 ") < many and (piece := sender.recv(65_536)):
        said += piece
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def count(house: House, source: Source) -> int:
    query = "select count(*) from integrations.webhook_event where source_system_id = %s"
    return int(house.rows(query, source.id)[0][0])


def test_requests_that_come_at_once_are_answered_in_their_order(house: House) -> None:
    source = house.add()
    good, forged = (request(source, body_of(n)) for n in range(2)), github(b"", secret="another")
    with connection(house) as sender:
        sender.sendall(next(good) + request(source, body_of(2), forged) + HEALTH + next(good))
        assert statuses(sender, 4) == [202, 401, 200, 202]
    assert count(house, source) == 2


def test_hundreds_that_come_at_once_are_each_taken_once(house: House) -> None:
    source = house.add()
    with connection(house) as sender:
        sender.sendall(b"".join(request(source, body_of(n)) for n in range(300)))
        assert statuses(sender, 300) == [202] * 300
    assert count(house, source) == 300


def test_a_delivery_may_come_in_pieces(house: House) -> None:
    source = house.add()
    with connection(house) as sender:
        for at, piece in enumerate(request(source, body_of(1))):
            sender.sendall(bytes([piece]))
            time.sleep(0.001 if at % 50 == 0 else 0)
        assert statuses(sender, 1) == [202]
        sender.sendall(request(source, body_of(2)))
        assert statuses(sender, 1) == [202]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"connection": "close"}, [202]),
        ({"connection": "keep-alive"}, [202, 202]),
        ({"expect": "100-continue"}, [100, 202, 202]),
        ({"content_encoding": "identity"}, [202, 202]),
        ({"content_encoding": "br"}, [415, 202]),
    ],
)
def test_what_is_negotiated_is_kept(house: House, more: dict[str, str], expected: list[int]) -> None:
    source = house.add()
    with connection(house) as sender:
        sender.sendall(request(source, body_of(1), None, **more))
        found = statuses(sender, len(expected) - 1 or 1)
        with suppress(BrokenPipeError, ConnectionResetError):
            sender.sendall(request(source, body_of(2)))
            found += statuses(sender, 1)
        assert found == expected


def test_a_sender_that_goes_away_leaves_nothing(house: House) -> None:
    source = house.add()
    with connection(house) as sender:
        sender.sendall(request(source, body_of(1))[:-5])
    with connection(house) as sender:
        sender.sendall(request(source, body_of(2)))
        assert statuses(sender, 1) == [202]
    assert count(house, source) == 1


def test_what_is_no_http_ends_its_own_connection_alone(house: House) -> None:
    source = house.add()
    with connection(house) as other, connection(house) as sender:
        sender.sendall(request(source, body_of(1), transfer_encoding="chunked"))
        assert statuses(sender, 1) == [400]
        other.sendall(request(source, body_of(2)))
        assert statuses(other, 1) == [202]
    assert count(house, source) == 1


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(house: House) -> None:
    source, port = house.add(), free_port()
    assert asyncio.run(_times_until_closed(house, source, port)) > 1.5


async def _times_until_closed(house: House, source: Source, port: int) -> float:
    application = Application(read_settings(database_url=house.hub.url), house.hub, "webhooks")
    words = {"log_config": None, "access_log": False, "timeout_keep_alive": 1}
    http = protocol_for(application.receiver)
    server = uvicorn.Server(uvicorn.Config(application, port=port, http=http, **words))  # type: ignore[arg-type]  # words of several types
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    for number in range(3):
        writer.write(request(source, body_of(number)))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 202")
        await asyncio.sleep(0.4)
    assert await asyncio.wait_for(reader.read(), 10) == b""
    took = time.monotonic() - began
    writer.close()
    server.should_exit = True
    await serving
    return took
