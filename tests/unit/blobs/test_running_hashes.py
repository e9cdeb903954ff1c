"""Hash states between requests."""

import hashlib

from wharfside.blobs.base import Progress
from wharfside.blobs.running_hashes import RunningHashes

ONE = Progress(3, hashlib.sha256(b"one").hexdigest())


def test_a_copy_leaves_the_kept_state_alone() -> None:
    hashes = RunningHashes()
    hashes.keep("a", 3, hashlib.sha256(b"one"))
    for _ in range(2):
        state = hashes.copy("a", ONE)
        assert state is not None
        state.update(b"two")
        assert state.hexdigest() == hashlib.sha256(b"onetwo").hexdigest()


def test_a_state_of_another_size_is_not_used() -> None:
    hashes = RunningHashes()
    hashes.keep("a", 3, hashlib.sha256(b"one"))
    assert hashes.copy("a", Progress(4, ONE.sha256)) is None
    assert hashes.copy("b", ONE) is None
    hashes.drop("a")
    hashes.drop("a")
    assert hashes.copy("a", ONE) is None


def test_a_state_of_other_bytes_is_not_used() -> None:
    hashes = RunningHashes()
    hashes.keep("a", 3, hashlib.sha256(b"two"))
    assert hashes.copy("a", ONE) is None
    assert hashes.copy("a", Progress(3, None)) is None


def test_the_oldest_states_are_forgotten() -> None:
    hashes = RunningHashes(limit=2)
    for upload in ("a", "b", "a", "c"):
        hashes.keep(upload, 3, hashlib.sha256(b"one"))
    assert [upload for upload in "abc" if hashes.copy(upload, ONE) is not None] == ["a", "c"]
