"""What a place that keeps blobs can do.

A blob's bytes are staged under an upload id, verified, and only then given a location. A location is never used twice:
removing a stored blob can therefore never remove one that was stored later with the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from wharfside.core.digests import Digest
from wharfside.core.encryption import PLAIN
from wharfside.core.errors import RegistryError

if TYPE_CHECKING:
    from io import FileIO

    from wharfside.blobs.sealed import SealedFile


class UploadBusy(Exception):
    """Another request is writing to this upload session at this moment."""


class UploadGone(Exception):
    """The staged bytes of this upload session are not there (any more), although some were acknowledged."""


class DigestMismatch(Exception):
    """None of the expected digests is the digest of the staged bytes."""


class Tampered(Exception):
    """What is on the disk is not what was written there: it was changed, moved, cut, or sealed with another key."""


class KeyUnavailable(RegistryError):
    """The key of a domain cannot be used now, which clients are told: ECR's KmsException.

    `kms_error` is the code that KMS has for it (such as DisabledException).
    """

    def __init__(self, domain: str, kms_error: str, message: str) -> None:
        super().__init__("KmsException", message, members={"kmsError": kms_error})
        self.domain = domain


DATA_KEY_BYTES: Final = 32
LONGEST_WRAPPED: Final = 700
"""The most bytes that wrapped keys may have."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """What one stored blob is encrypted with: a key for each layer (KMS_DSSE: two), the innermost first.

    `wrapped` is what is stored of it: up to `LONGEST_WRAPPED` bytes that only the key of the domain makes keys again.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    wrapped: bytes


class DataKeys(Protocol):
    """Makes data keys for encryption domains (`core.encryption`), and unwraps them. Thread-safe.

    Called in worker threads, `unwrap` also within a unit of work that reads; never on the event loop.
    """

    def make(self, domain: str) -> DataKey:
        """New random keys, `core.encryption.layers_of(domain)` of them. Raises KeyUnavailable."""
        ...

    def unwrap(self, domain: str, wrapped: bytes) -> tuple[bytes, ...]:
        """The keys. Raises KeyUnavailable, and Tampered for what was not wrapped so for this domain."""
        ...


ARCHIVE = "archive/"
"""What the locations of blobs in the archive begin with."""


def is_archived(location: str) -> bool:
    """Whether a location is in the archive: the second place of a store, for what is kept and seldom wanted."""
    return location.startswith(ARCHIVE)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload session has come: `size` acknowledged bytes; `sha256` is their hash in hex, if known."""

    size: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A verified blob on disk, not yet visible to anybody: `size` in bytes, `location` relative to the store."""

    digest: Digest
    size: int
    location: str
    domain: str = PLAIN
    """The encryption domain (`core.encryption`)."""


class BlobWriter(Protocol):
    """Appends to one upload session, which stays locked until the end.

    After `save` or `commit` comes `confirm`, once what they gave is recorded. `abandon` goes back to how the session
    was when the writer was opened, and `release` leaves it as it is, for when nobody knows what was recorded.
    """

    @property
    def size(self) -> int:
        """Bytes in the session, those before this writer included."""
        ...

    def write(self, piece: bytes) -> None:
        """Append and hash one piece; up to 256 KiB at a time also on the event loop. Raises OSError (disk full)."""
        ...

    def save(self) -> Progress:
        """Make everything written so far survive power loss. After an OSError the writer has been abandoned."""
        ...

    def commit(self, expected: Collection[Digest]) -> StoredBlob:
        """Verify the bytes against the expected digests, make them survive power loss, and give them a location.

        Acknowledged bytes stay staged besides, until `confirm`: a crash before the blob is recorded must not lose them.
        Raises DigestMismatch; after that, as after an OSError, the writer has been abandoned.
        """
        ...

    def confirm(self) -> None:
        """What was saved or committed is recorded; after a commit, the session and its staged bytes are done with."""
        ...

    def abandon(self) -> None:
        """Forget what this writer wrote, a committed blob included. Nothing happens when the writer has ended."""
        ...

    def release(self) -> None:
        """Unlock the session and leave everything as it is. Nothing happens when the writer has ended."""
        ...


class BlobStore(Protocol):
    """Blobs by location, and the upload sessions they come from."""

    def write(self, upload: str, start: Progress, still: Callable[[], bool], domain: str = PLAIN) -> BlobWriter:
        """Lock an upload session and append to it after `start.size` acknowledged bytes (0: a new session).

        Once nobody else can change the session, `still` tells whether `start` is how far it has come. Bytes beyond that
        were never acknowledged and are dropped. `domain`: the encryption domain, the same for all writers of a session.

        Raises UploadBusy, also when the session has moved on, UploadGone, KeyUnavailable, Tampered.
        """
        ...

    def discard(self, upload: str) -> None:
        """Remove the staged bytes of an upload session, if there are any. Raises UploadBusy."""
        ...

    def open(self, location: str, size: int, domain: str = PLAIN) -> FileIO | SealedFile:
        """Open a stored blob for reading: what is read is the blob's bytes, whatever its domain. `size`: as recorded.

        Raises FileNotFoundError, KeyUnavailable, and Tampered: here, or when it is read.
        """
        ...

    def copy(self, location: str, *, archived: bool) -> str:
        """Give a stored blob a second location, in the archive or out of it; what it holds survives power loss.

        Raises FileNotFoundError, and OSError (disk full) after which there is no second one.
        """
        ...

    def delete(self, location: str) -> None:
        """Remove a stored blob; a location that holds nothing is no error."""
        ...

    def staged_before(self, moment: float) -> Iterator[str]:
        """Upload ids whose staged bytes were last written before `moment` (seconds since the epoch)."""
        ...

    def stored_before(self, moment: float) -> Iterator[str]:
        """Locations of blobs that were stored before `moment` (seconds since the epoch)."""
        ...
