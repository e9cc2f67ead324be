"""When a point of the contract applies to a resource; else why not."""

from integrations_pipelines.contract import (
    Connector,
    CursorPages,
    Delta,
    EventStream,
    LinkBodyPages,
    LinkHeaderPages,
    NoAuth,
    OffsetPages,
    Resource,
    SinglePage,
)
from integrations_pipelines_tests.conformance.openapi import DOCUMENTS


def always(connector: Connector, resource: Resource) -> str:
    return ""


def in_pages(connector: Connector, resource: Resource) -> str:
    return "one answer is the whole list" if isinstance(resource.pages, SinglePage) else ""


def by_cursor(connector: Connector, resource: Resource) -> str:
    if isinstance(resource.pages, CursorPages | LinkHeaderPages | LinkBodyPages):
        return ""
    return "its empty page is the end"


def by_link(connector: Connector, resource: Resource) -> str:
    return "" if isinstance(resource.pages, LinkHeaderPages | LinkBodyPages) else "it hands out no links"


def counted_from_one(connector: Connector, resource: Resource) -> str:
    counts = isinstance(resource.pages, OffsetPages) and resource.pages.first == 1
    return "" if counts else "it does not count from one"


def by_changes(connector: Connector, resource: Resource) -> str:
    return "" if resource.incremental or resource.changes else "every run reads the whole list"


def by_moment(connector: Connector, resource: Resource) -> str:
    return "" if resource.incremental else "it is not asked by a moment"


def by_token(connector: Connector, resource: Resource) -> str:
    return "" if isinstance(resource.changes, Delta) else "it has no token that can be too old"


def with_deletions(connector: Connector, resource: Resource) -> str:
    events = isinstance(resource.changes, EventStream) and bool(resource.changes.deleted)
    told = resource.deleted is not None or events
    return "" if told else "it tells of no deletion: by absence, where the list is whole"


def with_merges(connector: Connector, resource: Resource) -> str:
    says = resource.merged is not None and bool(resource.merged.ids or resource.merged.into)
    return "" if says else "its records say nothing of merges"


def with_a_window(connector: Connector, resource: Resource) -> str:
    why = resource.no_window or "its manifest names none"
    return "" if resource.window else f"no window: {why}"


def by_absence(connector: Connector, resource: Resource) -> str:
    return "" if resource.full and not resource.parent else "a list of each parent: one that is gone has none"


def with_body_rules(connector: Connector, resource: Resource) -> str:
    return "" if connector.body_rules else "its errors have a status of their own"


def with_later_words(connector: Connector, resource: Resource) -> str:
    has = any(rule.later for rule in connector.body_rules)
    return "" if has else "its pauses have a status of their own"


def with_403(connector: Connector, resource: Resource) -> str:
    return "" if any(rule.status == 403 for rule in connector.rate_limits) else "its pauses are 429"


def with_secret(connector: Connector, resource: Resource) -> str:
    return "it needs no credential" if isinstance(connector.auth, NoAuth) else ""


def with_a_document(connector: Connector, resource: Resource) -> str:
    return "" if connector.system_type in DOCUMENTS else "no OpenAPI document of the vendor's at hand"
