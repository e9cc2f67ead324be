"""HubSpot's search, lists and associations on loopback, with the traps that its documents tell of.

Source: reference/vendors.md, HubSpot CRM: 200 a page at most, HTTP 400 beyond 10,000 results of a query, no
associations in search; the batch read of associations tells of ids without any as errors.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import ge, gt, lt
from typing import Any

from integrations_pipelines_tests.http_server import Request, Response

MOST_RESULTS = 10_000
NONE = "crm.associations.NO_ASSOCIATIONS_FOUND"
Filters = list[Mapping[str, str]]
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {"GT": gt, "GTE": ge, "LT": lt}


@dataclass(kw_only=True)
class HubSpot:
    """The contacts of a portal by id, each with the moment of its last change; ``companies``: whom they work for."""

    contacts: dict[int, datetime] = field(default_factory=dict)
    companies: dict[int, list[int]] = field(default_factory=dict)
    archived: dict[int, datetime] = field(default_factory=dict)
    page_of_associations: int = 500
    searches: list[Any] = field(default_factory=list)

    def handler(self, asked: Request) -> Response:
        """Answer one request."""
        if asked.path.startswith("/crm/v4/associations/"):
            return self._associated(asked.json()["inputs"])
        if asked.path.endswith("/search"):
            self.searches.append(asked.json())
            return self._searched(asked.json())
        return self._listed(asked)

    def _listed(self, asked: Request) -> Response:
        gone = asked.query.get("archived") == "true"
        ids = sorted(self.archived if gone else self.contacts)
        start, size = int(asked.query.get("after", 0)), int(asked.query["limit"])
        page = [self._record(one, gone=gone) for one in ids[start : start + size]]
        return self._page(page, start + size if start + size < len(ids) else None)

    def _searched(self, body: Any) -> Response:
        start, size = int(body.get("after", 0)), body["limit"]
        if size > 200 or start + size > MOST_RESULTS:
            return Response.of_json({"status": "error", "message": "no more than 10,000 results"}, status=400)
        filters: Filters = body["filterGroups"][0]["filters"]
        passes = [_passing(rule) for rule in filters]
        found = sorted(one for one, moment in self.contacts.items() if all(p(one, moment) for p in passes))
        page = [self._record(one) for one in found[start : start + size]]
        return self._page(page, start + size if start + size < len(found) else None)

    def _record(self, contact: int, *, gone: bool = False) -> dict[str, Any]:
        moment = self.contacts.get(contact, datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
        made = {"id": str(contact), "properties": {"email": f"c{contact}@acme.example"}}
        more = {"archived": True, "archivedAt": self.archived[contact].isoformat()} if gone else {}
        return {**made, "createdAt": moment, "updatedAt": moment, "archived": False, **more}

    def _page(self, page: list[Any], after: int | None) -> Response:
        paging = {} if after is None else {"paging": {"next": {"after": str(after)}}}
        return Response.of_json({"results": page, **paging})

    def _associated(self, inputs: list[Mapping[str, str]]) -> Response:
        results, errors = [], []
        for one in inputs:
            start = int(one.get("after", 0))
            found = self.companies.get(int(one["id"]), [])
            page = found[start : start + self.page_of_associations]
            more = start + self.page_of_associations
            next_ = {"paging": {"next": {"after": str(more)}}} if more < len(found) else {}
            if found:
                to = [{"toObjectId": company, "associationTypes": [{"typeId": 1}]} for company in page]
                results.append({"from": {"id": one["id"]}, "to": to, **next_})
            else:
                errors.append({"status": "error", "category": "OBJECT_NOT_FOUND", "subCategory": NONE})
        body = {"status": "COMPLETE", "results": results, "errors": errors, "numErrors": len(errors)}
        return Response.of_json(body, status=207 if errors else 200)


def _passing(rule: Mapping[str, str]) -> Callable[[int, datetime], bool]:
    """Return what says of a contact and its last change whether a search's rule lets it through."""
    compare, told = _COMPARE[rule["operator"]], int(rule["value"])
    if rule["propertyName"] == "hs_object_id":
        return lambda contact, moment: compare(contact, told)
    return lambda contact, moment: compare(_milliseconds(moment), told)


@lru_cache(maxsize=100_000)
def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
