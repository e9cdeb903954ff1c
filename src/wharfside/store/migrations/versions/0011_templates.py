"""Lifecycle policies of repository creation templates, and schedules by cron expressions."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("repository_creation_template", sa.Column("lifecycle_policy", sa.Text))
    # Whoever starts records the expressions of every schedule, and the moments that they name.
    rows = op.get_bind().exec_driver_sql("SELECT name, kind, next_at, fired_at FROM schedule").mappings().all()
    op.drop_table("schedule")
    schedule = op.create_table(
        "schedule",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("kind", _text(64), nullable=False),
        sa.Column("cron", _text(255), nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
        sa.Column("fired_at", sa.Double),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.bulk_insert(schedule, [{**row, "cron": ""} for row in rows])
