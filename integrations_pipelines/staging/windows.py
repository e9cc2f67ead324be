"""Reads one window of a resource: what lies within a half-open span of time, as units."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from integrations_pipelines.contract import BodyField, Header, Param, Place, Request, Resource, placed_at
from integrations_pipelines.errors import ConfigurationError, NotFound
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import third_party
from integrations_pipelines.staging.collecting import Collector
from integrations_pipelines.staging.listings import Listing, Places, filled_request, listings, read_pages
from integrations_pipelines.staging.units import Unit

_DEFAULT = Limits()


def require_window(resource: Resource, title: str) -> None:
    """Raise ``NotFound`` where the API has no question for a span of time."""
    if resource.window is None:
        why = f" ({resource.no_window})" if resource.no_window else ""
        raise NotFound(
            f"{title}: {resource.name} cannot be asked for a span of time{why}; "
            "`integrations sync --full` reads all of it"
        )


def fetch_window(
    account: Account, resource: Resource, *, from_: datetime, to: datetime, limits: Limits = _DEFAULT
) -> Iterator[Unit]:
    """Yield units until all that lies from ``from_`` up to and without ``to`` was read; no unit holds a place.

    A window that breaks off is read again as a whole; what landed of it is then found unchanged. Raise ``NotFound``
    where the API has no window, and else as ``fetch`` does.
    """
    require_window(resource, account.name)
    name = f"{account.name} {resource.name} {from_:%Y-%m-%d} to {to:%Y-%m-%d}"
    plain = replace(resource, incremental=None, changes=None)
    collector = Collector(resource, limits, name)
    with third_party(account, limits) as client:
        for listing in listings(client, plain, client.settings, Places()):
            if listing.gone:
                continue  # What is deleted has no span: the live poll lists it.
            asked = _spanned(listing, resource, (from_, to), client.settings)
            try:
                for page in read_pages(client, plain, asked, limits):
                    collector.take_page(page.live)
                    if collector.is_full():
                        yield from collector.unit(cursor=None, complete=False)
            except NotThere:
                if not listing.parent:
                    raise
        yield from collector.unit(cursor=None, complete=False)


def _spanned(
    listing: Listing, resource: Resource, span: tuple[datetime, datetime], config: Mapping[str, str]
) -> Listing:
    window = resource.window
    assert window is not None  # noqa: S101 - require_window was asked
    try:
        written = window.written(*span, config)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    request = filled_request(window.request, config) if window.request else listing.request
    for place, text in written:
        request = _placed(request, place, text)
    records = listing.records if window.records is None else window.records
    return replace(listing, request=request, records=records, pages=window.pages or listing.pages)


def _placed(request: Request, place: Place, text: str) -> Request:
    match place:
        case Param(name=name):
            return replace(request, params={**request.params, name: text})
        case BodyField(path=path):
            return replace(request, json=placed_at(dict(request.json or {}), path, text))
        case Header(name=name):
            return replace(request, headers={**request.headers, name: text})
