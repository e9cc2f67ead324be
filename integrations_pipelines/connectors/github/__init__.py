"""GitHub: the members of an organization, its repositories, and the issues of each.

Pull requests are in the issues list, and they stay: at GitHub a pull request is an issue, with an issue's id and
number. Which is which is in the payload (``pull_request``).
GitHub tells nobody of a deleted issue, so none is ever taken as deleted from a listing of changes.
Sources: GitHub's OpenAPI document (@octokit/openapi 23.0.2): GET /orgs/{org}/members, /orgs/{org}/repos,
/repos/{owner}/{repo}/issues, /repos/{owner}/{repo}/collaborators, /orgs/{org}/hooks; rate limits:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from datetime import timedelta

from integrations_pipelines.connectors.github.webhooks import PAGES, WEBHOOKS
from integrations_pipelines.contract import (
    Bearer,
    Budget,
    Connector,
    Credential,
    Incremental,
    Param,
    Parent,
    PassedOver,
    RateLimit,
    Request,
    Resource,
    Setting,
    Single,
    Version,
    write_iso,
)
from integrations_pipelines.entities.projection import Field, Link, LinkByIdentifier, Projection

PLACE = "github.com"
_ADDRESS = "An address of GitHub's API for the same record."
_USER_FIELDS = {
    "id": "The source record id.",
    "node_id": "The same id in GitHub's GraphQL API.",
    "type": "Users are people; the others are passed over.",
    "user_view_type": "Says how the answer was cut, not who it is.",
    "site_admin": "A right at GitHub.",
    "avatar_url": "A picture.",
    "gravatar_id": "Always empty.",
    "starred_at": "Not served in this list.",
    **dict.fromkeys(
        (
            "url",
            "followers_url",
            "following_url",
            "gists_url",
            "starred_url",
            "subscriptions_url",
            "organizations_url",
            "repos_url",
            "events_url",
            "received_events_url",
        ),
        _ADDRESS,
    ),
}
_USER = Projection(
    entity_type="person",
    place=PLACE,
    attributes={"username": "login", "name": "name", "email": "email", "url": "html_url"},
)
_NO_PERSON = (PassedOver(path="type", equals="Bot", reason="A program, no person."),)
_OWNED_BY_API = "An address or a count of GitHub's own."

MEMBERS = Resource(
    name="members",
    description="People of the organization, as far as the token may see them.",
    projection=_USER,
    key=("id",),
    request=Request(path="/orgs/{org}/members"),
    no_window="the list knows no moments",
    pages=PAGES,
    passed_over=_NO_PERSON,
    ignored=_USER_FIELDS,
    poll=timedelta(hours=1),
)

REPOSITORIES = Resource(
    name="repositories",
    projection=Projection(
        entity_type="repository",
        place=PLACE,
        attributes={
            "name": "name",
            "full_name": "full_name",
            "description": "description",
            "is_private": "private",
            "is_archived": "archived",
            "is_fork": "fork",
            "programming_language": "language",
            "default_branch": "default_branch",
            "topics": "topics",
            "star_count": "stargazers_count",
            "open_issue_count": "open_issues_count",
            "pushed_at": "pushed_at",
            "url": "html_url",
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
    ),
    key=("id",),
    request=Request(path="/orgs/{org}/repos", params={"sort": "full_name"}),
    single=Single(request=Request(path="/repos/{full_name}")),
    no_window="the list knows no moments",
    pages=PAGES,
    # A push or a star does not always move updated_at, so a repository is ordered by when it was observed.
    ignored={
        "id": "The source record id.",
        "node_id": "The same id in GitHub's GraphQL API.",
        "owner": "The organization that is synced.",
        **dict.fromkeys(
            (
                "allow_forking archive_url assignees_url blobs_url branches_url clone_url code_of_conduct "
                "collaborators_url comments_url commits_url compare_url contents_url contributors_url "
                "custom_properties deployments_url disabled downloads_url events_url forks forks_count forks_url "
                "git_commits_url git_refs_url git_tags_url git_url has_discussions has_downloads has_issues "
                "has_pages has_projects has_pull_requests has_wiki homepage hooks_url is_template issue_comment_url "
                "issue_events_url issues_url keys_url labels_url languages_url license merges_url milestones_url "
                "mirror_url network_count notifications_url open_issues permissions pull_request_creation_policy "
                "pulls_url releases_url role_name security_and_analysis size ssh_url stargazers_url statuses_url "
                "subscribers_count subscribers_url subscription_url svn_url tags_url teams_url temp_clone_token "
                "trees_url url visibility watchers watchers_count web_commit_signoff_required"
            ).split(),
            _OWNED_BY_API,
        ),
    },
    poll=timedelta(hours=1),
)

COLLABORATORS = Resource(
    name="collaborators",
    description="People who may work on a repository; someone in ten repositories is still one record.",
    projection=_USER,
    key=("id",),
    request=Request(path="/repos/{repository}/collaborators"),
    no_window="the list knows no moments",
    pages=PAGES,
    parent=Parent(resource="repositories", gives={"repository": "full_name"}),
    passed_over=_NO_PERSON,
    # It takes the right to push, and a request a repository: only where the members' list is not enough.
    by_default=False,
    # What differs from repository to repository is not the person.
    volatile=("permissions", "role_name", "_parent"),
    ignored={
        **_USER_FIELDS,
        "permissions": "A right in one repository.",
        "role_name": "A right in one repository.",
    },
    poll=timedelta(hours=6),
)

ISSUES = Resource(
    name="issues",
    description="Issues and pull requests of every repository.",
    projection=Projection(
        entity_type="issue",
        place=PLACE,
        attributes={
            "title": "title",
            "description": "body",
            "status": "state",
            "resolution": "state_reason",
            "issue_type": "type.name",
            "labels": "labels[*].name",
            "closed_at": "closed_at",
            "url": "html_url",
            "created_at": "created_at",
            "updated_at": "updated_at",
        },
        relations={
            "repository": Link(to="repositories", key="_parent.repository_id"),
            "reporter": LinkByIdentifier(kind="username", value="user.login"),
            "assignee": LinkByIdentifier(kind="username", value="assignee.login"),
            "assignees": LinkByIdentifier(kind="username", value=Field("assignees[*].login")),
        },
    ),
    key=("id",),
    request=Request(
        path="/repos/{repository}/issues", params={"state": "all", "sort": "updated", "direction": "asc"}
    ),
    single=Single(request=Request(path="/repos/{full_name}/issues/{number}")),
    no_window="`since` has no end, and search ends after 1,000 results",
    pages=PAGES,
    version=Version(path="updated_at"),
    incremental=Incremental(into=Param(name="since"), write=write_iso, ordered=True),
    parent=Parent(resource="repositories", gives={"repository": "full_name", "repository_id": "id"}),
    ignored={
        "id": "The source record id.",
        "node_id": "The same id in GitHub's GraphQL API.",
        "number": "Counts within the repository; the url holds it.",
        "pull_request": "Says that the issue is a pull request.",
        "draft": "Says that the pull request is not ready.",
        "milestone": "A plan, no issue.",
        "reactions": "Who liked it.",
        "closed_by": "The reporter and the assignees are the people of an issue.",
        **dict.fromkeys(
            (
                "active_lock_reason assignee_legacy author_association body_html body_text comments comments_url "
                "events_url issue_dependencies_summary issue_field_values labels_url locked parent_issue_url "
                "performed_via_github_app pinned_comment repository repository_url score sub_issues_summary "
                "timeline_url url"
            ).split(),
            _OWNED_BY_API,
        ),
    },
    poll=timedelta(minutes=10),
)

CONNECTOR = Connector(
    system_type="github",
    title="GitHub",
    base_url="https://api.github.com",
    settings=(
        Setting(
            name="org",
            description="The organization's login, as in github.com/<org>.",
            pattern=r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})",
        ),
    ),
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="A fine-grained token or an app's token that may read members, metadata and issues.",
        ),
    ),
    headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
    budgets=(Budget(requests=5000, seconds=3600),),  # of a personal token; reference/vendors.md
    rate_limits=(
        # Both GitHub's primary limit (remaining 0, no Retry-After) and its secondary one answer 403.
        RateLimit(status=403, header="retry-after", at_least=1),
        RateLimit(
            status=403, header="x-ratelimit-remaining", equals="0", reset="x-ratelimit-reset", at_least=1
        ),
        RateLimit(status=429, header="x-ratelimit-reset", reset="x-ratelimit-reset", at_least=1),
    ),
    probe=Request(path="/orgs/{org}"),
    resources=(MEMBERS, REPOSITORIES, COLLABORATORS, ISSUES),
    webhooks=WEBHOOKS,
)
