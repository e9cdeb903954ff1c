"""A small client of the OCI distribution API for tests: it sends exactly what it is told and hides nothing.

Paths are sent as given (no normalisation), so that tests can send hostile ones.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import select
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ACCEPT = f"{OCI_MANIFEST}, {OCI_INDEX}"
BYTES = "application/octet-stream"


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def error(self) -> dict[str, str]:
        """The first error of an OCI error body; each has a code and a message (OCI specification, "Error Codes")."""
        errors = self.json()["errors"]
        assert all({"code", "message"} <= error.keys() <= {"code", "message", "detail"} for error in errors)
        return errors[0]

    @property
    def location(self) -> str:
        """The path and query of the Location header, whether it is relative or absolute."""
        parts = urlsplit(self.headers["Location"])
        return parts.path + (f"?{parts.query}" if parts.query else "")


def _is_closed_by_server(connection: http.client.HTTPConnection) -> bool:
    """Whether a connection that waits for nothing has something to read: its end, as servers close idle ones."""
    return connection.sock is not None and bool(select.select([connection.sock], [], [], 0)[0])


@dataclass
class OciClient:
    """One connection to one registry, opened again whenever the server closed it."""

    host: str
    """Host and port."""
    user: str = "AWS"
    password: str | None = None
    tls: ssl.SSLContext | None = None
    timeout: float = 30.0
    host_header: str | None = None
    """What to send as Host, when it is not the address connected to."""
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own, for a test that breaks it on purpose."""
        if self.tls is not None:
            return http.client.HTTPSConnection(self.host, timeout=self.timeout, context=self.tls)
        return http.client.HTTPConnection(self.host, timeout=self.timeout)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def authorization(self) -> dict[str, str]:
        if self.password is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()}

    def request(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | list[str]] | None = None,
    ) -> Reply:
        """Send one request; a body that is not bytes goes with `Transfer-Encoding: chunked`."""
        if query:
            path += ("&" if "?" in path else "?") + urlencode(query, doseq=True)
        fields = self.authorization() | dict(headers or {})
        if self.host_header is not None:
            fields["Host"] = self.host_header
        streamed = body is not None and not isinstance(body, bytes)
        if streamed:
            fields["Transfer-Encoding"] = "chunked"
        if self._connection is not None and _is_closed_by_server(self._connection):
            self.close()
        if self._connection is None:
            self._connection = self.connect()
        try:
            self._connection.request(method, path, body, fields, encode_chunked=streamed)
            response = self._connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return reply

    def start_upload(self, repository: str) -> str:
        """Begin an upload session; its path and query."""
        reply = self.request("POST", f"/v2/{repository}/blobs/uploads/")
        assert reply.status == 202, (reply.status, reply.body)
        return reply.location

    def put_upload(self, location: str, digest: str, content: bytes = b"", **headers: str) -> Reply:
        fields = {"Content-Type": BYTES} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("PUT", location, content, fields, {"digest": digest})

    def patch_upload(self, location: str, content: bytes | Iterable[bytes], first: int | None = None) -> Reply:
        """Send a chunk; with `first` it carries a Content-Range in the OCI form (`a-b`, without a unit)."""
        fields = {"Content-Type": BYTES}
        if first is not None:
            assert isinstance(content, bytes)
            fields["Content-Range"] = f"{first}-{first + len(content) - 1}"
        return self.request("PATCH", location, content, fields)

    def push_blob(self, repository: str, content: bytes, algorithm: str = "sha256") -> str:
        digest = digest_of(content, algorithm)
        reply = self.put_upload(self.start_upload(repository), digest, content)
        assert reply.status == 201, (reply.status, reply.body)
        return digest

    def get_blob(self, repository: str, digest: str, method: str = "GET", **headers: str) -> Reply:
        return self.request(method, f"/v2/{repository}/blobs/{digest}", headers=headers)

    def put_manifest(
        self, repository: str, reference: str, content: bytes, media_type: str | None = None, **query: str | list[str]
    ) -> Reply:
        if media_type is None:
            media_type = str(json.loads(content).get("mediaType", OCI_MANIFEST))
        path = f"/v2/{repository}/manifests/{reference}"
        return self.request("PUT", path, content, {"Content-Type": media_type}, query)

    def get_manifest(self, repository: str, reference: str, method: str = "GET", accept: str = ACCEPT) -> Reply:
        return self.request(method, f"/v2/{repository}/manifests/{reference}", headers={"Accept": accept})

    def delete_manifest(self, repository: str, reference: str) -> Reply:
        return self.request("DELETE", f"/v2/{repository}/manifests/{reference}")

    def list_tags(self, repository: str, **query: str) -> Reply:
        return self.request("GET", f"/v2/{repository}/tags/list", query=query)

    def list_referrers(self, repository: str, digest: str, **query: str | list[str]) -> Reply:
        return self.request("GET", f"/v2/{repository}/referrers/{digest}", query=query)
