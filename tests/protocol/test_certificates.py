"""The server's certificate changes while it serves."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

import tls_certificate
from edge_process import Edge, response, running
from wharfside.api.certificates import Certificate

GET = b"GET /v2/ HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in-use").mkdir()
    tls_certificate.certificate(tmp_path / "in-use")
    return tmp_path


@pytest.fixture
def edge(folder: Path) -> Iterator[Edge]:
    public, private = folder / "in-use" / "cert.pem", folder / "in-use" / "key.pem"
    with running(folder, certificate=str(public), key=str(private)) as edge:
        yield edge


def another(folder: Path) -> tuple[Path, Path]:
    made = folder / f"made-{len(list(folder.iterdir()))}"
    made.mkdir()
    return tls_certificate.certificate(made)


def connect(edge: Edge) -> ssl.SSLSocket:
    return tls_certificate.trusting_all().wrap_socket(edge.connect())


def presented(edge: Edge) -> bytes | None:
    with connect(edge) as client:
        return client.getpeercert(binary_form=True)


def content_of(public: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(public.read_text())


def soon(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(condition())


def ask(client: socket.socket) -> int:
    client.sendall(GET)
    return response(client)[0]


def test_new_handshakes_get_the_new_certificate_and_connections_go_on(edge: Edge, folder: Path) -> None:
    with connect(edge) as client:
        before = client.getpeercert(binary_form=True)
        assert ask(client) == 200
        public, private = another(folder)
        os.replace(public, folder / "in-use" / "cert.pem")
        os.replace(private, folder / "in-use" / "key.pem")
        assert soon(lambda: presented(edge) == content_of(folder / "in-use" / "cert.pem"))
        assert ask(client) == 200
        assert client.getpeercert(binary_form=True) == before != presented(edge)
    assert edge.stop() == 0


def test_files_that_are_written_in_place_are_seen_too(edge: Edge, folder: Path) -> None:
    public, private = another(folder)
    shutil.copyfile(public, folder / "in-use" / "cert.pem")
    shutil.copyfile(private, folder / "in-use" / "key.pem")
    assert soon(lambda: presented(edge) == content_of(public))


@pytest.mark.parametrize("broken", ["another key", "no certificate", "gone"])
def test_files_that_cannot_be_used_change_nothing(edge: Edge, folder: Path, broken: str) -> None:
    before, place = presented(edge), folder / "in-use" / "cert.pem"
    public, private = another(folder)
    if broken == "another key":
        os.replace(public, place)
    elif broken == "no certificate":
        place.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    else:
        place.unlink()
    assert soon(lambda: "cannot be used" in "".join(edge.errors))
    assert presented(edge) == before
    time.sleep(0.5)  # five more looks at the same files
    assert "".join(edge.errors).count("cannot be used") == 1

    if broken != "another key":
        os.replace(public, place)
    os.replace(private, folder / "in-use" / "key.pem")
    assert soon(lambda: presented(edge) == content_of(place))
    assert presented(edge) != before


def test_a_key_with_a_password_is_refused_without_asking_for_it(tmp_path: Path) -> None:
    public, private = tls_certificate.certificate(tmp_path)
    key = serialization.load_pem_private_key(private.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"password")
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, locked))
    with pytest.raises(ssl.SSLError):
        Certificate(public, private)
