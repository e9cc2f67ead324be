"""What a third party's webhooks say, as data: how they are signed, what an event's type is, and what each type means.

A connector has ``webhooks=Webhooks(...)``. The receiver needs its scheme, ``delivery`` and ``handshakes``; the worker
that empties the inbox needs ``events``. How to write one: docs/how-to/receive-webhooks.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from integrations_pipelines.contract.pages import BodyField, Header
from integrations_pipelines.contract.registration import Registration
from integrations_pipelines.contract.rules import Version
from integrations_pipelines.contract.signatures import Scheme

Verb = Literal["upsert", "delete", "merge", "privacy", "pull", "disconnect", "ignore"]
Trust = Literal["payload", "refetch"]
Told = Header | BodyField
MEBIBYTE = 1_048_576


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Event:
    """What events of some types say of records of ``resource``. The first that matches an event decides.

    ``types``: patterns (``issues.*``) over the event's type, as ``Webhooks.type`` puts it together.

    ``verb``: ``upsert``: it is there, or changed. ``delete``: it is gone. ``merge``: the records ``id`` went into the
    one at ``into``. ``privacy``: somebody's data has to go: the record is gone, and its landed payloads are emptied.
    ``pull``: the list changed in a way that an event does not say; it is read anew. ``disconnect``: the third party
    let go of us: the source system is switched off. ``ignore``: nothing, for ``reason``.

    ``trust``: ``payload``: the record in the event, at ``record``, is the record as a listing would show it, with a
    version (the resource's own, or the moment at ``version`` in the event). ``refetch``: the event is a hint; the
    record is asked for anew by the resource's ``single``. Several hints at one record cost one request.

    ``id``: where the source record id stands in the event; several paths are joined by ``:``; a path to a list
    names several records. ``as_id``: how that is written as a record id (``gid://shopify/Order/{id}``). Without ``id``,
    it is the resource's key, read from ``record``. ``gives``: further names for the path of ``single``, by their place
    in the event. ``adds``: a place in the record (``_parent.repository_id``) and the place in the event whose value
    goes there.
    """

    types: tuple[str, ...]
    resource: str = ""
    verb: Verb = "upsert"
    trust: Trust = "refetch"
    record: str = ""
    id: tuple[str, ...] = ()
    as_id: str = "{id}"
    version: Version | None = None
    into: str = ""
    gives: Mapping[str, str] = field(default_factory=_nothing)
    adds: Mapping[str, str] = field(default_factory=_nothing)
    reason: str = ""

    def covers(self, event_type: str) -> bool:
        """Return whether events of ``event_type`` are meant."""
        return any(fnmatchcase(event_type, pattern) for pattern in self.types)


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A signed body with ``equals`` at ``path`` asks for the text at ``answer`` to be sent back (Slack)."""

    path: str
    equals: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class HookSecret:
    """The third party chooses the secret and hands it over in ``header``, which is sent back (Asana).

    Taken only while an operator, or a registration under way, has said that one is expected.
    """

    header: str


@dataclass(frozen=True, kw_only=True)
class KnownSecret:
    """A test call is signed with a secret that everybody knows (Zendesk): answered, never kept."""

    secret: str


Handshake = Challenge | HookSecret | KnownSecret


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Says whose event it is; must be the source system's ``setting``, where that is set. Others are refused.

    ``template``: how the setting's ``{value}`` is written there: ``{value}.myshopify.com``.
    """

    at: Told
    setting: str
    template: str = "{value}"


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """A third party's webhooks.

    ``type``: places whose values, joined by ``.``, are an event's type; what is absent is left out.
    ``delivery``: where the delivery's id stands; None where there is none. It is unsigned in most schemes, so what was
    signed is a key too. ``batch``: None: a body is one event; else the path of the list of events ("": the body is the
    list), and places in the body are places in one of them.
    ``secret``: the credential that signs. ``largest_body``: bytes; more is refused. ``description``: where a person
    sets them up. ``registration``: how they are set up by us; None: only a person can.
    """

    scheme: Scheme
    type: tuple[Told, ...]
    events: tuple[Event, ...]
    delivery: Told | None = None
    batch: str | None = None
    handshakes: tuple[Handshake, ...] = ()
    tenant: Tenant | None = None
    secret: str = "webhook_secret"  # noqa: S105 - a name, no secret
    largest_body: int = MEBIBYTE
    description: str = ""
    registration: Registration | None = None

    def event_for(self, event_type: str) -> Event | None:
        """Return what events of ``event_type`` say; None for a type that nobody described."""
        return next((event for event in self.events if event.covers(event_type)), None)

    @cached_property
    def kept_headers(self) -> tuple[str, ...]:
        """The headers that are stored with a body, lower case: none that could hold a secret."""
        told = [*self.type, self.delivery, self.tenant.at if self.tenant else None]
        return ("content-type", *(one.name.lower() for one in told if isinstance(one, Header)))
