"""Web kinds: host names, registrable domains (through the public suffix list), URLs."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

import idna
from publicsuffixlist import PublicSuffixList

from integrations_pipelines.entities.kinds.kind import UncleanValue
from integrations_pipelines.entities.kinds.texts import UNKNOWN, as_text, is_nothing

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_TO_AUTHORITY = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//|mailto:")
_HOST_AND_PORT = re.compile(r"[^/:]+\.[^/:]+:\d")
_LONGEST_URL = 4000
_PORTS = {"http": 80, "https": 443}


class UnreadableHost(ValueError):
    """The text is not a host name with at least one dot."""


def ascii_host(host: str) -> str:
    """``host`` in lower-case ASCII, without a trailing dot. Raises ``UnreadableHost``.

    International names follow UTS 46, non-transitional (https://www.unicode.org/reports/tr46/), as browsers do: the
    older rule of Python's own codec turns straße.de into strasse.de, which is another owner's domain.
    """
    name = host.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode().lower().removesuffix(".")
        except UnicodeError as error:
            raise UnreadableHost from error
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise UnreadableHost
    return name


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=32_768)
def _registrable(text: str) -> str:
    try:
        host = ascii_host(_host_of(text))
    except UnreadableHost as error:
        raise UncleanValue("not a domain") from error
    if host.rpartition(".")[2].isdigit():
        raise UncleanValue("an address of numbers is not a domain")
    domain = _suffixes().privatesuffix(host)
    if not domain:
        raise UncleanValue("a public suffix, not a domain")
    return domain


def _host_of(text: str) -> str:
    """The host inside a URL, an e-mail address, or a bare domain with or without a path."""
    lead = _TO_AUTHORITY.match(text)
    address = text[lead.end() :] if lead else text
    authority = re.split(r"[/?#\\]", address, maxsplit=1)[0]
    return authority.rpartition("@")[2].partition(":")[0].strip()


def clean_domain(value: object, _region: str | None = None) -> str | None:
    """The registrable domain (``example.co.uk``) of a domain, URL or e-mail address; None for nothing.

    Private suffixes count: ``ada.github.io`` is Ada's, not GitHub's. Source: https://publicsuffix.org/list/
    Raises ``UncleanValue`` for IP addresses, single labels and bare public suffixes.
    """
    text = as_text(value)
    if len(text) > _LONGEST_URL:
        raise UncleanValue("too long")
    return None if is_nothing(text, UNKNOWN) else _registrable(text)


def clean_url(value: object, _region: str | None = None) -> str | None:
    """An http(s) URL, scheme and host in lower case, without default port, user or password; None for nothing.

    A missing scheme is taken as https. Source: RFC 3986 section 6.2.
    """
    text = as_text(value)
    if is_nothing(text, UNKNOWN):
        return None
    try:
        return _normal(urlsplit(text if _is_absolute(text) else f"https://{text.lstrip('/')}"))
    except ValueError as error:
        raise UncleanValue("not a web address") from error


def _is_absolute(text: str) -> bool:
    """Whether a scheme leads; ``example.org:8080/x`` has a port, not a scheme."""
    return bool(_SCHEME.match(text) and not _HOST_AND_PORT.match(text))


def _normal(parts: SplitResult) -> str:
    if parts.scheme.lower() not in _PORTS or not parts.hostname or re.search(r"\s", parts.geturl()):
        raise UncleanValue("not a web address")
    port = f":{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else ""
    url = urlunsplit(
        (parts.scheme, ascii_host(parts.hostname) + port, parts.path or "/", parts.query, parts.fragment)
    )
    if len(url) > _LONGEST_URL:
        raise UncleanValue("too long")
    return url
