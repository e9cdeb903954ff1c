"""Repository creation templates."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "repository_creation_template",
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("namespace", _text(257), nullable=False),
        sa.Column("prefix", _text(256), nullable=False),
        sa.Column("applied_for", sa.Text(), nullable=False),
        sa.Column("description", _text(256), nullable=False),
        sa.Column("tag_mutability", _text(40), nullable=False),
        sa.Column("tag_mutability_exclusions", sa.Text(), nullable=False),
        sa.Column("resource_tags", sa.Text(), nullable=False),
        sa.Column("repository_policy", sa.Text()),
        sa.Column("custom_role_arn", _text(2048)),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("account", "region", "namespace", name=op.f("pk_repository_creation_template")),
    )
