"""What connectors do against a peer that no one here wrote.

The peer is backlot (PyPI, Apache-2.0), which speaks the wire formats of HubSpot, GitHub, Jira and Slack over a corpus
of ours; what it does not serve comes from ``recordings/<connector>/<resource>.json``, over HTTP on loopback too.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import backlot
import pytest
from _pytest.mark import ParameterSet

from integrations_pipelines.catalog import catalog, connector_of
from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.contract.coverage import unmapped_fields
from integrations_pipelines.errors import (
    CredentialError,
    ThirdPartyRefused,
)
from integrations_pipelines.manifest import read_manifest
from integrations_pipelines.staging import Account
from integrations_pipelines.staging.probe import probe
from integrations_pipelines_tests.http_server import Handler, Response, ScriptedServer
from integrations_pipelines_tests.http_server import Request as Asked
from integrations_pipelines_tests.integration.peers.accounts import (
    Tokens,
    account_on,
    fetched,
    payloads,
)
from integrations_pipelines_tests.integration.peers.backlot_corpus import (
    HELD,
    MODIFIED,
    PEOPLE,
    corpus,
    github_records,
    hubspot_records,
    jira_records,
    linear_records,
    slack_records,
)

EXAMPLES = Path(__file__).parents[3] / "docs" / "how-to" / "examples"
RECORDINGS = Path(__file__).parents[2] / "recordings"
EVERY = [(one, resource) for one in catalog().values() for resource in one.resources]
# What backlot 0.1.0 does not serve.
NOT_SERVED = {"github.members", "hubspot.owners", "jira.users"}


def named(chosen: Iterable[tuple[Connector, Resource]]) -> list[ParameterSet]:
    """Return test parameters with the resource's name as their id."""
    return [pytest.param(one, resource, id=f"{one.system_type}.{resource.name}") for one, resource in chosen]


SPOKEN = {"hubspot", "github", "jira", "slack"}
SERVED = named(
    (c, r) for c, r in EVERY if c.system_type in SPOKEN and f"{c.system_type}.{r.name}" not in NOT_SERVED
)
RECORDED = named((c, r) for c, r in EVERY if f"{c.system_type}.{r.name}" in NOT_SERVED)


@pytest.fixture(scope="module")
def peer() -> Iterator[backlot.Server]:
    """Serve the corpus on loopback, telemetry off."""
    with pytest.MonkeyPatch.context() as patch:
        # backlot waits ten seconds for its own process, which is not enough on a busy machine.
        patch.setattr("backlot.server._LOCAL_HEALTH_ATTEMPTS", 900)
        with backlot.serve(corpus(), telemetry=False) as server:
            yield server


def account_at(peer: backlot.Server, system_type: str, token: str | None = None) -> Account:
    """Return an account of ``system_type`` at backlot."""
    paths = {
        "msgraph": "/msgraph/v1.0",
        "hubspot": "/hubspot",
        "github": "/github",
        "jira": "/atlassian",
        "slack": "/slack/api",
    }
    settings = {"github": {"org": "acme"}, "jira": {"email": PEOPLE[0]}}
    return Account(
        source_system=UUID(int=1),
        system_key=f"{system_type}-test",
        connector=connector_of(system_type),
        config={"base_url": peer.base_url + paths[system_type], **settings.get(system_type, {})},
        credentials=Tokens(token or peer.token),
    )


# --- against the peer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["contacts", "companies", "deals", "tickets"])
def test_hubspot_s_ids_are_the_seeded_ones_and_the_archived_are_deleted(
    peer: backlot.Server, kind: str
) -> None:
    found, _ = fetched(account_at(peer, "hubspot"), connector_of("hubspot").resource(kind))
    seeded = {
        record["record_id"]: record["archived"]
        for record in hubspot_records()
        if record["object_type"] == kind
    }
    assert found == seeded


def test_hubspot_s_search_finds_by_id_what_changed_since(peer: backlot.Server) -> None:
    contacts = connector_of("hubspot").resource("contacts")
    since = datetime.fromtimestamp((MODIFIED + 20) / 1000, UTC) + timedelta(minutes=5)
    cursor = {"marks": {"": since.isoformat()}, "whole": datetime.now(UTC).isoformat()}
    found, units = fetched(account_at(peer, "hubspot"), contacts, cursor=cursor)
    changed = {r["record_id"]: r["archived"] for n, r in enumerate(hubspot_records()) if n < HELD}
    assert found == {key: gone for key, gone in changed.items() if gone or int(key) >= 10_020}
    assert not units[-1].complete


def test_github_s_issues_are_the_seeded_ones_of_every_repository(peer: backlot.Server) -> None:
    _, units = fetched(account_at(peer, "github"), connector_of("github").resource("issues"))
    found = {(one["_parent"]["repository"], one["number"]) for one in payloads(units)}
    assert found == {(f"acme/{one['repo']}", one["number"]) for one in github_records()}


def test_jira_s_issues_are_the_seeded_ones(peer: backlot.Server) -> None:
    _, units = fetched(account_at(peer, "jira"), connector_of("jira").resource("issues"))
    assert {one["key"] for one in payloads(units)} == {one["key"] for one in jira_records()}


def test_slack_s_people_and_channels_are_the_seeded_ones(peer: backlot.Server) -> None:
    _, people = fetched(account_at(peer, "slack"), connector_of("slack").resource("users"))
    _, channels = fetched(account_at(peer, "slack"), connector_of("slack").resource("channels"))
    assert {one["profile"]["email"] for one in payloads(people)} == set(PEOPLE)
    assert {one["name"] for one in payloads(channels)} == {one["channel"] for one in slack_records()}


def test_microsoft_graph_s_users_are_the_seeded_ones(peer: backlot.Server) -> None:
    # backlot has no delta query: the same records from the plain list, which is cut alike.
    users = connector_of("msgraph").resource("users")
    assert users.request is not None
    plain = replace(users, request=replace(users.request, path="/users", params={"$top": 50}))
    found, units = fetched(account_at(peer, "msgraph"), plain)
    assert {one["userPrincipalName"].lower() for one in payloads(units)} == set(PEOPLE)
    assert (len(found), units[-1].complete) == (len(PEOPLE), True)


def test_a_graphql_manifest_reads_all_that_was_seeded_and_then_nothing(peer: backlot.Server) -> None:
    linear = read_manifest(EXAMPLES / "linear.yaml")
    account = replace(
        account_at(peer, "slack"), connector=linear, config={"base_url": f"{peer.base_url}/linear"}
    )
    probe(account)
    found, units = fetched(account, linear.resource("issues"))
    assert {one["identifier"] for one in payloads(units)} == {one["identifier"] for one in linear_records()}
    assert all(not unit.unmapped for unit in units)
    again, _ = fetched(account, linear.resource("issues"), cursor=units[-1].cursor)
    assert len(again) < len(found) / 10


@pytest.mark.parametrize(("one", "resource"), SERVED)
def test_reading_twice_gives_the_same_records_and_hashes(
    peer: backlot.Server, one: Connector, resource: Resource
) -> None:
    account = account_at(peer, one.system_type)
    first, second = fetched(account, resource), fetched(account, resource)
    assert first[0] == second[0]
    hashes = [
        {h for unit in units for h in unit.rows.column("content_hash").to_pylist()}
        for _, units in (first, second)
    ]
    assert hashes[0] == hashes[1]
    assert first[1][-1].complete


# backlot takes no notice of what JQL and ``since`` say about time, so here the two vendors' rules are spelled out.


def jira_in(zone: str, updated: list[datetime]) -> Handler:
    """Serve issues as Jira does: JQL's minutes are on the clock of ``zone``, and later ones come later."""

    def handler(asked: Asked) -> Response:
        text = re.search(r'updated >= "([^"]+)" ORDER BY updated ASC', asked.query["jql"])
        assert text is not None
        since = datetime.strptime(text[1], "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo(zone))
        chosen = [(n, moment) for n, moment in enumerate(updated) if moment >= since]
        issues = [{"id": str(n), "fields": {"updated": moment.isoformat()}} for n, moment in chosen]
        return Response.of_json({"issues": issues, "isLast": True})

    return handler


UPDATED = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=7 * n, seconds=n) for n in range(200)]


@pytest.mark.parametrize(
    "zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati", "Etc/GMT+12"]
)
@pytest.mark.parametrize("is_told", [True, False])
def test_jira_s_changes_are_all_read_whatever_its_clock(
    http_server: ScriptedServer, zone: str, is_told: bool
) -> None:
    account = account_on(
        http_server, "jira", email="me@acme.example", **({"time_zone": zone} if is_told else {})
    )
    issues = connector_of("jira").resource("issues")
    http_server.handler = jira_in(zone, UPDATED[:150])
    before, units = fetched(account, issues)
    http_server.handler = jira_in(zone, UPDATED)
    after, _ = fetched(account, issues, cursor=units[-1].cursor)
    assert set(before) | set(after) == {str(n) for n in range(200)}
    assert len(after) <= (51 if is_told else 56)


def test_github_s_changes_are_asked_for_by_repository_and_a_new_one_is_read_whole(
    http_server: ScriptedServer,
) -> None:
    repositories = [{"id": 1, "full_name": "acme/old"}]

    def handler(asked: Asked) -> Response:
        if asked.path == "/orgs/acme/repos":
            return Response.of_json(repositories)
        return Response.of_json([{"id": len(repositories), "updated_at": "2026-03-01T00:00:00Z"}])

    http_server.handler = handler
    account, issues = account_on(http_server, "github", org="acme"), connector_of("github").resource("issues")
    _, units = fetched(account, issues)
    repositories.append({"id": 2, "full_name": "acme/new"})
    fetched(account, issues, cursor=units[-1].cursor)
    asked = [(one.path, one.query.get("since")) for one in http_server.requests if "/issues" in one.path]
    assert asked == [
        ("/repos/acme/old/issues", None),
        ("/repos/acme/old/issues", "2026-03-01T00:00:00Z"),
        ("/repos/acme/new/issues", None),
    ]


@pytest.mark.parametrize("system_type", ["hubspot", "github", "jira", "slack"])
def test_a_probe_lets_good_credentials_in_and_bad_ones_not(peer: backlot.Server, system_type: str) -> None:
    probe(account_at(peer, system_type))
    with pytest.raises((CredentialError, ThirdPartyRefused), match=connector_of(system_type).title):
        probe(account_at(peer, system_type, token="no-such-token-at-all"))


@pytest.mark.parametrize(("one", "resource"), SERVED)
def test_bad_credentials_never_read_as_an_empty_listing(
    peer: backlot.Server, one: Connector, resource: Resource
) -> None:
    with pytest.raises((CredentialError, ThirdPartyRefused)):
        fetched(account_at(peer, one.system_type, token="no-such-token-at-all"), resource)


# --- every field is mapped, or ignored on purpose ---------------------------------------------------------------------


def unknown_fields(resource: Resource, records: list[dict[str, Any]]) -> set[str]:
    """Return the fields that nobody mapped and nobody ignored."""
    return {path for record in records for path in unmapped_fields(resource, record)}


@pytest.mark.parametrize(("one", "resource"), SERVED)
def test_every_field_that_is_served_is_mapped_or_ignored_on_purpose(
    peer: backlot.Server, one: Connector, resource: Resource
) -> None:
    _, units = fetched(account_at(peer, one.system_type), resource)
    assert unknown_fields(resource, payloads(units)) == set()


def recording(one: Connector, resource: Resource) -> Any:
    return json.loads((RECORDINGS / one.system_type / f"{resource.name}.json").read_text())


@pytest.mark.parametrize(("one", "resource"), RECORDED)
def test_a_recorded_listing_is_read_whole_and_every_field_known(
    http_server: ScriptedServer, one: Connector, resource: Resource
) -> None:
    pages = recording(one, resource)

    def handler(asked: Asked) -> Response:
        first = asked.query.get("startAt", "0") == "0"
        page = pages if first and "archived" not in asked.query else []
        return Response.of_json({resource.records: page} if resource.records else page)

    http_server.handler = handler
    settings = {"github": {"org": "acme"}, "jira": {"email": "me@acme.example"}}
    account = account_on(http_server, one.system_type, **settings.get(one.system_type, {}))
    _, units = fetched(account, resource)
    assert [unit.extracted for unit in units] == [len(pages)]
    assert unknown_fields(resource, payloads(units)) == set()
