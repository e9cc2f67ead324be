"""Links into bound domains: which row of another data model a record is, or whose it is.

Part of every resolution, in its transaction: a pure function of the identity graph and the relations, so the order of
arrival does not matter. Where a record points at two rows, it waits, and a person is asked.
"""

from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from integrations_pipelines.entities.model import EntityType
from integrations_pipelines.registry import bindings
from integrations_pipelines.registry.statements import RESOLVE, statements

DOMAINS = statements(Path(bindings.__file__).with_name("domains.sql"))


def link_domains(connection: Connection, entity_type: EntityType) -> None:
    """Bring the record maps of bound domains up to what was just resolved of ``entity_type``."""
    targets = [relation.target for relation in entity_type.relations.values()]
    asked = {"entity_type": entity_type.name, "targets": targets}
    for name, system, bound_type, relations, place in DOMAINS.run(connection, "concerned", asked).fetchall():
        values = {
            "name": name,
            "system": system,
            "entity_type": bound_type,
            "relations": relations,
            "place": place,
            # Its own type moved: everything may point elsewhere. Else only records of the resolved type.
            "only": None if bound_type == entity_type.name else entity_type.name,
            "resolved": entity_type.name,
        }
        _link(connection, values)


def _link(connection: Connection, values: dict[str, Any]) -> None:
    for block in ("anchors", "pointing", "aims"):
        DOMAINS.run(connection, block, values)
    _ask(connection, values)
    linked = DOMAINS.run(connection, "link", values).rowcount
    unlinked = DOMAINS.run(connection, "unlink", values).rowcount
    if linked or unlinked:
        DOMAINS.run(connection, "log_links", {**values, "linked": linked, "unlinked": unlinked})
    DOMAINS.run(connection, "clear_links")


def _ask(connection: Connection, values: dict[str, Any]) -> None:
    """Ask whether two rows that one record points at are one. Only a look at everything can settle old questions."""
    reason = f"{bindings.REASON}{values['name']}"
    found = DOMAINS.run(connection, "disputes", values).fetchall()
    asked = {
        "entity_type": values["entity_type"],
        "lefts": [left for left, _, _ in found],
        "rights": [right for _, right, _ in found],
        "reasons": [reason] * len(found),
        "evidence": [Jsonb(evidence) for _, _, evidence in found],
        "notes": [""] * len(found),
    }
    if values["only"] is None:
        DOMAINS.run(connection, "settle_disputes", {**asked, "reason": reason})
    if found:
        RESOLVE.run(connection, "ask", asked)
