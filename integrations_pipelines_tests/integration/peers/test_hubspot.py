"""HubSpot's changes: searched by id within the changed ones, past 10,000 results, with their associations."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.entities import compile_projection
from integrations_pipelines.entities.projection import LinkedRecord
from integrations_pipelines.errors import BodyRejected
from integrations_pipelines.staging import Account, Limits, Unit
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines.staging.windows import fetch_window
from integrations_pipelines_tests.http_server import Request, Response, ScriptedServer
from integrations_pipelines_tests.integration.peers.hubspot_server import HubSpot

HUBSPOT = connector_of("hubspot")
CONTACTS = HUBSPOT.resource("contacts")
LIMITS = Limits(wait_seconds=5, attempts=2)
BEFORE = datetime(2026, 3, 1, tzinfo=UTC)


class Token:
    def reveal(self, name: str) -> str:
        return "made-up"


@pytest.fixture
def portal(http_server: ScriptedServer) -> HubSpot:
    hubspot = HubSpot(contacts={n: BEFORE + timedelta(minutes=n) for n in range(1, 251)})
    http_server.handler = hubspot.handler
    return hubspot


@pytest.fixture
def account(http_server: ScriptedServer) -> Account:
    config = {"base_url": http_server.url}
    return Account(
        source_system=UUID(int=1), system_key="crm", connector=HUBSPOT, config=config, credentials=Token()
    )


def read(account: Account, **words: Any) -> tuple[list[str], list[Unit]]:
    """Return the ids of the rows, as often as they came, and the units."""
    units = list(fetch(account, CONTACTS, limits=LIMITS, **words))
    return [one for unit in units for one in unit.rows.column("source_record_id").to_pylist()], units


def payloads(units: list[Unit]) -> dict[str, Any]:
    """Return the payloads by record id."""
    found = [json.loads(one) for unit in units for one in unit.rows.column("payload").to_pylist()]
    return {one["id"]: one for one in found}


def test_25_000_that_changed_in_one_second_all_come_and_none_twice(portal: HubSpot, account: Account) -> None:
    _, units = read(account)
    changed = datetime(2026, 4, 1, 12, tzinfo=UTC)
    portal.contacts = dict.fromkeys(range(1000, 26_000), changed)
    found, after = read(account, cursor=units[-1].cursor)
    assert len(found) == 25_000
    assert set(found) == {str(n) for n in range(1000, 26_000)}
    assert max(int(one.get("after", 0)) for one in portal.searches) == 9800
    assert after[-1].cursor is not None
    assert after[-1].cursor["marks"][""] == changed.isoformat()


def test_a_search_brings_what_changed_and_its_associations(portal: HubSpot, account: Account) -> None:
    portal.companies = {7: [700]}
    _, units = read(account)
    assert payloads(units)["7"]["associations"]["companies"][0]["toObjectId"] == 700
    assert payloads(units)["8"]["associations"]["companies"] == []
    portal.contacts[8], portal.companies[8] = datetime(2026, 4, 1, tzinfo=UTC), [702, 701]
    found, after = read(account, cursor=units[-1].cursor)
    # Those of the last five minutes before the newest one may come again.
    assert "8" in found
    assert len(found) < 10
    companies = payloads(after)["8"]["associations"]["companies"]
    assert [one["toObjectId"] for one in companies] == [701, 702]


def test_a_record_found_by_search_reads_as_it_does_in_the_list(portal: HubSpot, account: Account) -> None:
    portal.companies = {250: [700]}
    _, units = read(account)
    _, again = read(account, cursor=units[-1].cursor)
    assert payloads(again)["250"] == payloads(units)["250"]


def test_more_associations_than_an_answer_holds_are_read_to_their_end(
    portal: HubSpot, account: Account
) -> None:
    portal.companies, portal.page_of_associations = {7: list(range(700, 725))}, 10
    _, units = read(account)
    assert len(payloads(units)["7"]["associations"]["companies"]) == 25


def test_an_association_that_cannot_be_read_is_no_missing_one(
    portal: HubSpot, account: Account, http_server: ScriptedServer
) -> None:
    def answer(asked: Request) -> Response:
        if "associations" in asked.path:
            return Response.of_json({"results": [], "errors": [{"category": "INTERNAL"}]}, status=207)
        return portal.handler(asked)

    http_server.handler = answer
    with pytest.raises(BodyRejected, match=r"crm.* contacts associations.companies: .*INTERNAL"):
        read(account)


def test_once_a_day_everything_is_read(portal: HubSpot, account: Account) -> None:
    _, units = read(account)
    assert units[-1].complete
    cursor = dict(units[-1].cursor or {})
    _, soon = read(account, cursor=cursor)
    assert not soon[-1].complete
    assert (soon[-1].cursor or {})["whole"] == cursor["whole"]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    found, later = read(account, cursor={**cursor, "whole": yesterday})
    assert (len(found), later[-1].complete) == (250, True)


def test_what_was_archived_is_gone_and_a_search_does_not_change_that(
    portal: HubSpot, account: Account
) -> None:
    _, units = read(account)
    portal.archived[9] = datetime(2026, 4, 2, tzinfo=UTC)
    del portal.contacts[9]
    _, after = read(account, cursor=units[-1].cursor)
    rows = [row for unit in after for row in unit.rows.to_pylist()]
    assert [row["source_record_id"] for row in rows if row["is_deleted"]] == ["9"]


def test_a_window_brings_what_changed_within_it(portal: HubSpot, account: Account) -> None:
    from_, to = BEFORE + timedelta(minutes=10), BEFORE + timedelta(minutes=20)
    units = list(fetch_window(account, CONTACTS, from_=from_, to=to))
    assert set(payloads(units)) == {str(n) for n in range(10, 20)}


def test_an_association_becomes_the_relation_of_its_record() -> None:
    projection = compile_projection(CONTACTS.projection, account="crm")
    found = projection({"id": "1", "associations": {"companies": [{"toObjectId": 700}]}})
    assert found.relations == [LinkedRecord("employer", "companies", "700")]


def test_a_sweep_asks_for_no_association(
    portal: HubSpot, account: Account, http_server: ScriptedServer
) -> None:
    from integrations_pipelines.staging.sweeping import listed_ids

    ids = [one for page in listed_ids(account, replace(CONTACTS, deleted=None)) for one in page]
    assert len(ids) == 250
    assert not any("associations" in asked.path for asked in http_server.requests)
