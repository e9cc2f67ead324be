"""How a webhook is set up at its third party: the requests that list, make, change and remove it, as data.

A connector has ``webhooks=Webhooks(..., registration=Registration(...))``. It is a state that is wanted, not a
step: the listing says what is there, and only what differs is changed. How to write one:
docs/how-to/receive-webhooks.md.
"""

from dataclasses import dataclass
from datetime import timedelta

from integrations_pipelines.contract.pages import Pages, SinglePage
from integrations_pipelines.contract.request import Request
from integrations_pipelines.contract.rules import Version


@dataclass(frozen=True, kw_only=True)
class Redelivery:
    """How deliveries that failed are asked for once more, where the third party keeps them.

    ``listing``: the request for what a webhook delivered, the newest first; ``attempt``: for one of them again.
    ``{id}`` is the webhook's, ``{delivery}`` the attempt's. ``id``, ``key``, ``status``, ``event`` and ``at`` are
    places in an attempt: ``key`` is the delivery id that its header has, the same in every attempt, ``status`` is
    ``delivered`` where it came through. ``within``: how far back the third party goes.
    """

    listing: Request
    attempt: Request
    pages: Pages = SinglePage()  # noqa: RUF009 - frozen
    deliveries: str = ""
    id: str = "id"
    key: str = "guid"
    status: str = "status"
    delivered: str = "OK"
    event: str = "event"
    at: Version = Version(path="delivered_at")  # noqa: RUF009 - frozen
    within: timedelta = timedelta(days=3)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """How a webhook is set up at its third party.

    ``events``: what it shall be told of, in the third party's own words. ``listing``: the request for all that are set
    up, at ``hooks`` in its answer ("": the answer is the list); those whose address is ours are ours.
    ``create``, ``update``, ``renew`` and ``delete`` are templates, in their paths, ``json`` and ``form``: ``{url}``,
    ``{secret}``, ``{id}``, ``{name}`` (ours, for people) and the settings; a text that is ``{events}`` alone becomes
    the list of them. Without ``update``, a changed one is made anew and the old one removed.

    ``id``, ``url``, ``told_of`` (the events), ``state`` and ``expires`` are places in one of them; of an ``id`` that is
    an address, the last part counts. ``state`` is ``active`` where it works; "": the third party does not say.
    ``everything``: words that stand for every event. ``expires``: None: it never does; ``renew_before`` that it is due.
    ``made``: where it stands in the answer to ``create``. ``secret``: where in that answer the secret stands that the
    third party chose; "": we choose it. ``needs``: the right that the credentials must have. ``redelivery``: None: what
    was not delivered does not come again.
    """

    events: tuple[str, ...]
    listing: Request
    create: Request
    delete: Request
    update: Request | None = None
    renew: Request | None = None
    pages: Pages = SinglePage()  # noqa: RUF009 - frozen
    hooks: str = ""
    id: str = "id"
    url: str = "url"
    told_of: str = "events"
    everything: tuple[str, ...] = ("*",)
    state: str = ""
    active: str = "true"
    expires: Version | None = None
    renew_before: timedelta = timedelta(days=7)
    made: str = ""
    secret: str = ""
    needs: str = ""
    redelivery: Redelivery | None = None
