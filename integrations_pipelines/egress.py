"""Where requests may go: an address is checked when it is connected to, and the connection goes to that very address.

A name that resolves to a private, loopback or link-local address is refused, also on the second look-up (DNS
rebinding), unless ``INTEGRATIONS_ALLOWED_NETWORKS`` names it. Plain HTTP needs that allowance too: it shows secrets to
whoever listens. Proxies, cookies and credentials of the environment are not used.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from integrations_pipelines.errors import ConfigurationError
from integrations_pipelines.settings import get_settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HERE = ("localhost", "127.0.0.1", "::1")
"""The names of this machine itself."""
_SETTING = "INTEGRATIONS_ALLOWED_NETWORKS"
# IPv4 inside IPv6: RFC 6052 (NAT64), RFC 3056 (6to4); mapped and compatible addresses are RFC 4291's.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOW = ipaddress.ip_network("::/96")


class AddressRefused(ConfigurationError):
    """Requests may not go there."""


def leads_to_us(parts: SplitResult) -> bool:
    """Return whether others may be told of this address as ours: by HTTPS, or on this machine by HTTP too."""
    schemes = ("https", "http") if parts.hostname in HERE else ("https",)
    return bool(parts.hostname) and parts.scheme in schemes


def guarded_session(allowed: Sequence[str] | None = None) -> Session:
    """Return a session all of whose connections are checked; ``allowed`` (None: as set) are hosts and networks.

    Whoever uses it sends with ``allow_redirects=False``, or follows redirects knowing that no credential of a header
    may travel to another origin. A refused address raises ``AddressRefused`` out of ``send``.
    """
    session = Session()
    # Neither ~/.netrc nor proxies of the environment: credentials come from the vault alone.
    session.trust_env = False
    session.headers["User-Agent"] = "integrations-pipelines"
    adapter = _GuardedAdapter(_allowed(allowed))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


def check_url(url: str, allowed: Sequence[str] | None = None) -> None:
    """Raise ``AddressRefused`` for a URL that requests may not go to, by its words and by what it resolves to now.

    A name that does not resolve passes: it is looked at again with every connection.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise AddressRefused(f"{url!r} is no address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused(f"{url!r}: only https:// and http:// addresses are asked")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(f"{host}: an address must not hold credentials")
    try:
        checked_addresses(host, port, is_secure=parts.scheme == "https", allowed=_allowed(allowed))
    except OSError:
        return


def checked_addresses(host: str, port: int, *, is_secure: bool, allowed: Sequence[str]) -> list[Address]:
    """Return what ``host`` resolves to. Raises ``AddressRefused`` if any of it is off, ``OSError`` for no answer."""
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found))
    for address in addresses:
        if is_allowed(host, address, allowed):
            continue
        if not is_public(address):
            raise AddressRefused(f"{host} is {address}, which is not public; {_SETTING} would allow it")
        if not is_secure:
            raise AddressRefused(f"{host}: http:// shows secrets on the way; use https://, or {_SETTING}")
    return addresses


def is_public(address: Address) -> bool:
    """Return whether ``address`` is one of the open internet, also where IPv6 wraps an IPv4 one."""
    return all(one.is_global and not one.is_multicast for one in _meant(address))


def is_allowed(host: str, address: Address, allowed: Sequence[str]) -> bool:
    """Return whether ``allowed`` names the host, or a network that ``address`` is in."""
    for entry in allowed:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            if entry.lower().rstrip(".") == host.lower().rstrip("."):
                return True
            continue
        if any(one.version == network.version and one in network for one in _meant(address)[-1:]):
            return True
    return False


def _meant(address: Address) -> list[Address]:
    """Return ``address``, and the IPv4 address that it wraps, which is where packets may end."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64 or (address in _LOW and int(address) > 1):
        return [low]
    return [address, address.sixtofour] if address.sixtofour is not None else [address]


def _allowed(allowed: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(get_settings().networks_allowed if allowed is None else allowed)


class _GuardedAdapter(HTTPAdapter):
    """Connects to checked addresses only."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._networks = allowed
        super().__init__()

    def init_poolmanager(self, *positions: Any, **named: Any) -> None:
        """Make the pools, of connections that are checked."""
        super().init_poolmanager(*positions, **named)
        self.poolmanager.pool_classes_by_scheme = _pools(self._networks)


def _pools(allowed: tuple[str, ...]) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed, is_secure=False)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed, is_secure=True)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(connection: HTTPConnection, allowed: tuple[str, ...], *, is_secure: bool) -> socket.socket:
    """Return a socket to an address that was checked; the certificate is still checked against the name."""
    host, port = connection.host, connection.port or 0
    try:
        addresses = checked_addresses(host, port, is_secure=is_secure, allowed=allowed)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    name = connection._dns_host
    for number, address in enumerate(addresses):
        connection._dns_host = str(address)
        try:
            return _parent_of(connection)._new_conn(connection)
        except Exception:
            if number + 1 == len(addresses):
                raise
        finally:
            connection._dns_host = name
    raise AddressRefused(f"{host} has no address")


def _parent_of(connection: HTTPConnection) -> type[HTTPConnection]:
    return HTTPSConnection if isinstance(connection, HTTPSConnection) else HTTPConnection
