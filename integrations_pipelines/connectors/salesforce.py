"""Salesforce: Account, Contact, Lead, Opportunity, Case, User.

Each list is one SOQL query through ``queryAll``, which serves deleted and archived records too (``IsDeleted``); changes
are asked for by ``SystemModstamp``, which also moves when the platform itself changes a record. A transaction shows up
when it ends with the stamp of its start, so the water mark is taken back ten minutes. It has no webhooks in the plain
sense (change events come over gRPC, outbound messages are unsigned SOAP): changes are polled for.
Sources: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_queryall.htm (queryAll, done,
nextRecordsUrl); reference/vendors.md, Salesforce.
"""

from collections.abc import Mapping
from datetime import timedelta

from integrations_pipelines.contract import (
    Bearer,
    Budget,
    Connector,
    Credential,
    DeletedFlag,
    Incremental,
    LinkBodyPages,
    Merged,
    OAuth2,
    Param,
    Request,
    Resource,
    Setting,
    Single,
    Version,
    Window,
    WindowPart,
)
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "salesforce.com/{account}"
VERSION = "v62.0"
_ORDER = "ORDER BY SystemModstamp ASC, Id ASC"
# Only these can be merged; the record that was lost is deleted and names the one that was kept.
_MERGED = ("accounts", "contacts", "leads")
_TRACES = {"created_at": "CreatedDate", "updated_at": "LastModifiedDate"}
_ADDRESS = ("Street", "City", "PostalCode", "State", "Country")
_IGNORED = {
    "attributes": "The type of the record and its address in the API.",
    "Id": "The source record id.",
    "SystemModstamp": "The version.",
    "IsDeleted": "Says that the record is gone.",
    "MasterRecordId": "The record that a deleted one was merged into: read as a merge.",
}


def _address(prefix: str) -> dict[str, str]:
    words = ("street", "city", "postcode", "state", "country")
    return {ours: f"{prefix}{theirs}" for ours, theirs in zip(words, _ADDRESS, strict=True)}


def _queried(
    name: str,
    entity_type: str,
    attributes: Mapping[str, Field | str],
    relations: Mapping[str, Link] | None = None,
    ignored: Mapping[str, str] | None = None,
) -> Resource:
    """One kind of record: the query asks for what is mapped, and for nothing else."""
    relations, ignored = relations or {}, ignored or {}
    said = [one.path if isinstance(one, Field) else one for one in (*attributes.values(), *_TRACES.values())]
    keys = [link.key for link in relations.values() if isinstance(link.key, str)]
    names = [part for path in (*said, *keys, *ignored) for part in _parts(path)]
    # Users are never deleted, only made inactive: they have no such field.
    flag: tuple[str, ...] = () if name == "users" else ("IsDeleted",)
    flag += ("MasterRecordId",) if name in _MERGED else ()
    fields = ", ".join(dict.fromkeys(("Id", *names, "SystemModstamp", *flag)))
    query = f"SELECT {fields} FROM {_object(name)}"  # noqa: S608 # nosec B608 - SOQL, of our own names
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type, place=PLACE, attributes={**attributes, **_TRACES}, relations=relations
        ),
        key=("Id",),
        request=Request(path=f"/services/data/{VERSION}/queryAll"),
        # Deleted ones are answered with 404. It serves all fields; those asked for are the mapped ones.
        single=Single(
            request=Request(
                path=f"/services/data/{VERSION}/sobjects/{_object(name)}/{{id}}",
                params={"fields": fields.replace(" ", "")},
            )
        ),
        records="records",
        pages=LinkBodyPages(next="nextRecordsUrl"),
        version=Version(path="SystemModstamp"),
        deleted=DeletedFlag(path="IsDeleted") if flag else None,
        merged=Merged(into="MasterRecordId") if name in _MERGED else None,
        incremental=Incremental(
            into=Param(name="q"),
            template=f"{query} WHERE SystemModstamp >= {{since}} {_ORDER}",
            start="1900-01-01T00:00:00Z",
            lag=timedelta(minutes=10),
            ordered=True,
        ),
        window=Window(
            parts=(
                WindowPart(
                    into=Param(name="q"),
                    template=f"{query} WHERE SystemModstamp >= {{from}} AND SystemModstamp < {{to}} {_ORDER}",
                ),
            )
        ),
        ignored={**_IGNORED, **ignored},
        poll=timedelta(minutes=15),
    )


def _parts(path: str | tuple[str, ...]) -> list[str]:
    return [name for whole in ((path,) if isinstance(path, str) else path) for name in whole.split("|")]


def _object(name: str) -> str:
    return {"opportunities": "Opportunity"}.get(name, name[:-1].capitalize())


_OWNED = "Who works on it at Salesforce; it says nothing about who this is."

ACCOUNTS = _queried(
    "accounts",
    "organization",
    {
        "name": "Name",
        "website": "Website",
        "domain": "Website",
        "phone": "Phone",
        "industry": "Industry",
        "employee_count": "NumberOfEmployees",
        "description": "Description",
        **_address("Billing"),
    },
    {"parent": Link(to="accounts", key="ParentId")},
    {"OwnerId": _OWNED, "Type": "A word of the sales team's."},
)
CONTACTS = _queried(
    "contacts",
    "person",
    {
        "given_name": "FirstName",
        "family_name": "LastName",
        "email": "Email",
        "phone": "Phone",
        "other_phones": "MobilePhone",
        "job_title": "Title",
        **_address("Mailing"),
    },
    {"employer": Link(to="accounts", key="AccountId")},
    {"OwnerId": _OWNED},
)
LEADS = _queried(
    "leads",
    "person",
    {
        "given_name": "FirstName",
        "family_name": "LastName",
        "email": "Email",
        "phone": "Phone",
        "other_phones": "MobilePhone",
        "job_title": "Title",
        "company_name": "Company",
        "website": "Website",
        **_address(""),
    },
    {"employer": Link(to="accounts", key="ConvertedAccountId")},
    {
        "OwnerId": _OWNED,
        "Status": "How far the sale is.",
        "IsConverted": "A converted lead stays; its contact matches it by e-mail address and name.",
        "ConvertedContactId": "The contact that it became.",
    },
)
OPPORTUNITIES = _queried(
    "opportunities",
    "deal",
    {
        "name": "Name",
        "amount": "Amount",
        "stage": "StageName",
        "status": "ForecastCategoryName",
        "probability": "Probability",
        "expected_close_on": "CloseDate",
        "description": "Description",
    },
    {
        "organization": Link(to="accounts", key="AccountId"),
        "owner": Link(to="users", key="OwnerId"),
        "contacts": Link(to="contacts", key="ContactId"),
    },
)
CASES = _queried(
    "cases",
    "ticket",
    {
        "number": "CaseNumber",
        "subject": "Subject",
        "description": "Description",
        "status": "Status",
        "priority": "Priority",
        "ticket_type": "Type",
        "channel": "Origin",
        "solved_at": "ClosedDate",
    },
    {
        "requester": Link(to="contacts", key="ContactId"),
        "organization": Link(to="accounts", key="AccountId"),
        "assignee": Link(to="users", key="OwnerId"),
    },
)
USERS = _queried(
    "users",
    "person",
    {
        "username": "Username",
        "given_name": "FirstName",
        "family_name": "LastName",
        "email": "Email",
        "phone": "Phone",
        "other_phones": "MobilePhone",
        "job_title": "Title",
        "company_name": "CompanyName",
        "is_active": "IsActive",
        "time_zone": "TimeZoneSidKey",
        "language": "LanguageLocaleKey",
    },
    ignored={"UserType": "A kind of licence.", "FederationIdentifier": "The name at the identity provider."},
)

CONNECTOR = Connector(
    system_type="salesforce",
    title="Salesforce",
    base_url="https://{instance}",
    settings=(
        Setting(
            name="instance",
            description="The host of the organisation, as in acme.my.salesforce.com.",
            pattern=r"[A-Za-z0-9.-]{1,200}\.(salesforce|force)\.com",
        ),
    ),
    auth=Bearer(credential="token"),
    credentials=(
        Credential(
            name="token",
            description="An access token of a connected app that may read the API (client credentials flow).",
        ),
    ),
    oauth=OAuth2(
        token_url="https://{instance}/services/oauth2/token",  # noqa: S106 - an address
        authorize_url="https://{instance}/services/oauth2/authorize",
        kinds=("client_credentials", "jwt_bearer", "authorization_code"),
        scopes=("api", "refresh_token"),
    ),
    # The least that a production organisation has; ``Sforce-Limit-Info`` tells how many of the day's are left.
    # Source: the Salesforce Developer Limits and Allocations Quick Reference (API request limits).
    budgets=(Budget(requests=100_000, seconds=86_400),),
    probe=Request(path=f"/services/data/{VERSION}/limits"),
    resources=(ACCOUNTS, CONTACTS, LEADS, OPPORTUNITIES, CASES, USERS),
)
