"""HubSpot CRM: contacts, companies, deals, tickets.

Each poll reads the whole listing, then the archived one. Reading changes alone goes through the search API, which
holds no associations and ends after 10,000 results; that way is not taken here (reference/vendors.md, HubSpot CRM).
Sources: GET /crm/v3/objects/{type}?limit&after&properties&associations&archived with paging.next.after, of HubSpot's
public API specification (HubSpot/HubSpot-public-api-spec-collection 9989379); the rest from reference/vendors.md.
"""

from collections.abc import Mapping
from datetime import timedelta

from integrations_pipelines.contract import (
    Bearer,
    BodyField,
    Connector,
    Credential,
    CursorPages,
    Event,
    OAuth2,
    PageSize,
    Param,
    Request,
    Resource,
    SecondListing,
    Single,
    Version,
    Webhooks,
    read_epoch_milliseconds,
)
from integrations_pipelines.contract.schemes import HUBSPOT_V3
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "hubspot.com/{account}"


def _asked(path: str, properties: tuple[str, ...], associations: tuple[str, ...] = ()) -> Request:
    asked = {"properties": ",".join(properties)}
    linked = {"associations": ",".join(associations)} if associations else {}
    return Request(path=f"/crm/v3/objects/{path}", params=asked | linked)


def _objects(
    name: str,
    entity_type: str,
    attributes: Mapping[str, Field | str],
    ignored: Mapping[str, str],
    relations: Mapping[str, Link] | None = None,
    associations: tuple[str, ...] = (),
) -> Resource:
    """One CRM object type. All of them answer alike; what they hold is in ``properties``."""
    paths = [field.path if isinstance(field, Field) else field for field in attributes.values()]
    flat = [path for one in paths for path in (one if isinstance(one, tuple) else (one,))]
    asked = [name.removeprefix("properties.") for name in (*flat, *ignored) if name.startswith("properties.")]
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type,
            place=PLACE,
            attributes={**attributes, "created_at": "createdAt", "updated_at": "updatedAt"},
            relations=relations or {},
        ),
        key=("id",),
        request=_asked(name, tuple(dict.fromkeys(asked)), associations),
        single=Single(request=_asked(f"{name}/{{id}}", tuple(dict.fromkeys(asked)), associations)),
        records="results",
        pages=CursorPages(
            next="paging.next.after",
            into=Param(name="after"),
            size=PageSize(into=Param(name="limit"), largest=100),
        ),
        version=Version(path="updatedAt"),
        # An archived record keeps its updatedAt: only archivedAt is later than the live version.
        deleted=SecondListing(params={"archived": "true"}, version=Version(path="archivedAt")),
        ignored={**ignored, **_ENVELOPE},
        poll=timedelta(minutes=15),
    )


_ENVELOPE = {
    "id": "The source record id.",
    "archived": "Says which of the two listings the record is from.",
    "archivedAt": "The version of the deletion.",
    "associations": "Read where a relation uses them.",
    "properties.createdate": "The same as createdAt.",
    "properties.hs_createdate": "The same as createdAt.",
    "properties.lastmodifieddate": "The same as updatedAt.",
    "properties.hs_lastmodifieddate": "The same as updatedAt.",
    "properties.hs_object_id": "The same as id.",
    "propertiesWithHistory": "Only served on request.",
    "url": "Where the record is shown in HubSpot; not all answers have it.",
}
_STAGE = "The stage of HubSpot's own pipeline; it changes nothing about who this is."
_OWNER = "The id of an owner; owners are no resource yet."


def _linked(kind: str) -> Link:
    return Link(to=kind, key=Field(f"associations.{kind}.results[*].id"))


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

CONNECTOR = Connector(
    system_type="hubspot",
    title="HubSpot",
    base_url="https://api.hubapi.com",
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="A private app's access token that may read contacts, companies, deals and tickets.",
        ),
    ),
    # https://developers.hubspot.com/docs/api/oauth-quickstart-guide and .../oauth/tokens
    oauth=OAuth2(
        authorize_url="https://app.hubspot.com/oauth/authorize",
        token_url="https://api.hubapi.com/oauth/v1/token",  # noqa: S106 - an address
        scopes=(
            *("crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read"),
            *("tickets", "oauth"),
        ),
        lifetime_seconds=1800,
    ),
    webhooks=WEBHOOKS,
    # A malformed token is answered with 530 (reference/vendors.md, HubSpot CRM).
    refused_statuses=frozenset({401, 530}),
    probe=Request(path="/crm/v3/objects/contacts", params={"limit": 1}),
    resources=(
        _objects(
            "contacts",
            "person",
            attributes={
                "email": "properties.email",
                "other_emails": Field("properties.hs_additional_emails", convert="split"),
                "given_name": "properties.firstname",
                "family_name": "properties.lastname",
                "phone": "properties.phone",
                "other_phones": "properties.mobilephone",
                "job_title": "properties.jobtitle",
                "company_name": "properties.company",
                "website": "properties.website",
                "street": "properties.address",
                "city": "properties.city",
                "postcode": "properties.zip",
                "state": "properties.state",
                "country": "properties.country",
            },
            ignored={
                "properties.lifecyclestage": _STAGE,
                "properties.hs_lead_status": _STAGE,
                "properties.hubspot_owner_id": _OWNER,
                "properties.hs_merged_object_ids": "Ids that were merged into this one; they vanish from the list.",
            },
            relations={"employer": _linked("companies")},
            associations=("companies",),
        ),
        _objects(
            "companies",
            "organization",
            attributes={
                "name": "properties.name",
                "domain": "properties.domain",
                "website": "properties.website",
                "phone": "properties.phone",
                "industry": "properties.industry",
                "employee_count": "properties.numberofemployees",
                "description": "properties.description",
                "street": "properties.address",
                "city": "properties.city",
                "postcode": "properties.zip",
                "state": "properties.state",
                "country": "properties.country",
            },
            ignored={"properties.lifecyclestage": _STAGE, "properties.hubspot_owner_id": _OWNER},
        ),
        _objects(
            "deals",
            "deal",
            attributes={
                "name": "properties.dealname",
                "amount": Field(("properties.amount", "properties.deal_currency_code"), convert="money"),
                "stage": "properties.dealstage",
                "pipeline": "properties.pipeline",
                "probability": "properties.hs_deal_stage_probability",
                "expected_close_on": "properties.closedate",
                "description": "properties.description",
            },
            ignored={"properties.hubspot_owner_id": _OWNER},
            relations={"organization": _linked("companies"), "contacts": _linked("contacts")},
            associations=("companies", "contacts"),
        ),
        _objects(
            "tickets",
            "ticket",
            attributes={
                "subject": "properties.subject",
                "description": "properties.content",
                "status": "properties.hs_pipeline_stage",
                "priority": "properties.hs_ticket_priority",
                "ticket_type": "properties.hs_ticket_category",
                "channel": "properties.source_type",
                "solved_at": "properties.closed_date",
            },
            ignored={"properties.hs_pipeline": _STAGE, "properties.hubspot_owner_id": _OWNER},
            relations={"requester": _linked("contacts"), "organization": _linked("companies")},
            associations=("contacts", "companies"),
        ),
    ),
)
