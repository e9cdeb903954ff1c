"""The guides on deleting images and on background work: every command was run, and printed what is shown."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from guides import check, check_word_for_word

from image_content import Content
from registry_process import RegistryProcess

JOB = "INSERT INTO job (id, kind, key, payload, state, priority, attempts, due_at, error, created_at, finished_at)"


def test_the_guide_on_deleting_images(fresh_registry: Callable[..., RegistryProcess], tmp_path: Path) -> None:
    registry = fresh_registry()
    registry.create_repository("team/app")
    oci = registry.oci_client(registry.password())
    content = Content()
    content.image("v1", "latest")
    content.artifact("application/vnd.example.signature", subject=content.image("v2"))
    content.index([content.image("amd64"), content.image("arm64", architecture="arm64")], "multi")
    content.push(oci, "team/app")
    oci.close()
    check_word_for_word(registry, tmp_path, "deleting-images.md")


def test_the_guide_on_background_work(fresh_registry: Callable[..., RegistryProcess], tmp_path: Path) -> None:
    registry = fresh_registry()
    now = time.time()
    dead = (4711, "remove-strays", "remove-strays", "{}", "dead", 0, 5, now)
    waiting = (4712, "delete-referrers", "1/sha256:gone", "{}", "queued", 0, 0, now + 86_400)
    database = sqlite3.connect(registry.data / "registry.db", timeout=30, isolation_level=None)
    deadline = time.monotonic() + 60
    collected = "SELECT count(*) FROM job WHERE kind = 'collect-garbage' AND state = 'done'"
    while database.execute(collected).fetchone() == (0,):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    values = "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    database.execute(f"{JOB} {values}", (*dead, "PermissionError: [Errno 13] Permission denied", now, now))
    database.execute(f"{JOB} {values}", (*waiting, None, now, None))
    database.close()
    check(registry, tmp_path, "background-work.md")
