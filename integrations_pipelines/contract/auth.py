"""How a third party recognises us: which credentials it needs and where they go. The secrets live in the
vault.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A secret that a source system needs: its name in the vault, and how a person gets one."""

    name: str
    description: str


@dataclass(frozen=True, kw_only=True)
class NoAuth:
    """No credential at all: files."""


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """``Authorization: Bearer <secret>``; ``credential`` names the secret."""

    credential: str = "token"


@dataclass(frozen=True, kw_only=True)
class Basic:
    """HTTP basic. Both are templates over settings and credentials: ``{email}/token``, ``{api_token}``."""

    username: str
    password: str


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A header of its own, ``X-Shopify-Access-Token: <prefix><secret>``, or the query parameter ``param``."""

    credential: str
    header: str = ""
    param: str = ""
    prefix: str = ""


Auth = NoAuth | Bearer | Basic | ApiKey


def template_names(template: str) -> tuple[str, ...]:
    """Return the names that ``template`` wants filled: ``https://{site}.atlassian.net`` -> ``("site",)``."""
    return tuple(name for _, name, _, _ in string.Formatter().parse(template) if name)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with every ``{name}`` replaced. Raise ``KeyError`` for a name without a value."""
    return template.format_map(dict(values))


def names_needed(auth: Auth) -> tuple[str, ...]:
    """Return the names of the settings and credentials that ``auth`` uses."""
    match auth:
        case Bearer(credential=name) | ApiKey(credential=name):
            return (name,)
        case Basic(username=username, password=password):
            return (*template_names(username), *template_names(password))
        case NoAuth():
            return ()
