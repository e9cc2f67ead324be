"""Connects the demo's source systems and runs their syncs."""

from collections.abc import Iterator
from pathlib import Path

from integrations_pipelines.catalog import connector_of
from integrations_pipelines.demo.copies import BILLING, GITHUB, HUBSPOT, JIRA, SLACK
from integrations_pipelines.demo.corpus import ORG
from integrations_pipelines.demo.peer import Peer
from integrations_pipelines.errors import NotFound
from integrations_pipelines.hub import Hub
from integrations_pipelines.orchestration.launch import run_file_import, run_sync
from integrations_pipelines.orchestration.outcome import RunOutcome
from integrations_pipelines.registry import sources
from integrations_pipelines.settings import Settings
from integrations_pipelines.sync import file_system
from integrations_pipelines.vault import SecretValue, set_credential

# System key: connector, where backlot serves it, what else the account needs.
ACCOUNTS = {
    HUBSPOT: ("hubspot", "/hubspot", {}),
    SLACK: ("slack", "/slack/api", {}),
    JIRA: ("jira", "/atlassian", {"email": "demo@kranich.example", "time_zone": "UTC"}),
    GITHUB: ("github", "/github", {"org": ORG}),
}

# Resource, entity type, key column, and how the other columns read.
BILLING_FILES = (
    (
        "accounts",
        "organization",
        "Konto",
        {"Konto": "external_id", "Firma": "name", "Website": "domain", "Telefon": "phone", "Land": "country"},
    ),
    (
        "customers",
        "person",
        "Kundennr",
        {
            "Kundennr": "external_id",
            "name": "name",
            "email": "email",
            "phone": "phone",
            "company": "company_name",
            "Land": "country",
        },
    ),
    (
        "invoices",
        "invoice",
        "Rechnung",
        {"Rechnung": "number", "Betrag": "total", "Status": "status", "Datum": "issued_on"},
    ),
)


def connect(hub: Hub, peer: Peer) -> None:
    """Add the source systems that are not there yet, and put their credentials into the vault."""
    for system_key, (system_type, path, more) in ACCOUNTS.items():
        _connect(hub, system_key, system_type, {"base_url": peer.base_url + path, **more})
        with hub.engine.begin() as connection:
            for credential in connector_of(system_type).credentials:
                set_credential(connection, hub.keys, system_key, credential.name, SecretValue(peer.token))
    source = file_system(hub, BILLING)
    with hub.engine.begin() as connection:
        for resource, entity_type, key, columns in BILLING_FILES:
            reading = {"entity_type": entity_type, "columns": columns, "key": key}
            source = sources.remember_file(connection, source, resource, reading)


def _connect(hub: Hub, system_key: str, system_type: str, settings: dict[str, str]) -> None:
    with hub.engine.begin() as connection:
        try:
            sources.source_of(connection, system_key)
        except NotFound:
            sources.add_source(connection, system_key=system_key, system_type=system_type, settings=settings)


def sync_all(settings: Settings, url: str, folder: Path) -> Iterator[RunOutcome]:
    """Run every sync through Dagster, in this process, one after the other; yield what came of each."""
    for system_key in ACCOUNTS:
        yield run_sync(settings, url, system_key)
    for resource, *_ in BILLING_FILES:
        yield run_file_import(settings, url, BILLING, path=folder / f"{resource}.csv", resource=resource)
