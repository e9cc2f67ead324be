"""What Stripe's webhooks say, and how an endpoint is set up. The verbs are those of the event stream that is polled."""

from integrations_pipelines.contract import (
    BodyField,
    Event,
    KeysetPages,
    PageSize,
    Param,
    Registration,
    Request,
    Webhooks,
)
from integrations_pipelines.contract.schemes import STRIPE

VERSION = "2025-09-30.clover"
PAGES = KeysetPages(
    key="id",
    into=Param(name="starting_after"),
    more="has_more",
    size=PageSize(into=Param(name="limit"), largest=100),
)
# The verbs of the events that hold a whole object; at most 20 types may be asked for at once.
_VERBS = {
    "customer.subscription": "created updated deleted paused resumed trial_will_end pending_update_applied "
    "pending_update_expired",
    "invoice": "created updated deleted finalized paid payment_failed payment_succeeded sent voided "
    "marked_uncollectible overdue",
    "charge": "succeeded updated failed captured refunded pending expired",
}


def event_types(prefix: str) -> tuple[str, ...]:
    """Return the types of the events about what Stripe calls ``prefix``."""
    return tuple(f"{prefix}.{verb}" for verb in _VERBS.get(prefix, "created updated deleted").split())


_TOLD = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "subscriptions": "customer.subscription",
    "invoices": "invoice",
    "charges": "charge",
}
# Deliveries may come in any order, and an object has no moment of its own change: each is asked for anew.
# The secret is in the answer to the creating request, and never again: https://docs.stripe.com/api/webhook_endpoints
WEBHOOKS = Webhooks(
    scheme=STRIPE,
    type=(BodyField(path="type"),),
    delivery=BodyField(path="id"),
    events=(
        *(
            Event(types=(f"{prefix}.deleted",), resource=name, verb="delete", id=("data.object.id",))
            for name, prefix in _TOLD.items()
            if name not in ("subscriptions", "charges")
        ),
        *(
            Event(types=event_types(prefix), resource=name, id=("data.object.id",))
            for name, prefix in _TOLD.items()
        ),
        Event(types=("*",), verb="ignore", reason="Says nothing of a resource that is synced."),
    ),
    description="The endpoint's signing secret (whsec_...), under Developers, Webhooks.",
    registration=Registration(
        events=tuple(kind for prefix in _TOLD.values() for kind in event_types(prefix)),
        listing=Request(path="/v1/webhook_endpoints"),
        pages=PAGES,
        hooks="data",
        create=Request(
            path="/v1/webhook_endpoints",
            method="POST",
            form={
                "url": "{url}",
                "enabled_events[]": "{events}",
                "description": "{name}",
                "api_version": VERSION,
            },
        ),
        update=Request(
            path="/v1/webhook_endpoints/{id}",
            method="POST",
            form={"url": "{url}", "enabled_events[]": "{events}", "disabled": "false"},
        ),
        delete=Request(path="/v1/webhook_endpoints/{id}", method="DELETE"),
        told_of="enabled_events",
        state="status",
        active="enabled",
        secret="secret",  # noqa: S106 - a place, no secret
        needs="a key with Webhook Endpoints: write.",
    ),
)
