"""Between the writing of bytes and the recording of it: the lock, the acknowledged bytes, and the undoing."""

import hashlib
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from wharfside.blobs.base import Progress, UploadBusy, UploadGone
from wharfside.blobs.files import FileBlobStore, FileBlobWriter
from wharfside.core.digests import sha256_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
EMPTY = Progress(0, None)
ENDS = [FileBlobWriter.confirm, FileBlobWriter.abandon, FileBlobWriter.release]


def still() -> bool:
    return True


def moved_on() -> bool:
    return False


def staged(root: Path) -> bytes | None:
    path = root / "uploads" / UPLOAD
    return path.read_bytes() if path.exists() else None


def locations(store: FileBlobStore) -> list[str]:
    return list(store.stored_before(time.time() + 60))


def acknowledge(store: FileBlobStore, content: bytes, start: Progress = EMPTY) -> Progress:
    writer = store.write(UPLOAD, start, still)
    writer.write(content)
    progress = writer.save()
    writer.confirm()
    return progress


def test_a_late_request_changes_nothing(store: FileBlobStore, root: Path) -> None:
    first = acknowledge(store, b"one")
    acknowledge(store, b"two", first)
    with pytest.raises(UploadBusy):
        store.write(UPLOAD, first, moved_on)
    with pytest.raises(UploadBusy):
        store.write(UPLOAD, EMPTY, moved_on)
    assert staged(root) == b"onetwo"


def test_a_request_for_an_ended_session_leaves_no_file(store: FileBlobStore, root: Path) -> None:
    with pytest.raises(UploadBusy):
        store.write(UPLOAD, EMPTY, moved_on)
    assert staged(root) is None


def test_nothing_is_left_when_the_question_fails(store: FileBlobStore, root: Path) -> None:
    def fail() -> bool:
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="the database is gone"):
        store.write(UPLOAD, EMPTY, fail)
    assert staged(root) is None
    start = acknowledge(store, b"kept")
    with pytest.raises(OSError, match="the database is gone"):
        store.write(UPLOAD, start, fail)
    assert acknowledge(store, b"!", start).size == 5


def test_the_question_is_asked_under_the_lock(store: FileBlobStore, root: Path) -> None:
    asked: list[str] = []

    def ask() -> bool:
        with pytest.raises(UploadBusy):
            FileBlobStore(root).write(UPLOAD, EMPTY, still)
        asked.append("once")
        return True

    store.write(UPLOAD, EMPTY, ask).abandon()
    assert asked == ["once"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("acknowledged", [b"", b"kept"])
def test_a_session_stays_locked_after_save(
    store: FileBlobStore, root: Path, end: Callable[[FileBlobWriter], None], acknowledged: bytes
) -> None:
    start = acknowledge(store, acknowledged)
    writer = store.write(UPLOAD, start, still)
    writer.write(b"more")
    saved = writer.save()
    for other in (store, FileBlobStore(root)):
        for progress in (start, saved):
            with pytest.raises(UploadBusy):
                other.write(UPLOAD, progress, still)
        with pytest.raises(UploadBusy):
            other.discard(UPLOAD)
    end(writer)
    store.write(UPLOAD, start if end is FileBlobWriter.abandon else saved, still).abandon()


@pytest.mark.parametrize("end", ENDS)
def test_a_session_with_acknowledged_bytes_stays_locked_after_commit(
    store: FileBlobStore, root: Path, end: Callable[[FileBlobWriter], None]
) -> None:
    start = acknowledge(store, b"kept")
    writer = store.write(UPLOAD, start, still)
    blob = writer.commit([sha256_of(b"kept")])
    with pytest.raises(UploadBusy):
        FileBlobStore(root).write(UPLOAD, start, still)
    with pytest.raises(UploadBusy):
        FileBlobStore(root).discard(UPLOAD)
    end(writer)
    if end is FileBlobWriter.confirm:
        with pytest.raises(UploadGone):
            store.write(UPLOAD, start, still)
    else:
        store.write(UPLOAD, start, still).abandon()
    assert locations(store) == ([] if end is FileBlobWriter.abandon else [blob.location])


def test_of_two_writers_the_second_finds_the_session_moved_on(store: FileBlobStore, root: Path) -> None:
    recorded = acknowledge(store, b"one")
    both_read = recorded
    first = store.write(UPLOAD, both_read, lambda: recorded == both_read)
    first.write(b"two")
    saved = first.save()
    other = FileBlobStore(root)
    with pytest.raises(UploadBusy):
        other.write(UPLOAD, both_read, lambda: recorded == both_read)
    recorded = saved
    first.confirm()
    with pytest.raises(UploadBusy):
        other.write(UPLOAD, both_read, lambda: recorded == both_read)
    assert staged(root) == b"onetwo"


def test_an_empty_blob_leaves_the_next_writer_its_file(store: FileBlobStore, root: Path) -> None:
    """A commit without acknowledged bytes frees the name before it is confirmed."""
    first = store.write(UPLOAD, EMPTY, still)
    first.commit([sha256_of(b"")])
    second = store.write(UPLOAD, EMPTY, still)
    second.write(b"second")
    first.confirm()
    second.save()
    assert staged(root) == b"second"
    second.confirm()


def test_an_empty_commit_that_is_abandoned_leaves_the_next_writer_its_file(store: FileBlobStore, root: Path) -> None:
    first = store.write(UPLOAD, EMPTY, still)
    first.write(b"first")
    first.commit([sha256_of(b"first")])
    second = store.write(UPLOAD, EMPTY, still)
    second.write(b"second")
    first.abandon()
    assert (staged(root), locations(store)) == (b"second", [])
    second.abandon()


@pytest.mark.parametrize("rest", [b"", b" and more"])
def test_a_session_goes_on_after_a_crash_between_commit_and_record(
    store: FileBlobStore, root: Path, rest: bytes
) -> None:
    start = acknowledge(store, b"kept")
    writer = store.write(UPLOAD, start, still)
    writer.write(rest)
    lost = writer.commit([sha256_of(b"kept" + rest)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del writer  # a process that dies loses its locks with its descriptors
    after = FileBlobStore(root)
    writer = after.write(UPLOAD, start, still)
    writer.write(b" otherwise")
    blob = writer.commit([sha256_of(b"kept otherwise")])
    writer.confirm()
    after.delete(lost.location)
    assert (root / "blobs" / blob.location).read_bytes() == b"kept otherwise"
    assert staged(root) is None


@pytest.mark.parametrize("acknowledged", [b"", b"kept"])
def test_abandon_removes_the_location_and_keeps_the_session(
    store: FileBlobStore, root: Path, acknowledged: bytes
) -> None:
    start = acknowledge(store, acknowledged)
    writer = store.write(UPLOAD, start, still)
    writer.write(b"dropped")
    blob = writer.commit([sha256_of(acknowledged + b"dropped")])
    assert locations(store) == [blob.location]
    writer.abandon()
    writer.abandon()
    assert locations(store) == []
    assert (staged(root) or b"") == acknowledged
    assert acknowledge(store, b"!", start).sha256 == hashlib.sha256(acknowledged + b"!").hexdigest()


@pytest.mark.parametrize("acknowledged", [b"", b"kept"])
def test_release_leaves_everything(store: FileBlobStore, root: Path, acknowledged: bytes) -> None:
    writer = store.write(UPLOAD, acknowledge(store, acknowledged), still)
    writer.write(b"more")
    blob = writer.commit([sha256_of(acknowledged + b"more")])
    writer.release()
    writer.release()
    writer.abandon()
    assert (root / "blobs" / blob.location).read_bytes() == acknowledged + b"more"
    assert staged(root) == (acknowledged + b"more" if acknowledged else None)


def test_release_after_save_leaves_both_answers_possible(store: FileBlobStore, root: Path) -> None:
    start = acknowledge(store, b"one")
    writer = store.write(UPLOAD, start, still)
    writer.write(b"two")
    saved = writer.save()
    writer.release()
    store.write(UPLOAD, saved, still).release()
    assert staged(root) == b"onetwo"
    store.write(UPLOAD, start, still).release()
    assert staged(root) == b"one"


@pytest.mark.parametrize("end", [FileBlobWriter.abandon, FileBlobWriter.release])
def test_the_hash_of_bytes_that_were_never_recorded_is_not_trusted(
    store: FileBlobStore, root: Path, end: Callable[[FileBlobWriter], None]
) -> None:
    """This process saved three bytes, and another one replaced them by three others, which were recorded."""
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"bad")
    writer.save()
    end(writer)
    progress = acknowledge(FileBlobStore(root), b"new")
    for known in (progress, Progress(3, None)):
        writer = store.write(UPLOAD, known, still)
        writer.write(b" bytes")
        blob = writer.commit([sha256_of(b"bad bytes"), sha256_of(b"new bytes")])
        assert blob.digest == sha256_of(b"new bytes")
        writer.abandon()


def test_discard_of_a_linked_session_leaves_the_blob(store: FileBlobStore, root: Path) -> None:
    writer = store.write(UPLOAD, acknowledge(store, b"kept"), still)
    blob = writer.commit([sha256_of(b"kept")])
    writer.release()
    store.discard(UPLOAD)
    assert staged(root) is None
    assert (root / "blobs" / blob.location).read_bytes() == b"kept"


def test_an_empty_session_needs_no_file(store: FileBlobStore, root: Path) -> None:
    assert acknowledge(store, b"") == Progress(0, hashlib.sha256().hexdigest())
    assert os.listdir(root / "uploads") == []
