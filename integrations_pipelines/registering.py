"""Webhooks at the third party as a state that is wanted: what is there is read, what differs is named, and made so.

A secret that we choose is sealed before it is sent, so that none is ever at the third party and not here; one that the
third party chooses is sealed from its answer. Which version a webhook has is remembered with the source system: a
secret that was changed here since is sent again.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from integrations_pipelines.contract import Registration, Webhooks
from integrations_pipelines.egress import leads_to_us
from integrations_pipelines.errors import ConfigurationError, NotFound
from integrations_pipelines.hub import Hub, account_of, audited
from integrations_pipelines.inbox.doors import path_of, webhooks_of
from integrations_pipelines.registry.inbox import registered_words, set_webhook_words
from integrations_pipelines.registry.sources import Source, source_of
from integrations_pipelines.staging.hooks import Hook, Hooks, hooks_of
from integrations_pipelines.vault import (
    SecretValue,
    credentials_of,
    list_credentials,
    record,
    set_credential,
)

_SECRET_BYTES = 32
_CHANGED = {"address", "inactive", "events", "secret"}


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What is known here: the version of the secret that is active (0: none), and which webhook has which."""

    version: int
    hook: str = ""
    sent: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the webhooks of a source system stand at its third party: ``hooks`` are ours, the one to keep first.

    ``off``: what differs from what is wanted, each by its name and as a sentence.
    """

    url: str
    wanted: tuple[str, ...]
    hooks: tuple[Hook, ...]
    off: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What `register` did, a word each, and how it stands afterwards."""

    did: tuple[str, ...]
    standing: Standing


def address_of(source: Source, base_url: str | None) -> str:
    """Return where the third party shall send: at ``base_url``, else where it was told to last.

    Raise ``ConfigurationError`` for a base that it cannot reach.
    """
    base_url = base_url or registered_words(source).get("base_url")
    if not base_url:
        raise ConfigurationError(
            "where do third parties reach us? Set INTEGRATIONS_PUBLIC_URL, or give --url"
        )
    parts = urlsplit(base_url)
    if not leads_to_us(parts):
        raise ConfigurationError(f"{base_url!r} is no address for webhooks: https://hub.example.com")
    return base_url.rstrip("/").removesuffix(path_of(source.uuid)) + path_of(source.uuid)


def standing_of(hub: Hub, key: str, base_url: str | None) -> Standing:
    """Return how the webhooks of ``key`` stand. Raise as ``register``."""
    with opened(hub, key) as (source, webhooks, hooks):
        return _standing(hub, source, webhooks, hooks.found(), address_of(source, base_url))


def register(hub: Hub, key: str, base_url: str | None, *, actor: str, new_secret: bool = False) -> Registered:
    """Make the webhooks of ``key`` what is wanted, and say what that took: nothing, where they are.

    ``new_secret``: another one is chosen, and the former accepted for a day more. Raise ``NotFound`` where the
    connector cannot set up webhooks, ``ConfigurationError`` without an address, and what ``errors`` knows of a
    third party.
    """
    with opened(hub, key) as (source, webhooks, hooks):
        url = address_of(source, base_url)
        keeper = _Keeper(hub, source, webhooks, hooks, url, actor=actor)
        did = keeper.keep(_standing(hub, source, webhooks, hooks.found(), url), new_secret=new_secret)
        with hub.engine.begin() as connection:
            source = source_of(connection, key)
        return Registered(did=did, standing=_standing(hub, source, webhooks, hooks.found(), url))


def ours_of(hub: Hub, key: str) -> list[Hook]:
    """Return the webhooks at the third party of ``key`` that lead to us. Raise as ``register``."""
    with opened(hub, key) as (source, _, hooks):
        return ours_among(source, hooks.found())


def told(hook: Hook) -> dict[str, Any]:
    """Return what may be shown of ``hook``: all but what the third party says besides."""
    return {
        "id": hook.key,
        "url": hook.url,
        "events": list(hook.events),
        "is_active": hook.is_active,
        "expires_at": hook.expires_at,
    }


def unregister(hub: Hub, key: str, *, actor: str) -> int:
    """Remove the webhooks of ``key`` at its third party; return how many there were. The secret stays here."""
    with opened(hub, key) as (source, _, hooks):
        found = ours_among(source, hooks.found())
        for hook in found:
            hooks.remove(hook)
        with audited(hub, actor) as connection:
            set_webhook_words(connection, source_of(connection, key), {"registered": None, "checked": None})
            record(connection, hub.keys, "webhook.unregister", key, {"removed": len(found)})
    return len(found)


class _Keeper:
    """Makes one source system's webhooks what is wanted."""

    def __init__(
        self, hub: Hub, source: Source, webhooks: Webhooks, hooks: Hooks, url: str, *, actor: str
    ) -> None:
        self._hub, self._source, self._webhooks, self._hooks = hub, source, webhooks, hooks
        self._key, self._url, self._actor = source.system_key, url, actor
        self._word = _word(source, webhooks)

    def keep(self, standing: Standing, *, new_secret: bool) -> tuple[str, ...]:
        if not standing.hooks:
            self._make(standing.url, self._word.events, new_secret)
            return ("created",)
        first, surplus = standing.hooks[0], standing.hooks[1:]
        did = []
        if new_secret or standing.off.keys() & _CHANGED:
            did.append(self._change(standing, first, new_secret))
        if "expires" in standing.off and "replaced" not in did:
            did.append(self._prolong(standing, first))
        for one in surplus:
            self._hooks.remove(one)
            did.append("removed a second one")
        return tuple(did)

    def _change(self, standing: Standing, hook: Hook, new_secret: bool) -> str:
        events = _all_of(self._word, hook.events)
        chosen_there = bool(self._word.secret)
        if self._word.update is None or (chosen_there and (new_secret or "secret" in standing.off)):
            # The new one first: nothing is missed, and what comes twice is taken once.
            self._make(standing.url, events, new_secret)
            self._hooks.remove(hook)
            return "replaced"
        version, secret = (self._sealed().version, "") if chosen_there else self._chosen(new_secret)
        self._hooks.change(hook, standing.url, events, secret)
        self._remember(hook.key, version)
        return "repaired"

    def _prolong(self, standing: Standing, hook: Hook) -> str:
        if self._word.renew is not None:
            self._hooks.renew(hook)
            return "renewed"
        return self._change(standing, hook, new_secret=False)

    def _make(self, url: str, events: tuple[str, ...], new_secret: bool) -> None:
        version, secret = (0, "") if self._word.secret else self._chosen(new_secret)
        made, chosen = self._hooks.make(url, events, secret)
        self._remember(made, version, SecretValue(chosen) if chosen else None)

    def _chosen(self, new_secret: bool) -> tuple[int, str]:
        """Return version and plaintext of our secret; a new one is sealed for good before anybody gets it."""
        name = self._webhooks.secret
        if new_secret or not self._sealed().version:
            value = SecretValue(secrets.token_urlsafe(_SECRET_BYTES))
            with audited(self._hub, self._actor) as connection:
                return set_credential(connection, self._hub.keys, self._key, name, value), value.reveal()
        with self._hub.engine.begin() as connection:
            held = credentials_of(connection, self._hub.keys, self._key)
        return self._sealed().version, held.reveal(name)

    def _remember(self, hook: str, version: int, chosen: SecretValue | None = None) -> None:
        with audited(self._hub, self._actor) as connection:
            if chosen is not None:
                name = self._webhooks.secret
                version = set_credential(connection, self._hub.keys, self._key, name, chosen)
            base = self._url.removesuffix(path_of(self._source.uuid))
            words = {"registered": {"id": hook, "secret_version": version, "base_url": base}}
            set_webhook_words(connection, source_of(connection, self._key), words)
            record(connection, self._hub.keys, "webhook.register", self._key, {"secret_version": version})

    def _sealed(self) -> Sealed:
        with self._hub.engine.begin() as connection:
            return _sealed(connection, source_of(connection, self._key), self._webhooks)


@contextmanager
def opened(hub: Hub, key: str) -> Iterator[tuple[Source, Webhooks, Hooks]]:
    """Give the source system ``key``, what its connector says of webhooks, and those at its third party.

    Raises ``NotFound`` where the connector cannot set up webhooks.
    """
    with hub.engine.begin() as connection:
        source = source_of(connection, key)
    webhooks = webhooks_of(source)
    if webhooks is None:
        raise NotFound(f"{key}: the connector {source.system_type} knows of no webhooks")
    if webhooks.registration is None:
        raise NotFound(f"{key}: webhooks of {source.system_type} are set up by hand; see: webhook show {key}")
    name = f"integrations {key}"
    with hooks_of(account_of(hub, source), webhooks.registration, name) as hooks:
        yield source, webhooks, hooks


def _word(source: Source, webhooks: Webhooks) -> Registration:
    if webhooks.registration is None:
        raise NotFound(f"{source.system_key}: nothing says how its webhooks are set up")
    return webhooks.registration


def _sealed(connection: Connection, source: Source, webhooks: Webhooks) -> Sealed:
    held = list_credentials(connection, source.system_key)
    active = [one.version for one in held if (one.name, one.state) == (webhooks.secret, "active")]
    known = registered_words(source)
    version = active[0] if active else 0
    return Sealed(version=version, hook=known.get("id", ""), sent=known.get("secret_version", 0))


def _standing(hub: Hub, source: Source, webhooks: Webhooks, found: Sequence[Hook], url: str) -> Standing:
    word = _word(source, webhooks)
    with hub.engine.begin() as connection:
        sealed = _sealed(connection, source_of(connection, source.system_key), webhooks)
    ours = ours_among(source, found)
    hooks = tuple(sorted(ours, key=lambda one: (one.key != sealed.hook, one.url != url, one.key)))
    now = datetime.now(UTC)
    return Standing(url=url, wanted=word.events, hooks=hooks, off=off(word, hooks, url, sealed, now))


def ours_among(source: Source, found: Sequence[Hook]) -> list[Hook]:
    """Return the webhooks that lead to ``source``, at whatever host: its path is nobody else's."""
    return [one for one in found if urlsplit(one.url).path.endswith(path_of(source.uuid))]


def off(word: Registration, hooks: Sequence[Hook], url: str, sealed: Sealed, now: datetime) -> dict[str, str]:
    """Return what differs from what is wanted, each by its name and as a sentence; {} where all is well."""
    if not hooks:
        return {"missing": "there is none at the third party"}
    first = hooks[0]
    lacking = [] if {*first.events} & {*word.everything} else sorted({*word.events} - {*first.events})
    said = {
        "address": f"it sends to {first.url}" if first.url != url else "",
        "inactive": "" if first.is_active else "it is switched off",
        "events": f"it does not tell of {', '.join(lacking)}" if lacking else "",
        "expires": _ending(word, first, now),
        "secret": "" if _knows(word, sealed, first) else "nobody can say that it has the secret set here",
        "surplus": f"there are {len(hooks)}, and each event comes as often" if len(hooks) > 1 else "",
    }
    return {name: sentence for name, sentence in said.items() if sentence}


def _ending(word: Registration, hook: Hook, now: datetime) -> str:
    if hook.expires_at is None or hook.expires_at > now + word.renew_before:
        return ""
    verb = "has expired" if hook.expires_at <= now else "expires"
    return f"it {verb} at {hook.expires_at:%Y-%m-%d %H:%M} UTC"


def _knows(word: Registration, sealed: Sealed, hook: Hook) -> bool:
    """Return whether the secret that is active here is the one that ``hook`` signs with, as far as can be known."""
    if word.secret:
        return bool(sealed.version) and sealed.hook in ("", hook.key)
    return bool(sealed.version) and (sealed.hook, sealed.sent) == (hook.key, sealed.version)


def _all_of(word: Registration, told: Sequence[str]) -> tuple[str, ...]:
    """Return the events wanted and those that somebody added; nobody's are taken away."""
    every = [one for one in told if one in word.everything]
    return tuple(every or dict.fromkeys((*word.events, *told)))
