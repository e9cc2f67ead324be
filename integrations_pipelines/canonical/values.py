"""Canonical values as a statement: a pure function of the records mapped to an entity and the precedence rules."""

from pathlib import Path

from psycopg import sql

from integrations_pipelines.registry.statements import statements

_SQL = statements(Path(__file__).with_name("values.sql"))


def canonical_values(chosen: sql.Composable) -> sql.Composable:
    """Return the query (label, values) over the working table ``node``, for the labels that ``chosen`` selects."""
    return sql.SQL(_SQL.literal("newest")).format(chosen=chosen)
