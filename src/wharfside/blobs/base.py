"""What a place that keeps blobs can do.

A blob's bytes are staged under an upload id, verified, and only then given a location. A location is never used twice:
removing a stored blob can therefore never remove one that was stored later with the same digest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from wharfside.core.digests import Digest


class UploadBusy(Exception):
    """Another request is writing to this upload session at this moment."""


class UploadGone(Exception):
    """The staged bytes of this upload session are not there (any more), although some were acknowledged."""


class DigestMismatch(Exception):
    """None of the expected digests is the digest of the staged bytes."""


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


class BlobWriter(Protocol):
    """Appends to one upload session, which it has locked. Ends with exactly one of `save`, `commit` and `abandon`."""

    @property
    def size(self) -> int:
        """Bytes in the session, those before this writer included."""
        ...

    def write(self, piece: bytes) -> None:
        """Append and hash one piece. Up to 256 KiB this may run on the event loop. Raises OSError (disk full)."""
        ...

    def save(self) -> Progress:
        """Make everything written so far survive power loss, and release the session.

        After OSError the session is as it was when the writer was opened.
        """
        ...

    def commit(self, expected: Collection[Digest]) -> StoredBlob:
        """Verify the bytes against the expected digests, make them survive power loss, and move them to a location.

        Raises DigestMismatch, OSError; the session is then as it was when the writer was opened.
        """
        ...

    def abandon(self) -> None:
        """Forget what this writer wrote: the session is as it was when the writer was opened.

        Does nothing when the writer has ended already, so it may stand in a `finally`.
        """
        ...


class BlobStore(Protocol):
    """Blobs by location, and the upload sessions they come from."""

    def write(self, upload: str, start: Progress) -> BlobWriter:
        """Lock an upload session and append to it after `start.size` acknowledged bytes (0: a new session).

        Bytes beyond `start.size` were never acknowledged and are dropped. Raises UploadBusy, UploadGone.
        """
        ...

    def discard(self, upload: str) -> None:
        """Remove the staged bytes of an upload session, if there are any. Raises UploadBusy."""
        ...

    def open(self, location: str) -> BinaryIO:
        """Open a stored blob for reading. Raises FileNotFoundError."""
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
