"""What connectors declare of their third parties' limits, and what is read from answers of what is left."""

import re
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from integrations_pipelines.catalog import connector_of, shipped
from integrations_pipelines.contract import Connector, CostLimit
from integrations_pipelines.staging.patience import requests_left

NOW = 1_800_000_000
DATE = formatdate(NOW, usegmt=True)
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "rate-limits.md"
# Each provider has a limit of its own; a file has none.
WITHOUT = {"files", "scim"}
CONNECTORS = [pytest.param(one, id=name) for name, one in shipped().items()]


def left(**headers: str) -> tuple[float, float | None] | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests_left(CaseInsensitiveDict(named))


@pytest.mark.parametrize("one", CONNECTORS)
def test_every_connector_declares_what_its_vendor_documents(one: Connector) -> None:
    declares = bool(one.budgets or one.cost_limit)
    assert declares == (one.system_type not in WITHOUT)
    assert len({budget.name for budget in one.budgets}) == len(one.budgets)


@pytest.mark.parametrize("one", CONNECTORS)
def test_the_docs_hold_every_budget(one: Connector) -> None:
    row = re.search(rf"^\| `{one.system_type}` \|(.*)$", PAGE.read_text(), re.MULTILINE)
    for budget in one.budgets:
        assert row is not None
        assert f"{budget.requests:,} in " in row[1]
        assert budget.name == "account" or f"`{budget.name}`" in row[1]


@pytest.mark.parametrize(
    ("system_type", "path", "names"),
    [
        ("hubspot", "/crm/v3/objects/contacts", ["account"]),
        ("hubspot", "/crm/v3/objects/contacts/search", ["account", "search"]),
        ("zendesk", "/incremental/tickets/cursor.json", ["account", "exports"]),
        ("zendesk", "/organizations.json", ["account"]),
        ("slack", "/users.list", ["users.list"]),
        ("slack", "/users.info", ["users.info"]),
        ("salesforce", "/services/data/v62.0/queryAll", ["account"]),
    ],
)
def test_a_request_draws_on_the_budgets_that_count_it(system_type: str, path: str, names: list[str]) -> None:
    assert [one.name for one in connector_of(system_type).budgets if one.counts(path)] == names


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"RateLimit": '"default";r=50;t=30'}, (50, 30)),
        ({"RateLimit_Remaining": "7", "RateLimit_Reset": "12"}, (7, 12)),
        ({"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(NOW + 90), "Date": DATE}, (0, 90)),
        ({"X_RateLimit_Remaining": "3", "X_RateLimit_Reset": "2027-01-15T08:01:30Z", "Date": DATE}, (3, 90)),
        ({"X_RateLimit_Remaining": "3", "X_RateLimit_Reset": "soon"}, (3, None)),
        ({"X_Rate_Limit_Remaining": "5", "X_Rate_Limit_Reset": str(NOW + 5), "Date": DATE}, (5, 5)),
        (
            {
                "X_HubSpot_RateLimit_Remaining": "99",
                "X_HubSpot_RateLimit_Interval_Milliseconds": "10000",
            },
            (99, 10),
        ),
        ({"Sforce_Limit_Info": "api-usage=18/5000"}, (4982, None)),
        ({"Sforce_Limit_Info": "api-usage=5001/5000"}, (0, None)),
        ({"X_RateLimit_Remaining": "many"}, None),
        ({}, None),
    ],
)
def test_what_is_left_is_read_as_each_vendor_writes_it(
    headers: dict[str, str], expected: tuple[float, float | None] | None
) -> None:
    assert left(**headers) == expected


def cost(requested: Any, available: Any, restore: Any) -> dict[str, Any]:
    status = {"maximumAvailable": 1000.0, "currentlyAvailable": available, "restoreRate": restore}
    return {"data": {}, "extensions": {"cost": {"requestedQueryCost": requested, "throttleStatus": status}}}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (cost(502, 52, 50.0), 9.0),
        (cost(502, 502, 50.0), 0.0),
        (cost(52, 948, 50.0), 0.0),
        (cost(52, 0, 0), 0.0),
        (cost("52", 0, 50), 0.0),
        ({"errors": [{"extensions": {"code": "THROTTLED"}}]}, 0.0),
        (None, 0.0),
    ],
)
def test_a_query_waits_until_it_can_be_paid_for(body: Any, seconds: float) -> None:
    assert CostLimit().pause(body) == seconds
