"""Every kind of job, and what is done again and again."""

from __future__ import annotations

from typing import Final

from wharfside.jobs import housekeeping, lifecycle, referrers, storage_classes, webhooks
from wharfside.jobs.work import Handler
from wharfside.registry.lifecycle import PREVIEW
from wharfside.registry.referrers import DELETE_REFERRERS
from wharfside.registry.storage_classes import ARCHIVE_LAYERS, ARCHIVE_REFERRERS, RESTORE_IMAGE
from wharfside.store.schedules import Schedule
from wharfside.store.webhook_deliveries import DELIVER

HANDLERS: Final = (
    Handler("expire-uploads", housekeeping.expire_uploads, timeout=3600.0),
    Handler("collect-garbage", housekeeping.collect_garbage, timeout=3600.0),
    Handler("remove-strays", housekeeping.remove_strays, timeout=6 * 3600.0),
    Handler("expire-audit-records", housekeeping.expire_audit_records, timeout=3600.0),
    Handler("expire-events", housekeeping.expire_events, timeout=3600.0),
    Handler("expire-previews", housekeeping.expire_previews, timeout=3600.0),
    Handler("destroy-keys", housekeeping.destroy_keys),
    Handler("forget-jobs", housekeeping.forget_jobs, timeout=3600.0),
    Handler(lifecycle.SWEEP, lifecycle.run_lifecycle_policies, timeout=3600.0),
    Handler(lifecycle.RUN, lifecycle.run_lifecycle_policy, timeout=6 * 3600.0),
    Handler(PREVIEW, lifecycle.preview_lifecycle_policy),
    Handler(DELETE_REFERRERS, referrers.delete_referrers, timeout=3600.0),
    Handler(ARCHIVE_LAYERS, storage_classes.archive_layers, timeout=6 * 3600.0),
    Handler(RESTORE_IMAGE, storage_classes.restore_image, concurrency=2, timeout=6 * 3600.0),
    Handler(ARCHIVE_REFERRERS, storage_classes.archive_referrers, timeout=3600.0),
    Handler(storage_classes.CHECK, storage_classes.check_archive, timeout=6 * 3600.0),
    Handler(DELIVER, webhooks.deliver_events, concurrency=webhooks.WEBHOOKS),
)

WATCHES: Final = (webhooks.WATCH,)

SCHEDULES: Final = (
    Schedule("expire-uploads", "expire-uploads", "*/10 * * * *"),
    Schedule("collect-garbage", "collect-garbage", "*/5 * * * *"),
    Schedule("remove-strays", "remove-strays", "30 * * * *"),
    Schedule("expire-audit-records", "expire-audit-records", "10 * * * *"),
    Schedule("expire-events", "expire-events", "15 * * * *"),
    Schedule("expire-previews", "expire-previews", "40 * * * *"),
    Schedule("destroy-keys", "destroy-keys", "50 * * * *"),
    Schedule(storage_classes.CHECK, storage_classes.CHECK, "0 * * * *"),
    Schedule("forget-jobs", "forget-jobs", "20 * * * *"),
)


def schedules(lifecycle_schedule: str) -> tuple[Schedule, ...]:
    """What is done again and again; lifecycle policies are carried out as a cron expression says."""
    return *SCHEDULES, Schedule(lifecycle.SWEEP, lifecycle.SWEEP, lifecycle_schedule)
