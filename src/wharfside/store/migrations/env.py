"""How alembic runs the migrations: on a connection that it is given, in that connection's transaction."""

from alembic import context

from wharfside.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
