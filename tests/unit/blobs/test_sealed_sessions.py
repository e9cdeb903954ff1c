"""Sealed upload sessions: an acknowledged chunk that is not full survives the writing of the one that replaces it."""

import os
from pathlib import Path

import pytest

from wharfside.blobs.base import Progress, Tampered
from wharfside.blobs.data_keys import MasterDataKeys
from wharfside.blobs.files import FileBlobStore
from wharfside.blobs.sealed import CHUNK, HEADER
from wharfside.core.digests import sha256_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
EMPTY = Progress(0, None)
DOMAIN = "aes256"
FIRST = b"acknowledged" * 9
MORE = b"and more" * 30_000


@pytest.fixture
def sealed(root: Path) -> FileBlobStore:
    return FileBlobStore(root, keys=MasterDataKeys(bytes(32)))


def acknowledge(store: FileBlobStore, content: bytes, start: Progress = EMPTY) -> Progress:
    writer = store.write(UPLOAD, start, lambda: True, DOMAIN)
    writer.write(content)
    progress = writer.save()
    writer.confirm()
    return progress


def assert_goes_on(root: Path, progress: Progress, content: bytes) -> None:
    """By another process, which knows no hashes."""
    other = FileBlobStore(root, keys=MasterDataKeys(bytes(32)))
    writer = other.write(UPLOAD, Progress(progress.size, None), lambda: True, DOMAIN)
    writer.write(b"end")
    blob = writer.commit([sha256_of(content + b"end")])
    writer.confirm()
    with other.open(blob.location, blob.size, DOMAIN) as file:
        assert file.readall() == content + b"end"
    assert os.listdir(root / "uploads") == []


def names(root: Path) -> set[str]:
    return set(os.listdir(root / "uploads"))


@pytest.mark.parametrize("torn", ["whole", "half", "nothing"])
def test_a_crash_while_the_last_chunk_is_replaced_loses_nothing(sealed: FileBlobStore, root: Path, torn: str) -> None:
    progress = acknowledge(sealed, FIRST)
    staged = root / "uploads" / UPLOAD
    before = staged.read_bytes()
    writer = sealed.write(UPLOAD, progress, lambda: True, DOMAIN)
    writer.write(MORE)
    writer.save()
    writer.release()  # the process dies, and what was saved is not recorded
    after = staged.read_bytes()
    assert names(root) == {UPLOAD, f"{UPLOAD}.tail"}
    assert after[: len(before)] != before
    if torn == "half":  # the power failed, and only some of the bytes came to the disk
        staged.write_bytes(before[: HEADER + 20] + after[HEADER + 20 : HEADER + 60] + before[HEADER + 60 :] + b"?" * 99)
    elif torn == "nothing":
        staged.write_bytes(before)
    assert_goes_on(root, progress, FIRST)


def test_half_a_copy_of_a_chunk_that_was_not_replaced_is_ignored(sealed: FileBlobStore, root: Path) -> None:
    progress = acknowledge(sealed, FIRST)
    kept = progress.size.to_bytes(8, "big") + (root / "uploads" / UPLOAD).read_bytes()[HEADER:]
    for copy in (b"", kept[:30], kept[:-1] + bytes([kept[-1] ^ 1])):
        (root / "uploads" / f"{UPLOAD}.tail").write_bytes(copy)
        sealed.write(UPLOAD, progress, lambda: True, DOMAIN).release()
    assert_goes_on(root, progress, FIRST)


def test_the_copy_of_an_earlier_size_is_ignored(sealed: FileBlobStore, root: Path) -> None:
    first = acknowledge(sealed, FIRST)
    old = first.size.to_bytes(8, "big") + (root / "uploads" / UPLOAD).read_bytes()[HEADER:]
    second = acknowledge(sealed, MORE, first)
    assert names(root) == {UPLOAD}
    (root / "uploads" / f"{UPLOAD}.tail").write_bytes(old)  # its removal did not come to the disk
    assert_goes_on(root, second, FIRST + MORE)


def test_the_copy_is_on_the_disk_before_the_chunk_is_replaced(
    sealed: FileBlobStore, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = acknowledge(sealed, FIRST)
    calls: list[str] = []
    for name in ("pwrite", "fsync"):
        real = getattr(os, name)

        def call(descriptor: int, *rest: object, name: str = name, real=real):
            calls.append(f"{name} {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
            return real(descriptor, *rest)

        monkeypatch.setattr(os, name, call)
    writer = sealed.write(UPLOAD, progress, lambda: True, DOMAIN)
    writer.write(b"x")
    writer.save()
    tail = f"{UPLOAD}.tail"
    assert calls == [f"pwrite {tail}", f"fsync {tail}", "fsync uploads", f"pwrite {UPLOAD}", f"fsync {UPLOAD}"]
    writer.confirm()
    # What ends with a chunk, and what adds nothing, costs no more than plain bytes.
    calls.clear()
    writer = sealed.write(UPLOAD, Progress(progress.size + 1, None), lambda: True, DOMAIN)
    writer.commit([sha256_of(FIRST + b"x")])
    assert [each for each in calls if UPLOAD in each] == []
    writer.confirm()


def test_whole_chunks_are_written_as_they_come_and_nothing_else(sealed: FileBlobStore, root: Path) -> None:
    writer = sealed.write(UPLOAD, EMPTY, lambda: True, DOMAIN)
    staged = root / "uploads" / UPLOAD
    writer.write(bytes(CHUNK - 1))
    assert staged.stat().st_size == 0
    writer.write(bytes(2))
    assert staged.stat().st_size == HEADER + CHUNK + 28
    writer.write(bytes(9 * CHUNK))
    assert staged.stat().st_size == HEADER + 10 * (CHUNK + 28)
    writer.abandon()
    assert names(root) == set()


def test_what_was_abandoned_leaves_the_acknowledged_chunk(sealed: FileBlobStore, root: Path) -> None:
    progress = acknowledge(sealed, FIRST)
    before = (root / "uploads" / UPLOAD).read_bytes()
    writer = sealed.write(UPLOAD, progress, lambda: True, DOMAIN)
    writer.write(MORE)
    writer.save()
    writer.abandon()
    assert (root / "uploads" / UPLOAD).read_bytes() == before
    assert_goes_on(root, progress, FIRST)


def test_a_copy_without_its_session_is_found_and_discarded(sealed: FileBlobStore, root: Path) -> None:
    (root / "uploads" / f"{UPLOAD}.tail").write_bytes(b"left")
    assert list(sealed.staged_before(2**40)) == [UPLOAD]
    sealed.discard(UPLOAD)
    assert names(root) == set()


def test_changed_sessions_and_other_keys_are_refused(sealed: FileBlobStore, root: Path) -> None:
    progress = acknowledge(sealed, FIRST)
    staged = root / "uploads" / UPLOAD
    with pytest.raises(Tampered, match="data key"):
        FileBlobStore(root, keys=MasterDataKeys(bytes(31) + b"x")).write(UPLOAD, progress, lambda: True, DOMAIN)
    content = bytearray(staged.read_bytes())
    content[-1] ^= 1
    staged.write_bytes(content)
    with pytest.raises(Tampered):
        sealed.write(UPLOAD, progress, lambda: True, DOMAIN)
    sealed.discard(UPLOAD)
