"""The audit trail of a running registry, read from its database as `wharfside audit` does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wharfside.registry.audit import complete
from wharfside.store.audit import Search, find_records
from wharfside.store.db import Db, open_engine

PATIENCE = 20.0
"""Seconds to wait for what is recorded in batches."""


def records(data: Path, **wanted: Any) -> list[dict[str, Any]]:
    """Every record that is wanted, in CloudTrail's form, the oldest first."""
    db = Db(open_engine(f"sqlite:///{data / 'registry.db'}"))
    try:
        found = db.read(lambda connection: find_records(connection, Search(**wanted), 100_000))
    finally:
        db.close()
    return [complete(each.record) for each in found]


def awaited(
    data: Path,
    count: int = 1,
    *,
    matching: Callable[[dict[str, Any]], bool] = lambda record: True,
    **wanted: Any,
) -> list[dict[str, Any]]:
    """The same, those that match, once there are so many."""
    deadline = time.monotonic() + PATIENCE
    while len(found := [each for each in records(data, **wanted) if matching(each)]) < count:
        assert time.monotonic() < deadline, f"{len(found)} instead of {count} records: {found}"
        time.sleep(0.05)
    return found
