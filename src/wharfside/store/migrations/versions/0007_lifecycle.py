"""Lifecycle policies of repositories, and previews of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "lifecycle_policy",
        sa.Column("repository_id", Id, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("last_evaluated_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
            name=op.f("fk_lifecycle_policy_repository_id_repository"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", name=op.f("pk_lifecycle_policy")),
    )
    op.create_table(
        "lifecycle_preview",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("repository_id", Id, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.Double),
        sa.Column("expiring", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
            name=op.f("fk_lifecycle_preview_repository_id_repository"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifecycle_preview")),
    )
    op.create_index(op.f("ix_lifecycle_preview_repository_id"), "lifecycle_preview", ["repository_id"], unique=False)
    op.create_table(
        "lifecycle_preview_image",
        sa.Column("preview_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", _text(135), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("pushed_at", sa.Double, nullable=False),
        sa.Column("rule_priority", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["preview_id"],
            ["lifecycle_preview.id"],
            name=op.f("fk_lifecycle_preview_image_preview_id_lifecycle_preview"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("preview_id", "position", name=op.f("pk_lifecycle_preview_image")),
    )
