"""What a sealed file holds, for who has the master key."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from wharfside.blobs.data_keys import MasterDataKeys
from wharfside.blobs.sealed import CHUNK, HEADER, Seal, wrapped_in
from wharfside.store.master_key import MasterKey


def opener(data: Path) -> Callable[[bytes], bytes]:
    """Opens the files of a data folder whose repositories are encrypted with its master key."""
    keys = MasterDataKeys(MasterKey((data / "master.key").read_bytes()).derive("data keys"))

    def opened(content: bytes) -> bytes:
        if not content.startswith(b"wharfside sealed blob"):
            return content
        seal = Seal(keys.unwrap("aes256", wrapped_in(content[:HEADER])))
        pieces: list[bytes] = []
        for index, start in enumerate(range(HEADER, len(content), CHUNK + seal.overhead)):
            sealed = content[start : start + CHUNK + seal.overhead]
            piece = bytearray(len(sealed) - seal.overhead)
            seal.open(index, memoryview(sealed), memoryview(piece))
            pieces.append(bytes(piece))
        return b"".join(pieces)

    return opened


def digests_on(data: Path) -> set[str]:
    """The SHA-256, in hex, of what each stored file holds."""
    opened = opener(data)
    files = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    return {hashlib.sha256(opened(path.read_bytes())).hexdigest() for path in files}
