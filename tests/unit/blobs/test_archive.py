"""The archive of a blob store: a second place, maybe on another disk, to which bytes go and from which they return."""

import errno
import os
import shutil
import stat
import time
from pathlib import Path

import pytest

from wharfside.blobs.base import Progress, is_archived
from wharfside.blobs.files import FileBlobStore
from wharfside.core.digests import sha256_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"


def stored(store: FileBlobStore, content: bytes) -> str:
    writer = store.write(UPLOAD, Progress(0, None), lambda: True)
    writer.write(content)
    blob = writer.commit([sha256_of(content)])
    writer.confirm()
    return blob.location


@pytest.fixture(params=["a link", "a copy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How bytes get a second place: by another name, or between file systems by a copy."""

    def refuse(*names: object, **options: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    if request.param == "a copy":
        monkeypatch.setattr(os, "link", refuse)
    return request.param


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 10_000])
def test_there_and_back(root: Path, tmp_path: Path, way: str, content: bytes) -> None:
    archive = tmp_path / "elsewhere" / "archive"
    store = FileBlobStore(root, archive)
    first = stored(store, content)
    there = store.copy(first, archived=True)
    assert (is_archived(first), is_archived(there)) == (False, True)
    assert Path(root / "blobs" / first).read_bytes() == (archive / there.partition("/")[2]).read_bytes() == content
    store.delete(first)
    back = store.copy(there, archived=False)
    assert back not in (first, there)
    store.delete(there)
    assert (root / "blobs" / back).read_bytes() == content
    assert [path for path in archive.rglob("*") if path.is_file()] == []


def test_only_the_owner_may_read_it(root: Path, way: str) -> None:
    store = FileBlobStore(root)
    there = store.copy(stored(store, b"content"), archived=True)
    assert stat.S_IMODE((root / there).stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / there).parents if path.is_relative_to(root)} == {
        0o700
    }


def test_a_copy_is_on_the_disk_before_it_is_told(root: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileBlobStore(root)
    location = stored(store, b"content")
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    there = store.copy(location, archived=True)
    shard = root / "archive" / there.split("/")[1] / there.split("/")[2]
    own = [str(root / there)] if way == "a copy" else []
    assert synced == [str(shard.parent), str(shard.parent.parent), *own, str(shard)]
    synced.clear()
    store.copy(location, archived=True)
    assert len(synced) == len(own) + 1


def test_a_full_disk_leaves_nothing_behind(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileBlobStore(root)
    location = stored(store, b"content")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", refuse)
    with monkeypatch.context() as failing:
        failing.setattr(shutil, "copyfileobj", refuse)
        with pytest.raises(OSError, match="No space left"):
            store.copy(location, archived=True)
    assert [path for path in (root / "archive").rglob("*") if path.is_file()] == []
    assert (root / "blobs" / location).read_bytes() == b"content"


def test_what_is_at_a_location_already_stays(root: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However improbable the same random name is."""
    store = FileBlobStore(root)
    location = stored(store, b"content")
    monkeypatch.setattr("secrets.token_hex", lambda _: "00000000")
    there = store.copy(location, archived=True)
    (root / there).write_bytes(b"other")
    with pytest.raises(FileExistsError):
        store.copy(location, archived=True)
    assert (root / there).read_bytes() == b"other"


def test_what_is_missing_is_no_copy(root: Path) -> None:
    store = FileBlobStore(root)
    location = stored(store, b"content")
    store.delete(location)
    with pytest.raises(FileNotFoundError):
        store.copy(location, archived=True)
    with pytest.raises(ValueError, match="not a location"):
        store.copy("archive/../../etc/passwd", archived=False)


def test_strays_are_found_in_the_archive(root: Path) -> None:
    store = FileBlobStore(root)
    location = stored(store, b"content")
    there = store.copy(location, archived=True)
    (root / there).with_name("notes.txt").write_text("not a blob")
    assert set(store.stored_before(time.time() + 60)) == {location, there}
    assert list(store.stored_before(time.time() - 60)) == []


def test_the_folders_above_are_fsynced_as_a_first_start_has_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[str] = set()
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    FileBlobStore(tmp_path / "new" / "data", tmp_path / "slow" / "new" / "archive")
    for name in ("", "new", "new/data", "slow", "slow/new"):
        assert str(tmp_path / name) in synced, name
