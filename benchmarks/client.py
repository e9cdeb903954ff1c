"""A registry client that costs little CPU: blocking sockets, sendfile for pushes, MSG_TRUNC for pulls."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import struct
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

from benchmarks.layers import Layer
from benchmarks.peers import REPOSITORY, Server, ServerFailed

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_FRAME = 32 * 1024  # what the docker client writes per HTTP chunk
_PIECE = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 60
LAST_CHUNK = b"0\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def head_of(server: Server, method: str, target: str, headers: dict[str, str] | None = None) -> bytes:
    """A request line and its headers, with the server's authentication."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{server.port}"]
    lines += [f"{name}: {value}" for name, value in (*server.headers, *(headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def content_length(head: bytes) -> int | None:
    """The Content-Length in the head of a response; None where the body comes in chunks."""
    found = _LENGTH.search(head)
    return int(found[1]) if found else None


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    length: int = 0
    """Bytes of the body that followed."""
    body: bytes = b""
    """The body, unless it was thrown away."""


class Client:
    """One keep-alive connection to a server. Any answer but the expected one raises ServerFailed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._scratch = bytearray(_PIECE)
        self._socket = socket.create_connection(("127.0.0.1", server.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):  # settimeout() would make it non-blocking for sendfile
            self._socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _TIMEOUT_SECONDS, 0))

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def request(
        self,
        method: str,
        target: str,
        expected: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        *,
        discard: bool = False,
    ) -> Answer:
        """Sends a request whose body fits in memory; with `discard` the kernel drops the answer's body uncopied."""
        sized = {"Content-Length": str(len(body))} if method in ("POST", "PUT", "PATCH") else {}
        self._socket.sendall(head_of(self._server, method, target, {**sized, **(headers or {})}) + body)
        return self._answer(expected, f"{method} {target}", has_body=method != "HEAD", discard=discard)

    def push_stream(self, layer: Layer) -> None:
        """Pushes as the docker client does: POST, one PATCH in HTTP chunks of 32 KiB, an empty PUT."""
        location = self._begin_upload()
        head = {"Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"}
        self._socket.sendall(head_of(self._server, "PATCH", location, head))
        with layer.file.open("rb") as file:
            for offset in range(0, layer.length, _FRAME):
                length = min(_FRAME, layer.length - offset)
                self._socket.send(b"%s%x\r\n" % (b"\r\n" if offset else b"", length), socket.MSG_MORE)
                self._send_file(file.fileno(), offset, length)
        self._socket.sendall(b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(layer.tail), layer.tail))
        location = _path(self._answer(202, f"PATCH {location}").headers["location"])
        self.request("PUT", _with_digest(location, layer.digest), 201)

    def push_whole(self, layer: Layer) -> None:
        """Pushes with POST and one PUT that carries all the bytes."""
        target = _with_digest(self._begin_upload(), layer.digest)
        self._socket.sendall(head_of(self._server, "PUT", target, {"Content-Length": str(layer.size)}))
        with layer.file.open("rb") as file:
            self._send_file(file.fileno(), 0, layer.length)
        self._socket.sendall(layer.tail)
        self._answer(201, f"PUT {target}")

    def push_blob(self, content: bytes) -> str:
        """Pushes a small blob with POST and PUT; returns its digest."""
        digest = digest_of(content)
        self.request("PUT", _with_digest(self._begin_upload(), digest), 201, content)
        return digest

    def push_manifest(self, reference: str, manifest: bytes) -> str:
        self.request("PUT", f"/v2/{REPOSITORY}/manifests/{reference}", 201, manifest, {"Content-Type": MANIFEST_TYPE})
        return digest_of(manifest)

    def pull(self, digest: str, first: int | None = None, last: int | None = None) -> int:
        """Pulls a blob or a range of it and throws the bytes away; returns how many came."""
        ranged = {} if first is None else {"Range": f"bytes={first}-{last}"}
        expected = 200 if first is None else 206
        return self.request("GET", f"/v2/{REPOSITORY}/blobs/{digest}", expected, headers=ranged, discard=True).length

    def verify(self, layer: Layer) -> None:
        """Pulls a layer and compares its digest: a fast wrong answer is no result."""
        target = f"/v2/{REPOSITORY}/blobs/{layer.digest}"
        if digest_of(self.request("GET", target, 200).body) != layer.digest:
            raise ServerFailed(f"{self._server.name} gave other bytes than were pushed for {layer.digest}")

    def _begin_upload(self) -> str:
        return _path(self.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/", 202).headers["location"])

    def _send_file(self, file: int, offset: int, length: int) -> None:
        end = offset + length
        while offset < end:
            offset += os.sendfile(self._socket.fileno(), file, offset, end - offset)

    def _answer(self, expected: int, what: str, *, has_body: bool = True, discard: bool = False) -> Answer:
        received = b""
        while b"\r\n\r\n" not in received:
            piece = self._socket.recv(4096)
            if not piece:
                raise ServerFailed(f"{self._server.name} closed the connection instead of answering {what}")
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        status = int(head[9:12])
        length = content_length(head) if has_body and status != 204 else 0
        if length is None:
            body = self._receive_chunks(body, what)
        elif discard and status == expected:
            self._drop(length - len(body), what)
            body = b""
        else:
            body += self._receive(length - len(body), what)
        if status != expected:
            raise ServerFailed(f"{self._server.name} answered {what} with {status}, not {expected}: {body[:500]!r}")
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        headers = {name.decode().lower(): value.strip().decode() for name, _, value in lines}
        return Answer(status, headers, len(body) if length is None else length, body)

    def _receive(self, length: int, what: str) -> bytes:
        body = bytearray()
        while len(body) < length:
            piece = self._socket.recv(min(_PIECE, length - len(body)))
            if not piece:
                raise ServerFailed(f"{self._server.name} cut its answer to {what}")
            body += piece
        return bytes(body)

    def _receive_chunks(self, received: bytes, what: str) -> bytes:
        while not received.endswith(LAST_CHUNK):
            piece = self._socket.recv(_PIECE)
            if not piece:
                raise ServerFailed(f"{self._server.name} cut its answer to {what}")
            received += piece
        body = b""
        while received != LAST_CHUNK:
            size, _, received = received.partition(b"\r\n")
            body += received[: int(size, 16)]
            received = received[int(size, 16) + 2 :]
        return body

    def _drop(self, length: int, what: str) -> None:
        while length > 0:
            count = self._socket.recv_into(self._scratch, min(_PIECE, length), socket.MSG_TRUNC)
            if not count:
                raise ServerFailed(f"{self._server.name} cut its answer to {what}")
            length -= count


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(location: str) -> str:
    """The path and query of a Location, which may be absolute."""
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _with_digest(location: str, digest: str) -> str:
    return f"{location}{'&' if '?' in location else '?'}digest={digest}"


@dataclass(frozen=True)
class Image:
    """A small image: a configuration and two layers of 10 KiB each, and the manifest that names them."""

    blobs: tuple[bytes, bytes, bytes]
    manifest: bytes


def small_image() -> Image:
    """An image that no server has seen."""
    settings = {"architecture": "amd64", "os": "linux", "config": {"Labels": {"padding": os.urandom(5 * 1024).hex()}}}
    blobs = (json.dumps(settings).encode(), os.urandom(10 * 1024), os.urandom(10 * 1024))
    kinds = ("config.v1+json", "layer.v1.tar", "layer.v1.tar")
    configuration, *layers = (
        {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest_of(blob), "size": len(blob)}
        for kind, blob in zip(kinds, blobs, strict=True)
    )
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": configuration, "layers": layers}
    return Image(blobs, json.dumps(manifest).encode())


def push_image(client: Client, image: Image, tag: str) -> str:
    """Pushes a small image in seven requests; returns the manifest's digest."""
    for blob in image.blobs:
        client.push_blob(blob)
    return client.push_manifest(tag, image.manifest)
