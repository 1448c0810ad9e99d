"""The tables of the first release."""

from alembic import op
from sqlalchemy.schema import CreateTable

from advisor.adapters.crm.report_views import VIEWS
from advisor.adapters.crm.tables import indexes_of, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table and view; a later release changes them in a version of its own."""
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
    for index in indexes_of(revision):
        index.create(op.get_bind())
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    """Drop them again."""
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
    metadata.drop_all(op.get_bind())
