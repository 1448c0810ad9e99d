"""Indexes for forgetting a client, and for what changed since a moment."""

from alembic import op

from advisor.adapters.records.tables import indexes_of

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make them."""
    for index in indexes_of(revision):
        index.create(op.get_bind())


def downgrade() -> None:
    """Drop them again."""
    for index in indexes_of(revision):
        index.drop(op.get_bind())
