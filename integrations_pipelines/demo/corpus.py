"""The organisation as the tools are given it: backlot's corpus, the lists it has no place for, billing's tables."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from integrations_pipelines.demo.copies import BILLING, GITHUB, HUBSPOT, JIRA, SLACK, Copy, Organisation
from integrations_pipelines.demo.people import OWN_DOMAIN

ORG = "kranich"
_START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_DEALS, _TICKETS, _REPOSITORIES, _PULLS, _TASKS, _CHANNELS, _INVOICES = 60, 90, 6, 120, 150, 18, 160
_PROJECTS = {"PLAT": "Platform", "APP": "Mobile app", "OPS": "Operations"}


def write_corpus(whole: Organisation, folder: Path) -> None:
    """Write ``corpus.jsonl``, ``roster.yaml`` and ``more.json`` for the peer, and billing's CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    hubspot = [*_hubspot(whole)]
    records = [*hubspot, *_github(whole), *_jira(whole), *_slack(whole)]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # JSON is YAML too.
    (folder / "roster.yaml").write_text(json.dumps(_roster(whole)), encoding="utf-8")
    (folder / "more.json").write_text(json.dumps(_more(whole, hubspot)), encoding="utf-8")
    for name, rows in billing_tables(whole).items():
        _write_table(folder / f"{name}.csv", rows)


def _roster(whole: Organisation) -> dict[str, Any]:
    users = [{"name": one.fields["name"], "email": one.fields["email"]} for one in whole.of(SLACK, "users")]
    return {"org": ORG, "org_domain": OWN_DOMAIN, "departments": {"Everybody": users}}


def _more(whole: Organisation, hubspot: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What backlot 0.1.0 does not serve: Jira's people, GitHub's members, HubSpot's associations."""
    return {
        "jira": [dict(one.fields) for one in whole.of(JIRA, "users")],
        "github": [dict(one.fields) for one in whole.of(GITHUB, "members")],
        "hubspot": {record["doc_id"]: [link["to"] for link in record["associations"]] for record in hubspot},
    }


def _at(number: int) -> str:
    return (_START + timedelta(hours=7 * number)).isoformat().replace("+00:00", "Z")


def _record(source: str, number: int, author: str, title: str, words: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source_type": source,
        "doc_id": f"{source}-{words.get('object_type', '')}{number}",
        "title": title,
        "content": title,
        "author_email": author,
        "created": _at(number),
        "updated": _at(number + 3),
        **words,
    }


def _addresses(whole: Organisation, system_key: str, resource: str) -> list[str]:
    return [one.fields["email"] for one in whole.of(system_key, resource)]


# --- HubSpot ----------------------------------------------------------------------------------------------------------


def _hubspot(whole: Organisation) -> Iterator[dict[str, Any]]:
    contacts, all_companies = whole.of(HUBSPOT, "contacts"), whole.of(HUBSPOT, "companies")
    owner = _addresses(whole, SLACK, "users")[1]
    homes = {person.key: person.company.key for person in whole.people}
    rows = {one.truth: one.record_id for one in reversed(all_companies)}
    for one in all_companies:
        yield _crm("companies", one.record_id, owner, one.fields)
    for one in contacts:
        yield _crm("contacts", one.record_id, owner, one.fields, ("companies", rows[homes[one.truth]]))
    for number, one in enumerate(islice(cycle(contacts), _DEALS)):
        company = ("companies", rows[homes[one.truth]])
        fields = {
            "dealname": f"Licences {2026 + number % 2}, no. {number + 1}",
            "amount": f"{(number + 3) * 450}.00",
            "deal_currency_code": "EUR",
            "dealstage": ("qualified", "offer", "closedwon")[number % 3],
        }
        yield _crm("deals", str(30_000 + number), owner, fields, company, ("contacts", one.record_id))
    for number, one in enumerate(islice(cycle(reversed(contacts)), _TICKETS)):
        fields = {"subject": f"Question no. {number + 1}", "hs_pipeline_stage": str(1 + number % 4)}
        yield _crm("tickets", str(40_000 + number), owner, fields, ("contacts", one.record_id))


def _crm(
    kind: str, record_id: str, owner: str, fields: Mapping[str, str], *links: tuple[str, str]
) -> dict[str, Any]:
    words = {
        "object_type": kind,
        "doc_id": f"{kind}-{record_id}",
        "record_id": record_id,
        "properties": {name: value for name, value in fields.items() if value} | _searched(kind, record_id),
        "associations": [{"to": f"{other}-{key}"} for other, key in links],
    }
    title = fields.get("name") or fields.get("dealname") or fields.get("subject") or f"contact {record_id}"
    return _record("hubspot", int(record_id) % 1000, owner, title, words)


def _searched(kind: str, record_id: str) -> dict[str, str]:
    """Return what search filters by, which backlot knows as properties alone."""
    updated = int((_START + timedelta(hours=7 * (int(record_id) % 1000 + 3))).timestamp() * 1000)
    modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
    return {"hs_object_id": record_id, modified: str(updated)}


# --- GitHub, Jira, Slack ----------------------------------------------------------------------------------------------


def _github(whole: Organisation) -> Iterator[dict[str, Any]]:
    members = _addresses(whole, GITHUB, "members")
    for number in range(_PULLS):
        words = {
            "repo": f"kranich-{('core', 'web', 'mobile', 'infra', 'docs', 'tools')[number % _REPOSITORIES]}",
            "number": number + 1,
            "state": ("open", "closed")[number % 2],
            "assignees": [members[(number * 7) % len(members)]],
        }
        yield _record(
            "github", number, members[number % len(members)], f"Fix what breaks no. {number + 1}", words
        )


def _jira(whole: Organisation) -> Iterator[dict[str, Any]]:
    users = _addresses(whole, JIRA, "users")
    for number in range(_TASKS):
        key = list(_PROJECTS)[number % len(_PROJECTS)]
        words = {
            "project": _PROJECTS[key],
            "key": f"{key}-{number // len(_PROJECTS) + 1}",
            "issuetype": ("Task", "Bug", "Story")[number % 3],
            "status": ("To Do", "In Progress", "Done")[number // 3 % 3],
            "reporter": users[number % len(users)],
            "assignee": users[(number * 11) % len(users)],
        }
        yield _record("jira", number, users[number % len(users)], f"Deliver part no. {number + 1}", words)


def _slack(whole: Organisation) -> Iterator[dict[str, Any]]:
    users = _addresses(whole, SLACK, "users")
    for number in range(_CHANNELS):
        words = {"channel": f"team-{number + 1:02}"}
        record = _record("slack", number, users[number % len(users)], f"Welcome to {words['channel']}", words)
        del record["updated"], record["title"]
        yield record


# --- billing ----------------------------------------------------------------------------------------------------------


def billing_tables(whole: Organisation) -> dict[str, list[dict[str, str]]]:
    """Return billing's three tables: accounts (companies), customers (people), invoices."""
    customers = whole.of(BILLING, "customers")
    accounts = {one.truth: one.record_id for one in whole.of(BILLING, "accounts")}
    homes = {person.key: person.company.key for person in whole.people}
    return {
        "accounts": [_account(one) for one in whole.of(BILLING, "accounts")],
        "customers": [
            {
                "Kundennr": one.record_id,
                **one.fields,
                "Land": "DE",
                "Konto": accounts.get(homes[one.truth], ""),
            }
            for one in customers
        ],
        "invoices": [_invoice(number, one) for number, one in enumerate(islice(cycle(customers), _INVOICES))],
    }


def _account(one: Copy) -> dict[str, str]:
    fields = one.fields
    return {
        "Konto": one.record_id,
        "Firma": fields["name"],
        "Website": fields["domain"],
        "Telefon": fields["phone"],
        "Land": "DE",
    }


def _invoice(number: int, customer: Copy) -> dict[str, str]:
    return {
        "Rechnung": f"R-2026-{number + 1:05}",
        "Kundennr": customer.record_id,
        "Betrag": f"{(number % 17 + 1) * 119}.00 EUR",
        "Status": ("bezahlt", "offen")[number % 4 == 0],
        "Datum": _at(number)[:10],
    }


def _write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
