"""The receiver's own reading of a head against uvicorn's parser: what it takes, both read alike."""

import time

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations_pipelines.api.protocol import read_head

PATH = "/webhooks/01990000-0000-7000-8000-000000000000"
LINE = f"POST {PATH} HTTP/1.1\r\n".encode()
NAMES = st.sampled_from(
    [
        b"content-length",
        b"Content-Length",
        b"transfer-encoding",
        b"X-One",
        b"x one",
        b"",
        b"connection",
        b"\tx",
    ]
)
VALUES = st.sampled_from(
    [
        b" 5",
        b"5",
        b"+5",
        b"5, 5",
        b"chunked",
        b" keep-alive",
        b"keep-alive ",
        b"5 ",
        b"close",
        b"",
        b" a\tb ",
        b"\xff",
        b"\x00",
        b"a\nb",
        b"\x7f",
    ]
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n "])
HEADS = st.lists(st.tuples(NAMES | st.binary(max_size=4), VALUES | st.binary(max_size=4), ENDS), max_size=5)


class Reading:
    """What httptools tells."""

    def __init__(self) -> None:
        self.url, self.headers, self.body, self.requests = b"", list[tuple[str, str]](), b"", 0

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower().decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.requests += 1


@settings(max_examples=300, deadline=None)
@given(HEADS)
@example([(b"X-One", b" a\t ", b"\r\n")])
def test_what_is_taken_is_read_alike_by_both(fields: list[tuple[bytes, bytes, bytes]]) -> None:
    data = (
        LINE
        + b"content-length: 5\r\n"
        + b"".join(name + b":" + value + end for name, value, end in fields)
        + b"\r\n"
    )
    head = read_head(data)
    if head is None:
        return
    reading = Reading()
    length = head.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return  # the receiver awaits no such body
    httptools.HttpRequestParser(reading).feed_data(data[: head.size] + b"x" * int(length))
    assert (reading.url.decode(), dict(reading.headers), len(reading.headers)) == (
        head.path,
        head.headers,
        len(head.headers),
    )
    assert (reading.body, reading.requests) == (b"x" * int(length), 1)


@pytest.mark.parametrize(
    "head",
    [
        LINE + b"content-length: 5\r\ncontent-length: 5\r\n\r\n",
        LINE + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        LINE + b"content-length: 5\r\nx: a\r\n b\r\n\r\n",
        LINE + b"content-length: 5\nx: a\r\n\r\n",
        LINE + b"content-length : 5\r\n\r\n",
        LINE + b"content-length: 5\r\n",
        LINE.replace(b"1.1", b"1.0") + b"content-length: 5\r\n\r\n",
        LINE.replace(b"POST", b"PUT") + b"content-length: 5\r\n\r\n",
        LINE.replace(b" HTTP", b"?a=b HTTP") + b"content-length: 5\r\n\r\n",
    ],
)
def test_what_may_be_read_in_two_ways_is_left_to_uvicorn(head: bytes) -> None:
    assert read_head(head) is None


@pytest.mark.parametrize("filling", [b" ", b"a", b":", b"a:\r", b"a: b\r\n", b"\t \t"])
def test_a_long_head_takes_no_longer_than_its_length(filling: bytes) -> None:
    began = time.process_time()
    read_head(LINE + b"x:" + filling * (400_000 // len(filling)))
    assert time.process_time() - began < 1
