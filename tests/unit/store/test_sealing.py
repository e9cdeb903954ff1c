"""Sealed claims, and the key that seals them."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.store.sealing import KeyFileRefused, SealBroken, Sealer, load_or_create_key

KEY = bytes(range(32))


@given(st.text(max_size=20), st.binary(max_size=200), st.data())
def test_only_the_same_purpose_opens_and_no_bit_may_change(purpose, claims, data):
    sealer = Sealer(KEY)
    sealed = sealer.seal(purpose, claims)
    assert Sealer(KEY).open(purpose, sealed) == claims
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:place] + bytes([sealed[place] ^ 1 << data.draw(st.integers(0, 7))]) + sealed[place + 1 :]
    for broken, by in (
        (changed, purpose),
        (sealed, purpose + "x"),
        (sealed[:place], purpose),
        (sealed + b"x", purpose),
        (claims, purpose),
    ):
        with pytest.raises(SealBroken):
            sealer.open(by, broken)


def test_seals_differ_and_hide_the_claims():
    first, second = (Sealer(KEY).seal("token", b"the claims") for _ in range(2))
    assert first != second
    assert b"claims" not in first
    assert first[0] == 1


def test_another_key_does_not_open():
    with pytest.raises(SealBroken):
        Sealer(bytes(32)).open("token", Sealer(KEY).seal("token", b"x"))


def test_oversized_seals_are_not_even_looked_at():
    with pytest.raises(SealBroken):
        Sealer(KEY).open("token", Sealer(KEY).seal("token", bytes(70_000)))


def test_a_key_has_32_bytes():
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        Sealer(bytes(16))


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "sealing.key"
    key = load_or_create_key(path)
    assert (len(key), load_or_create_key(path)) == (32, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["sealing.key"]
    assert load_or_create_key(tmp_path / "other.key") != key


def test_processes_that_start_at_once_agree(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("forkserver")) as processes:
        for attempt in range(20):
            path = tmp_path / str(attempt) / "sealing.key"
            path.parent.mkdir()
            assert len(set(processes.map(load_or_create_key, [path] * 8))) == 1
            assert os.listdir(path.parent) == ["sealing.key"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_file_of_another_length_is_refused(tmp_path, length):
    path = tmp_path / "sealing.key"
    path.touch(0o600)
    path.write_bytes(bytes(length))
    with pytest.raises(KeyFileRefused, match=r"not a key of 32 bytes\. Restore it"):
        load_or_create_key(path)
    assert path.read_bytes() == bytes(length)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_reach_is_refused(tmp_path, mode):
    path = tmp_path / "sealing.key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        load_or_create_key(path)


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        load_or_create_key(tmp_path / "sealing.key")
    assert os.listdir(tmp_path) == []
