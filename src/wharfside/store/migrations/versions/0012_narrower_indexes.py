"""Indexes of what they are asked for only: few images have a subject, and few links are orphaned."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for table, columns in (("image", ["repository_id", "subject"]), ("repository_blob", ["orphaned_at"])):
        name = op.f(f"ix_{table}_{'_'.join(columns)}")
        some = sa.text(f"{columns[-1]} IS NOT NULL")
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, unique=False, sqlite_where=some, postgresql_where=some)
