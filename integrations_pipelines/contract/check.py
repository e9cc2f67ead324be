"""Says at import time where a connector contradicts itself: the connector, the resource, the field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from integrations_pipelines.contract.auth import names_needed, template_names
from integrations_pipelines.contract.pages import BodyField, LinkHeaderPages, page_size
from integrations_pipelines.contract.paths import steps
from integrations_pipelines.contract.resource import Resource
from integrations_pipelines.contract.rules import SecondListing
from integrations_pipelines.entities.projection import Link
from integrations_pipelines.errors import ContractError

if TYPE_CHECKING:
    from integrations_pipelines.contract.connector import Connector

# PostgreSQL cuts names at 63 bytes; "staging_" and dlt's own suffixes need their share.
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def check_connector(connector: "Connector") -> None:
    """Raise ``ContractError`` for the first thing that cannot be right."""
    _check_name(connector.system_type, connector.system_type, "system_type")
    _check_settings(connector)
    seen: set[str] = set()
    for resource in connector.resources:
        where = f"{connector.system_type}.{resource.name}"
        _check_name(where, resource.name, "name")
        if resource.name in seen:
            _fail(where, "name", "is there twice")
        seen.add(resource.name)
        _check_listing(where, resource)
        _check_window(where, resource)
        _check_body(where, resource)
        _check_parent(connector, where, resource)
        _check_relations(connector, where, resource)
        _check_required(where, resource)
    _check_events(connector)
    _check_registration(connector)


def _fail(where: str, field: str, why: str) -> NoReturn:
    raise ContractError(f"{where}: {field} {why}")


def _check_name(where: str, name: str, field: str) -> None:
    if not _NAME.fullmatch(name) or "__" in name:
        _fail(
            where,
            field,
            f"{name!r} must be a lower-case name of at most 40 letters, without a double underscore",
        )


def _check_settings(connector: "Connector") -> None:
    settings = {setting.name for setting in connector.all_settings}
    credentials = {credential.name for credential in connector.credentials}
    for name in template_names(connector.base_url):
        if name not in settings:
            _fail(connector.system_type, "base_url", f"wants {{{name}}}, which is no setting")
    for name in names_needed(connector.auth):
        if name not in settings | credentials:
            _fail(
                connector.system_type, "auth", f"wants {name!r}, which is neither a setting nor a credential"
            )
    if connector.resources and connector.probe is None and connector.credentials:
        _fail(connector.system_type, "probe", "is missing: nothing could try the credentials")


def _check_listing(where: str, resource: Resource) -> None:
    if not resource.key or not all(steps(path) for path in resource.key):
        _fail(where, "key", "must name at least one path")
    if resource.incremental and resource.changes:
        _fail(where, "changes", "stands beside incremental: one way to ask for changes is enough")
    if resource.incremental and resource.version is None:
        _fail(where, "incremental", "needs a version: the water mark is the newest one")
    if resource.incremental and "{since}" not in resource.incremental.template:
        _fail(where, "incremental.template", "must hold {since}")
    size = page_size(resource.pages)
    if size and size.largest < 1:
        _fail(where, "pages.size.largest", "must be at least 1")
    second = resource.deleted
    if isinstance(second, SecondListing) and not second.params and second.request is None:
        _fail(where, "deleted.params", "is empty: the second listing would be the first one again")
    if isinstance(resource.pages, LinkHeaderPages) and resource.request and resource.request.method != "GET":
        _fail(where, "pages", "a Link header leads on by GET only")
    if not 0 <= resource.reject_above <= 1:
        _fail(where, "reject_above", "is a share between 0 and 1")
    if resource.poll.total_seconds() <= 0:
        _fail(where, "poll", "must be longer than nothing")


def _check_window(where: str, resource: Resource) -> None:
    if resource.window and resource.no_window:
        _fail(where, "no_window", "stands beside a window")


def _check_body(where: str, resource: Resource) -> None:
    request, size = resource.request, page_size(resource.pages)
    if request is None:
        return
    if request.method not in ("GET", "POST"):
        _fail(where, "request.method", f"is {request.method}: lists are asked for by GET or POST")
    places = [getattr(resource.pages, "into", None), size.into if size else None]
    in_body = any(isinstance(one, BodyField) for one in places)
    if in_body and request.form is not None:
        _fail(where, "request.form", "takes no pages in its body; say them as parameters, or send json")


def _check_parent(connector: "Connector", where: str, resource: Resource) -> None:
    names = {setting.name for setting in connector.all_settings}
    if resource.parent is not None:
        parents = {one.name: one for one in connector.resources}
        parent = parents.get(resource.parent.resource)
        if parent is None or parent.parent is not None:
            _fail(
                where,
                "parent.resource",
                f"{resource.parent.resource!r} is no resource without a parent of its own",
            )
        names |= set(resource.parent.gives)
    for name in template_names(resource.request.path if resource.request else ""):
        if name not in names:
            _fail(
                where, "request.path", f"wants {{{name}}}, which is neither a setting nor given by the parent"
            )


def _check_required(where: str, resource: Resource) -> None:
    for name in resource.required:
        if name not in resource.projection.attributes:
            _fail(where, "required", f"{name!r} is no attribute of its projection")


def _check_relations(connector: "Connector", where: str, resource: Resource) -> None:
    names = {one.name for one in connector.resources}
    for relation, target in resource.projection.relations.items():
        for one in target if isinstance(target, tuple) else (target,):
            if isinstance(one, Link) and one.to not in names:
                _fail(where, f"projection.relations.{relation}", f"leads to {one.to!r}, which is no resource")


def _check_events(connector: "Connector") -> None:
    resources = {one.name: one for one in connector.resources}
    for event in connector.webhooks.events if connector.webhooks else ():
        where = f"{connector.system_type}.webhooks {event.types}"
        if event.verb in ("ignore", "disconnect"):
            if event.verb == "ignore" and not event.reason:
                _fail(where, "reason", "is missing: why is it ignored?")
            continue
        resource = resources.get(event.resource)
        if resource is None:
            _fail(where, "resource", f"{event.resource!r} is none of the connector's")
        if event.verb == "merge" and not (event.into and event.id):
            _fail(where, "into", "and id must say which records went into which")
        if event.verb != "upsert":
            continue
        if event.trust == "refetch" and resource.single is None:
            _fail(where, "trust", f"is refetch, and {resource.name} has no single")
        if event.trust == "payload" and resource.version is None and event.version is None:
            _fail(
                where, "trust", "is payload, and nothing orders it: neither resource nor event has a version"
            )


def _check_registration(connector: "Connector") -> None:
    word = connector.webhooks.registration if connector.webhooks else None
    if word is None:
        return
    where, known = connector.system_type, {one.name for one in connector.all_settings}
    if not word.events:
        _fail(where, "webhooks.registration", "wants no event")
    for request in (word.listing, word.create, word.update, word.renew, word.delete):
        given = {"name"} if request is word.listing else {"name", "id", "url", "events", "secret"}
        for text in _texts(vars(request) if request else None):
            for name in set(template_names(text)) - known - given:
                _fail(where, "webhooks.registration", f"wants {{{name}}}, which is no setting")


def _texts(document: Any) -> Iterator[str]:
    """Yield every text in ``document``, however deep."""
    if isinstance(document, str):
        yield document
    inner = document.values() if isinstance(document, Mapping) else document
    for one in inner if isinstance(inner, Iterable) and not isinstance(inner, str) else ():
        yield from _texts(one)
