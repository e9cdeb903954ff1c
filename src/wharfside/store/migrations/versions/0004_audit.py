"""The audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_record",
        sa.Column("id", Id, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("principal", _text(2048)),
        sa.Column("event", _text(128), nullable=False),
        sa.Column("repository", _text(256)),
        sa.Column("error", _text(128)),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_time"), "audit_record", ["time"], unique=False)
