"""The listings that one fetch reads: one a resource, or one a parent record; and once more for deleted records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from integrations_pipelines.contract import (
    MISSING,
    DeletedFlag,
    Incremental,
    Parent,
    Request,
    Resource,
    SecondListing,
    filled,
    placed_at,
    value_at,
)
from integrations_pipelines.contract.pages import BodyField, Header, Param
from integrations_pipelines.errors import BodyRejected, ConfigurationError, ContractError, RecordRejected
from integrations_pipelines.staging.account import Limits
from integrations_pipelines.staging.client import ThirdParty
from integrations_pipelines.staging.paginators import paginator_for
from integrations_pipelines.staging.records import key_reader

Marks = dict[str, datetime]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list to read to its end. ``parent`` is the parent's record id, "" without one; ``given`` is what it gives.

    ``since``: the water mark that was asked for; None: everything. ``gone``: it lists deleted records.
    """

    request: Request
    parent: str = ""
    given: Mapping[str, Any] | None = None
    since: datetime | None = None
    gone: bool = False


def listings(
    client: ThirdParty, resource: Resource, config: Mapping[str, str], marks: Marks
) -> Iterator[Listing]:
    """Yield the listings of ``resource``, each asked from its water mark on. Parents are asked for first."""
    if resource.request is None:
        raise ContractError(f"{resource.name}: has no request; its rows come out of a file")
    for parent, given in _parents(client, resource, config):
        values = {**config, **{name: str(value) for name, value in (given or {}).items()}}
        request = replace(resource.request, path=filled(resource.request.path, values))
        plain = Listing(request=request, parent=parent, given=given)
        yield _since(plain, resource.incremental, marks.get(parent), config)
        if isinstance(resource.deleted, SecondListing):
            second = replace(request, params={**request.params, **resource.deleted.params})
            yield replace(plain, request=second, gone=True)


def read_pages(
    client: ThirdParty, resource: Resource, listing: Listing, limits: Limits
) -> Iterator[list[Any]]:
    """Yield the records of each page of ``listing``; those of a parent carry what it gives, under ``_parent``."""
    paginator = paginator_for(resource.pages, client.base_url, limits.empty_pages)
    for page in client.pages(listing.request, resource.records, paginator):
        if listing.given is None:
            yield page
        else:
            yield [{**one, "_parent": listing.given} if isinstance(one, dict) else one for one in page]


def _since(
    listing: Listing, rule: Incremental | None, mark: datetime | None, config: Mapping[str, str]
) -> Listing:
    if rule is None:
        return listing
    if mark is not None and rule.look_back is not None and datetime.now(UTC) - mark > rule.look_back:
        mark = None
    try:
        text = rule.since(mark, config) if mark is not None else rule.template.format(since=rule.start)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    if mark is None and rule.start is None:
        return listing
    return replace(listing, request=_with(listing.request, rule, text), since=mark)


def _with(request: Request, rule: Incremental, text: str) -> Request:
    match rule.into:
        case Param(name=name):
            return replace(request, params={**request.params, name: text})
        case BodyField(path=path):
            return replace(request, json=placed_at(dict(request.json or {}), path, text))
        case Header(name=name):
            return replace(request, headers={**request.headers, name: text})


def _parents(
    client: ThirdParty, resource: Resource, config: Mapping[str, str]
) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    rule = resource.parent
    if rule is None:
        yield "", None
        return
    above = client.connector.resource(rule.resource)
    key_of = key_reader(above)
    found: dict[str, Mapping[str, Any]] = {}
    for listing in listings(client, above, config, {}):
        if not listing.gone:
            for page in read_pages(client, above, listing, client.limits):
                found.update(
                    {
                        _parent_id(key_of, one, above): _given(rule, one, above)
                        for one in page
                        if _alive(above, one)
                    }
                )
    # Read whole before the first child is asked for: a parent's cursor may not live as long as its children take.
    yield from found.items()


def _alive(resource: Resource, record: Any) -> bool:
    return not (isinstance(resource.deleted, DeletedFlag) and resource.deleted.tells(record))


def _parent_id(key_of: Any, record: Any, resource: Resource) -> str:
    try:
        return str(key_of(record))
    except RecordRejected as error:
        raise BodyRejected(
            f"{resource.name}: a record that has lists below it cannot be read: {error}"
        ) from error


def _given(rule: Parent, record: Any, resource: Resource) -> Mapping[str, Any]:
    given = {name: value_at(record, path) for name, path in rule.gives.items()}
    for name, value in given.items():
        if value is MISSING or value is None or isinstance(value, dict | list):
            raise BodyRejected(
                f"{resource.name}: a record has no {rule.gives[name]!r}, which the lists below it need"
            )
    return given
