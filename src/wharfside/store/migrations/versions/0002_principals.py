"""Users and roles with paths, tags and boundaries; managed policies; identity providers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    # Columns are only added: SQLite would drop a table to change it, and with it the keys of every principal.
    op.add_column("principal", sa.Column("kind", _text(4), nullable=False, server_default="user"))
    op.add_column("principal", sa.Column("name", _text(64), nullable=False, server_default=""))
    op.add_column("principal", sa.Column("path", _text(512), nullable=False, server_default="/"))
    op.add_column("principal", sa.Column("tags", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("principal", sa.Column("boundary", _text(2048), nullable=True))
    op.add_column("principal", sa.Column("trust_policy", sa.Text(), nullable=True))
    op.add_column("principal", sa.Column("max_session_seconds", sa.Integer(), nullable=True))
    op.add_column("principal", sa.Column("sessions_valid_from", sa.Double, nullable=False, server_default="0"))
    # Until now, every principal was arn:aws:iam::ACCOUNT:user/NAME.
    op.execute("UPDATE principal SET name = substr(arn, 32)")
    op.create_index(op.f("ix_principal_account_kind_name"), "principal", ["account", "kind", "name"], unique=True)
    with op.batch_alter_table("principal_policy") as table:
        table.alter_column("name", type_=_text(2048), existing_type=_text(128), existing_nullable=False)
        table.alter_column("document", existing_type=sa.Text(), nullable=True)
    op.create_table(
        "policy",
        sa.Column("arn", _text(2048), nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.id"],
            name=op.f("fk_policy_account_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_policy")),
    )
    op.create_index(op.f("ix_policy_account"), "policy", ["account"], unique=False)
    op.create_table(
        "identity_provider",
        sa.Column("arn", _text(2048), nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("url", _text(255), nullable=False),
        sa.Column("audiences", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_identity_provider_account_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("arn", name=op.f("pk_identity_provider")),
    )
    op.create_index(op.f("ix_identity_provider_account"), "identity_provider", ["account"], unique=False)
    op.create_index(op.f("ix_identity_provider_url"), "identity_provider", ["url"], unique=False)
