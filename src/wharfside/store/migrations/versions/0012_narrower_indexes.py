"""Indexes that pay for themselves."""

import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    pass
