"""What HubSpot's webhooks say: ids and single properties, so that each record is asked for anew."""

from integrations_pipelines.contract import BodyField, Event, Version, Webhooks, read_epoch_milliseconds
from integrations_pipelines.contract.schemes import HUBSPOT_V3


def _events(kind: str, name: str) -> tuple[Event, ...]:
    """What is told of one CRM object type: ids and single properties, so that the record is asked for anew."""
    occurred = Version(path="occurredAt", read=read_epoch_milliseconds)
    by_id = ("objectId",)
    return (
        Event(types=(f"{kind}.privacyDeletion",), resource=name, verb="privacy", id=by_id, version=occurred),
        Event(types=(f"{kind}.deletion",), resource=name, verb="delete", id=by_id, version=occurred),
        Event(
            types=(f"{kind}.merge",),
            resource=name,
            verb="merge",
            id=("mergedObjectIds",),
            into="primaryObjectId",
            version=occurred,
        ),
        Event(types=(f"{kind}.associationChange",), resource=name, id=("fromObjectId",)),
        Event(types=(f"{kind}.*",), resource=name, id=("objectId",)),
    )


# Source: https://developers.hubspot.com/docs/api/webhooks: up to 100 events a body, none with a record in it.
WEBHOOKS = Webhooks(
    scheme=HUBSPOT_V3,
    type=(BodyField(path="subscriptionType"),),
    batch="",
    events=(
        *_events("contact", "contacts"),
        *_events("company", "companies"),
        *_events("deal", "deals"),
        *_events("ticket", "tickets"),
        Event(types=("*",), verb="ignore", reason="Of an object type that is not synced."),
    ),
    description="The client secret of the app that has the webhook subscriptions.",
)
