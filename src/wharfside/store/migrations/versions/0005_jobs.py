"""Background work: jobs and schedules. They take the place of the lease that one process held for all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
QUEUED = sa.text("state = 'queued'")
RUNNING = sa.text("state = 'running'")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", _text(64), nullable=False),
        sa.Column("key", _text(512), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", _text(9), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("owner", _text(36)),
        sa.Column("heartbeat_at", sa.Double),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("finished_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sqlite_autoincrement=True,
    )
    for name, columns, unique, condition in (
        ("uq_job_queued", ["kind", "key"], True, QUEUED),
        ("uq_job_running", ["kind", "key"], True, RUNNING),
        ("ix_job_next", ["kind", "priority", "due_at"], False, QUEUED),
    ):
        op.create_index(name, "job", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
    op.create_index(op.f("ix_job_state_finished_at"), "job", ["state", "finished_at"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("kind", _text(64), nullable=False),
        sa.Column("every", sa.Double, nullable=False),
        sa.Column("offset", sa.Double, nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
        sa.Column("fired_at", sa.Double),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.drop_table("lease")
