"""What every answer tells browsers and caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tls_certificate
from edge_process import Edge, response, running
from image_content import Content
from oci_client import OciClient

CAREFUL = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}
HSTS = "strict-transport-security"


def headers(edge: Edge, path: str, *more: str, tls: bool = False) -> dict[str, str]:
    lines = "".join(f"{line}\r\n" for line in more)
    with edge.connect() as client:
        speaking = tls_certificate.trusting_all().wrap_socket(client) if tls else client
        with speaking:
            speaking.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n".encode())
            return response(speaking)[1]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running(tmp_path_factory.mktemp("files"), proxies=["127.0.0.1"]) as edge:
        yield edge


@pytest.mark.parametrize("path", ["/v2/", "/refuse", "/fail", "*"])
def test_every_answer_is_careful(edge: Edge, path: str) -> None:
    found = headers(edge, path)
    assert CAREFUL.items() <= found.items()
    assert HSTS not in found


def test_only_who_speaks_https_is_told_to_stay_with_it(edge: Edge, tmp_path: Path) -> None:
    assert HSTS in headers(edge, "/v2/", "X-Forwarded-Proto: https")
    assert HSTS not in headers(edge, "/v2/", "X-Forwarded-Proto: http")
    public, private = tls_certificate.certificate(tmp_path)
    with running(tmp_path, certificate=str(public), key=str(private)) as encrypted:
        assert HSTS in headers(encrypted, "/v2/", tls=True)
    with running(tmp_path) as untrusting:
        assert HSTS not in headers(untrusting, "/v2/", "X-Forwarded-Proto: https")


def test_only_content_may_be_kept_and_by_its_reader_alone(oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("latest")["digest"]
    content.push(oci, repository)
    blob = next(iter(content.blobs))
    forever = "private, max-age=31536000, immutable"
    assert oci.get_blob(repository, blob).headers["Cache-Control"] == forever
    assert oci.get_manifest(repository, digest).headers["Cache-Control"] == forever
    assert oci.get_manifest(repository, "latest").headers["Cache-Control"] == "private, no-cache"
    for reply in (oci.list_tags(repository), oci.get_manifest(repository, "missing")):
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
