"""Why a record was erased, of which entity it was, and how much went. Before the deploy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for column in (
        sa.Column("entity_uuid", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("removed", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    ):
        op.add_column("erased_record", column, schema="integrations")


def downgrade() -> None:
    """Take back."""
    for name in ("removed", "reason", "entity_uuid"):
        op.drop_column("erased_record", name, schema="integrations")
