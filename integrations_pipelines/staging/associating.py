"""Puts into records what the third party keeps apart from them, asked for by their ids: a page at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations_pipelines.contract import MISSING, Association, Request, Resource, placed_at, value_at
from integrations_pipelines.errors import BodyRejected, CursorRepeats
from integrations_pipelines.staging.client import ThirdParty
from integrations_pipelines.staging.records import canonical_json

_MOST_ROUNDS = 1000
Asked = Mapping[str, Any]


def associated(client: ThirdParty, resource: Resource, records: Sequence[Any]) -> list[Any]:
    """Return ``records`` with their associations; what has no id stays as it is, for whoever rejects it.

    Raise what ``errors`` knows of a third party, and ``BodyRejected`` for an answer that leaves associations open.
    """
    found = list(records)
    for rule in resource.associations:
        ids = [_id_of(rule, one) for one in found]
        known = _read(client, resource, rule, [one for one in dict.fromkeys(ids) if one])
        found = [
            placed_at(one, rule.into, known[key]) if key else one for one, key in zip(found, ids, strict=True)
        ]
    return found


def _id_of(rule: Association, record: Any) -> str:
    found = value_at(record, rule.id)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _read(
    client: ThirdParty, resource: Resource, rule: Association, ids: Sequence[str]
) -> dict[str, list[Any]]:
    """Return what each of ``ids`` is associated with, in one order whatever theirs."""
    found: dict[str, list[Any]] = {one: [] for one in ids}
    waiting: list[Asked] = [{rule.id_as: one} for one in ids]
    for _ in range(_MOST_ROUNDS):
        if not waiting:
            return {key: sorted(some, key=canonical_json) for key, some in found.items()}
        asked, waiting = waiting[: rule.largest], waiting[rule.largest :]
        body = client.ask(_request(rule, asked))
        name = f"{client.account.name} {resource.name} {rule.into}"
        _refuse_errors(rule, body, name)
        for key, some, more in _answers(rule, body, name):
            found.setdefault(key, []).extend(some)
            waiting += [{rule.id_as: key, rule.after: more}] if more else []
    raise CursorRepeats(f"{client.account.name} {resource.name} {rule.into}: more and more is promised")


def _request(rule: Association, asked: Sequence[Asked]) -> Request:
    body = placed_at(dict(rule.request.json or {}), rule.ids, [dict(one) for one in asked])
    return replace(rule.request, json=body)


def _answers(rule: Association, body: Any, name: str) -> Iterator[tuple[str, list[Any], Any]]:
    """Yield (id, what it is associated with, where that goes on or "")."""
    listed = value_at(body, rule.records)
    if not isinstance(listed, list):
        raise BodyRejected(f"{name}: there is no list at {rule.records!r}")
    for one in listed:
        key, some = value_at(one, rule.key), value_at(one, rule.found)
        if not isinstance(key, str | int) or not isinstance(some, list):
            raise BodyRejected(f"{name}: an answer has no {rule.key!r}, or no list at {rule.found!r}")
        more = value_at(one, rule.next) if rule.next else MISSING
        yield str(key), some, more if isinstance(more, str | int) else ""


def _refuse_errors(rule: Association, body: Any, name: str) -> None:
    """An id that could not be answered has associations that nobody knows: it must not read as having none."""
    told = value_at(body, rule.errors) if rule.errors else MISSING
    for one in told if isinstance(told, list) else ():
        words = {value_at(one, path) for path in rule.reason.split("|")}
        if rule.none.isdisjoint(words):
            said = ", ".join(sorted(word for word in words if isinstance(word, str))) or "no reason given"
            raise BodyRejected(f"{name}: not all could be read: {said[:200]}")
