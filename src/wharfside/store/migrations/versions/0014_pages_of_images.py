"""The images of a repository in the order of their numbers, by which DescribeImages and ListImages go through them."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index(op.f("ix_image_repository_id_id"), "image", ["repository_id", "id"], unique=False)
