"""Webhooks as a third party has them set up: listed, made, changed, renewed, removed, by what its connector says."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations_pipelines.contract import MISSING, Pages, Redelivery, Registration, Request, value_at
from integrations_pipelines.errors import BodyRejected, ThirdPartyRefused
from integrations_pipelines.staging.account import Account, Limits
from integrations_pipelines.staging.answers import NotThere
from integrations_pipelines.staging.client import ThirdParty, third_party
from integrations_pipelines.staging.paginators import paginator_for

_SHORT = Limits(wait_seconds=20, attempts=4, request_seconds=30)


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A webhook as the third party shows it. ``id`` is its own writing of it; ``expires_at``: None: it never does."""

    id: Any
    url: str
    events: tuple[str, ...]
    is_active: bool
    expires_at: datetime | None

    @property
    def key(self) -> str:
        """The id as it stands in an address."""
        return str(self.id).rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt of a third party to deliver; ``key`` is the delivery's, the same in each of its attempts."""

    id: Any
    key: str
    event: str
    at: datetime
    is_delivered: bool


class Hooks:
    """The webhooks of one account. ``name`` is what people see there of ours."""

    def __init__(self, client: ThirdParty, word: Registration, name: str) -> None:
        self._client, self._word, self._name = client, word, name

    def found(self) -> list[Hook]:
        """Return every webhook that is set up, ours and others'. Raise what ``errors`` knows of a third party."""
        word = self._word
        try:
            return [self._hook(one) for one in self.listed(word.listing, word.pages, word.hooks, {})]
        except (NotThere, ThirdPartyRefused) as error:
            hint = f" To set up webhooks takes: {word.needs}" if word.needs else ""
            raise type(error)(f"{error}{hint}") from None

    def listed(self, request: Request, pages: Pages, place: str, given: Mapping[str, Any]) -> Iterator[Any]:
        """Yield what stands in the pages of ``request``."""
        client = self._client
        paginator = paginator_for(pages, client.base_url, client.limits.empty_pages)
        for page in client.pages(self._filled(request, given), place, paginator):
            yield from page

    def make(self, url: str, events: tuple[str, ...], secret: str) -> tuple[str, str]:
        """Set one up; return its id as in addresses, and the secret that the third party chose, "" where we do."""
        answer = self.ask(self._word.create, {"url": url, "events": events, "secret": secret})
        made = value_at(answer, self._word.made)
        chosen = value_at(made, self._word.secret) if self._word.secret else ""
        if not isinstance(chosen, str) or (self._word.secret and not chosen):
            raise BodyRejected(f"{self._client.account.name}: the new webhook came without its secret")
        return self._hook(made).key, chosen

    def change(self, hook: Hook, url: str, events: tuple[str, ...], secret: str) -> None:
        """Set address, events and secret of ``hook``, and let it work."""
        assert self._word.update is not None  # noqa: S101 - asked before
        self.ask(self._word.update, {**_of(hook), "url": url, "events": events, "secret": secret})

    def renew(self, hook: Hook) -> None:
        """Let ``hook`` live longer."""
        assert self._word.renew is not None  # noqa: S101 - asked before
        self.ask(self._word.renew, {**_of(hook), "url": hook.url, "events": hook.events})

    def remove(self, hook: Hook) -> None:
        """Remove ``hook``; one that is gone already is removed."""
        try:
            self.ask(self._word.delete, _of(hook))
        except NotThere:
            return

    def attempts(self, hook: Hook, since: datetime) -> Iterator[Attempt]:
        """Yield what the third party tried to deliver to ``hook`` from ``since`` on, the newest first."""
        word = self._word.redelivery
        assert word is not None  # noqa: S101 - asked before
        for found in self.listed(word.listing, word.pages, word.deliveries, _of(hook)):
            one = self._attempt(word, found)
            if one.at < since:
                return
            yield one

    def try_again(self, hook: Hook, attempt: Attempt) -> None:
        """Have the third party deliver once more what ``attempt`` did not bring."""
        assert self._word.redelivery is not None  # noqa: S101 - asked before
        self.ask(self._word.redelivery.attempt, {**_of(hook), "delivery": attempt.id})

    def _attempt(self, word: Redelivery, found: Any) -> Attempt:
        number, key, at = (value_at(found, path) for path in (word.id, word.key, word.at.path))
        if {MISSING, None} & {number, key, at}:
            raise BodyRejected(f"{self._client.account.name}: a delivery is listed without its id or time")
        return Attempt(
            id=number,
            key=str(key),
            event=str(value_at(found, word.event)),
            at=word.at.read(at),
            is_delivered=str(value_at(found, word.status)).lower() == word.delivered.lower(),
        )

    def ask(self, request: Request, given: Mapping[str, Any]) -> Any:
        """Return the answer to ``request``, filled; a secret that it holds is kept out of errors."""
        if secret := given.get("secret"):
            self._client.hide(str(secret))
        request = self._filled(request, given)
        # Filled already: braces in it must not be read as a template once more.
        return self._client.ask(replace(request, path=request.path.replace("{", "{{").replace("}", "}}")))

    def _filled(self, request: Request, given: Mapping[str, Any]) -> Request:
        values = {**self._client.settings, "name": self._name, **given}
        parts = {name: quote(str(value), safe="") for name, value in values.items()}
        return replace(
            request,
            path=request.path.format_map(parts),
            params=_filled(request.params, values),
            json=_filled(request.json, values),
            form=_filled(request.form, values),
        )

    def _hook(self, found: Any) -> Hook:
        word = self._word
        number, url = value_at(found, word.id), value_at(found, word.url)
        if number in (MISSING, None, ""):
            raise BodyRejected(f"{self._client.account.name}: a webhook is listed without {word.id!r}")
        told = value_at(found, word.told_of)
        return Hook(
            id=number,
            url=url if isinstance(url, str) else "",
            events=tuple(str(one) for one in told) if isinstance(told, list) else (),
            is_active=not word.state or str(value_at(found, word.state)).lower() == word.active.lower(),
            expires_at=self._expiry(found),
        )

    def _expiry(self, found: Any) -> datetime | None:
        expires = self._word.expires
        told = value_at(found, expires.path) if expires else None
        return expires.read(told) if expires and told not in (MISSING, None) else None


@contextmanager
def hooks_of(account: Account, word: Registration, name: str) -> Iterator[Hooks]:
    """Give the webhooks of ``account``; its connections are closed afterwards."""
    with third_party(account, _SHORT) as client:
        yield Hooks(client, word, name)


def _of(hook: Hook) -> dict[str, Any]:
    return {"id": hook.key if isinstance(hook.id, str) else hook.id}


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    match template:
        case str() if template[:1] == "{" and template[1:-1] in values:
            value = values[template[1:-1]]
            return list(value) if isinstance(value, tuple) else value
        case str():
            return template.format_map(dict(values))
        case Mapping():
            return {name: _filled(one, values) for name, one in template.items()}
        case list() | tuple():
            return [_filled(one, values) for one in template]
        case _:
            return template
