"""What GitHub's webhooks say, and how one is set up for an organization."""

from integrations_pipelines.contract import (
    BodyField,
    Event,
    Header,
    LinkHeaderPages,
    PageSize,
    Param,
    Redelivery,
    Registration,
    Request,
    Webhooks,
)
from integrations_pipelines.contract.schemes import GITHUB
from integrations_pipelines.contract.webhooks import MEBIBYTE

PAGES = LinkHeaderPages(size=PageSize(into=Param(name="per_page"), largest=100))
_EVENTS = "issues issue_comment pull_request repository push star fork public organization membership"
_CONFIG = {"url": "{url}", "content_type": "json", "insecure_ssl": "0", "secret": "{secret}"}
_WANTED, _HOOKS = {"active": True, "events": "{events}", "config": _CONFIG}, "/orgs/{org}/hooks"
REGISTRATION = Registration(
    events=tuple(_EVENTS.split()),
    listing=Request(path=_HOOKS),
    pages=PAGES,
    create=Request(path=_HOOKS, method="POST", json={"name": "web", **_WANTED}),
    update=Request(path=f"{_HOOKS}/{{id}}", method="PATCH", json=_WANTED),
    delete=Request(path=f"{_HOOKS}/{{id}}", method="DELETE"),
    url="config.url",
    state="active",
    needs="the organization permission Webhooks (write), or the scope admin:org_hook.",
    # It tries once: https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
    redelivery=Redelivery(
        listing=Request(path=f"{_HOOKS}/{{id}}/deliveries"),
        pages=PAGES,
        attempt=Request(path=f"{_HOOKS}/{{id}}/deliveries/{{delivery}}/attempts", method="POST"),
    ),
)
_REPOSITORY = {"_parent.repository": "repository.full_name", "_parent.repository_id": "repository.id"}
_NUMBER = {"full_name": "repository.full_name", "number": "issue.number"}
# Sources: @octokit/webhooks-examples 7.6.1; https://docs.github.com/en/webhooks/webhook-events-and-payloads
WEBHOOKS = Webhooks(
    scheme=GITHUB,
    type=(Header(name="x-github-event"), BodyField(path="action")),
    delivery=Header(name="x-github-delivery"),
    events=(
        Event(types=("issues.deleted",), resource="issues", verb="delete", id=("issue.id",)),
        # At its new repository it is another issue, that the old one's id goes on meaning.
        Event(
            types=("issues.transferred",),
            resource="issues",
            verb="merge",
            id=("issue.id",),
            into="changes.new_issue.id",
            gives={
                "full_name": "changes.new_repository.full_name",
                "number": "changes.new_issue.number",
            },
            adds={
                "_parent.repository": "changes.new_repository.full_name",
                "_parent.repository_id": "changes.new_repository.id",
            },
        ),
        Event(types=("issues.*",), resource="issues", trust="payload", record="issue", adds=_REPOSITORY),
        Event(
            types=("issue_comment.*",), resource="issues", id=("issue.id",), gives=_NUMBER, adds=_REPOSITORY
        ),
        Event(
            # Its own id is not the issue's: only the number is the same.
            types=("pull_request.*",),
            resource="issues",
            gives={"full_name": "repository.full_name", "number": "pull_request.number"},
            adds=_REPOSITORY,
        ),
        Event(types=("repository.deleted",), resource="repositories", verb="delete", id=("repository.id",)),
        Event(
            types=("repository.*", "push", "star.*", "fork", "public"),
            resource="repositories",
            id=("repository.id",),
            gives={"full_name": "repository.full_name"},
        ),
        Event(types=("organization.*", "membership.*"), resource="members", verb="pull"),
        Event(types=("installation.deleted", "installation.suspend"), verb="disconnect"),
        Event(types=("ping",), verb="ignore", reason="GitHub tries the address."),
        Event(types=("*",), verb="ignore", reason="Says nothing of a resource that is synced."),
    ),
    largest_body=25 * MEBIBYTE,
    description="The webhook's secret, as typed in under Settings, Webhooks of the organization.",
    registration=REGISTRATION,
)
