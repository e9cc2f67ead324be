"""Requests go to the open internet alone, unless a network or a host is allowed by name."""

import ipaddress
import socket
from typing import Any

import pytest

from integrations_pipelines.egress import AddressRefused, check_url, guarded_session, is_allowed, is_public
from integrations_pipelines.settings import read_settings
from integrations_pipelines_tests.http_server import Response, ScriptedServer


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),  # noqa: S104 - refused
        *("224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "::7f00:1"),
        *("2002:7f00:1::", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700:4700::1111", "::ffff:93.184.216.34"])
def test_a_public_address_is_not(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:9/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0/"),
        *(
            "https://[::ffff:7f00:1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest",
        ),
        *(
            "ftp://example.org/",
            "file:///etc/passwd",
            "https:///x",
            "https://a:b@example.org/",
            "https://x:99999/",
        ),
    ],
)
def test_a_url_that_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, allowed=())


def test_what_is_allowed_is_asked(http_server: ScriptedServer) -> None:
    http_server.handler = lambda _: Response(body=b"here")
    for allowed in (["127.0.0.0/8"], ["127.0.0.1"], ["localhost", "127.0.0.1"]):
        assert guarded_session(allowed).get(http_server.url).text == "here"


def test_what_is_not_allowed_is_never_connected_to(http_server: ScriptedServer) -> None:
    with pytest.raises(AddressRefused, match="which is not public; INTEGRATIONS_ALLOWED_NETWORKS"):
        guarded_session([]).get(http_server.url)
    assert http_server.requests == []


def test_a_name_that_turns_inside_after_it_was_checked_is_not_connected_to(
    http_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when it is looked at, loopback when it is asked."""
    port = int(http_server.url.rpartition(":")[2])
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def resolver(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    url = f"https://rebinding.example:{port}/"
    check_url(url, allowed=())
    with pytest.raises(AddressRefused, match=r"rebinding\.example is 127\.0\.0\.1"):
        guarded_session([]).get(url)
    assert http_server.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(
    http_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = int(http_server.url.rpartition(":")[2]), []
    real = socket.getaddrinfo

    def resolver(host: str, *rest: Any, **named: Any) -> list[Any]:
        asked.append(host)
        return real("127.0.0.1" if host == "peer.example" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    http_server.handler = lambda _: Response()
    guarded_session(["127.0.0.0/8"]).get(f"http://peer.example:{port}/x")
    assert (asked, http_server.requests[0].headers["host"]) == (
        ["peer.example", "127.0.0.1"],
        f"peer.example:{port}",
    )


def test_plain_http_is_refused_on_the_open_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused, match="shows secrets"):
        check_url("http://api.example/", allowed=())
    check_url("https://api.example/", allowed=())


def test_loopback_is_allowed_beside_an_embedded_database_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTEGRATIONS_ALLOWED_NETWORKS")
    assert read_settings(database_url="postgresql://db/x").networks_allowed == ()
    assert read_settings().networks_allowed == ("127.0.0.0/8", "::1")


def test_a_network_allows_no_other() -> None:
    inside, outside = ipaddress.ip_address("10.1.2.3"), ipaddress.ip_address("10.2.2.3")
    assert is_allowed("x", inside, ["10.1.0.0/16"])
    assert not is_allowed("x", outside, ["10.1.0.0/16"])
