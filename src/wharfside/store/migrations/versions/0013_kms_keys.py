"""Keys of the local key store."""

import sqlalchemy as sa  # noqa: F401
from alembic import op  # noqa: F401

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    pass
