"""The first schema: accounts, repositories, images, blobs, uploads and the lease of background work."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", _text(12), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_table(
        "blob",
        sa.Column("id", _ID, nullable=False),
        sa.Column("encryption_domain", _text(255), nullable=False),
        sa.Column("digest", _text(135), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("location", _text(255), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
        sa.UniqueConstraint("encryption_domain", "digest", name=op.f("uq_blob_encryption_domain_digest")),
        sa.UniqueConstraint("location", name=op.f("uq_blob_location")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lease",
        sa.Column("name", _text(64), nullable=False),
        sa.Column("holder", _text(64), nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "manifest",
        sa.Column("digest", _text(135), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_manifest")),
    )
    op.create_table(
        "repository",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("region", _text(25), nullable=False),
        sa.Column("name", _text(256), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("tag_mutability", _text(40), nullable=False),
        sa.Column("tag_mutability_exclusions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repository")),
        sa.UniqueConstraint("account", "region", "name", name=op.f("uq_repository_account_region_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "image",
        sa.Column("id", _ID, nullable=False),
        sa.Column("repository_id", _ID, nullable=False),
        sa.Column("digest", _text(135), nullable=False),
        sa.Column("media_type", _text(255), nullable=False),
        sa.Column("artifact_type", _text(255), nullable=True),
        sa.Column("subject", _text(135), nullable=True),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("manifest_size", sa.BigInteger(), nullable=False),
        sa.Column("image_size", sa.BigInteger(), nullable=False),
        sa.Column("pushed_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["manifest.digest"], name=op.f("fk_image_digest_manifest")),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_image_repository_id_repository"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("repository_id", "digest", name=op.f("uq_image_repository_id_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_image_digest"), "image", ["digest"], unique=False)
    op.create_index(op.f("ix_image_repository_id_subject"), "image", ["repository_id", "subject"], unique=False)
    op.create_table(
        "principal",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account", _text(12), nullable=False),
        sa.Column("arn", _text(2048), nullable=False),
        sa.Column("user_id", _text(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_principal_account_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_principal")),
        sa.UniqueConstraint("arn", name=op.f("uq_principal_arn")),
        sa.UniqueConstraint("user_id", name=op.f("uq_principal_user_id")),
    )
    op.create_table(
        "repository_blob",
        sa.Column("repository_id", _ID, nullable=False),
        sa.Column("blob_id", _ID, nullable=False),
        sa.Column("orphaned_at", sa.Double, nullable=True),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_repository_blob_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
            name=op.f("fk_repository_blob_repository_id_repository"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", "blob_id", name=op.f("pk_repository_blob")),
    )
    op.create_index(op.f("ix_repository_blob_blob_id"), "repository_blob", ["blob_id"], unique=False)
    op.create_index(op.f("ix_repository_blob_orphaned_at"), "repository_blob", ["orphaned_at"], unique=False)
    op.create_table(
        "repository_tag",
        sa.Column("repository_id", _ID, nullable=False),
        sa.Column("key", _text(128), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"],
            ["repository.id"],
            name=op.f("fk_repository_tag_repository_id_repository"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("repository_id", "key", name=op.f("pk_repository_tag")),
    )
    op.create_table(
        "upload",
        sa.Column("id", _text(36), nullable=False),
        sa.Column("repository_id", _ID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", _text(64), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("smallest_inner_part", sa.BigInteger(), nullable=True),
        sa.Column("last_part", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_upload_repository_id_repository"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_repository_id"), "upload", ["repository_id"], unique=False)
    op.create_index(op.f("ix_upload_updated_at"), "upload", ["updated_at"], unique=False)
    op.create_table(
        "access_key",
        sa.Column("id", _text(128), nullable=False),
        sa.Column("principal_id", _ID, nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["principal.id"], name=op.f("fk_access_key_principal_id_principal"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_key")),
    )
    op.create_index(op.f("ix_access_key_principal_id"), "access_key", ["principal_id"], unique=False)
    op.create_table(
        "image_blob",
        sa.Column("image_id", _ID, nullable=False),
        sa.Column("blob_id", _ID, nullable=False),
        sa.Column("media_type", _text(255), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_image_blob_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_image_blob_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "blob_id", name=op.f("pk_image_blob")),
    )
    op.create_index(op.f("ix_image_blob_blob_id"), "image_blob", ["blob_id"], unique=False)
    op.create_table(
        "image_child",
        sa.Column("image_id", _ID, nullable=False),
        sa.Column("digest", _text(135), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_image_child_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "digest", name=op.f("pk_image_child")),
    )
    op.create_index(op.f("ix_image_child_digest"), "image_child", ["digest"], unique=False)
    op.create_table(
        "principal_policy",
        sa.Column("principal_id", _ID, nullable=False),
        sa.Column("name", _text(128), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_id"],
            ["principal.id"],
            name=op.f("fk_principal_policy_principal_id_principal"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("principal_id", "name", name=op.f("pk_principal_policy")),
    )
    op.create_table(
        "tag",
        sa.Column("repository_id", _ID, nullable=False),
        sa.Column("name", _text(128), nullable=False),
        sa.Column("image_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_tag_image_id_image"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repository.id"], name=op.f("fk_tag_repository_id_repository"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("repository_id", "name", name=op.f("pk_tag")),
    )
    op.create_index(op.f("ix_tag_image_id"), "tag", ["image_id"], unique=False)
