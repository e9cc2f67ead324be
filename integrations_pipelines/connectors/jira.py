"""Jira Cloud: users, projects, issues.

Changes are asked for in JQL, which knows minutes only, on the clock of the user who asks; the setting ``time_zone``
names that clock. Jira tells nobody of a deleted issue but by webhook.
Sources: reference/vendors.md, Jira Cloud: GET /rest/api/3/search/jql (nextPageToken), /rest/api/3/users/search (a
bare array, startAt), /rest/api/3/project/search.
"""

from datetime import timedelta

from integrations_pipelines.contract import (
    Basic,
    BodyField,
    Budget,
    Connector,
    Credential,
    CursorPages,
    Event,
    Header,
    Incremental,
    OffsetPages,
    PageSize,
    Param,
    PassedOver,
    Registration,
    Request,
    Resource,
    Setting,
    Single,
    Sweep,
    Version,
    Webhooks,
    Window,
    WindowPart,
    write_minute_in_zone,
    write_minute_up_in_zone,
)
from integrations_pipelines.contract.schemes import WEBSUB
from integrations_pipelines.entities.projection import Field, Link, LinkByIdentifier, Projection

PLACE = "jira/{account}"
_BY_OFFSET = OffsetPages(into=Param(name="startAt"), size=PageSize(into=Param(name="maxResults"), largest=50))

USERS = Resource(
    name="users",
    description="People with an account at the site. Their e-mail address is there only where they let it be seen.",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "external_id": "accountId",
            "name": "displayName",
            "email": "emailAddress",
            "is_active": "active",
            "time_zone": "timeZone",
            "language": "locale",
        },
    ),
    key=("accountId",),
    request=Request(path="/rest/api/3/users/search"),
    no_window="the list knows no moments",
    single=Single(request=Request(path="/rest/api/3/user", params={"accountId": "{id}"})),
    pages=_BY_OFFSET,
    passed_over=(
        PassedOver(path="accountType", equals="app", reason="A program, no person."),
        PassedOver(
            path="accountType", equals="customer", reason="A portal account; it has no profile of its own."
        ),
    ),
    ignored={
        "self": "An address of the API.",
        "avatarUrls": "A picture.",
        "accountType": "People are atlassian; the others are passed over.",
        "expand": "What else could have been asked for.",
        "key": "Always empty since accounts have ids.",
        "groups": "Only served on request.",
        "applicationRoles": "Only served on request.",
    },
    poll=timedelta(hours=1),
)

PROJECTS = Resource(
    name="projects",
    projection=Projection(
        entity_type="project",
        place=PLACE,
        attributes={
            "name": "name",
            "key": "key",
            "description": "description",
            "project_type": "projectTypeKey",
            "url": "url",
        },
        relations={"lead": Link(to="users", key="lead.accountId")},
    ),
    key=("id",),
    request=Request(path="/rest/api/3/project/search", params={"orderBy": "key"}),
    no_window="the list knows no moments",
    single=Single(request=Request(path="/rest/api/3/project/{id}")),
    records="values",
    pages=_BY_OFFSET,
    ignored={
        "id": "The source record id.",
        "self": "An address of the API.",
        "avatarUrls": "A picture.",
        **dict.fromkeys(
            "entityId expand favourite insight isPrivate issueTypes permissions projectCategory properties roles "
            "simplified style uuid versions components assigneeType email issueTypeHierarchy archived archivedBy "
            "archivedDate deleted deletedBy deletedDate retentionTillDate landingPageInfo projectKeys".split(),
            "How the project is set up at Jira.",
        ),
    },
    poll=timedelta(hours=1),
)

ISSUES = Resource(
    name="issues",
    projection=Projection(
        entity_type="issue",
        place=PLACE,
        attributes={
            "key": "key",
            "title": "fields.summary",
            "description": Field("fields.description", convert="document_text"),
            "status": "fields.status.name",
            "priority": "fields.priority.name",
            "issue_type": "fields.issuetype.name",
            "labels": "fields.labels",
            "resolution": "fields.resolution.name",
            "due_on": "fields.duedate",
            "closed_at": "fields.resolutiondate",
            "created_at": "fields.created",
            "updated_at": "fields.updated",
        },
        relations={
            "project": Link(to="projects", key="fields.project.id"),
            "reporter": (
                LinkByIdentifier(kind="external_id", value="fields.reporter.accountId"),
                LinkByIdentifier(kind="email", value="fields.reporter.emailAddress"),
            ),
            "assignee": (
                LinkByIdentifier(kind="external_id", value="fields.assignee.accountId"),
                LinkByIdentifier(kind="email", value="fields.assignee.emailAddress"),
            ),
            "parent": Link(to="issues", key="fields.parent.id"),
        },
    ),
    key=("id",),
    request=Request(path="/rest/api/3/search/jql", params={"fields": "*all"}),
    single=Single(request=Request(path="/rest/api/3/issue/{id}", params={"fields": "*all"})),
    records="issues",
    pages=CursorPages(
        next="nextPageToken",
        into=Param(name="nextPageToken"),
        size=PageSize(into=Param(name="maxResults"), largest=100),
    ),
    version=Version(path="fields.updated"),
    # JQL without a bound is refused.
    sweep=Sweep(params={"jql": 'updated >= "1970-01-02 00:00" ORDER BY created ASC', "fields": "id"}),
    window=Window(
        parts=(
            WindowPart(
                into=Param(name="jql"),
                template='updated >= "{from}" AND updated < "{to}" ORDER BY updated ASC',
            ),
        ),
        write_from=write_minute_in_zone,
        write_to=write_minute_up_in_zone,
    ),
    incremental=Incremental(
        into=Param(name="jql"),
        template='updated >= "{since}" ORDER BY updated ASC',
        write=write_minute_in_zone,
        # JQL without a bound is refused.
        start="1970-01-02 00:00",
        # The search index runs behind: reference/vendors.md, "eventually consistent".
        lag=timedelta(minutes=5),
        ordered=True,
    ),
    ignored={
        "id": "The source record id.",
        "self": "An address of the API.",
        "expand": "What else could have been asked for.",
        "changelog": "Only served on request.",
        "fields.creator": "Who typed it in; the reporter is whose issue it is.",
        **dict.fromkeys(
            [
                f"fields.{name}"
                for name in "aggregateprogress aggregatetimeestimate aggregatetimeoriginalestimate aggregatetimespent "
                "attachment comment components environment fixVersions issuelinks issuerestriction lastViewed progress "
                "security statusCategory statuscategorychangedate subtasks timeestimate timeoriginalestimate timespent "
                "timetracking versions votes watches worklog workratio".split()
            ],
            "How the work is planned and discussed at Jira.",
        ),
        "fields.customfield_*": "A site's own fields; they are kept in the payload.",
    },
    poll=timedelta(minutes=5),
)

# "Admin webhooks": the others (/rest/api/3/webhook) are for apps alone, end after 30 days and are signed by no secret.
# Source: https://developer.atlassian.com/cloud/jira/platform/webhooks/
_WEBHOOKS = "/rest/webhooks/1.0/webhook"
_WEBHOOK = {"name": "{name}", "url": "{url}", "events": "{events}", "enabled": True, "secret": "{secret}"}
REGISTRATION = Registration(
    events=(
        *(f"jira:issue_{verb}" for verb in ("created", "updated", "deleted")),
        *(f"comment_{verb}" for verb in ("created", "updated", "deleted")),
        *(f"user_{verb}" for verb in ("created", "updated", "deleted")),
        *(f"project_{verb}" for verb in ("created", "updated", "deleted", "soft_deleted")),
    ),
    listing=Request(path=_WEBHOOKS),
    create=Request(path=_WEBHOOKS, method="POST", json=_WEBHOOK),
    update=Request(path=f"{_WEBHOOKS}/{{id}}", method="PUT", json=_WEBHOOK),
    delete=Request(path=f"{_WEBHOOKS}/{{id}}", method="DELETE"),
    id="self",
    state="enabled",
    needs="an administrator of the site (Administer Jira).",
)

# An event's issue is written for REST version 2 (texts are no documents there), so it is only a hint.
# Source: https://developer.atlassian.com/cloud/jira/platform/webhooks/
WEBHOOKS = Webhooks(
    scheme=WEBSUB,
    type=(BodyField(path="webhookEvent"),),
    delivery=Header(name="x-atlassian-webhook-identifier"),
    events=(
        Event(types=("jira:issue_deleted",), resource="issues", verb="delete", id=("issue.id",)),
        Event(types=("jira:issue_*", "comment_*"), resource="issues", id=("issue.id",)),
        Event(types=("user_deleted",), resource="users", verb="delete", id=("user.accountId",)),
        Event(types=("user_*",), resource="users", id=("user.accountId",)),
        Event(
            types=("project_deleted", "project_soft_deleted"),
            resource="projects",
            verb="delete",
            id=("project.id",),
        ),
        Event(types=("project_*",), resource="projects", id=("project.id",)),
        Event(types=("*",), verb="ignore", reason="Says nothing of users, projects or issues."),
    ),
    description="The secret of a webhook that an administrator makes under System, WebHooks.",
    registration=REGISTRATION,
)

CONNECTOR = Connector(
    system_type="jira",
    title="Jira",
    base_url="https://{site}.atlassian.net",
    settings=(
        Setting(
            name="site",
            description="The site's name, as in <site>.atlassian.net.",
            pattern=r"[A-Za-z0-9-]{1,63}",
        ),
        Setting(name="email", description="The e-mail address of the account that the token belongs to."),
        Setting(
            name="time_zone",
            description="That account's time zone in its Jira profile, such as Europe/Berlin. Without it nothing is "
            "missed, but up to a day of changes is read again each time.",
            required=False,
            pattern=r"[A-Za-z0-9_+/-]+",
        ),
    ),
    auth=Basic(username="{email}", password="{api_token}"),  # noqa: S106 - a template, no secret
    credentials=(Credential(name="api_token", description="An API token of that account."),),
    # With a bad token Jira goes on as for a stranger: HTTP 200 and what strangers may see, often nothing at all.
    # Seen at backlot 0.1.0, whose answers are measured against the real ones.
    # Of one endpoint and method, a second: https://developer.atlassian.com/cloud/jira/platform/rate-limiting
    budgets=(Budget(requests=100, seconds=1),),
    refused_headers={"x-seraph-loginreason": "AUTHENTICATED_FAILED"},
    probe=Request(path="/rest/api/3/project/search", params={"maxResults": 1}),
    resources=(USERS, PROJECTS, ISSUES),
    webhooks=WEBHOOKS,
)
