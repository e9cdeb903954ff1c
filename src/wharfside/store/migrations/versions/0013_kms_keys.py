"""Keys of the local key store, and creation templates that name them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _of_a_key(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_key_id_kms_key")
    return sa.ForeignKeyConstraint(["key_id"], ["kms_key.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "kms_key",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", _text(15), nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("deletion_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kms_key")),
    )
    op.create_index(op.f("ix_kms_key_account_region"), "kms_key", ["account", "region"], unique=False)
    op.create_table(
        "kms_key_version",
        sa.Column("key_id", _text(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("material", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        _of_a_key("kms_key_version"),
        sa.PrimaryKeyConstraint("key_id", "version", name=op.f("pk_kms_key_version")),
    )
    op.create_table(
        "kms_alias",
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("name", _text(256), nullable=False),
        sa.Column("key_id", _text(36), nullable=False),
        _of_a_key("kms_alias"),
        sa.PrimaryKeyConstraint("account", "region", "name", name=op.f("pk_kms_alias")),
    )
    op.create_index(op.f("ix_kms_alias_key_id"), "kms_alias", ["key_id"], unique=False)
    op.add_column("repository_creation_template", sa.Column("encryption_type", _text(8)))
    op.add_column("repository_creation_template", sa.Column("kms_key", _text(2048)))
