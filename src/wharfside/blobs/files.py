"""Blobs as local files.

    ROOT/
      uploads/
        0b5f64a2-…-9d1c                     staged bytes of one upload session, named by its id
        0b5f64a2-…-9d1c.tail                the end of a sealed session's acknowledged bytes, while it is replaced
      blobs/
        sha256/ sha512/
          00/ … ff/                         the first two hex digits of the digest; all made when the store is opened
            00ab…<hex of the digest>.5c0e91d7     a stored blob; the suffix is random, so a location is never used twice

    ARCHIVE/                                maybe on another disk
      sha256/ sha512/00/ … ff/              as below `blobs/`; a folder is made when a blob comes into it

A location is the path below `blobs/`, or `archive/` and the path below ARCHIVE. A staged file becomes a stored blob by
one rename or link, after its bytes were verified and fsynced; the folder is fsynced before the commit returns. Whoever
changes, moves or removes a staged file holds an exclusive `flock` on it and has checked, after locking, that the name
still leads to the locked file; the lock is held until what was written is recorded. A process that dies loses its locks
with its descriptors.

A file of an encrypted domain is sealed from its first byte on (`blobs.sealed`); it moves as any other.

A staged file may hold more bytes than were acknowledged (the process died in between): the next writer drops them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from threading import Lock

from wharfside.blobs.base import (
    ARCHIVE,
    DataKeys,
    DigestMismatch,
    KeyUnavailable,
    Progress,
    StoredBlob,
    UploadBusy,
    UploadGone,
    is_archived,
)
from wharfside.blobs.copying import copy_file
from wharfside.blobs.running_hashes import RunningHashes
from wharfside.blobs.sealed import HEADER, Seal, SealedFile, wrapped_in
from wharfside.blobs.staging import TAIL, PlainStaging, SealedStaging, Staging, sync_folder
from wharfside.core.digests import Digest, algorithm_of, hex_of
from wharfside.core.encryption import PLAIN

_UPLOAD = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOCATION = re.compile(
    r"(?:archive/)?(?:sha256/([0-9a-f]{2})/\1[0-9a-f]{62}|sha512/([0-9a-f]{2})/\2[0-9a-f]{126})\.[0-9a-f]{8}"
)
_ALGORITHMS = ("sha256", "sha512")
_EMPTY_SHA256 = hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class _Session:
    """An upload session that is locked: its file, the acknowledged bytes, and how it holds them."""

    file: FileIO
    start: Progress
    staging: Staging
    domain: str


class FileBlobWriter:
    """Appends to one staged file. `abandon` after the end does nothing; anything else then raises ValueError.

    Thread-safe: a writer may be abandoned while a thread still writes, and the closed descriptor is never written to.
    """

    def __init__(self, folders: _Folders, hashes: RunningHashes, upload: str, session: _Session) -> None:
        self._folders = folders
        self._hashes = hashes
        self._upload = upload
        self._path = folders.staged(upload)
        self._start = start = session.start
        self._file = session.file
        self._staging = session.staging
        self._domain = session.domain
        self._lock = Lock()
        # None: nobody in this process has hashed the bytes before start.size; commit then reads the file once.
        self._hash = hashlib.sha256() if start.size == 0 else hashes.copy(upload, start)
        self._place: str | None = None

    @property
    def size(self) -> int:
        """Bytes in the session, those before this writer included."""
        return self._staging.size

    def write(self, piece: bytes) -> None:
        """Append and hash one piece. After an OSError the piece counts as not written."""
        with self._lock:
            if self._file.closed:
                raise ValueError("the writer is closed")
            self._staging.append(piece)
            if self._hash is not None:
                self._hash.update(piece)

    def save(self) -> Progress:
        """Fsync what was written, and the folder of a new file. After an OSError the writer has been abandoned."""
        with self._lock, self._abandoned_on_error():
            self._staging.settle()
            if self.size > 0:
                self._sync()
                if self._start.size == 0:
                    sync_folder(self._folders.uploads)
                if self._hash is not None:
                    self._hashes.keep(self._upload, self.size, self._hash)
            return Progress(self.size, self._known_sha256())

    def commit(self, expected: Collection[Digest]) -> StoredBlob:
        """Verify, fsync, name, fsync the folder. After DigestMismatch or OSError the writer has been abandoned."""
        with self._lock, self._abandoned_on_error():
            self._staging.settle()
            digest = self._verify(expected)
            self._sync()
            location = _new_location(digest)
            self._publish(self._folders.stored(location))
            return StoredBlob(digest, self.size, location, self._domain)

    def confirm(self) -> None:
        """Release the session; after a commit, or when it is empty and needs no file, remove its staged name too."""
        with self._lock, self._file:
            self._staging.tidy()
            if self._place is not None:
                self._hashes.drop(self._upload)
            # After a rename the name is gone, or already another writer's.
            if self._start.size > 0 if self._place is not None else self.size == 0:
                with suppress(OSError):  # all is recorded: a name that stays is found as a stray
                    os.unlink(self._path)

    def abandon(self) -> None:
        """Drop what this writer wrote, or the blob that it committed, and release the session."""
        with self._lock:
            self._abandon()

    def release(self) -> None:
        """Release the session and leave every file as it is."""
        with self._lock:
            self._file.close()

    @contextmanager
    def _abandoned_on_error(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        if self._file.closed:
            return
        with self._file:
            if self._place is not None:
                with suppress(OSError):
                    os.unlink(self._place)
            self._roll_back()

    def _roll_back(self) -> None:
        # A failure is harmless: bytes beyond the acknowledged size are dropped by the next writer as well.
        with suppress(OSError):
            self._staging.roll_back()
            if self._start.size == 0 and _leads_to(self._path, self._file):
                os.unlink(self._path)

    def _sync(self) -> None:
        # Bytes of earlier writers were fsynced by their save: a commit that adds none needs no second fsync.
        if self._staging.unsynced:
            os.fsync(self._file.fileno())

    def _known_sha256(self) -> str | None:
        if self._hash is not None:
            return self._hash.hexdigest()
        return self._start.sha256 if self.size == self._start.size else None

    def _verify(self, expected: Collection[Digest]) -> Digest:
        for algorithm in sorted({algorithm_of(digest) for digest in expected}):
            digest = Digest(f"{algorithm}:{self._digest(algorithm)}")
            if digest in expected:
                return digest
        raise DigestMismatch(self._upload)

    def _digest(self, algorithm: str) -> str:
        known = self._known_sha256() if algorithm == "sha256" else None
        return known if known is not None else self._staging.digest(algorithm)

    def _publish(self, place: str) -> None:
        """Give the staged file its place: instead of its staged name, unless bytes were acknowledged under that.

        Those must outlive a crash before the blob is recorded, so their name stays until that is confirmed.
        """
        if self._start.size > 0:
            os.link(self._path, place)
        else:
            os.rename(self._path, place)
        self._place = place
        sync_folder(os.path.dirname(place))


class FileBlobStore:
    """Blobs and upload sessions below one folder, which several processes may share.

    Upload ids and locations that are not exactly of their form raise ValueError: no other path can be built.
    """

    def __init__(self, root: Path, archive: Path | None = None, keys: DataKeys | None = None) -> None:
        """Open the store, making its folders where they are missing. `archive`: ROOT/archive where none is given.

        `keys`: for all domains but the plain one.
        """
        self._keys = keys
        self._folders = _Folders(root, archive or root / "archive")
        self._folders.make()
        self._hashes = RunningHashes()

    def write(self, upload: str, start: Progress, still: Callable[[], bool], domain: str = PLAIN) -> FileBlobWriter:
        """Lock an upload session and append to it after `start.size` bytes.

        Raises UploadBusy, UploadGone, OSError, KeyUnavailable, Tampered.
        """
        path = self._folders.staged(upload)
        file = _lock(path, upload, create=start.size == 0)
        try:
            if not still():
                raise UploadBusy(upload)
            staging = self._staging(file, start.size, path, domain)
            if not staging.begin():
                raise UploadGone(upload)
            return FileBlobWriter(self._folders, self._hashes, upload, _Session(file, start, staging, domain))
        except BaseException:
            with file, suppress(OSError):
                if os.fstat(file.fileno()).st_size == 0:
                    os.unlink(path)  # maybe made just now, for a session that has ended
            raise

    def _staging(self, file: FileIO, start: int, path: str, domain: str) -> Staging:
        if domain == PLAIN:
            return PlainStaging(file, start)
        return SealedStaging(file, start, path, domain, self._require_keys(domain))

    def _require_keys(self, domain: str) -> DataKeys:
        if self._keys is None:
            raise KeyUnavailable(domain, "NotFoundException", f"There is no key for {domain}")
        return self._keys

    def discard(self, upload: str) -> None:
        """Remove the staged bytes of an upload session, if any. Raises UploadBusy while somebody writes to it."""
        path = self._folders.staged(upload)
        with suppress(UploadGone), _lock(path, upload, create=False):
            _remove(path + TAIL)
            os.unlink(path)
        _remove(path + TAIL)
        self._hashes.drop(upload)

    def open(self, location: str, size: int, domain: str = PLAIN) -> FileIO | SealedFile:
        """Open a stored blob for reading, unbuffered. Raises FileNotFoundError, KeyUnavailable, Tampered."""
        file = FileIO(os.open(self._folders.stored(location), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "r")
        if domain == PLAIN:
            return file
        try:
            keys = self._require_keys(domain).unwrap(domain, wrapped_in(os.pread(file.fileno(), HEADER, 0)))
            return SealedFile(file, Seal(keys), size)
        except BaseException:
            file.close()
            raise

    def copy(self, location: str, *, archived: bool) -> str:
        """Give a stored blob a second location, in the archive or out of it. Raises FileNotFoundError, OSError."""
        source = self._folders.stored(location)
        name, _, _ = location.removeprefix(ARCHIVE).rpartition(".")
        copied = f"{ARCHIVE if archived else ''}{name}.{secrets.token_hex(4)}"
        place = self._folders.stored(copied)
        if archived:
            self._folders.make_archived(os.path.dirname(place))
        copy_file(source, place)
        try:
            sync_folder(os.path.dirname(place))
        except OSError:
            with suppress(OSError):  # it is found as a stray
                os.unlink(place)
            raise
        return copied

    def delete(self, location: str) -> None:
        """Remove a stored blob; a location that holds nothing is no error."""
        # Not fsynced: a file that comes back after power loss belongs to no row, and stored_before shows it again.
        with suppress(FileNotFoundError):
            os.unlink(self._folders.stored(location))

    def staged_before(self, moment: float) -> Iterator[str]:
        """Upload ids whose staged bytes were last written before `moment` (seconds since the epoch)."""
        names = (name.removesuffix(TAIL) for name in _unchanged_since(self._folders.uploads, moment))
        return (name for name in names if _UPLOAD.fullmatch(name))

    def stored_before(self, moment: float) -> Iterator[str]:
        """Locations of blobs that were stored before `moment` (seconds since the epoch)."""
        for shard in self._folders.shards():
            for prefix, top in (("", self._folders.blobs), (ARCHIVE, self._folders.archive)):
                for name in _unchanged_since(f"{top}/{shard}", moment):
                    location = f"{prefix}{shard}/{name}"
                    if _LOCATION.fullmatch(location):
                        yield location


class _Folders:
    """The only place where a path is made."""

    def __init__(self, root: Path, archive: Path) -> None:
        self.root = str(root.absolute())
        self.archive = str(archive.absolute())
        self._archived: set[str] = set()
        self.blobs = f"{self.root}/blobs"
        self.uploads = f"{self.root}/uploads"

    def staged(self, upload: str) -> str:
        if _UPLOAD.fullmatch(upload) is None:
            raise ValueError(f"not an upload id: {upload!r}")
        return f"{self.uploads}/{upload}"

    def stored(self, location: str) -> str:
        if _LOCATION.fullmatch(location) is None:
            raise ValueError(f"not a location: {location!r}")
        if is_archived(location):
            return f"{self.archive}/{location.removeprefix(ARCHIVE)}"
        return f"{self.blobs}/{location}"

    def shards(self) -> Iterator[str]:
        return (f"{algorithm}/{first:02x}" for algorithm in _ALGORITHMS for first in range(256))

    def make(self) -> None:
        """Make every folder and fsync the entries, also those that an earlier start may have made and not fsynced."""
        for top in (self.root, self.archive):
            os.makedirs(top, mode=0o700, exist_ok=True)
        if not os.path.isdir(self.blobs):  # which is made after this: once it is there, this is done
            for top in (self.root, self.archive):
                _sync_names_above(top)
        parents = [self.blobs, *(f"{self.blobs}/{algorithm}" for algorithm in _ALGORITHMS)]
        for folder in (self.uploads, *parents, *(f"{self.blobs}/{shard}" for shard in self.shards())):
            with suppress(FileExistsError):
                os.mkdir(folder, mode=0o700)
        for folder in (*reversed(parents), self.root, os.path.dirname(self.archive)):
            sync_folder(folder)

    def make_archived(self, shard: str) -> None:
        """Make a folder of the archive, and fsync the entries as `make` does; only once, as there are many."""
        if shard in self._archived:
            return
        for folder in (os.path.dirname(shard), shard):
            with suppress(FileExistsError):
                os.mkdir(folder, mode=0o700)
        for folder in (os.path.dirname(shard), self.archive):
            sync_folder(folder)
        self._archived.add(shard)


def _sync_names_above(folder: str) -> None:
    """Fsync the name of a folder and of those that it is in, any of which a first start may have made."""
    while not os.path.ismount(folder):
        folder = os.path.dirname(folder)
        with suppress(PermissionError):  # it is not ours, so nobody has made anything in it for us
            sync_folder(folder)


def _new_location(digest: Digest) -> str:
    value = hex_of(digest)
    return f"{algorithm_of(digest)}/{value[:2]}/{value}.{secrets.token_hex(4)}"


def _lock(path: str, upload: str, *, create: bool) -> FileIO:
    """Open and lock a staged file. Raises UploadBusy; UploadGone when it is missing or was moved while we opened it."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if create else 0)
    try:
        file = FileIO(os.open(path, flags, 0o600), "r+")
    except FileNotFoundError:
        raise UploadGone(upload) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _leads_to(path, file):
            raise UploadGone(upload)
    except BlockingIOError:
        file.close()
        raise UploadBusy(upload) from None
    except BaseException:
        file.close()
        raise
    return file


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _leads_to(path: str, file: FileIO) -> bool:
    """Whether the path is a name of the open file."""
    try:
        return os.path.samestat(os.lstat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _unchanged_since(folder: str, moment: float) -> Iterator[str]:
    """Names of the files in a folder whose last change, their last rename included, was before the moment."""
    # The time of the last *write* would make a blob look old that was staged long ago and committed just now.
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_ctime < moment:
                    yield entry.name
