"""Microsoft Entra ID, over Microsoft Graph: users and groups of a tenant, by delta queries.

The first run reads everything, and the last page's delta link is where the next one goes on; a deleted object comes as
``@removed``. An empty page with a next link is legal. A delta link that is too old is answered with 410.
Sources: https://learn.microsoft.com/graph/delta-query-overview , https://learn.microsoft.com/graph/throttling (429,
Retry-After)
"""

from datetime import timedelta

from integrations_pipelines.contract import (
    Bearer,
    Budget,
    Connector,
    Credential,
    DeletedFlag,
    Delta,
    LinkBodyPages,
    OAuth2,
    Param,
    PassedOver,
    Request,
    Resource,
    Setting,
    Single,
    Window,
    WindowPart,
)
from integrations_pipelines.entities.projection import Projection

PLACE = "microsoft.com/{account}"
PAGES = LinkBodyPages(next=r"@odata\.nextLink")
CHANGES = Delta(token=r"@odata\.deltaLink")  # noqa: S106 - a place in the answer
REMOVED = DeletedFlag(path="@removed", present=True)
_USER = (
    "id,displayName,givenName,surname,mail,otherMails,proxyAddresses,userPrincipalName,mobilePhone,businessPhones,"
    "jobTitle,companyName,accountEnabled,preferredLanguage,streetAddress,city,postalCode,state,country,userType,"
    "createdDateTime"
)
_GROUP = "id,displayName,description,mail,mailEnabled,securityEnabled,groupTypes,createdDateTime"
_ODATA = {
    "id": "The source record id.",
    r"@odata\.type": "The type that the list has anyway.",
    r"@odata\.id": "An address of the API.",
    r"@odata\.context": "Only in the answer for one object.",
    "@removed": "Says that it is gone.",
}


def _created(path: str, fields: str) -> Window:
    """Ask the plain list by when an object was created: delta queries know no moments.

    Source: https://learn.microsoft.com/graph/aad-advanced-queries (createdDateTime: ge, le; an advanced query).
    """
    return Window(
        parts=(
            WindowPart(
                into=Param(name="$filter"),
                template="createdDateTime ge {from} and createdDateTime le {to}",
            ),
        ),
        of="created",
        request=Request(
            path=path,
            params={"$select": fields, "$count": "true", "$top": 100},
            headers={"ConsistencyLevel": "eventual"},
        ),
    )


USERS = Resource(
    name="users",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "external_id": "id",
            "username": "userPrincipalName",
            "name": "displayName",
            "given_name": "givenName",
            "family_name": "surname",
            "email": "mail",
            "other_emails": "otherMails",
            "phone": "mobilePhone|businessPhones.0",
            "other_phones": "businessPhones",
            "job_title": "jobTitle",
            "company_name": "companyName",
            "is_active": "accountEnabled",
            "language": "preferredLanguage",
            "street": "streetAddress",
            "city": "city",
            "postcode": "postalCode",
            "state": "state",
            "country": "country",
            "created_at": "createdDateTime",
        },
    ),
    key=("id",),
    request=Request(path="/users/delta", params={"$select": _USER}),
    single=Single(request=Request(path="/users/{id}", params={"$select": _USER})),
    window=_created("/users", _USER),
    records="value",
    pages=PAGES,
    deleted=REMOVED,
    changes=CHANGES,
    ignored={
        **_ODATA,
        "proxyAddresses": "Every address the mailbox takes, old ones too; mail is the one in use.",
        "userType": "Member or guest.",
        "officeLocation": "A room.",
    },
    poll=timedelta(minutes=30),
)

GROUPS = Resource(
    name="groups",
    description="Groups and teams, as organizations: only where a team is one for you.",
    projection=Projection(
        entity_type="organization",
        place=PLACE,
        attributes={
            "external_id": "id",
            "name": "displayName",
            "email": "mail",
            "description": "description",
            "created_at": "createdDateTime",
        },
    ),
    key=("id",),
    request=Request(path="/groups/delta", params={"$select": _GROUP}),
    single=Single(request=Request(path="/groups/{id}", params={"$select": _GROUP})),
    window=_created("/groups", _GROUP),
    records="value",
    pages=PAGES,
    deleted=REMOVED,
    changes=CHANGES,
    passed_over=(PassedOver(path="mailEnabled", equals=False, reason="A group of rights, no team."),),
    ignored={
        **_ODATA,
        "groupTypes": "How its members come to be.",
        "securityEnabled": "Whether it carries rights.",
        "mailEnabled": "Groups without mail are passed over.",
        "members@delta": "Who joined and left; members are not resolved.",
    },
    poll=timedelta(hours=1),
    by_default=False,
)

CONNECTOR = Connector(
    system_type="msgraph",
    title="Microsoft Entra ID",
    base_url="https://graph.microsoft.com/v1.0",
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="An access token of an app registration with User.Read.All and Group.Read.All.",
        ),
    ),
    settings=(
        Setting(
            name="tenant",
            description="The directory's id or domain; needed where tokens are got by OAuth2.",
            required=False,
            pattern=r"[A-Za-z0-9.-]{1,253}",
        ),
    ),
    oauth=OAuth2(
        token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
        kinds=("client_credentials",),
        scopes=("https://graph.microsoft.com/.default",),
    ),
    # 3,500 resource units in 10 seconds for an app and a small tenant, and a request for users costs 5 at most.
    # Source: https://learn.microsoft.com/graph/throttling-limits (identity and access)
    budgets=(Budget(requests=700, seconds=10),),
    probe=Request(path="/users", params={"$top": 1}),
    resources=(USERS, GROUPS),
)
