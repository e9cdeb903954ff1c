"""Jobs that a transaction leaves, for the program that kills at each of their steps: what is there, and what stays."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from crash.archive_cases import ARCHIVE_CASES
from crash.left_case import Case
from crash.lifecycle_cases import LIFECYCLE_CASES
from crash.webhook_cases import WEBHOOK_CASES
from wharfside.core.manifests import OCI_MANIFEST, parse_manifest
from wharfside.registry import images
from wharfside.registry.context import Unit
from wharfside.registry.image_deletion import delete_manifest
from wharfside.registry.images import Push
from wharfside.registry.referrers import DELETE_REFERRERS, FOLLOW_SECONDS, STEP
from wharfside.store.tables import audit_record, image

REFERRERS = 2 * STEP + 1


def push(unit: Unit, number: int, **members: Any) -> str:
    """Push an image without layers into `app`; its digest."""
    config = {"mediaType": "application/x-config", "digest": f"sha256:{'0' * 64}", "size": 2}
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [], **members}
    content = json.dumps(document | {"annotations": {"number": str(number)}}).encode()
    return images.put_image(unit, "app", Push(content, parse_manifest(content, None), (), sparse=True)).digest


def delete_a_subject(connection: Connection, moment: float) -> None:
    unit = Unit(connection, "000000000000", "us-east-1", moment - FOLLOW_SECONDS)
    subject = push(unit, 0)
    for number in range(1, REFERRERS + 1):
        push(unit, number, subject={"mediaType": OCI_MANIFEST, "digest": subject, "size": 2})
    delete_manifest(unit, "app", subject)
    push(unit, REFERRERS + 1, subject={"mediaType": OCI_MANIFEST, "digest": subject, "size": 2})


def referrers(connection: Connection) -> tuple[int, list[str]]:
    """How many images there are, and the digests in records of deletions."""
    of_event = select(audit_record.c.content).where(audit_record.c.event == "ReferrerDeletionEvent")
    records = [json.loads(content)["serviceEventDetails"] for content in connection.scalars(of_event)]
    deleted = [each["digest"] for record in records for each in record["deletedReferrers"]]
    return len(connection.scalars(select(image.c.id)).all()), deleted


def check_referrers(seen: tuple[int, list[str]]) -> None:
    images, deleted = seen
    assert images == 1
    assert len(deleted) == len(set(deleted)) == REFERRERS


CASES = {
    DELETE_REFERRERS: Case(delete_a_subject, referrers, check_referrers),
    **ARCHIVE_CASES,
    **LIFECYCLE_CASES,
    **WEBHOOK_CASES,
}
