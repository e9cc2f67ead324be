"""The listings that one fetch reads: one a resource, or one a parent record; and once more for deleted records."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from integrations_pipelines.contract import (
    MISSING,
    DeletedFlag,
    Delta,
    EventStream,
    Incremental,
    Pages,
    Parent,
    Place,
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
from integrations_pipelines.staging.associating import associated
from integrations_pipelines.staging.client import ThirdParty
from integrations_pipelines.staging.events import Events, Page
from integrations_pipelines.staging.paginators import paginator_for
from integrations_pipelines.staging.records import key_reader

Marks = dict[str, datetime]
_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Resume:
    """The next page of the listing that broke off, and when the reading of it began."""

    parent: str
    gone: bool
    position: str | int
    started: datetime


@dataclass(kw_only=True)
class Places:
    """How far each listing was read, by parent record id ("" without a parent): a water mark, or a token of theirs.

    ``resume``: where a whole listing broke off. ``whole``: when the last one that went through began.
    """

    marks: Marks = field(default_factory=Marks)
    tokens: dict[str, str] = field(default_factory=dict)
    resume: Resume | None = None
    whole: datetime | None = None

    def is_whole_due(self, resource: Resource) -> bool:
        """Return whether it is time to read everything, for what changes do not tell."""
        every = resource.incremental.whole_every if resource.incremental else None
        return every is not None and (self.whole is None or datetime.now(UTC) - self.whole >= every)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """One list to read to its end. ``parent`` is the parent's record id, "" without one; ``given`` is what it gives.

    ``since``: the water mark that was asked for; ``is_delta``: a token was sent; neither: it is everything.
    ``gone``: it lists deleted records. ``events``: its records lie within events.
    """

    request: Request
    records: str
    pages: Pages
    parent: str = ""
    given: Mapping[str, Any] | None = None
    since: datetime | None = None
    is_delta: bool = False
    gone: bool = False
    events: EventStream | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all records there are were asked for."""
        return self.since is None and not self.is_delta


def listings(
    client: ThirdParty, resource: Resource, config: Mapping[str, str], places: Places
) -> Iterator[Listing]:
    """Yield the listings of ``resource``, each asked from its place on. Parents are asked for first."""
    if resource.request is None:
        raise ContractError(f"{resource.name}: has no request; its rows come out of a file")
    for parent, given in _parents(client, resource, config):
        values = {**config, **{name: str(value) for name, value in (given or {}).items()}}
        plain = Listing(
            request=filled_request(resource.request, values),
            records=resource.records,
            pages=resource.pages,
            parent=parent,
            given=given,
        )
        yield _from_place(plain, resource, places, config)
        if isinstance(resource.deleted, SecondListing):
            yield _second(plain, resource.deleted, values)


def _second(plain: Listing, rule: SecondListing, values: Mapping[str, str]) -> Listing:
    """Return the listing of deleted records."""
    request = filled_request(rule.request, values) if rule.request else plain.request
    return replace(
        plain,
        request=replace(request, params={**request.params, **rule.params}),
        records=plain.records if rule.records is None else rule.records,
        pages=rule.pages or plain.pages,
        gone=True,
    )


def filled_request(request: Request, values: Mapping[str, str]) -> Request:
    """Return ``request`` with the names of ``values`` filled in: in its path, parameters, headers, and in those texts
    of its body that are a name alone.
    """
    params = {
        name: _known(value, values) if isinstance(value, str) else value
        for name, value in request.params.items()
    }
    return replace(
        request,
        path=filled(request.path, values),
        params=params,
        headers={name: _known(value, values) for name, value in request.headers.items()},
        json=filled_body(request.json, values),
        form=filled_body(request.form, values),
    )


def _known(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with known names filled in; braces that mean something else stay."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


def names_alone(body: Any) -> Iterator[str]:
    """Yield the names that texts of ``body`` consist of: those that ``filled_body`` fills."""
    if isinstance(body, str) and (found := _NAME.fullmatch(body)):
        yield found[1]
    inner = body.values() if isinstance(body, Mapping) else body if isinstance(body, list | tuple) else ()
    for item in inner:
        yield from names_alone(item)


def filled_body(body: Any, values: Mapping[str, str]) -> Any:
    """Return ``body`` with those of its texts filled that are a name alone, and known."""
    if isinstance(body, Mapping):
        return {key: filled_body(item, values) for key, item in body.items()}
    if isinstance(body, list | tuple):
        return [filled_body(item, values) for item in body]
    return _known(body, values) if isinstance(body, str) and _NAME.fullmatch(body) else body


def read_pages(
    client: ThirdParty,
    resource: Resource,
    listing: Listing,
    limits: Limits,
    start: str | int | None = None,
) -> Iterator[Page]:
    """Yield each page of ``listing``, from the position ``start`` on; records of a parent carry what it gives."""
    paginator = paginator_for(listing.pages, client.base_url, limits.empty_pages)
    if isinstance(resource.changes, Delta):
        paginator.watch(resource.changes.token)
    if start is not None:
        paginator.start_at(start)
    unwrap = _unwrapper(resource, listing)
    for records in client.pages(listing.request, listing.records, paginator, is_list=resource.is_list):
        page = unwrap(records)
        if resource.associations and page.live:
            page = replace(page, live=associated(client, resource, page.live))
        yield replace(page, token=paginator.token, position=paginator.position())


def _unwrapper(resource: Resource, listing: Listing) -> Callable[[list[Any]], Page]:
    """Return the function that makes a page of what an answer holds."""
    if listing.events is not None:
        return Events(listing.events, key_reader(resource)).page

    def page(records: list[Any]) -> Page:
        if listing.given is not None:
            records = [{**one, "_parent": listing.given} if isinstance(one, dict) else one for one in records]
        return Page(live=[], gone=records) if listing.gone else Page(live=records)

    return page


def _from_place(plain: Listing, resource: Resource, places: Places, config: Mapping[str, str]) -> Listing:
    """Return the listing that goes on from where the last run ended; ``plain`` where there is no such place."""
    mark, token = places.marks.get(plain.parent), places.tokens.get(plain.parent)
    match resource.changes:
        case Delta() as delta if token:
            return _from_token(plain, delta, token)
        case EventStream(since=rule, request=request, records=records, pages=pages) as events:
            asked = replace(
                plain, request=filled_request(request, config), records=records, pages=pages, events=events
            )
            found = _since(asked, rule, mark, config)
            return found if found.since is not None else plain
    rule_ = resource.incremental
    if rule_ is None:
        return plain
    searched = replace(
        plain,
        request=filled_request(rule_.request, config) if rule_.request else plain.request,
        records=plain.records if rule_.records is None else rule_.records,
        pages=rule_.pages or plain.pages,
    )
    found = _since(searched, rule_, mark, config)
    return found if found.since is not None or rule_.request is None else plain


def _from_token(plain: Listing, delta: Delta, token: str) -> Listing:
    if delta.into is None:
        return replace(plain, request=replace(plain.request, path=token, params={}), is_delta=True)
    kept = {name: value for name, value in plain.request.params.items() if name not in delta.without}
    return replace(
        plain, request=_with(replace(plain.request, params=kept), delta.into, token), is_delta=True
    )


def _since(listing: Listing, rule: Incremental, mark: datetime | None, config: Mapping[str, str]) -> Listing:
    if mark is not None and rule.look_back is not None and datetime.now(UTC) - mark > rule.look_back:
        mark = None
    if mark is None and rule.start is None:
        return listing
    try:
        text = rule.since(mark, config) if mark is not None else rule.template.format(since=rule.start)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    return replace(listing, request=_with(listing.request, rule.into, text), since=mark)


def _with(request: Request, into: Place, text: str) -> Request:
    match into:
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
    above = replace(client.connector.resource(rule.resource), associations=())
    key_of = key_reader(above)
    found: dict[str, Mapping[str, Any]] = {}
    for listing in listings(client, above, config, Places()):
        if not listing.gone:
            for page in read_pages(client, above, listing, client.limits):
                for one in page.live:
                    if _alive(above, one):
                        found[_parent_id(key_of, one, above)] = _given(rule, one, above)
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
