"""SCIM 2.0, the directory interface of most identity providers: users and groups.

Lists are read whole: filtering by ``meta.lastModified`` is optional in the standard, and no provider tells of deleted
users but by their absence, nor by webhook. Counting starts at one.
Sources: RFC 7643 (schemas), RFC 7644 section 3.4.2 (startIndex, count, totalResults)
"""

from datetime import timedelta

from integrations_pipelines.contract import (
    Bearer,
    Connector,
    Credential,
    OffsetPages,
    PageSize,
    Param,
    Request,
    Resource,
    Setting,
    Single,
    Version,
    Window,
    WindowPart,
)
from integrations_pipelines.entities.projection import Field, Projection

PLACE = "scim/{account}"
PAGES = OffsetPages(
    into=Param(name="startIndex"),
    first=1,
    total="totalResults",
    size=PageSize(into=Param(name="count"), largest=100),
)
# Filters are optional in the standard; who lacks them answers with an error. Source: RFC 7644 section 3.4.2.2.
WINDOW = Window(
    parts=(
        WindowPart(
            into=Param(name="filter"),
            template='meta.lastModified ge "{from}" and meta.lastModified lt "{to}"',
        ),
    )
)
_COMMON = {
    "id": "The source record id.",
    "schemas": "The schemas that it follows.",
    "meta": "Its type, address and version.",
    "groups": "What it belongs to, said by the groups.",
}
_WORK = "urn:ietf:params:scim:schemas:extension:enterprise:2\\.0:User"

USERS = Resource(
    name="users",
    projection=Projection(
        entity_type="person",
        place=PLACE,
        attributes={
            "username": "userName",
            "external_id": "externalId",
            "name": "name.formatted|displayName",
            "given_name": "name.givenName",
            "family_name": "name.familyName",
            "email": "emails[primary=true].value|emails.0.value",
            "other_emails": "emails[*].value",
            "phone": "phoneNumbers[primary=true].value|phoneNumbers.0.value",
            "other_phones": "phoneNumbers[*].value",
            "job_title": "title",
            "company_name": f"{_WORK}.organization",
            "street": "addresses.0.streetAddress",
            "city": "addresses.0.locality",
            "postcode": "addresses.0.postalCode",
            "state": "addresses.0.region",
            "country": "addresses.0.country",
            "website": "profileUrl",
            "language": "preferredLanguage|locale",
            "time_zone": "timezone",
            "is_active": "active",
            "created_at": "meta.created",
            "updated_at": "meta.lastModified",
        },
    ),
    key=("id",),
    request=Request(path="/Users"),
    single=Single(request=Request(path="/Users/{id}")),
    records="Resources",
    pages=PAGES,
    version=Version(path="meta.lastModified"),
    window=WINDOW,
    ignored={
        **_COMMON,
        _WORK: "Cost centre, manager and the like; the organization is mapped.",
        **dict.fromkeys(
            "name displayName nickName userType ims photos entitlements roles x509Certificates addresses emails "
            "phoneNumbers locale".split(),
            "Second spellings, pictures and rights.",
        ),
    },
    poll=timedelta(minutes=30),
)

GROUPS = Resource(
    name="groups",
    description="Groups, as organizations: only where a group is a team for you.",
    projection=Projection(
        entity_type="organization",
        place=PLACE,
        attributes={
            "name": Field("displayName"),
            "external_id": "externalId",
            "created_at": "meta.created",
            "updated_at": "meta.lastModified",
        },
    ),
    key=("id",),
    request=Request(path="/Groups"),
    single=Single(request=Request(path="/Groups/{id}")),
    records="Resources",
    pages=PAGES,
    version=Version(path="meta.lastModified"),
    window=WINDOW,
    ignored={**_COMMON, "members": "Who belongs to it; members are not resolved."},
    poll=timedelta(hours=1),
    by_default=False,
)

CONNECTOR = Connector(
    system_type="scim",
    title="SCIM 2.0 directory",
    base_url="{url}",
    settings=(
        Setting(
            name="url",
            description="The address of the SCIM interface, as in https://acme.example/scim/v2.",
            pattern=r"https?://[^\s?#@]+",
        ),
    ),
    auth=Bearer(credential="token"),
    credentials=(Credential(name="token", description="The directory's bearer token for SCIM."),),
    headers={"Accept": "application/scim+json, application/json"},
    probe=Request(path="/Users", params={"count": 1}),
    resources=(USERS, GROUPS),
)
