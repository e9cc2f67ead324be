"""Sees which records a third party still has: ids alone, page by page; and whether a missing one is really gone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from integrations_pipelines.contract import Resource
from integrations_pipelines.errors import BodyRejected, NotFound, RecordRejected
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import third_party
from integrations_pipelines.staging.listings import Listing, Places, listings, read_pages
from integrations_pipelines.staging.records import key_reader
from integrations_pipelines.staging.single import Gone, answered_as, ask_single, single_request

_DEFAULT = Limits()


def is_swept(resource: Resource) -> bool:
    """Whether records can vanish from this list unseen, so that it has to be swept."""
    if resource.request is None or resource.sweep is not None:
        return resource.sweep is not None
    return resource.full and resource.deleted is None and resource.changes is None


def require_sweep(resource: Resource, title: str) -> None:
    """Raise ``NotFound`` where absence from the list proves nothing."""
    if resource.request is None or not (resource.full or resource.sweep):
        raise NotFound(
            f"{title}: {resource.name} lists no complete set of records: nothing can be missing from it"
        )


def listed_ids(account: Account, resource: Resource, limits: Limits = _DEFAULT) -> Iterator[Sequence[str]]:
    """Yield the record ids of each page, to the end of the list.

    Raise ``BodyRejected`` for a record that has no id, and else as ``fetch`` does: then nothing may be inferred.
    """
    plain = replace(resource, incremental=None, changes=None, deleted=None, associations=())
    key_of = key_reader(resource)
    with third_party(account, limits) as client:
        for listing in listings(client, plain, client.settings, Places()):
            try:
                for page in read_pages(client, plain, _cheaper(listing, resource), limits):
                    yield [_id_of(key_of, record, account, resource) for record in page.live]
            except NotThere:
                # A parent that has no such list has no such records; anything else that is not there is an error.
                if not listing.parent:
                    raise


def ask_for(
    account: Account, resource: Resource, ids: Sequence[str], limits: Limits = _DEFAULT
) -> Iterator[tuple[str, str | None]]:
    """Yield for each of ``ids``, asked one by one, the id that it answers as: None where it is gone, another one where
    it was merged; nothing where the API has no such question.
    """
    if resource.single is None:
        return
    with third_party(account, limits) as client:
        for one in ids:
            try:
                request = single_request(resource, client.settings, {"id": one})
            except RecordRejected:
                return  # It wants more than the id.
            found = ask_single(client, resource, request)
            yield one, None if isinstance(found, Gone) else answered_as(resource, found, one)


def _cheaper(listing: Listing, resource: Resource) -> Listing:
    rule = resource.sweep
    if rule is None:
        return listing
    request = replace(listing.request, params={**listing.request.params, **rule.params})
    return replace(listing, request=request, pages=rule.pages or listing.pages)


def _id_of(key_of: object, record: object, account: Account, resource: Resource) -> str:
    assert callable(key_of)  # noqa: S101 - key_reader gives a function
    try:
        return str(key_of(record))
    except RecordRejected as error:
        raise BodyRejected(
            f"{account.name} {resource.name}: a record without an id: the sweep would miss it"
        ) from error
