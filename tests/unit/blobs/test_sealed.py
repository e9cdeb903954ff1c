"""Sealed chunks: every range gives the bytes back, and nothing that was changed is ever given."""

import io
import secrets
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wharfside.blobs.base import KeyUnavailable, Progress, StoredBlob, Tampered
from wharfside.blobs.data_keys import MasterDataKeys
from wharfside.blobs.files import FileBlobStore
from wharfside.blobs.sealed import CHUNK, HEADER, Seal, header_of, wrapped_in
from wharfside.core.digests import sha256_of
from wharfside.core.encryption import layers_of

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
DOMAIN = "aes256"
KEYS = MasterDataKeys(bytes(32))
SIZES = st.one_of(st.integers(0, 300), st.integers(CHUNK - 2, CHUNK + 2), st.integers(2 * CHUNK, 3 * CHUNK + 1))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FileBlobStore:
    return FileBlobStore(tmp_path_factory.mktemp("sealed"), keys=KEYS)


def stored(store: FileBlobStore, content: bytes) -> StoredBlob:
    writer = store.write(UPLOAD, Progress(0, None), lambda: True, DOMAIN)
    writer.write(content)
    blob = writer.commit([sha256_of(content)])
    writer.confirm()
    return blob


def place(store: FileBlobStore, blob: StoredBlob) -> Path:
    with store.open(blob.location, blob.size) as plain:  # whatever its domain, to find the file
        return Path(f"/proc/self/fd/{plain.fileno()}").resolve()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=SIZES, data=st.data())
def test_every_range_gives_the_bytes_back(store: FileBlobStore, size: int, data: st.DataObject) -> None:
    content = secrets.token_bytes(size)
    blob = stored(store, content)
    with store.open(blob.location, blob.size, DOMAIN) as file:
        assert file.readall() == content
        for _ in range(4):
            first = data.draw(st.integers(0, size + 5))
            length = data.draw(st.integers(0, size + 5))
            assert file.seek(first) == first
            assert file.read(length) == content[first : first + length]
        assert file.seek(0, io.SEEK_END) == size
        assert file.seek(-min(3, size), io.SEEK_CUR) == size - min(3, size)
        with pytest.raises(io.UnsupportedOperation):
            file.seek(-1)
    assert content[:64] not in place(store, blob).read_bytes() or size < 16


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=SIZES, place_of=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_changed_bit_is_found(store: FileBlobStore, size: int, place_of: float, bit: int) -> None:
    blob = stored(store, secrets.token_bytes(size))
    path = place(store, blob)
    content = bytearray(path.read_bytes())
    used = [*range(len(wrapped_in(bytes(content[:HEADER]))) + 24), *range(HEADER, len(content))]
    content[used[int(place_of * len(used))]] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises((Tampered, KeyUnavailable)), store.open(blob.location, blob.size, DOMAIN) as file:
        file.readall()


def test_chunks_that_change_places_or_are_missing_are_found(store: FileBlobStore) -> None:
    blob, other = (stored(store, secrets.token_bytes(3 * CHUNK)) for _ in range(2))
    path = place(store, blob)
    content, foreign = path.read_bytes(), place(store, other).read_bytes()
    length = CHUNK + 28
    chunks = [content[start : start + length] for start in range(HEADER, len(content), length)]
    head = content[:HEADER]
    for changed in (
        head + chunks[1] + chunks[0] + chunks[2],
        head + chunks[0] + chunks[1],
        content[:-1],
        content + b"\0",
        head + foreign[HEADER:],
        content[:HEADER] + foreign[HEADER : HEADER + length] + b"".join(chunks[1:]),
        b"",
        b"plain bytes " * 100,
    ):
        path.write_bytes(changed)
        with pytest.raises(Tampered), store.open(blob.location, blob.size, DOMAIN) as file:
            file.readall()
    path.write_bytes(content)
    with pytest.raises(Tampered, match="cut, or too long"):
        store.open(blob.location, blob.size - 1, DOMAIN)


def test_the_same_bytes_are_never_sealed_alike(store: FileBlobStore) -> None:
    first, second = (place(store, stored(store, b"same" * 1000)).read_bytes() for _ in range(2))
    assert not {first[i : i + 12] for i in range(30, len(first) - 12) if any(first[i : i + 12])} & {
        second[i : i + 12] for i in range(30, len(second) - 12)
    }


@pytest.mark.parametrize("layers", [1, 2])
def test_layers_are_sealed_one_in_the_other(layers: int) -> None:
    keys = [secrets.token_bytes(32) for _ in range(layers)]
    seal = Seal(keys)
    room = memoryview(bytearray(5 + seal.overhead))
    seal.seal(7, b"bytes", room)
    opened = memoryview(bytearray(5))
    seal.open(7, room, opened)
    assert (bytes(opened), seal.overhead, seal.stored_size(5)) == (b"bytes", 28 * layers, HEADER + 5 + 28 * layers)
    for others in ([secrets.token_bytes(32), *keys[1:]], [*keys[:-1], secrets.token_bytes(32)], keys[::-1]):
        if others != keys:
            with pytest.raises(Tampered):
                Seal(others).open(7, room, opened)
    with pytest.raises(Tampered):
        seal.open(8, room, opened)
    assert layers_of("kms_dsse:x") == 2


def test_keys_are_for_one_domain_and_of_one_master_key() -> None:
    made = KEYS.make(DOMAIN)
    assert KEYS.unwrap(DOMAIN, made.wrapped) == made.keys
    assert made.keys[0] not in made.wrapped
    assert made.keys[0].hex() not in repr(made)
    for keys, domain, wrapped in (
        (MasterDataKeys(bytes(31) + b"x"), DOMAIN, made.wrapped),
        (KEYS, "kms:x", made.wrapped),
        (KEYS, DOMAIN, made.wrapped[:-1]),
        (KEYS, DOMAIN, b"\x02" + made.wrapped[1:]),
        (KEYS, DOMAIN, b""),
    ):
        with pytest.raises((KeyUnavailable, Tampered)):
            keys.unwrap(domain, wrapped)
    with pytest.raises(KeyUnavailable):
        KEYS.make("kms:x")
    with pytest.raises(ValueError, match="at most"):
        header_of(bytes(701))


def test_a_store_without_keys_has_only_the_plain_domain(tmp_path: Path) -> None:
    bare = FileBlobStore(tmp_path)
    with pytest.raises(KeyUnavailable):
        bare.write(UPLOAD, Progress(0, None), lambda: True, DOMAIN)
    assert list((tmp_path / "uploads").iterdir()) == []
