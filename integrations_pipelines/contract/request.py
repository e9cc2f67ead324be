"""One HTTP request, described as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request. ``path`` is relative to the base URL and a template: ``/orgs/{org}/repos``.

    Its names are settings of the source system and what the parent gives. ``params`` and ``json`` are sent as
    they stand. A parameter with several values is sent several times. ``form`` is sent as an HTML form would be, in
    place of ``json``.
    """

    path: str
    method: Method = "GET"
    params: Mapping[str, str | int | tuple[str, ...]] = field(default_factory=_nothing)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=_nothing)


def graphql(query: str, variables: Mapping[str, Any] | None = None, path: str = "/graphql") -> Request:
    """Return the request of a GraphQL ``query``; what pages and water marks add goes into its ``variables``."""
    return Request(path=path, method="POST", json={"query": query, "variables": dict(variables or {})})
