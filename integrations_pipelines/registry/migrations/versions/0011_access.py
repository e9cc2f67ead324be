"""OAuth2 grants, API tokens, the audit chain, erasure, database roles. Before the deploy."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop the tables."""
