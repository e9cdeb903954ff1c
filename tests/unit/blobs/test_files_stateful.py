"""Random upload sessions against a model, plain and sealed: two sessions, crashes and other processes included."""

import gc
import hashlib
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wharfside.blobs.base import DigestMismatch, Progress, StoredBlob, UploadBusy
from wharfside.blobs.data_keys import MasterDataKeys
from wharfside.blobs.files import FileBlobStore, FileBlobWriter
from wharfside.core.digests import digest_of, sha256_of
from wharfside.core.encryption import PLAIN

UPLOADS = ("0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c", "f3a1e9d7-55b0-4c1a-8e42-0d6b7c981f20")
EMPTY = Progress(0, None)
ALGORITHMS = st.sampled_from(("sha256", "sha512"))
KEYS = MasterDataKeys(bytes(range(32)))
RUN = re.compile(rb"([^\0])\1{19}|\0{1000}")
"""Bytes of one kind, such as hypothesis likes to write: ciphertext has none, and a header up to a thousand zeros."""
PICK = st.sampled_from(UPLOADS)


@dataclass
class Session:
    """What one open writer has done: its bytes, and what it saved or committed and nobody recorded yet."""

    writer: FileBlobWriter
    content: bytes
    saved: Progress | None = None
    stored: StoredBlob | None = None

    @property
    def waits(self) -> bool:
        return self.saved is not None or self.stored is not None


class UploadSessions(RuleBasedStateMachine):
    """`progress` and `recorded` are the rows of the sessions, `blobs` those of the blobs; `strays` have no row."""

    domain = PLAIN

    @initialize()
    def open_store(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="wharfside-blobs-")
        self.root = Path(self.folder.name)
        self.store = FileBlobStore(self.root, keys=KEYS)
        self.progress: dict[str, Progress] = dict.fromkeys(UPLOADS, EMPTY)
        self.recorded: dict[str, bytes] = dict.fromkeys(UPLOADS, b"")
        self.open: dict[str, Session] = {}
        self.blobs: dict[str, bytes] = {}
        self.strays: set[str] = set()

    def draw(self, data: st.DataObject, which: Callable[[Session], bool] = lambda session: True) -> str:
        return data.draw(st.sampled_from(sorted(upload for upload, session in self.open.items() if which(session))))

    @rule(upload=PICK, elsewhere=st.booleans())
    def begin(self, upload: str, elsewhere: bool) -> None:
        """By this process, or by another, which knows no hashes."""
        store = FileBlobStore(self.root, keys=KEYS) if elsewhere else self.store
        held = self.open.get(upload)
        if held is not None and not (held.stored is not None and self.progress[upload].size == 0):
            try:
                store.write(upload, self.progress[upload], lambda: True, self.domain)
            except UploadBusy:
                return
            raise AssertionError("two writers on one session")
        if held is None:
            writer = store.write(upload, self.progress[upload], lambda: True, self.domain)
            self.open[upload] = Session(writer, self.recorded[upload])

    @rule(upload=PICK, size=st.integers(0, 500))
    def come_late(self, upload: str, size: int) -> None:
        try:
            self.store.write(upload, Progress(min(size, self.progress[upload].size), None), lambda: False, self.domain)
        except UploadBusy:
            return
        raise AssertionError("a request of the past was let in")

    @precondition(lambda self: any(not session.waits for session in self.open.values()))
    @rule(data=st.data(), piece=st.binary(max_size=200), times=st.integers(1, 3000))
    def write(self, data: st.DataObject, piece: bytes, times: int) -> None:
        session = self.open[self.draw(data, lambda session: not session.waits)]
        session.writer.write(piece * times)
        session.content += piece * times

    @precondition(lambda self: any(not session.waits for session in self.open.values()))
    @rule(data=st.data())
    def save(self, data: st.DataObject) -> None:
        session = self.open[self.draw(data, lambda session: not session.waits)]
        session.saved = session.writer.save()
        assert session.saved.size == len(session.content)
        assert session.saved.sha256 in (None, hashlib.sha256(session.content).hexdigest())

    @precondition(lambda self: any(not session.waits for session in self.open.values()))
    @rule(data=st.data(), algorithm=ALGORITHMS, right=st.booleans())
    def commit(self, data: st.DataObject, algorithm: str, right: bool) -> None:
        upload = self.draw(data, lambda session: not session.waits)
        session = self.open[upload]
        digest = digest_of(session.content if right else session.content + b"!", algorithm)
        try:
            session.stored = session.writer.commit([digest])
        except DigestMismatch:
            assert not right
            del self.open[upload]
            return
        assert right
        assert (session.stored.digest, session.stored.size) == (digest, len(session.content))
        assert session.stored.location not in self.blobs.keys() | self.strays

    def record(self, upload: str, session: Session) -> None:
        if session.stored is not None:
            self.blobs[session.stored.location] = session.content
            self.progress[upload], self.recorded[upload] = EMPTY, b""
        elif session.saved is not None:
            self.progress[upload], self.recorded[upload] = session.saved, session.content

    @precondition(lambda self: any(session.waits for session in self.open.values()))
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        upload = self.draw(data, lambda session: session.waits)
        session = self.open.pop(upload)
        self.record(upload, session)
        session.writer.confirm()

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        self.open.pop(self.draw(data)).writer.abandon()

    @precondition(lambda self: self.open)
    @rule(data=st.data(), recorded=st.booleans())
    def release(self, data: st.DataObject, recorded: bool) -> None:
        """Nobody knows whether it was recorded; a session that ended is discarded some day."""
        upload = self.draw(data)
        session = self.open.pop(upload)
        session.writer.release()
        self.leave(upload, session, recorded)

    def leave(self, upload: str, session: Session, recorded: bool) -> None:
        if recorded:
            self.record(upload, session)
            if session.stored is not None:
                self.store.discard(upload)
        elif session.stored is not None:
            self.strays.add(session.stored.location)

    @rule(upload=PICK)
    def discard(self, upload: str) -> None:
        if upload not in self.open:
            self.store.discard(upload)
            self.progress[upload], self.recorded[upload] = EMPTY, b""

    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        """What was saved or committed may or may not have been recorded."""
        left = {upload: (session, data.draw(st.booleans())) for upload, session in self.open.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            for session in self.open.values():
                del session.writer
            self.open.clear()
            gc.collect(0)
        self.store = FileBlobStore(self.root, keys=KEYS)
        for upload, (session, recorded) in left.items():
            self.leave(upload, session, recorded)

    @rule()
    def remove_strays(self) -> None:
        for location in self.strays:
            self.store.delete(location)
        self.strays.clear()

    @invariant()
    def every_recorded_blob_is_whole(self) -> None:
        waiting = {session.stored.location for session in self.open.values() if session.stored is not None}
        assert set(self.store.stored_before(time.time() + 60)) == self.blobs.keys() | waiting | self.strays
        for location, content in self.blobs.items():
            with self.store.open(location, len(content), self.domain) as file:
                assert sha256_of(file.readall()) == sha256_of(content)

    @invariant()
    def acknowledged_bytes_are_staged(self) -> None:
        for upload, content in self.recorded.items():
            if content and self.domain == PLAIN:
                assert (self.root / "uploads" / upload).read_bytes().startswith(content)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for session in self.open.values():
                session.writer.abandon()
            for upload, content in self.recorded.items():
                other = FileBlobStore(self.root, keys=KEYS)
                writer = other.write(upload, self.progress[upload], lambda: True, self.domain)
                stored = writer.commit([sha256_of(content)])
                writer.confirm()
                with self.store.open(stored.location, stored.size, self.domain) as file:
                    assert sha256_of(file.readall()) == sha256_of(content)
            self.folder.cleanup()


class SealedUploadSessions(UploadSessions):
    """The same of an encrypted domain."""

    domain = "aes256"

    @invariant()
    def nothing_is_in_the_clear(self) -> None:
        for file in (path for path in self.root.rglob("*") if path.is_file()):
            assert file.stat().st_size == 0 or not RUN.search(file.read_bytes())


UploadSessions.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
SealedUploadSessions.TestCase.settings = UploadSessions.TestCase.settings
TestUploadSessions = UploadSessions.TestCase
TestSealedUploadSessions = SealedUploadSessions.TestCase
