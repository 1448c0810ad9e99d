"""What Alembic runs for every command: the versions, on the connection that it was handed."""

from alembic import context

from advisor.adapters.records.tables import metadata

_connection = context.config.attributes["connection"]
context.configure(
    connection=_connection,
    target_metadata=metadata,
    render_as_batch=_connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
