"""How a third party proves that a webhook is its own, described as data. ``inbox.verifying`` reads it; no I/O here.

A scheme says where the signature stands, what it covers and how it is written. Named ones: ``contract.schemes``; one of
a manifest's own: ``read_scheme``.
"""

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, TypeVar, cast

from integrations_pipelines.errors import ContractError

_T = TypeVar("_T")
Algorithm = Literal["hmac-sha1", "hmac-sha256", "hmac-sha512", "sha256", "ed25519"]
Encoding = Literal["hex", "base64"]
Unit = Literal["seconds", "milliseconds", "iso"]
SIGNABLE = frozenset({"body", "timestamp", "id", "method", "url", "query", "secret"})


@dataclass(frozen=True, kw_only=True)
class Carried:
    """A value in a header (lower-case name), or in a query parameter.

    Where ``separator`` is set there may be several; only those that begin with ``prefix`` count, and lose it.
    """

    header: str = ""
    parameter: str = ""
    prefix: str = ""
    separator: str = ""

    def __post_init__(self) -> None:
        if bool(self.header) == bool(self.parameter):
            raise ContractError("a value is carried by a header or by a parameter, and by one of them")
        if self.header != self.header.lower():
            raise ContractError(f"{self.header}: a header's name is written in lower case here")


@dataclass(frozen=True, kw_only=True)
class Timestamp:
    """When it was sent, and how far that may be from our clock, into the past and into the future.

    ``at``: where it stands; None where ``body`` says it: a path in the JSON body, which the signature covers.
    """

    at: Carried | None = None
    body: str = ""
    unit: Unit = "seconds"
    tolerance: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        if bool(self.at) == bool(self.body):
            raise ContractError("a timestamp stands in a header or in the body, and in one of them")
        if self.tolerance <= timedelta(0):
            raise ContractError("a timestamp's tolerance must be longer than nothing")


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature over ``signed``: a template of ``SIGNABLE`` names and text, such as ``v0:{timestamp}:{body}``.

    ``{url}`` is the public address that the third party called, query included; ``{query}`` its parameters by name,
    less the one that carries the signature. ``sha256`` is a plain digest: then ``{secret}`` must be in the template.
    ``key_prefix``: secrets without it are not for this scheme. ``key_encoding`` "base64": what follows it is base64.
    For ed25519 the secret is the public key. ``url_decoded``: escapes that are read before ``{url}`` is signed.
    """

    at: Carried
    algorithm: Algorithm = "hmac-sha256"
    encoding: Encoding = "hex"
    signed: str = "{body}"
    timestamp: Timestamp | None = None
    id: Carried | None = None
    key_prefix: str = ""
    key_encoding: Literal["text", "base64"] = "text"
    url_decoded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = self.names
        for name, is_there in (
            ("body", True),
            ("timestamp", self.timestamp is not None and self.timestamp.at is not None),
            ("id", self.id is not None),
            ("secret", self.algorithm == "sha256"),
        ):
            if name in names and not is_there:
                raise ContractError(f"signed: {{{name}}} is covered, and nothing says where it is")
        if unknown := names - SIGNABLE:
            raise ContractError(f"signed: nobody knows {', '.join(sorted(unknown))}")
        if not names & {"body", "query"}:
            raise ContractError("signed: must cover {body} or {query}")
        if (self.algorithm == "sha256") != ("secret" in names):
            raise ContractError("signed: a plain digest must hold {secret}, a keyed one must not")

    @cached_property
    def names(self) -> frozenset[str]:
        """What the signature covers, by name."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.signed) if name is not None)


@dataclass(frozen=True, kw_only=True)
class SharedToken:
    """The secret itself stands in a header, after ``at.prefix``. It signs nothing: only the sender is proved."""

    at: Carried


@dataclass(frozen=True, kw_only=True)
class BasicLogin:
    """HTTP basic; the secret is ``user:password``."""


SingleScheme = Signature | SharedToken | BasicLogin


@dataclass(frozen=True, kw_only=True)
class FirstOf:
    """The first scheme decides whose header is there and which a live secret is for. Its failure is final."""

    schemes: tuple[SingleScheme, ...]


Scheme = SingleScheme | FirstOf

_KINDS: Mapping[str, Callable[..., SingleScheme]] = {
    "signature": Signature,
    "token": SharedToken,
    "basic": BasicLogin,
}


def read_scheme(words: Mapping[str, Any]) -> SingleScheme:
    """Return the scheme that a manifest describes. Raise ``ContractError`` naming the word that is off.

    ``kind``: ``signature`` (the usual one), ``token`` or ``basic``; ``header`` and, where needed, ``prefix`` and
    ``separator`` say where it stands; ``timestamp``: ``header`` or ``body``, ``prefix``, ``separator``, ``unit``,
    ``tolerance_seconds``; ``id``: the header of the delivery id. The others are named as in ``Signature``.
    """
    left = dict(words)
    kind = left.pop("kind", "signature")
    if kind not in _KINDS:
        raise ContractError(f"signature: kind {kind!r} is none of {', '.join(_KINDS)}")
    if kind == "basic":
        return _made(BasicLogin, left)
    left["at"] = _carried(left, "signature")
    if isinstance(timestamp := left.get("timestamp"), Mapping):
        left["timestamp"] = _timestamp(dict(timestamp))
    if isinstance(name := left.get("id"), str):
        left["id"] = Carried(header=name.lower())
    if "url_decoded" in left:
        left["url_decoded"] = tuple(left["url_decoded"])
    return _made(_KINDS[kind], left)


def _timestamp(words: dict[str, Any]) -> Timestamp:
    seconds = words.pop("tolerance_seconds", 300)
    if not isinstance(seconds, int | float):
        raise ContractError("timestamp: tolerance_seconds must be a number")
    at = None if "body" in words else _carried(words, "timestamp")
    return _made(Timestamp, {**words, "at": at, "tolerance": timedelta(seconds=seconds)})


def _carried(words: dict[str, Any], where: str) -> Carried:
    found = {
        name: words.pop(name) for name in ("header", "parameter", "prefix", "separator") if name in words
    }
    if not all(isinstance(value, str) for value in found.values()):
        raise ContractError(f"{where}: header, parameter, prefix and separator are text")
    return Carried(**{**found, "header": found.get("header", "").lower()})


_CHOICES: Mapping[str, frozenset[str]] = {
    "algorithm": frozenset({"hmac-sha1", "hmac-sha256", "hmac-sha512", "sha256", "ed25519"}),
    "encoding": frozenset({"hex", "base64"}),
    "key_encoding": frozenset({"text", "base64"}),
    "unit": frozenset({"seconds", "milliseconds", "iso"}),
}


def _made(kind: Callable[..., _T], words: dict[str, Any]) -> _T:
    known = {field.name for field in fields(cast(Any, kind))}
    for name, value in words.items():
        if name not in known:
            raise ContractError(f"signature: nobody knows {name!r}; there are: {', '.join(sorted(known))}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ContractError(f"signature: {name} {value!r} is none of {', '.join(sorted(_CHOICES[name]))}")
    return kind(**words)
