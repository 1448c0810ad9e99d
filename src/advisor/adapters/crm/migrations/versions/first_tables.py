"""The tables of the first release."""

import re
from pathlib import Path

from alembic import op
from sqlalchemy.schema import CreateTable

from advisor.adapters.records.tables import indexes_of, metadata

revision = "0001"
down_revision = None
_VIEWS = (Path(__file__).parents[1] / "report_views.sql").read_text(encoding="utf-8")


def upgrade() -> None:
    """Make every table and view; a later release changes them in a version of its own."""
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
    for index in indexes_of(revision):
        index.create(op.get_bind())
    for view in filter(str.strip, _VIEWS.split(";")):
        op.execute(view)


def downgrade() -> None:
    """Drop them again."""
    for name in reversed(re.findall(r"CREATE VIEW (\w+)", _VIEWS)):
        op.execute(f"DROP VIEW {name}")
    metadata.drop_all(op.get_bind())
