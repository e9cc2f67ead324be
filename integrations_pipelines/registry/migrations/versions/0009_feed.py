"""Replay, the change feed and outbound webhooks. Before the deploy."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A minute after the first failure, twice as long after each further one, a day at most.
NEXT_TRY = """
create function integrations.next_try(attempts bigint) returns timestamptz language sql stable parallel safe as
$$ select now() + least(interval '1 minute' * power(2, least(attempts, 20) - 1), interval '1 day') $$
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(NEXT_TRY)
    moment = sa.DateTime(timezone=True)
    columns: list[sa.Column[Any]] = [
        sa.Column("is_gone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("source_version", moment, nullable=True),
        sa.Column("observed_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=True),
    ]
    for column in columns:
        op.add_column("quarantined_record", column, schema="integrations")


def downgrade() -> None:
    """Drop the tables."""
    for column in ("closed_reason", "observed_at", "source_version", "is_gone"):
        op.drop_column("quarantined_record", column, schema="integrations")
    op.execute("drop function integrations.next_try(bigint)")
