"""Storage classes of images, and when they were pulled."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("image", sa.Column("status", _text(10), server_default="ACTIVE", nullable=False))
    for column in ("last_pulled_at", "last_archived_at", "last_activated_at"):
        op.add_column("image", sa.Column(column, sa.Double))
    not_active = sa.text("status <> 'ACTIVE'")
    op.create_index(
        "ix_image_not_active",
        "image",
        ["repository_id", "id"],
        sqlite_where=not_active,
        postgresql_where=not_active,
    )
    op.add_column("blob", sa.Column("archived", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_blob_archived",
        "blob",
        ["id"],
        sqlite_where=sa.text("archived = 1"),
        postgresql_where=sa.text("archived"),
    )
    op.add_column("lifecycle_preview", sa.Column("transitioning", sa.Integer(), server_default="0", nullable=False))
    rows = "lifecycle_preview_image"
    op.add_column(rows, sa.Column("action", _text(10), server_default="expire", nullable=False))
    op.add_column(rows, sa.Column("storage_class", _text(8), server_default="standard", nullable=False))
    op.create_table(
        "pull_time_exclusion",
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("principal_arn", _text(2048), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "principal_arn", name=op.f("pk_pull_time_exclusion")),
    )
