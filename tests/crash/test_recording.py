"""The crash machinery itself, on written recordings and on a real one of the blob store."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from crash.disk import Disk
from crash.durability import Promise, early_answers, lost_sessions, promise_of
from crash.exchanges import Exchange, exchanges
from crash.trace import read_recording, strace, wait_for_end

UPLOAD = "0b5f64a2-1c8e-4f6d-9a53-7e20c4b19d1c"
DIGEST = "sha256:" + hashlib.sha256(b"content").hexdigest()
PLACE = f"/d/blobs/sha256/{DIGEST[7:9]}"
TCP = "7<TCP:[127.0.0.1:5000->127.0.0.1:40000]>"
PUT = f"PUT /v2/a/blobs/uploads/{UPLOAD}?digest={DIGEST} HTTP/1.1"
FOLDERS = ["/d/uploads", "/d/blobs", "/d/blobs/sha256", PLACE]
MADE = [f'1 mkdir("{path}", 0700) = 0' for path in FOLDERS] + [
    f"1 fsync(3<{path}>) = 0" for path in ("/d", "/d/blobs", "/d/blobs/sha256")
]
LOG = ['9 pwrite64(4</d/db-wal>, "frame", 5, 32) = 5', "9 fdatasync(4</d/db-wal>) = 0"]
STAGED = [
    f'1 openat(AT_FDCWD</>, "/d/uploads/{UPLOAD}", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 5</d/uploads/{UPLOAD}>',
    f'1 pwrite64(5</d/uploads/{UPLOAD}>, "content", 7, 0) = 7',
]
STORED = [
    f"1 fsync(5</d/uploads/{UPLOAD}>) = 0",
    f'1 rename("/d/uploads/{UPLOAD}", "{PLACE}/{DIGEST[7:]}.00000000") = 0',
    f"1 fsync(6<{PLACE}>) = 0",
]


def request(head: str) -> str:
    sent = f"{head}\\r\\nHost: x\\r\\n\\r\\n"
    return f'1 recvfrom({TCP}, "{sent}", 262144, 0, NULL, NULL) = {len(sent.encode().decode("unicode_escape"))}'


def answer(status: int) -> str:
    return f'1 sendto({TCP}, "HTTP/1.1 {status} X\\r\\n\\r\\n", 18, 0, NULL, 0) = 18'


def test_calls_are_read() -> None:
    first, second, third = read_recording(
        [
            '7 pwrite64(3</d/x>, "a\\0\\"\\377) = 5\\n", 10, 4096 <unfinished ...>\n',
            '8 openat(AT_FDCWD</d>, "y", O_RDWR|O_CREAT, 0600) = 5</d/y>\n',
            "8 fsync(5</d/y>) = -1 EIO (Input/output error)\n",
            "7 <... pwrite64 resumed>) = 10\n",
            '7 renameat(AT_FDCWD</d>, "y", 9</e>, "z") = 0\n',
            "7 +++ exited with 0 +++\n",
        ]
    )
    assert (first.name, first.path, first.flags) == ("openat", "/d/y", {"O_RDWR", "O_CREAT"})
    assert (second.data, second.offset, second.start, second.end) == (b'a\0"\377) = 5\n', 4096, 0, 3)
    assert (third.path, third.other) == ("/d/y", "/e/z")


def test_a_recording_with_cut_strings_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 10 bytes"):
        read_recording(['1 write(3</d/x>, "abc"..., 10) = 10'])


def test_an_exchange_is_put_together() -> None:
    (found,) = exchanges(
        read_recording([request("GET /v2/ HTTP/1.1"), answer(100), answer(200), answer(201), request("x")])
    )
    assert (found.method, found.target, found.status, found.headers) == ("GET", "/v2/", 200, {"host": "x"})
    assert (found.began, found.answered) == (0, 2)


def test_an_answer_after_everything_is_fine() -> None:
    lines = [*MADE, request(PUT), *STAGED, *STORED, *LOG, answer(201)]
    assert early_answers(read_recording(lines), "/d") == []


@pytest.mark.parametrize("missing", [0, 2])
def test_an_answer_before_the_blob_is_safe_is_found(missing: int) -> None:
    stored = STORED[:missing] + STORED[missing + 1 :]
    lines = [*MADE, request(PUT), *STAGED, *stored, *LOG, answer(201), STORED[missing]]
    (problem,) = early_answers(read_recording(lines), "/d")
    assert "no file with the bytes" in problem


def test_an_fsync_that_began_before_the_write_had_returned_does_not_count() -> None:
    staged = [STAGED[0], f"2 fsync(5</d/uploads/{UPLOAD}> <unfinished ...>", STAGED[1], "2 <... fsync resumed>) = 0"]
    lines = [*MADE, request(PUT), *staged, *STORED[1:], *LOG, answer(201)]
    assert len(early_answers(read_recording(lines), "/d")) == 1


def test_an_fsync_that_had_not_returned_does_not_count() -> None:
    log = [LOG[0], "9 fdatasync(4</d/db-wal> <unfinished ...>", answer(201), "9 <... fdatasync resumed>) = 0"]
    (problem,) = early_answers(read_recording([*MADE, request(PUT), *STAGED, *STORED, *log]), "/d")
    assert "write-ahead log" in problem


def test_a_chunk_needs_its_bytes_and_its_name() -> None:
    patch = request(f"PATCH /v2/a/blobs/uploads/{UPLOAD} HTTP/1.1")
    fsyncs = [f"1 fsync(5</d/uploads/{UPLOAD}>) = 0", "1 fsync(6</d/uploads>) = 0"]
    assert early_answers(read_recording([*MADE, patch, *STAGED, *fsyncs, *LOG, answer(202)]), "/d") == []
    for kept in fsyncs:
        (problem,) = early_answers(read_recording([*MADE, patch, *STAGED, kept, *LOG, answer(202)]), "/d")
        assert "staged bytes" in problem


def test_acknowledged_bytes_may_go_only_when_their_blob_is_recorded() -> None:
    chunk = request(f"PATCH /v2/a/blobs/uploads/{UPLOAD} HTTP/1.1\\r\\nContent-Range: 0-6")
    fsyncs = [f"1 fsync(5</d/uploads/{UPLOAD}>) = 0", "1 fsync(6</d/uploads>) = 0"]
    acknowledged = [*MADE, chunk, *STAGED, *fsyncs, *LOG, answer(202), request(PUT)]
    link = f'1 link("/d/uploads/{UPLOAD}", "{PLACE}/{DIGEST[7:]}.00000000") = 0'
    unlink = f'1 unlink("/d/uploads/{UPLOAD}") = 0'
    good = [*acknowledged, link, STORED[2], *LOG, unlink, answer(201)]
    assert lost_sessions(read_recording(good), "/d") == []
    for bad in (
        [*acknowledged, *STORED, *LOG, answer(201)],
        [*acknowledged, link, STORED[2], unlink, *LOG, answer(201)],
        [*acknowledged, link, STORED[2], LOG[0], unlink, LOG[1], answer(201)],
        [*acknowledged, f"1 ftruncate(5</d/uploads/{UPLOAD}>, 6) = 0"],
        [*acknowledged, f'1 pwrite64(5</d/uploads/{UPLOAD}>, "C", 1, 0) = 1'],
        [*acknowledged[:-1], unlink],
    ):
        (problem,) = lost_sessions(read_recording(bad), "/d")
        assert UPLOAD in problem


@pytest.mark.parametrize(
    ("method", "target", "operation", "status", "promise"),
    [
        ("GET", "/v2/a/manifests/x", "", 200, Promise()),
        ("PUT", "/v2/a/manifests/x", "", 400, Promise()),
        ("PUT", "/v2/a/manifests/x", "", 201, Promise(rows=True)),
        ("POST", "/v2/a/blobs/uploads/", "", 202, Promise()),
        ("POST", f"/v2/a/blobs/uploads/?mount={DIGEST}&from=b", "", 201, Promise(rows=True)),
        ("POST", f"/v2/a/blobs/uploads/?digest={DIGEST}", "", 201, Promise(rows=True, digests=(DIGEST,))),
        ("DELETE", f"/v2/a/blobs/{DIGEST}", "", 202, Promise(rows=True)),
        ("POST", "/", "X.DescribeImages", 200, Promise()),
        ("POST", "/", "X.PutImage", 200, Promise(rows=True)),
        ("POST", "/", "X.UploadLayerPart", 200, Promise(rows=True, upload=UPLOAD)),
        ("POST", "/", "X.CompleteLayerUpload", 200, Promise(rows=True, digests=(DIGEST,))),
    ],
)
def test_what_answers_promise(method: str, target: str, operation: str, status: int, promise: Promise) -> None:
    body = f'{{"uploadId": "{UPLOAD}", "layerDigests": ["{DIGEST}"]}}'.encode()
    assert promise_of(Exchange(method, target, {"x-amz-target": operation}, body, status, 0, 1)) == promise


def survivors(lines: list[str], copy: Path, chance: Random | None = None) -> dict[str, bytes]:
    disk = Disk("/d")
    disk.apply(read_recording(lines))
    disk.after_power_loss(copy, chance)
    return {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()}


def test_only_what_was_fsynced_is_sure_to_survive(tmp_path: Path) -> None:
    stored = f"blobs/sha256/{DIGEST[7:9]}/{DIGEST[7:]}.00000000"
    assert survivors([*MADE, *STAGED], tmp_path / "1") == {}
    assert survivors([*MADE, *STAGED, *STORED[:1]], tmp_path / "2") == {}
    assert survivors([*MADE, *STAGED, *STORED[1:]], tmp_path / "3") == {stored: b""}
    assert survivors([*MADE, *STAGED, *STORED], tmp_path / "4") == {stored: b"content"}


def test_a_link_is_a_second_name_of_the_same_bytes(tmp_path: Path) -> None:
    stored = f"blobs/sha256/{DIGEST[7:9]}/{DIGEST[7:]}.00000000"
    fsyncs = [f"1 fsync(5</d/uploads/{UPLOAD}>) = 0", "1 fsync(6</d/uploads>) = 0"]
    link = f'1 link("/d/uploads/{UPLOAD}", "{PLACE}/{DIGEST[7:]}.00000000") = 0'
    unlink = f'1 unlink("/d/uploads/{UPLOAD}") = 0'
    acknowledged = [*MADE, *STAGED, *fsyncs]
    staged = {f"uploads/{UPLOAD}": b"content"}
    assert survivors([*acknowledged, link], tmp_path / "1") == staged
    assert survivors([*acknowledged, link, STORED[2]], tmp_path / "2") == staged | {stored: b"content"}
    assert survivors([*acknowledged, link, STORED[2], unlink], tmp_path / "3") == staged | {stored: b"content"}
    everything = [*acknowledged, link, STORED[2], unlink, fsyncs[1]]
    assert survivors(everything, tmp_path / "4") == {stored: b"content"}
    cut = f"1 ftruncate(5</d/uploads/{UPLOAD}>, 3) = 0"
    disk = Disk("/d")
    disk.apply(read_recording([*acknowledged, link, cut]))
    disk.after_kill(tmp_path / "5")
    assert set(tree(tmp_path / "5").values()) == {b"con"}


def test_chance_makes_every_outcome(tmp_path: Path) -> None:
    found = {
        tuple(sorted(survivors([*MADE, *STAGED, STORED[1]], tmp_path / str(seed), Random(seed)).values()))
        for seed in range(60)
    }
    assert {(), (b"",), (b"content",)} <= found


def test_death_of_the_process_loses_nothing(tmp_path: Path) -> None:
    disk = Disk("/d")
    disk.apply(read_recording([*MADE, *STAGED, f"1 ftruncate(5</d/uploads/{UPLOAD}>, 3) = 0"]))
    disk.after_kill(tmp_path / "copy")
    assert (tmp_path / "copy" / "uploads" / UPLOAD).read_bytes() == b"con"


PROGRAM = """
import sys
from pathlib import Path
from wharfside.blobs.base import Progress
from wharfside.blobs.files import FileBlobStore
from wharfside.core.digests import sha256_of
store = FileBlobStore(Path(sys.argv[1]))
content = bytes(range(256)) * 1000
def save(start, piece):
    writer = store.write(sys.argv[2], start, lambda: True)
    writer.write(piece)
    progress = writer.save()
    writer.confirm()
    return progress
progress = save(Progress(0, None), content[:1000])
writer = store.write(sys.argv[2], progress, lambda: True)
writer.write(content[1000:])
writer.commit([sha256_of(content)])
if sys.argv[3] == "confirm":
    writer.confirm()
    writer = store.write(sys.argv[2], Progress(0, None), lambda: True)
    writer.write(b"x" * 10000)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("end", ["confirm", "crash"])
def test_a_real_recording_is_replayed(tmp_path: Path, end: str) -> None:
    """Power loss brings back the staged name that nobody fsynced away, and leaves the blob."""
    root, recording = tmp_path / "data", tmp_path / "recording"
    root.mkdir()
    command = strace(recording, [sys.executable, "-c", PROGRAM, str(root), UPLOAD, end])
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    _, errors = process.communicate(timeout=60)
    if process.returncode != 0 and "ptrace" in errors.lower():
        pytest.skip("no right to trace a process")
    assert process.returncode == 0, errors
    wait_for_end(recording, process.pid)
    with recording.open(encoding="latin-1") as lines:
        events = read_recording(lines)
    disk = Disk(str(root))
    disk.apply(events)
    disk.after_kill(tmp_path / "killed")
    assert tree(tmp_path / "killed") == tree(root)
    disk.after_power_loss(tmp_path / "lost")
    left = tree(tmp_path / "lost")
    assert left.pop(f"uploads/{UPLOAD}") == bytes(range(256)) * 1000
    (content,) = left.values()
    assert content == bytes(range(256)) * 1000


def tree(folder: Path) -> dict[str, bytes]:
    files = (os.path.join(path, name) for path, _, names in os.walk(folder) for name in names)
    return {os.path.relpath(path, folder): Path(path).read_bytes() for path in files}
