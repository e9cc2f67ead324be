"""Slack: the people and the channels of a workspace.

Both lists are read whole each time; Slack has no way to ask for changes. Deleted members stay in the list and say
so, archived channels too. Every answer is HTTP 200; whether it is one is in ``ok``.
Sources: Slack's OpenAPI document (slackapi/slack-api-specs bc08db4): users.list, conversations.list, auth.test;
reference/vendors.md, Slack.
"""

import re
from datetime import timedelta

from integrations_pipelines.contract import (
    Bearer,
    BodyField,
    BodyMust,
    Budget,
    Challenge,
    Connector,
    Credential,
    CursorPages,
    DeletedFlag,
    Event,
    PageSize,
    Param,
    PassedOver,
    Request,
    Resource,
    Single,
    Version,
    Webhooks,
    read_epoch_seconds,
)
from integrations_pipelines.contract.schemes import SLACK
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "slack.com/{account}"
PAGES = CursorPages(
    next="response_metadata.next_cursor",
    into=Param(name="cursor"),
    size=PageSize(into=Param(name="limit"), largest=200),
)
_RIGHT = "A right in the workspace."
_SHARING = "How the channel is shared between workspaces."

USERS = Resource(
    name="users",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "username": "name",
            "name": "profile.real_name|real_name",
            "given_name": "profile.first_name",
            "family_name": "profile.last_name",
            "email": "profile.email",
            "phone": "profile.phone",
            "job_title": "profile.title",
            "time_zone": "tz",
            "language": "locale",
            "is_active": Field("deleted", convert="not"),
            "updated_at": Field("updated", convert="seconds"),
        },
    ),
    key=("id",),
    request=Request(path="/users.list"),
    no_window="the list knows no moments",
    records="members",
    pages=PAGES,
    version=Version(path="updated", read=read_epoch_seconds),
    deleted=DeletedFlag(path="deleted"),
    passed_over=(
        PassedOver(path="is_bot", equals=True, reason="A program, no person."),
        PassedOver(path="id", equals="USLACKBOT", reason="Slack's own program; its is_bot is false."),
    ),
    ignored={
        "id": "The source record id.",
        "team_id": "The workspace that is synced.",
        "color": "A colour.",
        "who_can_share_contact_card": _RIGHT,
        "enterprise_user": "The same person in the enterprise.",
        "profile": "Pictures, status texts and second spellings; what identifies is mapped.",
        "presence": "Whether somebody is at the desk.",
        **dict.fromkeys(
            "is_admin is_owner is_primary_owner is_restricted is_ultra_restricted is_app_user is_bot is_invited_user "
            "is_email_confirmed is_stranger has_2fa two_factor_type is_external is_forgotten is_connector_bot "
            "is_workflow_bot".split(),
            _RIGHT,
        ),
        "tz_label": "The same as tz.",
        "tz_offset": "The same as tz.",
    },
    poll=timedelta(minutes=30),
)

CHANNELS = Resource(
    name="channels",
    projection=Projection(
        entity_type="conversation",
        place=PLACE,
        attributes={
            "subject": "name",
            "description": "purpose.value|topic.value",
            "is_private": "is_private",
            "is_archived": "is_archived",
            "started_at": Field("created", convert="seconds"),
            "created_at": Field("created", convert="seconds"),
        },
        relations={"owner": Link(to="users", key="creator")},
    ),
    key=("id",),
    request=Request(path="/conversations.list", params={"types": "public_channel,private_channel"}),
    no_window="the list knows no moments",
    single=Single(
        request=Request(path="/conversations.info", params={"channel": "{id}"}),
        record="channel",
    ),
    records="channels",
    pages=PAGES,
    volatile=("num_members", "is_member"),
    ignored={
        "id": "The source record id.",
        "topic": "Read where there is no purpose.",
        "purpose": "Its text is the description.",
        "name_normalized": "The same as name.",
        "previous_names": "What it was called.",
        "updated": "Moves with things that are not ours to keep, so a channel is ordered by when it was observed.",
        "num_members": "A count that moves by itself.",
        "is_member": "Whether the app is in it.",
        "properties": "How Slack shows it.",
        "parent_conversation": "Always null in this list.",
        "unlinked": "A counter of Slack's own.",
        "locale": "The language of Slack's own texts.",
        **dict.fromkeys(
            "is_channel is_group is_im is_mpim is_general is_shared is_ext_shared is_org_shared is_pending_ext_shared "
            "pending_shared context_team_id shared_team_ids pending_connected_team_ids internal_team_ids "
            "connected_team_ids conversation_host_id is_frozen is_read_only is_thread_only is_non_threadable "
            "is_open is_starred is_global_shared is_moved is_org_default is_org_mandatory".split(),
            _SHARING,
        ),
    },
    poll=timedelta(minutes=30),
)

# Sources: https://docs.slack.dev/reference/events; reference/webhooks.md.
WEBHOOKS = Webhooks(
    scheme=SLACK,
    type=(BodyField(path="event.type"),),
    delivery=BodyField(path="event_id"),
    handshakes=(Challenge(path="type", equals="url_verification", answer="challenge"),),
    events=(
        Event(types=("team_join", "user_change"), resource="users", trust="payload", record="event.user"),
        Event(types=("channel_deleted",), resource="channels", verb="delete", id=("event.channel",)),
        Event(types=("channel_created", "channel_rename"), resource="channels", id=("event.channel.id",)),
        Event(types=("channel_*", "group_*"), resource="channels", id=("event.channel",)),
        Event(types=("app_uninstalled",), verb="disconnect"),
        Event(types=("*",), verb="ignore", reason="Says nothing of users or channels."),
    ),
    description="The app's signing secret, under Basic Information.",
)

CONNECTOR = Connector(
    system_type="slack",
    title="Slack",
    base_url="https://slack.com/api",
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="A bot token (xoxb-) with users:read, users:read.email, channels:read and groups:read.",
        ),
    ),
    body_rules=(
        BodyMust(
            path="ok",
            equals=True,
            reason="error",
            refused=frozenset(
                {
                    "invalid_auth",
                    "not_authed",
                    "account_inactive",
                    "token_revoked",
                    "token_expired",
                    "missing_scope",
                }
            ),
            gone=frozenset({"channel_not_found", "user_not_found"}),
            later=frozenset({"ratelimited", "internal_error", "service_unavailable", "fatal_error"}),
        ),
    ),
    # By method and workspace: https://docs.slack.dev/apis/web-api/rate-limits (tiers 2, 3 and 4)
    budgets=tuple(
        Budget(name=name, requests=requests, seconds=60, path=rf"^/{re.escape(name)}$")
        for name, requests in (
            ("users.list", 20),
            ("conversations.list", 20),
            ("conversations.info", 50),
            ("users.info", 100),
        )
    ),
    probe=Request(path="/auth.test"),
    resources=(USERS, CHANNELS),
    webhooks=WEBHOOKS,
)
