"""Which answers left before what they promise was on the disk, and which promises were broken later."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from crash.disk import Disk
from crash.exchanges import Exchange, exchanges
from crash.trace import Event
from wharfside.blobs.sealed import CHUNK, Seal
from wharfside.blobs.staging import TAIL

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_READS = ("Get", "List", "Describe", "BatchGet", "BatchCheck", "Validate", "InitiateLayerUpload")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a 2xx answer says is kept: rows, the bytes of an upload session, a blob under one of the digests."""

    rows: bool = False
    upload: str = ""
    digests: tuple[str, ...] = ()


def promise_of(exchange: Exchange) -> Promise:
    """What the answer to this request promises; nothing for reads and refusals."""
    if not 200 <= exchange.status < 300:
        return Promise()
    address = urlsplit(exchange.target)
    if address.path == "/":
        return _promise_of_operation(exchange)
    if exchange.method not in ("PATCH", "POST", "PUT", "DELETE"):
        return Promise()
    query = parse_qs(address.query)
    if "/blobs/uploads/" in address.path:
        if "digest" in query:
            return Promise(rows=True, digests=tuple(query["digest"]))
        if exchange.method == "PATCH":
            return Promise(rows=True, upload=_upload_in(address.path))
        if exchange.method == "POST":
            return Promise(rows="mount" in query and exchange.status == 201)
    return Promise(rows=True)


def _promise_of_operation(exchange: Exchange) -> Promise:
    operation = exchange.headers.get("x-amz-target", "").partition(".")[2]
    if not operation or operation.startswith(_READS):
        return Promise()
    if operation == "UploadLayerPart":
        return Promise(rows=True, upload=_upload_in(exchange.body.decode("latin-1")))
    if operation == "CompleteLayerUpload":
        return Promise(rows=True, digests=tuple(digest.decode() for digest in _DIGEST.findall(exchange.body)))
    return Promise(rows=True)


@dataclass(frozen=True, slots=True)
class Part:
    """What a 2xx answer to a chunk or a part acknowledged: the first `size` bytes of an upload session."""

    repository: str
    upload: str
    size: int


def part_of(exchange: Exchange) -> Part | None:
    """What the answer to this request acknowledged of an upload session. Chunks must have a Content-Range."""
    if not promise_of(exchange).upload:
        return None
    if exchange.method == "PATCH":
        repository, _, upload = urlsplit(exchange.target).path.removeprefix("/v2/").partition("/blobs/uploads/")
        return Part(repository, upload, int(exchange.headers["content-range"].partition("-")[2]) + 1)
    request = json.loads(exchange.body)
    return Part(request["repositoryName"], request["uploadId"], request["partLastByte"] + 1)


def completion_of(exchange: Exchange) -> str:
    """The upload session that this request is to complete, or nothing; whatever the answer was."""
    path = urlsplit(exchange.target).path
    if exchange.method == "PUT" and "/blobs/uploads/" in path:
        return _upload_in(path)
    if exchange.headers.get("x-amz-target", "").endswith(".CompleteLayerUpload"):
        return _upload_in(exchange.body.decode("latin-1"))
    return ""


def lost_sessions(events: Sequence[Event], root: str, *, sealed: bool = False) -> list[str]:
    """Sentences, one for each call after which a crash would have lost acknowledged bytes of an upload session.

    In `sealed` sessions the last acknowledged chunk may be replaced, once what it was is kept beside.
    Their name may go only when the blob's row is on the disk, whatever request is in flight; until then, nobody may
    cut or overwrite them. So this speaks of every moment of the recording, and of every kind of crash.
    """
    problems: list[str] = []
    log = _log(events, root)
    found = exchanges(events)
    completions = {completion_of(exchange): exchange for exchange in found}
    for acknowledged in found:
        part = part_of(acknowledged)
        if part is None:
            continue
        path = f"{root}/uploads/{part.upload}"
        completion = completions.get(part.upload)
        for event in events:
            if event.path != path or event.end < acknowledged.answered:
                continue
            if event.name.startswith(("unlink", "rename")):
                if completion is None or not _log_was_fsynced(log, completion.began, event.start):
                    problems.append(f"{event.name} took the name of {part.upload} before its blob was recorded")
            elif sealed and event.offset is not None and _is_harmless(events, event, acknowledged.answered, part, path):
                continue
            elif event.offset is not None and (sealed or event.offset < part.size):
                problems.append(f"{event.name} at {event.offset} changed the {part.size} bytes of {part.upload}")
    return problems


def _is_harmless(events: Sequence[Event], change: Event, since: int, part: Part, path: str) -> bool:
    """Whether a change to a sealed session is behind what was acknowledged, or that was kept beside."""
    seal = Seal((b"0" * 32,))
    if change.offset is None or change.offset >= seal.stored_size(part.size):
        return True
    if change.offset != seal.place(part.size // CHUNK):
        return False
    before = [event for event in events if since < event.end < change.start]
    written = [event.end for event in before if event.path == path + TAIL and "write" in event.name]
    synced = [event for event in before if event.name == "fsync" and written and event.start > written[-1]]
    return {path + TAIL, path.rpartition("/")[0]} <= {event.path for event in synced}


def _log(events: Sequence[Event], root: str) -> list[Event]:
    return [event for event in events if event.path.startswith(root) and event.path.endswith("-wal")]


def _upload_in(text: str) -> str:
    found = _UUID.search(text)
    return found[0] if found else "(no upload id)"


def early_answers(
    events: Sequence[Event], root: str, before: Path | None = None, opened: Callable[[bytes], bytes] = bytes
) -> list[str]:
    """Sentences, one for each promise that an answer made before it was kept; empty is what a test wants.

    `events` is a recording of a server whose data folder is `root`, `before` a copy of that folder from before.
    `opened` gives the content of a stored file.
    A request whose repetition changes nothing may rightly write nothing: do not repeat requests under recording.
    """
    problems: list[str] = []
    log = _log(events, root)
    for exchange, disk in answered(events, root, before):
        promise = promise_of(exchange)
        name = f"{exchange.method} {exchange.headers.get('x-amz-target', exchange.target)} ({exchange.status})"
        if promise.rows and not _log_was_fsynced(log, exchange.began, exchange.answered):
            problems.append(f"{name}: no write-ahead log was written and fsynced between request and answer")
        sure = disk.sure() if promise.upload or promise.digests else {}
        if promise.upload and f"{root}/uploads/{promise.upload}" not in sure:
            problems.append(f"{name}: the staged bytes of {promise.upload} were not fsynced, or their folder was not")
        if promise.digests and not any(_stored(sure, root, digest, opened) for digest in promise.digests):
            problems.append(f"{name}: no file with the bytes of {promise.digests[0]} was fsynced with its folder")
    return problems


def answered(events: Sequence[Event], root: str, before: Path | None = None) -> Iterator[tuple[Exchange, Disk]]:
    """Each exchange with the disk at the moment when its answer left. The disk is one and goes on: use it at once."""
    disk = Disk(root, before)
    place = 0
    for exchange in exchanges(events):
        upto = place
        while upto < len(events) and events[upto].end < exchange.answered:
            upto += 1
        disk.apply(events[place:upto])
        place = upto
        yield exchange, disk


def _log_was_fsynced(log: Sequence[Event], began: int, ended: int) -> bool:
    """Whether a log was written after a request began, and fsynced after that before a moment."""
    written: dict[str, int] = {}
    for event in log:
        if event.start < began or event.end > ended:
            continue
        if "write" in event.name:
            written.setdefault(event.path, event.end)
        elif event.name in ("fsync", "fdatasync") and written.get(event.path, event.start) < event.start:
            return True
    return False


def _stored(sure: dict[str, bytearray], root: str, digest: str, opened: Callable[[bytes], bytes]) -> bool:
    algorithm, _, value = digest.partition(":")
    place = f"{root}/blobs/{algorithm}/{value[:2]}/{value}."
    return any(
        path.startswith(place) and hashlib.new(algorithm, opened(bytes(content))).hexdigest() == value
        for path, content in sure.items()
    )
