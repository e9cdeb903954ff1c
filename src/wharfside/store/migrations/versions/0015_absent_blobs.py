"""Layers that an image names and that are not here yet: foreign ones, and those of sparse manifests."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "absent_blob",
        sa.Column("image_id", sa.Integer().with_variant(sa.BigInteger, "postgresql"), nullable=False),
        sa.Column("digest", _text(135), nullable=False),
        sa.Column("media_type", _text(255), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_absent_blob_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "digest", name=op.f("pk_absent_blob")),
    )
