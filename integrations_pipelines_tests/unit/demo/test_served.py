"""What the third parties serve on loopback is the corpus, record by record."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.demo.copies import GITHUB, HUBSPOT, JIRA, SLACK, organisation
from integrations_pipelines.demo.corpus import write_corpus
from integrations_pipelines.demo.peer import Peer, starting_peer
from integrations_pipelines.demo.syncing import ACCOUNTS
from integrations_pipelines.staging import Account
from integrations_pipelines.staging.fetch import fetch


class Token:
    def __init__(self, token: str) -> None:
        self._token = token

    def reveal(self, name: str) -> str:
        return self._token


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder: Path = tmp_path_factory.mktemp("third-parties")
    write_corpus(organisation(), folder)
    with starting_peer(folder) as starting:
        yield starting.wait()


def account_at(peer: Peer, system_key: str) -> Account:
    system_type, path, more = ACCOUNTS[system_key]
    return Account(
        source_system=UUID(int=1),
        system_key=system_key,
        connector=connector_of(system_type),
        config={"base_url": peer.base_url + path, **more},
        credentials=Token(peer.token),
    )


@pytest.mark.parametrize(
    ("system_key", "resource"),
    [(HUBSPOT, "contacts"), (HUBSPOT, "companies"), (SLACK, "users"), (JIRA, "users"), (GITHUB, "members")],
)
def test_the_ids_that_are_served_are_the_ones_whose_truth_is_known(
    peer: Peer, system_key: str, resource: str
) -> None:
    account = account_at(peer, system_key)
    units = fetch(account, account.connector.resource(resource))
    served = [one for unit in units for one in unit.rows.column("source_record_id").to_pylist()]
    assert sorted(served) == sorted(one.record_id for one in organisation().of(system_key, resource))


def test_hubspot_s_contacts_name_the_company_they_work_for(peer: Peer) -> None:
    account = account_at(peer, HUBSPOT)
    units = fetch(account, account.connector.resource("contacts"))
    payloads = [json.loads(one) for unit in units for one in unit.rows.column("payload").to_pylist()]
    assert all(one["associations"]["companies"] for one in payloads)


@pytest.mark.parametrize("path", ["/atlassian/rest/api/3/users/search", "/github/orgs/kranich/members"])
def test_the_lists_beside_backlot_are_refused_without_the_token(peer: Peer, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer no"}, {"authorization": "Basic bm86bm8="}):
        assert httpx.get(peer.base_url + path, headers=headers, trust_env=False).status_code == 401


def test_it_listens_on_loopback_alone(peer: Peer) -> None:
    assert peer.base_url.startswith("http://127.0.0.1:")
    port = f"{int(peer.base_url.rpartition(':')[2]):04X}"
    lines = [line.split() for name in ("tcp", "tcp6") for line in _table(name)]
    listening = {address for _, address, _, state, *_ in lines if state == "0A" and address.endswith(port)}
    assert listening == {f"0100007F:{port}"}


def _table(name: str) -> list[str]:
    path = Path("/proc/net") / name
    return path.read_text().splitlines()[1:] if path.exists() else []
