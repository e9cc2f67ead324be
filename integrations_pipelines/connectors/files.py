"""Files: CSV, JSON lines, Excel, Parquet. What a file holds is said when it is imported, so the resource is made then.

Source: RFC 4180 for CSV; https://jsonlines.org for JSON lines.
"""

from collections.abc import Iterable, Mapping

from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.entities.projection import (
    Field,
    Link,
    LinkByIdentifier,
    Projection,
    literal_path,
)

CONNECTOR = Connector(
    system_type="files",
    title="Files (CSV, JSON lines, Excel, Parquet)",
    base_url="",
    resources=(),
    description="Tables that somebody exported; their resources are named when they are imported.",
)


def encoding_of(lines: Iterable[bytes]) -> str:
    """Return how text without a mark is read: UTF-8, or Windows-1252 where most lines beyond ASCII are no UTF-8.

    One spoilt line does not make all the others Windows-1252: what is right in them would be read wrong.
    """
    right = wrong = 0
    for line in lines:
        if not line.isascii():
            try:
                line.decode()
                right += 1
            except UnicodeDecodeError:
                wrong += 1
    return "cp1252" if wrong > right else "utf-8-sig"


def link_of(word: str) -> tuple[str, str, bool] | None:
    """Return what a column's word says of a relation: (relation, by what, whether by identifier); None for none.

    ``owner.email``: whoever holds the address. ``owner:customers``: the record of that key in resource ``customers``.
    """
    for sign in (".", ":"):
        relation, found, by = word.partition(sign)
        if relation and found and by:
            return relation, by, sign == "."
    return None


def file_resource(name: str, entity_type: str, columns: Mapping[str, str], key: str) -> Resource:
    """Return the resource of a file whose ``columns`` (column: attribute) read as ``entity_type``.

    An attribute may be a relation, as ``link_of`` reads it.
    ``key`` is the column of the source record id. What is in no column of ``columns`` is kept in the payload.
    Raise ``ContractError`` for an entity type or an attribute that is not there.
    """
    paths: dict[str, list[str]] = {}
    relations: dict[str, tuple[Link | LinkByIdentifier, ...]] = {}
    for column, attribute in columns.items():
        link = link_of(attribute)
        if link is None:
            paths.setdefault(attribute, []).append(literal_path(column))
        else:
            relation, by, is_identifier = link
            path = literal_path(column)
            made = LinkByIdentifier(kind=by, value=path) if is_identifier else Link(to=by, key=path)
            relations[relation] = (*relations.get(relation, ()), made)
    attributes = {name: Field(tuple(found) if len(found) > 1 else found[0]) for name, found in paths.items()}
    return Resource(
        name=name,
        projection=Projection(
            entity_type=entity_type, place=f"{{account}}/{name}", attributes=attributes, relations=relations
        ),
        key=(literal_path(key),),
        full=False,
        description="Rows of an imported file. A row that is missing from the next file is not taken as deleted.",
    )
