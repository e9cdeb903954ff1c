"""The bytes of one upload session in its locked file: as they came, or sealed (`blobs.sealed`).

Sealed bytes never touch the disk in the clear. A chunk is written when it is full, or when the session is settled; so
the last acknowledged chunk may have to be replaced by a longer one. Before that is done, what it was is kept in a file
beside, named like the session's with `.tail` at its end; whoever goes on from there puts it back. No nonce is ever used
twice.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from contextlib import suppress
from io import FileIO
from typing import Final, Protocol

from wharfside.blobs.base import DataKeys, Tampered
from wharfside.blobs.sealed import CHUNK, HEADER, Seal, SealedBytes, header_of, wrapped_in

TAIL: Final = ".tail"
_SIZE: Final = struct.Struct(">Q")
_CHUNKS: Final = 2
"""How many chunks are written at once."""


class Staging(Protocol):
    """What an upload session holds. After an OSError of `append` the piece counts as not written."""

    @property
    def size(self) -> int:
        """Bytes of the session, those before included."""
        ...

    @property
    def unsynced(self) -> bool:
        """Whether the file was changed, and needs an fsync."""
        ...

    def begin(self) -> bool:
        """Go back to the acknowledged bytes; False when they are not there."""
        ...

    def append(self, piece: bytes) -> None:
        """Append one piece."""
        ...

    def settle(self) -> None:
        """Have all bytes of the session in the file, and nothing else; for a thread, as it may fsync."""
        ...

    def roll_back(self) -> None:
        """Have the file as it was acknowledged."""
        ...

    def digest(self, algorithm: str) -> str:
        """The digest of all bytes, once they are settled, in hex."""
        ...

    def tidy(self) -> None:
        """Remove what is kept beside, as what was settled is recorded."""
        ...


class PlainStaging:
    """Bytes as they came."""

    def __init__(self, file: FileIO, start: int) -> None:
        self._file = file
        self._start = start
        self.size = start
        self.unsynced = False

    def begin(self) -> bool:
        """Cut the file to the acknowledged size; False when it is shorter."""
        if os.fstat(self._file.fileno()).st_size < self._start:
            return False
        self.settle()
        return True

    def append(self, piece: bytes) -> None:
        """Append one piece."""
        if piece:
            self.unsynced = True
            # At its offset: what a failed write leaves behind is overwritten by the next one, or cut off at the end.
            _write_at(self._file, memoryview(piece), self.size)
            self.size += len(piece)

    def settle(self) -> None:
        """Cut off what lies beyond the bytes of the session."""
        if os.fstat(self._file.fileno()).st_size > self.size:
            self.unsynced = True
            os.ftruncate(self._file.fileno(), self.size)

    def roll_back(self) -> None:
        """Cut the file to the acknowledged size."""
        os.ftruncate(self._file.fileno(), self._start)

    def digest(self, algorithm: str) -> str:
        """The digest of all bytes, in hex."""
        self._file.seek(0)
        return hashlib.file_digest(self._file, algorithm).hexdigest()

    def tidy(self) -> None:
        """Nothing is kept beside."""


class _Scratch(threading.local):
    """Room for what is written at once, for each thread."""

    def __init__(self) -> None:
        self.room = memoryview(bytearray(HEADER + (_CHUNKS + 1) * CHUNK))


_scratch = _Scratch()


class SealedStaging:
    """Bytes that are sealed before they are written."""

    def __init__(self, file: FileIO, start: int, path: str, domain: str, keys: DataKeys) -> None:
        self._file = file
        self._start = start
        self._beside = path + TAIL
        self._domain = domain
        self._keys = keys
        self.size = start
        self.unsynced = False
        self._header: bytes | None = None
        """Of a new file, until it is written."""
        self._acknowledged = b""
        """The last acknowledged chunk, sealed, if it is not full."""
        self._resumed = bytearray()
        """What is in it, and what was appended to it since."""
        self._replaced = False
        self._kept = False
        self._next = -(-start // CHUNK)
        self._rest = bytearray()
        """What is to be in the chunk with the number `_next`, while that is not full."""

    def begin(self) -> bool:
        """Go back to the acknowledged bytes; False when they are not there. Raises KeyUnavailable, Tampered."""
        if self._start == 0:
            made = self._keys.make(self._domain)
            self._seal = Seal(made.keys)
            self._header = header_of(made.wrapped)
            self._cut(0)
            return True
        header = os.pread(self._file.fileno(), HEADER, 0)
        if not header:
            return False
        self._seal = Seal(self._keys.unwrap(self._domain, wrapped_in(header)))
        acknowledged = self._seal.stored_size(self._start)
        if os.fstat(self._file.fileno()).st_size < acknowledged:
            return False
        self._cut(acknowledged)
        if self._start % CHUNK:
            self._resume()
        return True

    def append(self, piece: bytes) -> None:
        """Append one piece: what fills a chunk is sealed and written."""
        room = CHUNK - len(self._resumed) if self._resumed else 0
        whole = memoryview(piece)
        self._append_chunks(whole[room:])
        self._resumed += whole[:room]
        self.size += len(piece)

    def settle(self) -> None:
        """Seal and write what fills no chunk, and replace the chunk that was acknowledged and has become longer."""
        if len(self._resumed) > self._start % CHUNK:
            self._keep_beside()
            self._replaced = True
            self._write_sealed(self._start // CHUNK, self._resumed)
        if self._rest or self._header is not None:
            self._write_sealed(self._next, self._rest)
        self._cut(self._seal.stored_size(self.size))

    def roll_back(self) -> None:
        """Have the file as it was acknowledged."""
        os.ftruncate(self._file.fileno(), self._seal.stored_size(self._start) if self._start else 0)
        if self._replaced:
            _write_at(self._file, memoryview(self._acknowledged), self._seal.place(self._start // CHUNK))

    def digest(self, algorithm: str) -> str:
        """The digest of all bytes, in hex. Raises Tampered."""
        return SealedBytes(self._file.fileno(), self._seal, self.size).digest(algorithm)

    def tidy(self) -> None:
        """Remove the file beside."""
        if self._kept:
            with suppress(OSError):  # one that stays is ignored, and goes with the session
                os.unlink(self._beside)

    def _append_chunks(self, piece: memoryview) -> None:
        index, rest = self._next, self._rest
        length = CHUNK + self._seal.overhead
        while len(rest) + len(piece) >= CHUNK:
            room, used, first = _scratch.room, 0, index
            if self._header is not None:
                used = HEADER
                room[:used] = self._header
            while used + length <= len(room) and len(rest) + len(piece) >= CHUNK:
                taken = CHUNK - len(rest)
                self._seal.seal(index, rest + piece[:taken] if rest else piece[:taken], room[used : used + length])
                index, rest, piece, used = index + 1, bytearray(), piece[taken:], used + length
            self._write(room[:used], first)
        rest += piece
        self._next, self._rest = index, rest

    def _write_sealed(self, index: int, chunk: bytearray) -> None:
        """Write a chunk, and before it the header that was not written; nothing else where the chunk is empty."""
        header = self._header or b""
        used = len(header) + (len(chunk) + self._seal.overhead if chunk else 0)
        room = _scratch.room[:used]
        room[: len(header)] = header
        if chunk:
            self._seal.seal(index, chunk, room[len(header) :])
        self._write(room, index)

    def _write(self, content: memoryview, index: int) -> None:
        """Write from a chunk's place on, or from the header's, which then stands before the first chunk."""
        self.unsynced = True
        _write_at(self._file, content, self._seal.place(index) if self._header is None else 0)
        self._header = None

    def _cut(self, length: int) -> None:
        if os.fstat(self._file.fileno()).st_size > length:
            self.unsynced = True
            os.ftruncate(self._file.fileno(), length)

    def _resume(self) -> None:
        """Read the last acknowledged chunk; where it was being replaced, put back what it was."""
        index, length = self._start // CHUNK, self._start % CHUNK
        opened = bytearray(length)
        kept = self._read_beside(length + self._seal.overhead)
        sealed = os.pread(self._file.fileno(), length + self._seal.overhead, self._seal.place(index))
        if kept is not None and kept != sealed:
            # A crash may have left half a copy, of a chunk that was not replaced before there was a whole one.
            with suppress(Tampered):
                self._seal.open(index, memoryview(kept), memoryview(opened))
                self._write(memoryview(kept), index)
                sealed = kept
        self._seal.open(index, memoryview(sealed), memoryview(opened))
        self._acknowledged, self._resumed = sealed, opened

    def _read_beside(self, length: int) -> bytes | None:
        """The chunk that is kept for a session of this size; None if there is none."""
        try:
            descriptor = os.open(self._beside, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        self._kept = True
        with FileIO(descriptor) as file:
            content = os.pread(file.fileno(), _SIZE.size + length, 0)
        size = _SIZE.pack(self._start)
        return content[len(size) :] if content.startswith(size) and len(content) == len(size) + length else None

    def _keep_beside(self) -> None:
        """Have the acknowledged chunk on the disk a second time before it is replaced."""
        content = _SIZE.pack(self._start) + self._acknowledged
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with FileIO(os.open(self._beside, flags, 0o600), "r+") as file:
            self._kept = True
            # One that is right already may be needed: it is not written anew.
            if os.pread(file.fileno(), len(content) + 1, 0) != content:
                os.ftruncate(file.fileno(), 0)
                _write_at(file, memoryview(content), 0)
            os.fsync(file.fileno())
        sync_folder(os.path.dirname(self._beside))


def _write_at(file: FileIO, content: memoryview, offset: int) -> None:
    while content:
        written = os.pwrite(file.fileno(), content, offset)
        offset += written
        content = content[written:]


def sync_folder(path: str) -> None:
    """Fsync a folder, and so the names of the files in it."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
