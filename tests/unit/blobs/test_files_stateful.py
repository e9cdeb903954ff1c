"""Random upload sessions against a model: two sessions, crashes and stores of other processes included."""

import gc
import hashlib
import tempfile
import time
import warnings
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from wharfside.blobs.base import DigestMismatch, Progress, UploadBusy
from wharfside.blobs.files import FileBlobStore, FileBlobWriter
from wharfside.core.digests import digest_of, sha256_of

UPLOADS = ("0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c", "f3a1e9d7-55b0-4c1a-8e42-0d6b7c981f20")
ALGORITHMS = st.sampled_from(("sha256", "sha512"))
PICK = st.sampled_from(UPLOADS)


class UploadSessions(RuleBasedStateMachine):
    @initialize()
    def open_store(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="wharfside-blobs-")
        self.root = Path(self.folder.name)
        self.store = FileBlobStore(self.root)
        self.progress: dict[str, Progress] = dict.fromkeys(UPLOADS, Progress(0, None))
        self.saved: dict[str, bytes] = dict.fromkeys(UPLOADS, b"")
        self.writers: dict[str, FileBlobWriter] = {}
        self.written: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}

    @rule(upload=PICK)
    def begin(self, upload: str) -> None:
        if upload in self.writers:
            try:
                self.store.write(upload, self.progress[upload])
            except UploadBusy:
                return
            raise AssertionError("two writers on one session")
        self.writers[upload] = self.store.write(upload, self.progress[upload])
        self.written[upload] = self.saved[upload]

    @precondition(lambda self: self.writers)
    @rule(data=st.data(), piece=st.binary(max_size=200), times=st.integers(1, 3000))
    def write(self, data: st.DataObject, piece: bytes, times: int) -> None:
        upload = data.draw(st.sampled_from(sorted(self.writers)))
        self.writers[upload].write(piece * times)
        self.written[upload] += piece * times

    @precondition(lambda self: self.writers)
    @rule(data=st.data())
    def save(self, data: st.DataObject) -> None:
        upload = data.draw(st.sampled_from(sorted(self.writers)))
        progress = self.writers.pop(upload).save()
        content = self.written.pop(upload)
        assert progress.size == len(content)
        assert progress.sha256 in (None, hashlib.sha256(content).hexdigest())
        self.progress[upload], self.saved[upload] = progress, content

    @precondition(lambda self: self.writers)
    @rule(data=st.data(), algorithm=ALGORITHMS, right=st.booleans())
    def commit(self, data: st.DataObject, algorithm: str, right: bool) -> None:
        upload = data.draw(st.sampled_from(sorted(self.writers)))
        writer, content = self.writers.pop(upload), self.written.pop(upload)
        digest = digest_of(content if right else content + b"!", algorithm)
        try:
            blob = writer.commit([digest])
        except DigestMismatch:
            assert not right
            return
        assert right
        assert (blob.digest, blob.size) == (digest, len(content))
        assert blob.location not in self.blobs
        self.blobs[blob.location] = content
        self.progress[upload], self.saved[upload] = Progress(0, None), b""

    @precondition(lambda self: self.writers)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        upload = data.draw(st.sampled_from(sorted(self.writers)))
        self.writers.pop(upload).abandon()
        del self.written[upload]

    @rule(upload=PICK)
    def discard(self, upload: str) -> None:
        if upload not in self.writers:
            self.store.discard(upload)
            self.progress[upload], self.saved[upload] = Progress(0, None), b""

    @rule()
    def crash(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            self.writers.clear()
            gc.collect(0)
        self.written.clear()
        self.store = FileBlobStore(self.root)

    @invariant()
    def exactly_the_committed_blobs_are_stored(self) -> None:
        locations = set(self.store.stored_before(time.time() + 60))
        assert locations == set(self.blobs)
        for location, content in self.blobs.items():
            with self.store.open(location) as file:
                assert sha256_of(file.read()) == sha256_of(content)

    @invariant()
    def acknowledged_bytes_are_staged(self) -> None:
        for upload, content in self.saved.items():
            if content:
                assert (self.root / "uploads" / upload).read_bytes().startswith(content)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for writer in self.writers.values():
                writer.abandon()
            self.folder.cleanup()


UploadSessions.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestUploadSessions = UploadSessions.TestCase
