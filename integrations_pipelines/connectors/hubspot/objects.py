"""How HubSpot serves one type of CRM object: its list, its search, its associations, its archived records."""

from collections.abc import Mapping
from datetime import timedelta

from integrations_pipelines.contract import (
    Association,
    BodyField,
    CursorPages,
    Incremental,
    Merged,
    PageSize,
    Param,
    Request,
    Resource,
    ResultCap,
    SecondListing,
    Single,
    Version,
    Window,
    WindowPart,
    write_epoch_milliseconds,
)
from integrations_pipelines.entities.projection import Field, Link, Projection

PLACE = "hubspot.com/{account}"


# The ids that went into a record vanish from every list; asked for, they are answered with it.
MERGED = Merged(ids="properties.hs_merged_object_ids", redirects=True)
BY_CURSOR = CursorPages(
    next="paging.next.after", into=Param(name="after"), size=PageSize(into=Param(name="limit"), largest=100)
)
# Source: reference/vendors.md: at most 200 a page and 10,000 results a query; then HTTP 400.
_SEARCHED = CursorPages(
    next="paging.next.after",
    into=BodyField(path="after"),
    size=PageSize(into=BodyField(path="limit"), largest=200),
    cap=ResultCap(records=10_000, key="id", into=BodyField(path="filterGroups.0.filters.0.value")),
)


def _asked(path: str, properties: tuple[str, ...]) -> Request:
    return Request(path=f"/crm/v3/objects/{path}", params={"properties": ",".join(properties)})


def _search(name: str, properties: tuple[str, ...], *filters: Mapping[str, str]) -> Request:
    """Search by ``filters``, whose values are still to be written, in the order of the ids."""
    by_id = {"propertyName": "hs_object_id", "operator": "GT", "value": "0"}
    return Request(
        path=f"/crm/v3/objects/{name}/search",
        method="POST",
        json={
            "filterGroups": [{"filters": [by_id, *filters]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": list(properties),
        },
    )


def _modified(name: str, operator: str) -> Mapping[str, str]:
    of = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
    return {"propertyName": of, "operator": operator, "value": "0"}


def _association(name: str, to: str) -> Association:
    """What is associated with a page of records; those without any are told of as errors."""
    return Association(
        request=Request(path=f"/crm/v4/associations/{name}/{to}/batch/read", method="POST"),
        ids="inputs",
        records="results",
        key="from.id",
        found="to",
        into=f"associations.{to}",
        next="paging.next.after",
        errors="errors",
        reason="subCategory|category",
        none=frozenset({"crm.associations.NO_ASSOCIATIONS_FOUND", "OBJECT_NOT_FOUND"}),
    )


def objects(
    name: str,
    entity_type: str,
    attributes: Mapping[str, Field | str],
    ignored: Mapping[str, str],
    relations: Mapping[str, Link] | None = None,
    associations: tuple[str, ...] = (),
) -> Resource:
    """One CRM object type. All of them answer alike; what they hold is in ``properties``."""
    keys = [link.key for link in (relations or {}).values()]
    paths = [field.path if isinstance(field, Field) else field for field in (*attributes.values(), *keys)]
    flat = [path for one in paths for path in (one if isinstance(one, tuple) else (one,))]
    flat = [*flat, "properties.hs_merged_object_ids"]
    said = [one.removeprefix("properties.") for one in (*flat, *ignored) if one.startswith("properties.")]
    asked = tuple(dict.fromkeys(said))
    since, up_to = (BodyField(path=f"filterGroups.0.filters.{n}.value") for n in (1, 2))
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type,
            place=PLACE,
            attributes={**attributes, "created_at": "createdAt", "updated_at": "updatedAt"},
            relations=relations or {},
        ),
        key=("id",),
        request=_asked(name, asked),
        single=Single(request=_asked(f"{name}/{{id}}", asked)),
        merged=MERGED,
        associations=tuple(_association(name, to) for to in associations),
        records="results",
        pages=BY_CURSOR,
        version=Version(path="updatedAt"),
        incremental=Incremental(
            into=since,
            write=write_epoch_milliseconds,
            request=_search(name, asked, _modified(name, "GTE")),
            pages=_SEARCHED,
            # What changed is found by search some moments later.
            lag=timedelta(minutes=5),
            whole_every=timedelta(days=1),
        ),
        window=Window(
            parts=(WindowPart(into=since, template="{from}"), WindowPart(into=up_to, template="{to}")),
            write_from=write_epoch_milliseconds,
            write_to=write_epoch_milliseconds,
            request=_search(name, asked, _modified(name, "GTE"), _modified(name, "LT")),
            pages=_SEARCHED,
        ),
        # An archived record keeps its updatedAt: only archivedAt is later than the live version.
        deleted=SecondListing(params={"archived": "true"}, version=Version(path="archivedAt")),
        ignored={**ignored, **_ENVELOPE},
        poll=timedelta(minutes=15),
    )


_ENVELOPE = {
    "properties.hs_merged_object_ids": "Ids that went into this record: read as merges.",
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


def linked(kind: str) -> Link:
    """Return the relation to the records of ``kind`` that are associated."""
    return Link(to=kind, key=Field(f"associations.{kind}[*].toObjectId"))


OWNED = Link(to="owners", key="properties.hubspot_owner_id")
