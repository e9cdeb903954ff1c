"""A recorded server that moves images to the archive and back: at no moment could a crash lose a layer."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crash.disk import Disk
from crash.recorded_registry import RecordedRegistry
from crash.trace import Event
from image_content import Content
from registry_process import RegistryProcess, free_port

NAME = "crash/archive"
TAGS = ("v1", "v2", "v3")


@dataclass(frozen=True)
class Recording:
    root: Path
    events: list[Event]
    content: Content
    first: int
    """The event with which the first layer moved."""


def set_all(ecr: Any, target: str, status: str) -> None:
    """Have every image in a storage class, and wait until all have the status."""
    for tag in TAGS:
        ecr.update_image_storage_class(repositoryName=NAME, imageId={"imageTag": tag}, targetStorageClass=target)
    until(lambda: len(ecr.list_images(repositoryName=NAME, filter={"imageStatus": status})["imageIds"]) == len(TAGS))


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def recording(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Images are archived, restored and archived again, and one of them is pushed again."""
    tool("strace")
    registry = RecordedRegistry(tmp_path_factory.mktemp("recorded") / "data", free_port())
    registry.start()
    content = Content()
    try:
        registry.create_repository(NAME)
        ecr, oci = registry.client(), registry.oci_client()
        for tag in TAGS:
            content.image(tag, layers=2)
        content.push(oci, NAME)
        for _ in range(2):
            set_all(ecr, "ARCHIVE", "ARCHIVED")
            until(lambda: not any((registry.data / "blobs").rglob("*.*")))
            set_all(ecr, "STANDARD", "ACTIVE")
        set_all(ecr, "ARCHIVE", "ARCHIVED")
        content.push(oci, NAME)
        oci.close()
        ecr.close()
    finally:
        registry.stop()
    events = registry.events()
    first = next(place for place, event in enumerate(events) if "/archive/sha256/" in event.other)
    return Recording(registry.data, events, content, first)


@pytest.mark.parametrize("moments", [6, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_no_layer_is_lost_with_the_power(recording: Recording, tmp_path: Path, moments: int) -> None:
    chance = Random(moments)
    disk, applied = Disk(str(recording.root)), 0
    for number, place in enumerate(sorted(chance.sample(range(recording.first, len(recording.events)), moments))):
        disk.apply(recording.events[applied : place + 1])
        applied = place + 1
        copy = tmp_path / f"copy{number}" / "data"
        copy.parent.mkdir()
        # By turns: nothing but what is sure, what chance lets survive, and the death of the process alone.
        if number % 3 == 2:
            disk.after_kill(copy)
        else:
            disk.after_power_loss(copy, chance if number % 3 else None)
        assert_whole(copy, recording.content)


def assert_whole(copy: Path, content: Content) -> None:
    """Every row names a file that is there; and all images come back, and are whole."""
    database = sqlite3.connect(copy / "registry.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = database.execute("SELECT digest, location FROM blob").fetchall()
    assert {digest for digest, _ in rows} == content.blobs.keys()
    for digest, location in rows:
        file = copy / location if location.startswith("archive/") else copy / "blobs" / location
        assert file.is_file(), digest
    database.execute("UPDATE job SET due_at = 0")  # nobody holds a lease any more
    database.commit()
    database.close()
    registry = RegistryProcess(copy, free_port())
    registry.start()
    oci = registry.oci_client()
    try:
        set_all(registry.client(), "STANDARD", "ACTIVE")
        for tag, digest in content.tags.items():
            assert oci.get_manifest(NAME, tag).body == content.manifests[digest]
        for digest, blob in content.blobs.items():
            assert oci.get_blob(NAME, digest).body == blob
    finally:
        oci.close()
        registry.stop()
