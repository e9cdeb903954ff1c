"""Local blob storage when the disk is full or failing, and the order in which bytes reach it."""

import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wharfside.blobs.base import Progress
from wharfside.blobs.files import FileBlobStore
from wharfside.core.digests import sha256_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
EMPTY = Progress(0, None)


def still() -> bool:
    return True


class Recorder:
    """Stands between the store and `os`: notes the calls, and fails those that `failing` names."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.failing: set[str] = set()
        for name in ("pwrite", "fsync", "rename", "ftruncate", "unlink", "link"):
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, real):
        def call(*arguments):
            label = name
            if name == "fsync":
                label = "fsync " + ("folder" if os.path.isdir(f"/proc/self/fd/{arguments[0]}") else "file")
            self.calls.append(label)
            if label in self.failing:
                if name == "pwrite":
                    real(arguments[0], arguments[1][:1], arguments[2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments)

        return call


@pytest.fixture
def recorder(store: FileBlobStore, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return Recorder(monkeypatch)


def test_a_commit_returns_after_file_rename_and_folder(store: FileBlobStore, recorder: Recorder) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"content")
    writer.commit([sha256_of(b"content")])
    writer.confirm()
    assert recorder.calls == ["pwrite", "fsync file", "rename", "fsync folder"]


def test_a_save_returns_after_file_and_folder(store: FileBlobStore, recorder: Recorder) -> None:
    progress = acknowledge(store, b"content")
    assert recorder.calls == ["pwrite", "fsync file", "fsync folder"]
    writer = store.write(UPLOAD, progress, still)
    writer.write(b"more")
    progress = writer.save()
    writer.confirm()
    assert recorder.calls[3:] == ["pwrite", "fsync file"]


def test_acknowledged_bytes_stay_staged_until_the_blob_is_confirmed(store: FileBlobStore, recorder: Recorder) -> None:
    progress = acknowledge(store, b"content")
    recorder.calls.clear()
    writer = store.write(UPLOAD, progress, still)
    writer.commit([sha256_of(b"content")])
    assert recorder.calls == ["link", "fsync folder"]
    writer.confirm()
    assert recorder.calls[2:] == ["unlink"]


def test_dropping_unacknowledged_bytes_is_fsynced_too(store: FileBlobStore, root: Path, recorder: Recorder) -> None:
    (root / "uploads" / UPLOAD).write_bytes(b"content and more")
    writer = store.write(UPLOAD, Progress(7, None), still)
    writer.commit([sha256_of(b"content")])
    assert recorder.calls == ["ftruncate", "fsync file", "link", "fsync folder"]
    writer.abandon()


@pytest.mark.parametrize(
    ("call", "acknowledged"),
    [
        ("pwrite", b""),
        ("pwrite", b"kept"),
        ("fsync file", b""),
        ("fsync file", b"kept"),
        ("fsync folder", b""),  # only the first save of a session fsyncs the folder
    ],
)
def test_a_failed_save_loses_nothing(
    store: FileBlobStore, root: Path, recorder: Recorder, call: str, acknowledged: bytes
) -> None:
    progress = acknowledge(store, acknowledged)
    recorder.failing = {call}
    writer = store.write(UPLOAD, progress, still)
    with pytest.raises(OSError, match="No space left"):
        write_and_end(writer.write, writer.save)
    writer.abandon()
    recorder.failing = set()
    assert_session_goes_on(store, root, progress, acknowledged)


@pytest.mark.parametrize(
    ("call", "acknowledged"),
    [
        *((call, b"") for call in ("pwrite", "fsync file", "rename", "fsync folder")),
        *((call, b"kept") for call in ("pwrite", "fsync file", "link", "fsync folder")),
    ],
)
def test_a_failed_commit_loses_nothing(
    store: FileBlobStore, root: Path, recorder: Recorder, call: str, acknowledged: bytes
) -> None:
    progress = acknowledge(store, acknowledged)
    recorder.failing = {call}
    writer = store.write(UPLOAD, progress, still)
    with pytest.raises(OSError, match="No space left"):
        write_and_end(writer.write, lambda: writer.commit([sha256_of(acknowledged + b"more")]))
    writer.abandon()
    recorder.failing = set()
    assert_session_goes_on(store, root, progress, acknowledged)


@pytest.mark.parametrize("ends_with", ["save", "commit"])
@pytest.mark.parametrize("acknowledged", [b"", b"kept"])
def test_what_cannot_be_undone_is_dropped_by_the_next_writer(
    store: FileBlobStore, root: Path, recorder: Recorder, ends_with: str, acknowledged: bytes
) -> None:
    """Every call of the undoing fails too: no exception but the first, and no descriptor left open."""
    progress = acknowledge(store, acknowledged)
    writer = store.write(UPLOAD, progress, still)
    writer.write(b"more")
    recorder.failing = {"fsync folder", "fsync file", "ftruncate", "unlink"}
    with pytest.raises(OSError, match="No space left"):
        writer.save() if ends_with == "save" else writer.commit([sha256_of(acknowledged + b"more")])
    recorder.failing = set()
    assert (root / "uploads" / UPLOAD).read_bytes() == acknowledged + b"more"
    writer = store.write(UPLOAD, progress, still)
    writer.write(b"end")
    blob = writer.commit([sha256_of(acknowledged + b"end")])
    writer.confirm()
    assert (root / "blobs" / blob.location).read_bytes() == acknowledged + b"end"


def test_a_location_that_cannot_be_removed_holds_nobody_up(
    store: FileBlobStore, root: Path, recorder: Recorder
) -> None:
    progress = acknowledge(store, b"kept")
    writer = store.write(UPLOAD, progress, still)
    first = writer.commit([sha256_of(b"kept")])
    recorder.failing = {"unlink"}
    writer.abandon()
    recorder.failing = set()
    assert list(store.stored_before(time.time() + 60)) == [first.location]
    writer = store.write(UPLOAD, progress, still)
    second = writer.commit([sha256_of(b"kept")])
    writer.confirm()
    store.delete(first.location)
    assert (root / "blobs" / second.location).read_bytes() == b"kept"


@pytest.mark.parametrize("acknowledged", [b"", b"kept"])
def test_a_staged_name_that_cannot_be_removed_undoes_nothing(
    store: FileBlobStore, root: Path, recorder: Recorder, acknowledged: bytes
) -> None:
    writer = store.write(UPLOAD, acknowledge(store, acknowledged), still)
    recorder.failing = {"unlink"}
    blob = writer.commit([sha256_of(acknowledged)])
    writer.confirm()
    recorder.failing = set()
    store.discard(UPLOAD)
    assert (root / "blobs" / blob.location).read_bytes() == acknowledged
    assert list(store.staged_before(time.time() + 60)) == []


@pytest.mark.parametrize("call", ["ftruncate", "unlink"])
def test_a_writer_that_cannot_be_opened_leaves_the_session_alone(
    store: FileBlobStore, root: Path, recorder: Recorder, call: str
) -> None:
    acknowledge(store, b"acknowledged and more")
    recorder.failing = {call}
    with pytest.raises(OSError, match="No space left"):
        store.write(UPLOAD, Progress(12, None), still) if call == "ftruncate" else store.discard(UPLOAD)
    recorder.failing = set()
    writer = store.write(UPLOAD, Progress(12, None), still)
    writer.abandon()
    assert (root / "uploads" / UPLOAD).read_bytes() == b"acknowledged"


@pytest.mark.parametrize("end", ["save", "commit"])
def test_what_a_failed_piece_left_behind_is_cut_off(
    store: FileBlobStore, root: Path, recorder: Recorder, end: str
) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"content")
    recorder.failing = {"pwrite"}
    with pytest.raises(OSError, match="No space left"):
        writer.write(b"lost")
    if end == "save":
        assert writer.save().size == 7
        path = root / "uploads" / UPLOAD
    else:
        path = root / "blobs" / writer.commit([sha256_of(b"content")]).location
    writer.confirm()
    assert path.read_bytes() == b"content"


def test_short_writes_are_continued(store: FileBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, piece, offset: real(file, piece[:3], offset))
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"ten  bytes")
    blob = writer.commit([sha256_of(b"ten  bytes")])
    writer.confirm()
    assert (root / "blobs" / blob.location).read_bytes() == b"ten  bytes"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "wharfside-test", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no right to mount a small file system")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    store = FileBlobStore(small_disk)
    progress = acknowledge(store, b"kept")
    writer = store.write(UPLOAD, progress, still)
    piece = bytes(256 * 1024)
    for _ in range(20):
        writer.write(piece)
    with pytest.raises(OSError, match="No space left"):
        writer.write(bytes(8 * 1024 * 1024))
    writer.abandon()
    assert_session_goes_on(store, small_disk, progress, b"kept")


def acknowledge(store: FileBlobStore, content: bytes) -> Progress:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(content)
    progress = writer.save()
    writer.confirm()
    return progress


def write_and_end(write, end) -> None:
    write(b"more")
    end()


def assert_session_goes_on(store: FileBlobStore, root: Path, progress: Progress, acknowledged: bytes) -> None:
    path = root / "uploads" / UPLOAD
    assert (path.read_bytes() if path.exists() else b"") == acknowledged
    assert [path for path in (root / "blobs").rglob("*") if path.is_file()] == []
    writer = store.write(UPLOAD, progress, still)
    writer.write(b"end")
    blob = writer.commit([sha256_of(acknowledged + b"end")])
    writer.confirm()
    assert not path.exists()
    assert (root / "blobs" / blob.location).read_bytes() == acknowledged + b"end"
