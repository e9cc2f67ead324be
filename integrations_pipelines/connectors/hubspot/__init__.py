"""HubSpot CRM: contacts, companies, deals, tickets, and their owners.

Changes are asked for by search, which ends after 10,000 results: so it is ordered by id, and starts anew behind the
last one; by time it could not go on where more than that changed at one moment (airbyte #43317). Neither search nor a
webhook holds associations: they are read apart, for each page. Whether an association alone moves the time of change is
not said, so once a day everything is read. What was archived has a listing of its own, read each time.
Sources: GET /crm/v3/objects/{type}?limit&after&properties&archived with paging.next.after, POST .../search, POST
/crm/v4/associations/{from}/{to}/batch/read, of HubSpot's public API specification
(HubSpot/HubSpot-public-api-spec-collection 9989379);
https://developers.hubspot.com/docs/api-reference/crm-crm-owners-v3/guide ; limits and traps: reference/vendors.md.
"""

from datetime import timedelta

from integrations_pipelines.connectors.hubspot.objects import BY_CURSOR, OWNED, PLACE, linked, objects
from integrations_pipelines.connectors.hubspot.webhooks import WEBHOOKS
from integrations_pipelines.contract import (
    Bearer,
    Budget,
    Connector,
    Credential,
    OAuth2,
    PassedOver,
    Request,
    Resource,
    SecondListing,
    Single,
    Version,
)
from integrations_pipelines.entities.projection import Field, Projection

_STAGE = "The stage of HubSpot's own pipeline; it changes nothing about who this is."
_OWNER = "Who looks after it at HubSpot; it says nothing about who this is."

OWNERS = Resource(
    name="owners",
    description="HubSpot's users, as those to whom records belong.",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "email": "email",
            "given_name": "firstName",
            "family_name": "lastName",
            "created_at": "createdAt",
            "updated_at": "updatedAt",
        },
    ),
    key=("id",),
    request=Request(path="/crm/v3/owners"),
    no_window="the list knows no moments",
    single=Single(request=Request(path="/crm/v3/owners/{id}")),
    records="results",
    pages=BY_CURSOR,
    version=Version(path="updatedAt"),
    # A user who left; the moment of that is not told.
    deleted=SecondListing(params={"archived": "true"}),
    passed_over=(PassedOver(path="type", equals="QUEUE", reason="A waiting line, no person."),),
    ignored={
        "id": "The source record id.",
        "type": "PERSON; a QUEUE is passed over.",
        "userId": "The same user in the settings API.",
        "userIdIncludingInactive": "Likewise, for users who left.",
        "archived": "Says which of the two listings the record is from.",
        "teams": "How HubSpot groups them.",
    },
    poll=timedelta(hours=1),
)

CONNECTOR = Connector(
    system_type="hubspot",
    title="HubSpot",
    base_url="https://api.hubapi.com",
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="A private app's access token that may read contacts, companies, deals, tickets and owners.",
        ),
    ),
    # https://developers.hubspot.com/docs/api/oauth-quickstart-guide and .../oauth/tokens
    oauth=OAuth2(
        authorize_url="https://app.hubspot.com/oauth/authorize",
        token_url="https://api.hubapi.com/oauth/v1/token",  # noqa: S106 - an address
        scopes=(
            *("crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read"),
            *("crm.objects.owners.read", "tickets", "oauth"),
        ),
        lifetime_seconds=1800,
    ),
    webhooks=WEBHOOKS,
    # A malformed token is answered with 530 (reference/vendors.md, HubSpot CRM).
    refused_statuses=frozenset({401, 530}),
    # Source: reference/vendors.md: 100 to 110 in 10 seconds for an app, 5 searches a second for an account.
    budgets=(
        Budget(requests=100, seconds=10),
        Budget(name="search", requests=5, seconds=1, path=r"/search$"),
    ),
    probe=Request(path="/crm/v3/objects/contacts", params={"limit": 1}),
    resources=(
        OWNERS,
        objects(
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
            },
            relations={"employer": linked("companies")},
            associations=("companies",),
        ),
        objects(
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
        objects(
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
            ignored={},
            relations={"organization": linked("companies"), "contacts": linked("contacts"), "owner": OWNED},
            associations=("companies", "contacts"),
        ),
        objects(
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
            ignored={"properties.hs_pipeline": _STAGE},
            relations={
                "requester": linked("contacts"),
                "organization": linked("companies"),
                "assignee": OWNED,
            },
            associations=("contacts", "companies"),
        ),
    ),
)
