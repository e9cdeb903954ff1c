"""Encryption of repositories and of what they hold."""

import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    pass
