"""Zendesk Support: users, organizations, tickets.

Users and tickets come by the cursor-based incremental export: each page holds the place to go on from, so a run reads
what changed since the last one, deleted ones included. It ends at ``end_of_stream``; an empty page is not the end, and
``after_cursor`` is always there. ``updated_at`` of a ticket may be older than a change of the system's:
``generated_timestamp`` orders its versions. Organizations are listed whole: their export knows no cursor.
Exports allow 10 requests a minute; 429 says how long to wait.
Sources: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ ,
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api/ , as in
reference/vendors.md.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from integrations_pipelines.contract import (
    Basic,
    BodyField,
    Budget,
    Connector,
    Credential,
    CursorPages,
    DeletedFlag,
    Delta,
    Event,
    KnownSecret,
    PageSize,
    Param,
    Request,
    Resource,
    Setting,
    Single,
    Version,
    Webhooks,
    read_epoch_seconds,
)
from integrations_pipelines.contract.schemes import ZENDESK
from integrations_pipelines.entities.projection import Link, Projection

PLACE = "zendesk.com/{account}"
_ADDRESS = "An address of the API."
_RIGHT = "A right, or a choice of how Zendesk behaves."
_PLANNED = "How the work is routed at Zendesk."


def _exported(kind: str) -> Mapping[str, Any]:
    """Return what all cursor-based exports share; ``start_time`` must not stand beside a cursor."""
    cursor = Param(name="cursor")
    return {
        "request": Request(path=f"/incremental/{kind}/cursor.json", params={"start_time": 0}),
        "records": kind,
        "single": Single(request=Request(path=f"/{kind}/{{id}}.json"), record=kind[:-1]),
        "no_window": "the export begins at a moment and ends with now",
        "key": ("id",),
        "pages": CursorPages(
            next="after_cursor",
            into=cursor,
            done="end_of_stream",
            without=("start_time",),
            size=PageSize(into=Param(name="per_page"), largest=1000),
        ),
        "changes": Delta(
            token="after_cursor",  # noqa: S106 - a place in the answer
            into=cursor,
            without=("start_time",),
            each_page=True,
        ),
    }


USERS = Resource(
    name="users",
    description="End users, agents and admins.",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "name": "name",
            "email": "email",
            "phone": "phone",
            "external_id": "external_id",
            "is_active": "active",
            "time_zone": "iana_time_zone|time_zone",
            "language": "locale",
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
        relations={"employer": Link(to="organizations", key="organization_id")},
    ),
    version=Version(path="updated_at"),
    deleted=DeletedFlag(path="active", equals=False),
    # A login is no change of the person.
    volatile=("last_login_at",),
    ignored={
        "id": "The source record id.",
        "url": _ADDRESS,
        "photo": "A picture.",
        "user_fields": "A site's own fields; they are kept in the payload.",
        "last_login_at": "Moves by itself.",
        **dict.fromkeys(
            "alias details notes tags signature role role_type custom_role_id default_group_id locale_id moderator "
            "only_private_comments report_csv restricted_agent shared shared_agent shared_phone_number suspended "
            "ticket_restriction two_factor_auth_enabled verified permanently_deleted".split(),
            _RIGHT,
        ),
    },
    poll=timedelta(minutes=10),
    **_exported("users"),
)

ORGANIZATIONS = Resource(
    name="organizations",
    projection=Projection(
        entity_type="organization",
        place=PLACE,
        attributes={
            "name": "name",
            "domain": "domain_names.0",
            "other_domains": "domain_names[*]",
            "external_id": "external_id",
            "description": "details",
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
    ),
    key=("id",),
    request=Request(path="/organizations.json"),
    single=Single(request=Request(path="/organizations/{id}.json"), record="organization"),
    no_window="the list knows no moments",
    records="organizations",
    pages=CursorPages(
        next="meta.after_cursor",
        into=Param(name="page[after]"),
        more="meta.has_more",
        size=PageSize(into=Param(name="page[size]"), largest=100),
    ),
    version=Version(path="updated_at"),
    ignored={
        "id": "The source record id.",
        "url": _ADDRESS,
        "organization_fields": "A site's own fields; they are kept in the payload.",
        "deleted_at": "Only in the export; here a deleted organization is absent.",
        **dict.fromkeys("notes tags group_id shared_tickets shared_comments".split(), _RIGHT),
    },
    poll=timedelta(minutes=30),
)

TICKETS = Resource(
    name="tickets",
    projection=Projection(
        entity_type="ticket",
        place=PLACE,
        attributes={
            "subject": "subject|raw_subject",
            "description": "description",
            "number": "id",
            "external_id": "external_id",
            "status": "status",
            "priority": "priority",
            "ticket_type": "type",
            "channel": "via.channel",
            "tags": "tags",
            "satisfaction": "satisfaction_rating.score",
            "due_at": "due_at",
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
        relations={
            "requester": Link(to="users", key="requester_id"),
            "assignee": Link(to="users", key="assignee_id"),
            "organization": Link(to="organizations", key="organization_id"),
            "collaborators": Link(to="users", key="collaborator_ids"),
        },
    ),
    version=Version(path="generated_timestamp", read=read_epoch_seconds),
    deleted=DeletedFlag(path="status", equals="deleted"),
    ignored={
        "url": _ADDRESS,
        "generated_timestamp": "The version.",
        "submitter_id": "Who typed it in; the requester is whose ticket it is.",
        "custom_fields": "A site's own fields; they are kept in the payload.",
        "fields": "The same as custom_fields.",
        **dict.fromkeys(
            "allow_attachments allow_channelback brand_id custom_status_id email_cc_ids follower_ids followup_ids "
            "forum_topic_id from_messaging_channel group_id has_incidents is_public problem_id recipient "
            "satisfaction_probability sharing_agreement_ids ticket_form_id encoded_id support_type".split(),
            _PLANNED,
        ),
    },
    poll=timedelta(minutes=5),
    **_exported("tickets"),
)


def _told(kind: str, resource: str) -> tuple[Event, ...]:
    """Deliveries may come in any order, so each is a hint. Some types have a slash in the documents."""
    gone = (f"zen:event-type:{kind}.{verb}" for verb in ("deleted", "soft_deleted", "permanently_deleted"))
    return (
        Event(
            types=tuple(gone),
            resource=resource,
            verb="delete",
            id=("detail.id",),
            version=Version(path="time"),
        ),
        Event(
            types=(f"zen:event-type:{kind}.*", f"zen:event-type/{kind}.*"),
            resource=resource,
            id=("detail.id",),
        ),
    )


# Sources: https://developer.zendesk.com/api-reference/webhooks/event-types/webhook-event-types/ ; the test secret:
# https://developer.zendesk.com/documentation/webhooks/verifying/ . Which user another was merged into, no event says:
# the one that was lost comes as inactive.
WEBHOOKS = Webhooks(
    scheme=ZENDESK,
    type=(BodyField(path="type"),),
    delivery=BodyField(path="id"),
    handshakes=(KnownSecret(secret="dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="),),  # noqa: S106 - known to all
    events=(
        *_told("ticket", "tickets"),
        *_told("user", "users"),
        *_told("organization", "organizations"),
        Event(types=("*",), verb="ignore", reason="Says nothing of users, organizations or tickets."),
    ),
    description="The signing secret of an event webhook (Admin Center, Apps, Webhooks).",
)

CONNECTOR = Connector(
    system_type="zendesk",
    title="Zendesk",
    base_url="https://{subdomain}.zendesk.com/api/v2",
    settings=(
        Setting(
            name="subdomain",
            description="The site's name, as in <subdomain>.zendesk.com.",
            pattern=r"[A-Za-z0-9][A-Za-z0-9-]{0,62}",
        ),
        Setting(name="email", description="The e-mail address of an admin; the token acts for it."),
    ),
    auth=Basic(username="{email}/token", password="{api_token}"),  # noqa: S106 - a template, no secret
    credentials=(
        Credential(name="api_token", description="An API token (Admin Center, Apps, Zendesk API)."),
    ),
    # The smallest plan has 200 a minute, exports 10 (30 with the High Volume add-on). Source: reference/vendors.md.
    budgets=(
        Budget(requests=200, seconds=60),
        Budget(name="exports", requests=10, seconds=60, path=r"^/incremental/"),
    ),
    probe=Request(path="/users/me.json"),
    resources=(USERS, ORGANIZATIONS, TICKETS),
    webhooks=WEBHOOKS,
)
