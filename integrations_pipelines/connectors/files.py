"""Files: CSV, JSON lines, Excel, Parquet. What a file holds is said when it is imported, so the resource is made then.

Source: RFC 4180 for CSV; https://jsonlines.org for JSON lines.
"""

from collections.abc import Mapping

from integrations_pipelines.contract import Connector, Resource
from integrations_pipelines.entities.projection import Field, Projection, literal_path

CONNECTOR = Connector(
    system_type="files",
    title="Files (CSV, JSON lines, Excel, Parquet)",
    base_url="",
    resources=(),
    description="Tables that somebody exported; their resources are named when they are imported.",
)


def file_resource(name: str, entity_type: str, columns: Mapping[str, str], key: str) -> Resource:
    """Return the resource of a file whose ``columns`` (column: attribute) read as ``entity_type``.

    ``key`` is the column of the source record id. What is in no column of ``columns`` is kept in the payload.
    Raise ``ContractError`` for an entity type or an attribute that is not there.
    """
    paths: dict[str, list[str]] = {}
    for column, attribute in columns.items():
        paths.setdefault(attribute, []).append(literal_path(column))
    attributes = {name: Field(tuple(found) if len(found) > 1 else found[0]) for name, found in paths.items()}
    return Resource(
        name=name,
        projection=Projection(entity_type=entity_type, place=f"{{account}}/{name}", attributes=attributes),
        key=(literal_path(key),),
        full=False,
        description="Rows of an imported file. A row that is missing from the next file is not taken as deleted.",
    )
