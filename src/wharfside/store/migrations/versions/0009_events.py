"""Events, and what is to be told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", Id, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("repository", _text(256), nullable=False),
        sa.Column("detail_type", _text(64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook",
        sa.Column("id", Id, nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("name", _text(64), nullable=False),
        sa.Column("url", _text(2048), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("detail_types", sa.Text(), nullable=False),
        sa.Column("repositories", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_webhook_account_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("account", "region", "name", name=op.f("uq_webhook_account_region_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("repository", _text(256), nullable=False),
        sa.Column("state", _text(9), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("waiting_since", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_webhook_delivery_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_event_id"), "webhook_delivery", ["event_id"], unique=False)
    for name, columns in (
        ("ix_webhook_delivery_due", ["webhook_id", "due_at"]),
        ("ix_webhook_delivery_lane", ["webhook_id", "repository", "event_id"]),
    ):
        op.create_index(name, "webhook_delivery", columns, sqlite_where=WAITING, postgresql_where=WAITING)
