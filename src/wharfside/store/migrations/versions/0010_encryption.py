"""Encryption of repositories and of what they hold."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("repository", sa.Column("encryption_domain", _text(255), server_default="plain", nullable=False))
    op.create_table(
        "master_key",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("fingerprint", _text(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_master_key")),
    )
