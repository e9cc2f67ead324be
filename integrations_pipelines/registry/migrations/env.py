"""Alembic's entry: runs the migrations on the connection that ``registry.migrate`` hands over."""

from typing import Any

from alembic import context
from sqlalchemy import text

from integrations_pipelines.registry.models import Base

SCHEMAS = {"integrations", "staging", "resolution", "entities"}


def _is_ours(name: str | None, type_: str, parents: Any) -> bool:
    if type_ == "schema":
        return name in SCHEMAS
    if type_ == "table":
        # Monthly partitions are made by a function of the database, not by the models.
        return parents.get("schema_name") in SCHEMAS and not str(name).startswith("sync_log_")
    return True


def run() -> None:
    """Migrate, or compare, on ``config.attributes['connection']``."""
    connection = context.config.attributes["connection"]
    connection.execute(text("create schema if not exists integrations"))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=_is_ours,
        version_table_schema="integrations",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
