"""The tables, as they are in both databases. Moments are seconds since the epoch.

account ── principal ── access_key            who calls: users and roles
    │         └─ principal_policy ─ ─> policy the policies of one of them: inline, or attached by ARN
    ├─ policy                                 managed policies
    └─ identity_provider                      issuers of OIDC tokens that roles may trust
repository ── repository_tag                  ECR's repositories (by account and region)
    ├─ image ──> manifest                     an image is a manifest in a repository
    │    ├─ tag                               names it
    │    ├─ image_blob ──> blob               keeps its blobs alive
    │    ├─ absent_blob                       what it names that is not here (by digest)
    │    └─ image_child                       what an index names (by digest)
    ├─ repository_blob ──> blob               who may see a blob
    ├─ repository_policy                      who may do what with it
    ├─ lifecycle_policy                       which images expire
    ├─ lifecycle_preview ── lifecycle_preview_image   which images a policy would expire
    └─ upload                                 upload sessions with bytes, and the recently ended ones
registry_policy, account_setting, pull_time_exclusion,
repository_creation_template                  of an account in a region
kms_key ── kms_key_version                    keys that content is encrypted with, and their material, sealed
    └─ kms_alias                              names them
audit_record                                  who did what, and was refused what; only ever added to
event ── webhook_delivery ── webhook          what happened, who is to be told, and whether they were
master_key                                    how to tell that the server has the right one
job, schedule                                 work in the background, and what is done again and again
"""

from __future__ import annotations

import sqlalchemy as sa

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING)

# SQLite gives row ids only to INTEGER; PostgreSQL needs the C collation for tags to sort by bytes.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(length: int | None = None) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


account = sa.Table(
    "account",
    metadata,
    sa.Column("id", _text(12), primary_key=True),
    sa.Column("created_at", sa.Double, nullable=False),
)

principal = sa.Table(
    "principal",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("account", _text(12), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    sa.Column("arn", _text(2048), nullable=False, unique=True),
    sa.Column("user_id", _text(128), nullable=False, unique=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("kind", _text(4), nullable=False),  # user or role
    sa.Column("name", _text(64), nullable=False),
    sa.Column("path", _text(512), nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("boundary", _text(2048)),  # the ARN of a managed policy
    sa.Column("trust_policy", sa.Text),
    sa.Column("max_session_seconds", sa.Integer),
    sa.Column("sessions_valid_from", sa.Double, nullable=False),
    sa.Index(None, "account", "kind", "name", unique=True),
)

principal_policy = sa.Table(
    "principal_policy",
    metadata,
    sa.Column("principal_id", Id, _of("principal"), primary_key=True),
    sa.Column("name", _text(2048), primary_key=True),  # of an inline policy, or the ARN of an attached one
    sa.Column("document", sa.Text),  # of an inline policy
)

policy = sa.Table(
    "policy",
    metadata,
    sa.Column("arn", _text(2048), primary_key=True),
    sa.Column("account", _text(12), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)

identity_provider = sa.Table(
    "identity_provider",
    metadata,
    sa.Column("arn", _text(2048), primary_key=True),
    sa.Column("account", _text(12), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("url", _text(255), nullable=False, index=True),
    sa.Column("audiences", sa.Text, nullable=False),
    sa.Column("jwks", sa.Text),  # a JWKS, where the issuer is not to be asked for it
    sa.Column("created_at", sa.Double, nullable=False),
)

access_key = sa.Table(
    "access_key",
    metadata,
    sa.Column("id", _text(128), primary_key=True),
    sa.Column("principal_id", Id, _of("principal"), nullable=False, index=True),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
)

repository = sa.Table(
    "repository",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("account", _text(12), nullable=False),
    sa.Column("region", _text(25), nullable=False),
    sa.Column("name", _text(256), nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("tag_mutability", _text(40), nullable=False),
    sa.Column("tag_mutability_exclusions", sa.Text, nullable=False),
    sa.Column("encryption_domain", _text(255), nullable=False, server_default="plain"),
    sa.UniqueConstraint("account", "region", "name"),
    sqlite_autoincrement=True,  # ids of uploads are bound to it, so an id is never used again
)

repository_tag = sa.Table(
    "repository_tag",
    metadata,
    sa.Column("repository_id", Id, _of("repository"), primary_key=True),
    sa.Column("key", _text(128), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

repository_policy = sa.Table(
    "repository_policy",
    metadata,
    sa.Column("repository_id", Id, _of("repository"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

lifecycle_policy = sa.Table(
    "lifecycle_policy",
    metadata,
    sa.Column("repository_id", Id, _of("repository"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("last_evaluated_at", sa.Double, nullable=False),  # 0 until it has been
)

lifecycle_preview = sa.Table(
    "lifecycle_preview",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False),  # that of its job
    sa.Column("repository_id", Id, _of("repository"), nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("completed_at", sa.Double),
    sa.Column("expiring", sa.Integer, nullable=False),  # how many images, once it is complete
    sa.Column("transitioning", sa.Integer, nullable=False, server_default="0"),
)

lifecycle_preview_image = sa.Table(
    "lifecycle_preview_image",
    metadata,
    sa.Column("preview_id", Id, _of("lifecycle_preview"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("digest", _text(135), nullable=False),
    sa.Column("tags", sa.Text, nullable=False),  # JSON
    sa.Column("pushed_at", sa.Double, nullable=False),
    sa.Column("rule_priority", sa.Integer, nullable=False),
    sa.Column("action", _text(10), nullable=False, server_default="expire"),  # or transition
    sa.Column("storage_class", _text(8), nullable=False, server_default="standard"),  # or archive; of the image
)

registry_policy = sa.Table(
    "registry_policy",
    metadata,
    sa.Column("account", _text(12), primary_key=True),
    sa.Column("region", _text(25), primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
)

account_setting = sa.Table(
    "account_setting",
    metadata,
    sa.Column("account", _text(12), primary_key=True),
    sa.Column("region", _text(25), primary_key=True),
    sa.Column("name", _text(64), primary_key=True),
    sa.Column("value", _text(64), nullable=False),
)

pull_time_exclusion = sa.Table(
    "pull_time_exclusion",
    metadata,
    sa.Column("account", _text(12), primary_key=True),
    sa.Column("region", _text(25), primary_key=True),
    sa.Column("principal_arn", _text(2048), primary_key=True),
    sa.Column("created_at", sa.Double, nullable=False),
)

repository_creation_template = sa.Table(
    "repository_creation_template",
    metadata,
    sa.Column("account", _text(12), primary_key=True),
    sa.Column("region", _text(25), primary_key=True),
    sa.Column("namespace", _text(257), primary_key=True),  # ends with `/`; empty for ROOT
    sa.Column("prefix", _text(256), nullable=False),  # as it was given
    sa.Column("applied_for", sa.Text, nullable=False),  # JSON
    sa.Column("description", _text(256), nullable=False),
    sa.Column("tag_mutability", _text(40), nullable=False),
    sa.Column("tag_mutability_exclusions", sa.Text, nullable=False),
    sa.Column("resource_tags", sa.Text, nullable=False),  # JSON
    sa.Column("repository_policy", sa.Text),
    sa.Column("lifecycle_policy", sa.Text),
    sa.Column("custom_role_arn", _text(2048)),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("encryption_type", _text(8)),  # null: as the registry does by default
    sa.Column("kms_key", _text(2048)),
)

manifest = sa.Table(
    "manifest",
    metadata,
    sa.Column("digest", _text(135), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

_HAS_SUBJECT = sa.text("subject IS NOT NULL")
_ORPHANED = sa.text("orphaned_at IS NOT NULL")
_NOT_ACTIVE = sa.text("status <> 'ACTIVE'")

image = sa.Table(
    "image",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("repository_id", Id, _of("repository"), nullable=False),
    sa.Column("digest", _text(135), sa.ForeignKey("manifest.digest"), nullable=False, index=True),
    sa.Column("media_type", _text(255), nullable=False),
    sa.Column("artifact_type", _text(255)),
    sa.Column("subject", _text(135)),
    sa.Column("annotations", sa.Text, nullable=False),
    sa.Column("manifest_size", sa.BigInteger, nullable=False),
    sa.Column("image_size", sa.BigInteger, nullable=False),
    sa.Column("pushed_at", sa.Double, nullable=False),
    sa.Column("status", _text(10), nullable=False, server_default="ACTIVE"),  # or ARCHIVED, or ACTIVATING
    sa.Column("last_pulled_at", sa.Double),
    sa.Column("last_archived_at", sa.Double),
    sa.Column("last_activated_at", sa.Double),
    sa.UniqueConstraint("repository_id", "digest"),
    sa.Index(None, "repository_id", "id"),
    sa.Index(None, "repository_id", "subject", sqlite_where=_HAS_SUBJECT, postgresql_where=_HAS_SUBJECT),
    sa.Index("ix_image_not_active", "repository_id", "id", sqlite_where=_NOT_ACTIVE, postgresql_where=_NOT_ACTIVE),
    sqlite_autoincrement=True,
)

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("repository_id", Id, _of("repository"), primary_key=True),
    sa.Column("name", _text(128), primary_key=True),
    sa.Column("image_id", Id, _of("image"), nullable=False, index=True),
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("encryption_domain", _text(255), nullable=False),
    sa.Column("digest", _text(135), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("location", _text(255), nullable=False, unique=True),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),  # its bytes are in the archive
    sa.UniqueConstraint("encryption_domain", "digest"),
    sa.Index("ix_blob_archived", "id", sqlite_where=sa.text("archived = 1"), postgresql_where=sa.text("archived")),
    sqlite_autoincrement=True,
)

repository_blob = sa.Table(
    "repository_blob",
    metadata,
    sa.Column("repository_id", Id, _of("repository"), primary_key=True),
    sa.Column("blob_id", Id, sa.ForeignKey("blob.id"), primary_key=True, index=True),
    sa.Column("orphaned_at", sa.Double),
    sa.Index(None, "orphaned_at", sqlite_where=_ORPHANED, postgresql_where=_ORPHANED),
)

image_blob = sa.Table(
    "image_blob",
    metadata,
    sa.Column("image_id", Id, _of("image"), primary_key=True),
    sa.Column("blob_id", Id, sa.ForeignKey("blob.id"), primary_key=True, index=True),
    sa.Column("media_type", _text(255), nullable=False),
)

# Layers that an image names and that were not there when it was pushed.
absent_blob = sa.Table(
    "absent_blob",
    metadata,
    sa.Column("image_id", Id, _of("image"), primary_key=True),
    sa.Column("digest", _text(135), primary_key=True),
    sa.Column("media_type", _text(255), nullable=False),
)

image_child = sa.Table(
    "image_child",
    metadata,
    sa.Column("image_id", Id, _of("image"), primary_key=True),
    sa.Column("digest", _text(135), primary_key=True, index=True),
)

upload = sa.Table(
    "upload",
    metadata,
    sa.Column("id", _text(36), primary_key=True),
    sa.Column("repository_id", Id, _of("repository"), nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", _text(64)),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("smallest_inner_part", sa.BigInteger),
    sa.Column("last_part", sa.BigInteger),
    sa.Column("ended", sa.Boolean, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False, index=True),
)

kms_key = sa.Table(
    "kms_key",
    metadata,
    sa.Column("id", _text(36), primary_key=True),
    sa.Column("account", _text(12), nullable=False),
    sa.Column("region", _text(25), nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("state", _text(15), nullable=False),  # Enabled, Disabled or PendingDeletion
    sa.Column("managed", sa.Boolean, nullable=False),  # the registry made it by itself
    sa.Column("version", sa.Integer, nullable=False),  # the newest, which encrypts
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("deletion_at", sa.Double),  # of one that is pending deletion
    sa.Index(None, "account", "region"),
)

kms_key_version = sa.Table(
    "kms_key_version",
    metadata,
    sa.Column("key_id", _text(36), _of("kms_key"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("material", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("created_at", sa.Double, nullable=False),
)

kms_alias = sa.Table(
    "kms_alias",
    metadata,
    sa.Column("account", _text(12), primary_key=True),
    sa.Column("region", _text(25), primary_key=True),
    sa.Column("name", _text(256), primary_key=True),  # begins with alias/
    sa.Column("key_id", _text(36), _of("kms_key"), nullable=False, index=True),
)

audit_record = sa.Table(
    "audit_record",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("time", sa.Double, nullable=False, index=True),
    sa.Column("account", _text(12), nullable=False),
    sa.Column("principal", _text(2048)),
    sa.Column("event", _text(128), nullable=False),
    sa.Column("repository", _text(256)),
    sa.Column("error", _text(128)),
    sa.Column("content", sa.Text, nullable=False),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", Id, primary_key=True),  # within a repository, in the order of what happened
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("account", _text(12), nullable=False),
    sa.Column("region", _text(25), nullable=False),
    sa.Column("repository", _text(256), nullable=False),
    sa.Column("detail_type", _text(64), nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # the whole event as JSON
    sqlite_autoincrement=True,
)

webhook = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("account", _text(12), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    sa.Column("region", _text(25), nullable=False),
    sa.Column("name", _text(64), nullable=False),
    sa.Column("url", _text(2048), nullable=False),
    sa.Column("secret_sealed", sa.LargeBinary, nullable=False),
    sa.Column("detail_types", sa.Text, nullable=False),  # JSON; none: every one
    sa.Column("repositories", sa.Text, nullable=False),  # JSON: patterns of names; none: every one
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.UniqueConstraint("account", "region", "name"),
    sqlite_autoincrement=True,
)

_WAITING = sa.text("state = 'waiting'")

webhook_delivery = sa.Table(
    "webhook_delivery",
    metadata,
    sa.Column("webhook_id", Id, _of("webhook"), primary_key=True),
    sa.Column("event_id", Id, _of("event"), primary_key=True, index=True),
    sa.Column("repository", _text(256), nullable=False),
    sa.Column("state", _text(9), nullable=False),  # waiting, delivered or dead
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Double, nullable=False),
    sa.Column("waiting_since", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Column("error", sa.Text),  # of the last attempt that failed
    sa.Index("ix_webhook_delivery_due", "webhook_id", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    sa.Index(
        "ix_webhook_delivery_lane",
        "webhook_id",
        "repository",
        "event_id",
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    ),
)

_QUEUED = sa.text("state = 'queued'")
_RUNNING = sa.text("state = 'running'")

master_key = sa.Table(
    "master_key",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),  # 1: there is one
    sa.Column("fingerprint", _text(64), nullable=False),
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", _text(64), nullable=False),
    sa.Column("key", _text(512), nullable=False),
    sa.Column("payload", sa.Text, nullable=False),  # JSON
    sa.Column("state", _text(9), nullable=False),  # queued, running, done, dead or cancelled
    sa.Column("priority", sa.Integer, nullable=False),  # the lowest comes first
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Double, nullable=False),  # when a queued one may run; when the lease of a running one ends
    sa.Column("owner", _text(36)),  # who holds the lease
    sa.Column("heartbeat_at", sa.Double),
    sa.Column("error", sa.Text),  # of the last attempt that failed
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("started_at", sa.Double),  # the last attempt
    sa.Column("finished_at", sa.Double),
    # One of a kind and key waits, and one runs.
    sa.Index("uq_job_queued", "kind", "key", unique=True, sqlite_where=_QUEUED, postgresql_where=_QUEUED),
    sa.Index("uq_job_running", "kind", "key", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    sa.Index("ix_job_next", "kind", "priority", "due_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
    sa.Index(None, "state", "finished_at"),
    sqlite_autoincrement=True,
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("name", _text(64), primary_key=True),
    sa.Column("kind", _text(64), nullable=False),
    sa.Column("cron", _text(255), nullable=False),  # its moments, in UTC
    sa.Column("next_at", sa.Double, nullable=False),
    sa.Column("fired_at", sa.Double),
)
