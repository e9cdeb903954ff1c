"""Local blob storage: upload sessions, verification, locks and what is refused."""

import contextlib
import fcntl
import hashlib
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from wharfside.blobs.base import DigestMismatch, Progress, StoredBlob, UploadBusy, UploadGone
from wharfside.blobs.files import FileBlobStore, FileBlobWriter
from wharfside.core.digests import Digest, digest_of, sha256_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
EMPTY = Progress(0, None)


def still() -> bool:
    return True


def staged(root: Path) -> bytes | None:
    path = root / "uploads" / UPLOAD
    return path.read_bytes() if path.exists() else None


def saved(store: FileBlobStore, content: bytes, start: Progress = EMPTY) -> Progress:
    writer = store.write(UPLOAD, start, still)
    writer.write(content)
    progress = writer.save()
    writer.confirm()
    return progress


def committed(writer: FileBlobWriter, *expected: Digest) -> StoredBlob:
    blob = writer.commit(expected)
    writer.confirm()
    return blob


def read(store: FileBlobStore, location: str) -> bytes:
    with store.open(location, 0) as file:
        return file.readall()


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 5000])
def test_one_writer_stores_a_blob(store: FileBlobStore, root: Path, content: bytes) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    for start in range(0, len(content), 100_000):
        writer.write(content[start : start + 100_000])
    assert writer.size == len(content)
    blob = committed(writer, sha256_of(content))
    assert (blob.digest, blob.size) == (sha256_of(content), len(content))
    assert read(store, blob.location) == content
    assert staged(root) is None


def test_each_stored_blob_has_a_location_of_its_own(store: FileBlobStore) -> None:
    first, second = (committed(store.write(UPLOAD, EMPTY, still), sha256_of(b"")) for _ in range(2))
    assert first.location != second.location
    store.delete(first.location)
    store.delete(first.location)
    with pytest.raises(FileNotFoundError):
        store.open(first.location, 0)
    assert read(store, second.location) == b""


def test_a_session_goes_on_over_writers(store: FileBlobStore) -> None:
    progress = saved(store, b"one")
    assert progress == Progress(3, hashlib.sha256(b"one").hexdigest())
    progress = saved(store, b"two", progress)
    assert progress == Progress(6, hashlib.sha256(b"onetwo").hexdigest())
    assert saved(store, b"", progress) == progress
    writer = store.write(UPLOAD, progress, still)
    writer.write(b"three")
    assert read(store, committed(writer, sha256_of(b"onetwothree")).location) == b"onetwothree"


def test_another_process_goes_on_and_hashes_the_file_once(store: FileBlobStore, root: Path) -> None:
    progress = saved(store, b"one")
    other = FileBlobStore(root)
    progress = saved(other, b"two", progress)
    assert progress == Progress(6, None)
    blob = committed(FileBlobStore(root).write(UPLOAD, progress, still), sha256_of(b"onetwo"))
    assert read(store, blob.location) == b"onetwo"


def test_a_known_hash_is_not_computed_again(store: FileBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = saved(store, b"one")

    def refuse(*_: object) -> None:
        raise AssertionError("the staged file was hashed again")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    blob = committed(FileBlobStore(root).write(UPLOAD, progress, still), sha256_of(b"one"))
    assert read(store, blob.location) == b"one"


def test_sha512_and_any_of_several_digests(store: FileBlobStore) -> None:
    sha512 = digest_of(b"content", "sha512")
    saved_progress = saved(store, b"content")
    blob = committed(store.write(UPLOAD, saved_progress, still), sha256_of(b"wrong"), sha512)
    assert blob.digest == sha512
    assert blob.location.startswith(f"sha512/{sha512[7:9]}/{sha512[7:]}.")
    assert read(store, blob.location) == b"content"


@pytest.mark.parametrize("expected", [[], [sha256_of(b"other")], [digest_of(b"other", "sha512")]])
def test_a_mismatch_leaves_the_session_as_it_was(store: FileBlobStore, root: Path, expected: list[Digest]) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"content")
    with pytest.raises(DigestMismatch):
        writer.commit(expected)
    assert staged(root) is None

    progress = saved(store, b"kept")
    writer = store.write(UPLOAD, progress, still)
    writer.write(b" and dropped")
    with pytest.raises(DigestMismatch):
        writer.commit(expected)
    assert staged(root) == b"kept"
    assert saved(store, b"!", progress) == Progress(5, hashlib.sha256(b"kept!").hexdigest())
    assert list(store.stored_before(time.time() + 60)) == []


def test_abandon_leaves_the_session_as_it_was(store: FileBlobStore, root: Path) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"dropped")
    writer.abandon()
    assert staged(root) is None
    progress = saved(store, b"kept")
    writer = store.write(UPLOAD, progress, still)
    writer.write(b" and dropped")
    writer.abandon()
    writer.abandon()
    assert staged(root) == b"kept"


def test_nothing_is_staged_for_an_empty_session(store: FileBlobStore, root: Path) -> None:
    progress = saved(store, b"")
    assert progress == Progress(0, hashlib.sha256().hexdigest())
    assert staged(root) is None
    assert committed(store.write(UPLOAD, progress, still), sha256_of(b"")).size == 0


def test_an_ended_writer_refuses_everything_but_an_end(store: FileBlobStore) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    blob = committed(writer, sha256_of(b""))
    writer.abandon()
    writer.release()
    for call in (writer.save, writer.confirm, lambda: writer.commit([sha256_of(b"")]), lambda: writer.write(b"x")):
        with pytest.raises(ValueError, match="closed"):
            call()
    assert read(store, blob.location) == b""


def test_a_writer_may_be_abandoned_while_a_thread_writes(store: FileBlobStore, root: Path) -> None:
    for _ in range(30):
        writer = store.write(UPLOAD, EMPTY, still)
        writing = threading.Event()

        def write(writer: FileBlobWriter = writer, writing: threading.Event = writing) -> None:
            with contextlib.suppress(ValueError):
                while True:
                    writer.write(bytes(100_000))
                    writing.set()

        thread = threading.Thread(target=write)
        thread.start()
        assert writing.wait(10)
        writer.abandon()
        # The number of the closed descriptor is free again: what the thread writes must not end up here.
        with (root / "bystander").open("w+b") as bystander:
            thread.join(10)
            assert not thread.is_alive()
            assert bystander.read() == b""
    assert staged(root) is None


def test_unacknowledged_bytes_are_dropped(store: FileBlobStore, root: Path) -> None:
    progress = saved(store, b"acknowledged")
    with (root / "uploads" / UPLOAD).open("ab") as file:
        file.write(b" and not")
    assert saved(store, b"", progress) == progress
    assert staged(root) == b"acknowledged"


def test_lost_bytes_are_reported(store: FileBlobStore, root: Path) -> None:
    with pytest.raises(UploadGone):
        store.write(UPLOAD, Progress(1, None), still)
    progress = saved(store, b"acknowledged")
    os.truncate(root / "uploads" / UPLOAD, 3)
    with pytest.raises(UploadGone):
        store.write(UPLOAD, progress, still)


def test_one_writer_at_a_time(store: FileBlobStore, root: Path) -> None:
    writer = store.write(UPLOAD, EMPTY, still)
    writer.write(b"first")
    for other in (store, FileBlobStore(root)):
        with pytest.raises(UploadBusy):
            other.write(UPLOAD, EMPTY, still)
        with pytest.raises(UploadBusy):
            other.discard(UPLOAD)
    progress = writer.save()
    assert progress.size == 5
    writer.confirm()
    store.write(UPLOAD, progress, still).abandon()


@pytest.mark.parametrize("start", [EMPTY, Progress(4, None)])
def test_a_commit_between_open_and_lock_is_noticed(
    store: FileBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch, start: Progress
) -> None:
    progress = saved(store, b"kept")
    first = store.write(UPLOAD, progress, still)
    lock = fcntl.flock
    location = ""

    def commit_and_lock(*arguments: object) -> None:
        nonlocal location
        location = committed(first, sha256_of(b"kept")).location
        lock(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", commit_and_lock)
    with pytest.raises(UploadGone):
        FileBlobStore(root).write(UPLOAD, start, still)
    assert read(store, location) == b"kept"


def test_discard(store: FileBlobStore, root: Path) -> None:
    store.discard(UPLOAD)
    progress = saved(store, b"content")
    store.discard(UPLOAD)
    store.discard(UPLOAD)
    assert staged(root) is None
    with pytest.raises(UploadGone):
        store.write(UPLOAD, progress, still)
    assert saved(store, b"new").sha256 == hashlib.sha256(b"new").hexdigest()


def test_listing_by_age(store: FileBlobStore, root: Path) -> None:
    old = time.time() - 60
    saved(store, b"content")
    (root / "uploads" / "stray").touch()
    os.utime(root / "uploads" / UPLOAD, (0, 0))
    assert list(store.staged_before(old)) == []
    assert list(store.staged_before(time.time() + 60)) == [UPLOAD]
    blob = committed(store.write(UPLOAD, Progress(7, None), still), sha256_of(b"content"))
    (root / "blobs" / "sha256" / "00" / "stray").touch()
    assert list(store.stored_before(old)) == []
    assert list(store.stored_before(time.time() + 60)) == [blob.location]
    assert list(store.staged_before(time.time() + 60)) == []


@pytest.mark.parametrize(
    "upload", ["", ".", "..", "../admin.json", "/etc/passwd", UPLOAD + "\n", UPLOAD.upper(), UPLOAD + "/..", "a" * 36]
)
def test_no_path_is_built_from_a_strange_upload_id(store: FileBlobStore, upload: str) -> None:
    for call in (lambda: store.write(upload, EMPTY, still), lambda: store.discard(upload)):
        with pytest.raises(ValueError, match="not an upload id"):
            call()


HEX = "ab" * 32


@pytest.mark.parametrize(
    "location",
    [
        "",
        "../admin.json",
        f"sha256/ab/{HEX}",
        f"sha256/cd/{HEX}.00000000",
        f"sha256/ab/../ab/{HEX}.00000000",
        f"sha256/ab/{HEX}.00000000\n",
        f"sha256/ab/{HEX}.00000000/..",
        f"sha512/ab/{HEX}.00000000",
        f"/sha256/ab/{HEX}.00000000",
    ],
)
def test_no_path_is_built_from_a_strange_location(store: FileBlobStore, location: str) -> None:
    for call in (lambda: store.open(location, 0), lambda: store.delete(location)):
        with pytest.raises(ValueError, match="not a location"):
            call()


def test_symbolic_links_are_not_followed(store: FileBlobStore, root: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"untouched")
    (root / "uploads" / UPLOAD).symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        store.write(UPLOAD, EMPTY, still)
    location = f"sha256/ab/{HEX}.00000000"
    (root / "blobs" / location).symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        store.open(location, 9)
    assert target.read_bytes() == b"untouched"
    assert list(store.staged_before(time.time() + 60)) == []
    assert list(store.stored_before(time.time() + 60)) == []


def test_only_the_owner_may_read(store: FileBlobStore, root: Path) -> None:
    saved(store, b"staged")
    blob = committed(store.write("0" * 8 + UPLOAD[8:], EMPTY, still), sha256_of(b""))
    files = [root / "uploads" / UPLOAD, root / "blobs" / blob.location]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
    assert len(folders) == 1 + 1 + 1 + 3 + 512
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
