"""What backlot is to serve, several pages of everything."""

from collections.abc import Iterator
from typing import Any

PEOPLE = [f"person{n}@acme.example" for n in range(130)]
HELD = 230
MODIFIED = 1_790_000_000_000


def corpus() -> list[dict[str, Any]]:
    """Everything that backlot is to serve: 230 of most things, so that every listing has several pages."""
    return [*hubspot_records(), *github_records(), *jira_records(), *slack_records(), *linear_records()]


def _record(source: str, count: int, /, **words: Any) -> dict[str, Any]:
    day = f"2026-0{1 + count % 9}-{1 + count % 28:02}T08:{count % 60:02}:00Z"
    author = {"author_email": PEOPLE[count % len(PEOPLE)], "created": "2026-01-01T00:00:00Z", "updated": day}
    return {"source_type": source, "content": f"{source} {count}", **author, **words}


def hubspot_records() -> Iterator[dict[str, Any]]:
    kinds = {"contacts": "email", "companies": "name", "deals": "dealname", "tickets": "subject"}
    for base, (kind, label) in enumerate(kinds.items(), 1):
        for number in range(HELD):
            label_value = f"p{number}@x.example" if label == "email" else f"{kind} {number}"
            record_id = str(base * 10_000 + number)
            modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
            # What HubSpot's search filters by; backlot knows of no property that is not in the corpus.
            searched = {"hs_object_id": record_id, modified: str(MODIFIED + number)}
            words = {
                "object_type": kind,
                "record_id": record_id,
                "properties": {label: label_value, **searched},
            }
            yield _record("hubspot", number, title=f"{kind} {number}", archived=number % 20 == 0, **words)


def github_records() -> Iterator[dict[str, Any]]:
    for number in range(HELD):
        words = {
            "repo": f"repo{number % 3}",
            "number": number + 1,
            "state": "open",
            "title": f"Issue {number}",
        }
        yield _record("github", number, **words)


def jira_records() -> Iterator[dict[str, Any]]:
    for number in range(HELD):
        words = {
            "project": f"proj{number % 2}",
            "key": f"{'AB'[number % 2]}B-{number + 1}",
            "issuetype": "Task",
        }
        yield _record("jira", number, status="To Do", title=f"Task {number}", **words)


def slack_records() -> Iterator[dict[str, Any]]:
    for number in range(HELD):
        record = _record("slack", number, channel=f"channel-{number}")
        del record["updated"]
        yield record


def linear_records() -> Iterator[dict[str, Any]]:
    for number in range(HELD):
        words = {"team": "ENG", "identifier": f"ENG-{number + 1}", "state": "Todo", "title": f"Work {number}"}
        yield _record("linear", number, **words)
