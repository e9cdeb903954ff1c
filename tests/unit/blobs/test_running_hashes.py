"""Hash states between requests."""

import hashlib

from wharfside.blobs.running_hashes import RunningHashes


def test_a_copy_leaves_the_kept_state_alone() -> None:
    hashes = RunningHashes()
    hashes.keep("a", 3, hashlib.sha256(b"one"))
    for _ in range(2):
        state = hashes.copy("a", 3)
        assert state is not None
        state.update(b"two")
        assert state.hexdigest() == hashlib.sha256(b"onetwo").hexdigest()


def test_a_state_of_another_size_is_not_used() -> None:
    hashes = RunningHashes()
    hashes.keep("a", 3, hashlib.sha256(b"one"))
    assert hashes.copy("a", 4) is None
    assert hashes.copy("b", 3) is None
    hashes.drop("a")
    hashes.drop("a")
    assert hashes.copy("a", 3) is None


def test_the_oldest_states_are_forgotten() -> None:
    hashes = RunningHashes(limit=2)
    for upload in ("a", "b", "a", "c"):
        hashes.keep(upload, 0, hashlib.sha256())
    assert [upload for upload in "abc" if hashes.copy(upload, 0) is not None] == ["a", "c"]
