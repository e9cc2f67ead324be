"""What events say of one resource, as one unit: records out of events, records asked for anew, and tombstones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from integrations_pipelines.contract import MISSING, Request, Resource, value_at
from integrations_pipelines.errors import BodyRejected, RecordRejected, ThirdPartyRefused
from integrations_pipelines.inbox.saying import Said
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.telling import ToldRecords, listed, with_more
from integrations_pipelines.staging.units import Cursor, Unit

if TYPE_CHECKING:
    from integrations_pipelines.staging.client import ThirdParty

_LIMITS = Limits(wait_seconds=20, attempts=4)
OnWait = Callable[[], None]
# By record id, what versions records have; None for one without.
Versions = Callable[[Sequence[str]], Mapping[str, datetime | None]]


def told_unit(
    account: Account,
    resource: Resource,
    told: Sequence[Said],
    cursor: Cursor | None,
    *,
    on_wait: OnWait,
    versions: Versions,
) -> Unit:
    """Return the unit that ``told`` makes, in the order in which the events came.

    Several hints at one record cost one request, made where the last of them stands. ``on_wait`` is called before each,
    ``versions`` for those that the third party does not have.
    Raise what ``errors`` knows of a third party that cannot be asked; one record that it refuses is set aside.
    """
    records, found = ToldRecords(resource, cursor), list[Any]()
    hints = {
        _key(request): n for n, one in enumerate(told) for request, _ in _requests(account, resource, one)
    }
    with ExitStack() as stack:
        client: ThirdParty | None = None
        for n, one in enumerate(told):
            try:
                _take_told(records, one)
                for request, key in _requests(account, resource, one):
                    if hints.get(_key(request)) == n:
                        from integrations_pipelines.staging.client import third_party

                        on_wait()
                        client = client or stack.enter_context(third_party(account, _LIMITS))
                        found += _asked(client, records, resource, one, request, key)
                        hints[_key(request)] = -1
            except RecordRejected as error:
                records.reject(one.value, error)
        if client is not None:
            _take_found(client, records, resource, found)
    if records.absent:
        records.bury(versions(records.absent))
    return records.unit()


def _take_told(records: ToldRecords, one: Said) -> None:
    """Take what the event says by itself. Raises ``RecordRejected``."""
    if one.event.verb in ("delete", "privacy", "merge"):
        moment = one.moment or one.waiting.received_at
        for key in _named(one):
            if key != one.into:
                records.gone(key, version=moment)
                if one.event.verb == "merge" and one.into:
                    records.merge(key, one.into)
    elif one.event.trust == "payload":
        found = value_at(one.value, one.event.record)
        if found is MISSING or found is None:
            raise RecordRejected(f"the event holds no record at {one.event.record!r}")
        for record in listed(found):
            records.take(with_more(record, one.more), version=one.moment)


def _named(one: Said) -> list[str]:
    if not one.ids or not all(one.ids):
        raise RecordRejected(f"the event does not say which record it means ({', '.join(one.event.id)})")
    return one.ids


def _requests(account: Account, resource: Resource, one: Said) -> Iterator[tuple[Request, str]]:
    """Yield what has to be asked for because of the event, with the record id where the event says it."""
    if one.event.verb == "merge":
        ids = [one.into]
    elif one.event.verb == "upsert" and one.event.trust == "refetch":
        ids = one.ids or [""]
    else:
        return
    # Hints alone need dlt's REST client, which takes half a second to import.
    from integrations_pipelines.staging.single import single_request

    config = account.connector.configured(account.config)
    for key in ids:
        given = {**one.given, **({"id": key} if key else {})}
        try:
            if resource.single is not None:
                yield single_request(resource, config, given), key
        except RecordRejected:
            # Said once more, and then as the event's own fault, where it is its turn.
            if not key or one.event.verb == "merge":
                continue
            raise


def _key(request: Request) -> tuple[Any, ...]:
    asked = tuple(sorted((name, str(value)) for name, value in request.params.items()))
    return request.path, asked, str(request.json)


def _asked(
    client: "ThirdParty", records: ToldRecords, resource: Resource, one: Said, request: Request, key: str
) -> list[Any]:
    """Return the record as it is now, alone in a list; none where there is none."""
    from integrations_pipelines.staging.single import Gone, answered_as, ask_single

    try:
        found = ask_single(client, resource, request)
    except (ThirdPartyRefused, BodyRejected) as error:
        # This record's trouble, not the account's: those behind it go on.
        raise RecordRejected(str(error)) from error
    if isinstance(found, Gone):
        if key:
            records.absent.append(key)
        return []
    own = answered_as(resource, found, key)
    if key and own != key:
        records.gone(key, version=datetime.now(UTC))
        records.merge(key, own)
    return [with_more(found, one.more)]


def _take_found(client: "ThirdParty", records: ToldRecords, resource: Resource, found: Sequence[Any]) -> None:
    """Take what was asked for, with its associations, all at once; one by one where that is refused."""
    from integrations_pipelines.staging.associating import associated

    try:
        whole = associated(client, resource, found)
    except (ThirdPartyRefused, BodyRejected) as error:
        if len(found) == 1:
            records.reject(found[0], RecordRejected(str(error)))
        for one in found if len(found) > 1 else ():
            _take_found(client, records, resource, [one])
        return
    for record in whole:
        records.take(record)
