"""SCIM 2.0 against scim2-server (PyPI), a server that no one here wrote, run as a process."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.errors import CredentialError, SuspiciousEmptiness
from integrations_pipelines.staging import Account, Limits
from integrations_pipelines.staging.fetch import fetch
from integrations_pipelines.staging.probe import probe
from integrations_pipelines.staging.windows import fetch_window
from integrations_pipelines_tests.peers.processes import running

TOKEN = "scim-t0ken"
LIMITS = Limits(wait_seconds=5, attempts=3)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    server = str(Path(sys.executable).with_name("scim2-server"))
    folder = tmp_path_factory.mktemp("scim")
    with (
        running(lambda port: [server, "--port", str(port), "--bearer-token", TOKEN], folder) as url,
        httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False
        ) as client,
    ):
        yield client


class Token:
    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self, name: str) -> str:
        return self._value


def account(directory: httpx.Client, token: str = TOKEN) -> Account:
    return Account(
        source_system=UUID(int=1),
        system_key="directory",
        connector=connector_of("scim"),
        config={"url": str(directory.base_url).rstrip("/")},
        credentials=Token(token),
    )


def created(directory: httpx.Client, number: int) -> str:
    body = {
        "schemas": [USER],
        "userName": f"user{number}",
        "name": {"givenName": "Ann", "familyName": f"Number {number}"},
        "emails": [{"value": f"user{number}@acme.example", "primary": True}],
        "active": True,
    }
    return str(directory.post("/Users", json=body).raise_for_status().json()["id"])


def test_a_window_brings_who_changed_within_it(directory: httpx.Client) -> None:
    before = datetime.now(UTC)
    inside = {created(directory, number) for number in (9001, 9002, 9003)}
    users = connector_of("scim").resource("users")

    def found(from_: datetime, to: datetime) -> set[str]:
        units = fetch_window(account(directory), users, from_=from_, to=to, limits=LIMITS)
        return {one for unit in units for one in unit.rows.column("source_record_id").to_pylist()}

    # Its clock is ours, and it writes whole seconds.
    start, end = before - timedelta(seconds=2), datetime.now(UTC) + timedelta(seconds=2)
    assert inside <= found(start, end)
    assert not inside & found(start - timedelta(days=7), start)
    assert not found(end, end + timedelta(days=7))
    for one in inside:
        directory.delete(f"/Users/{one}").raise_for_status()


def read(directory: httpx.Client, known_records: int = 0) -> set[str]:
    units = list(
        fetch(
            account(directory),
            connector_of("scim").resource("users"),
            limits=LIMITS,
            known_records=known_records,
        )
    )
    assert units[-1].complete
    assert all(not unit.unmapped for unit in units), units[0].unmapped
    return {key for unit in units for key in unit.rows.column("source_record_id").to_pylist()}


def test_the_ids_are_the_seeded_ones_after_changes_and_deletes_too(directory: httpx.Client) -> None:
    people = [created(directory, number) for number in range(201)]
    assert read(directory) == set(people)
    for one in people[:20]:
        directory.delete(f"/Users/{one}").raise_for_status()
    new = created(directory, 1000)
    assert read(directory) == {*people[20:], new}
    for one in [*people[20:], new]:
        directory.delete(f"/Users/{one}").raise_for_status()
    with pytest.raises(SuspiciousEmptiness):
        read(directory, known_records=182)


def test_a_token_is_tried_before_it_is_used(directory: httpx.Client) -> None:
    probe(account(directory))
    with pytest.raises(CredentialError, match="SCIM"):
        probe(account(directory, "wrong"))
