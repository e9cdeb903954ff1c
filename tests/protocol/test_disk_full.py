"""A full disk: an error, nothing half-visible, and the registry goes on as soon as there is room again."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from image_content import Content
from oci_client import BYTES, OciClient, digest_of
from registry_process import RegistryProcess, free_port, tool

MEBIBYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        [tool("mount"), "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run([tool("umount"), folder], check=True)


@pytest.fixture
def server(small_disk: Path, tmp_path: Path) -> Iterator[RegistryProcess]:
    """A registry whose data lies on the small disk, and its log elsewhere."""
    data = tmp_path / "data"
    data.symlink_to(small_disk / "data")
    (small_disk / "data").mkdir()
    process = RegistryProcess(data, free_port())
    process.start()
    yield process
    process.stop(faults_expected=True)


def pieces(content: bytes) -> Iterator[bytes]:
    for first in range(0, len(content), 65_536):
        yield content[first : first + 65_536]


def used(disk: Path) -> int:
    """Bytes in use."""
    status = os.statvfs(disk)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def test_layer_that_does_not_fit(server: RegistryProcess, small_disk: Path) -> None:
    server.create_repository("full")
    client = server.oci_client()
    stored = client.push_blob("full", b"stored before")
    content = secrets.token_bytes(30 * MEBIBYTE)
    digest = digest_of(content)
    path = "/v2/full/blobs/uploads/"
    for attempt in (
        lambda: client.put_upload(client.start_upload("full"), digest, content),
        lambda: client.patch_upload(client.start_upload("full"), content, 0),
        lambda: client.patch_upload(client.start_upload("full"), pieces(content)),
        lambda: client.request("POST", path, content, {"Content-Type": BYTES}, {"digest": digest}),
    ):
        reply = attempt()
        assert reply.status >= 500
        assert reply.error()["code"] == "UNKNOWN"
        assert used(small_disk) < 2 * MEBIBYTE
        assert client.get_blob("full", digest, "HEAD").status == 404
        assert client.get_blob("full", stored).body == b"stored before"
        client.push_blob("full", secrets.token_bytes(1000))
    client.close()


def fill(disk: Path) -> Path:
    """Take all the room that is left."""
    path = disk / "filling"
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65_536))
    with suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(b"x")
    return path


def test_no_room_at_all(server: RegistryProcess, small_disk: Path) -> None:
    server.create_repository("full")
    client = server.oci_client()
    content = Content()
    digest = content.image("v1")["digest"]
    stored = client.push_blob("full", b"stored before")
    filling = fill(small_disk)
    assert_nothing_is_taken(server, client, content)
    assert client.get_blob("full", stored).body == b"stored before"
    filling.unlink()
    content.push(client, "full")
    assert client.get_manifest("full", "v1").headers["Docker-Content-Digest"] == digest
    client.close()
    server.kill()
    server.start()
    client = server.oci_client()
    assert client.get_manifest("full", "v1").body == content.manifests[digest]
    assert client.get_blob("full", stored).body == b"stored before"
    client.close()


def assert_nothing_is_taken(server: RegistryProcess, client: OciClient, content: Content) -> None:
    with pytest.raises(ClientError, match="ServerException"):
        server.client().create_repository(repositoryName="when-full")
    for digest, blob in content.blobs.items():
        assert client.put_upload(client.start_upload("full"), digest, blob).status >= 500
        assert client.get_blob("full", digest).status == 404
    names = [each["repositoryName"] for each in server.client().describe_repositories()["repositories"]]
    assert names == ["full"]


def test_a_record_that_does_not_fit_into_the_audit_file_leaves_no_half_line(small_disk: Path, tmp_path: Path) -> None:
    file = small_disk / "audit"
    server = RegistryProcess(tmp_path / "data", free_port(), environment_options={"WHARFSIDE_AUDIT_FILE": str(file)})
    server.start()
    server.create_repository("before")
    await_text(file, "before")
    filling = fill(small_disk)
    for number in range(10):
        server.create_repository(f"lost/{number}")
    await_text(server.log_file, "recording failed")
    filling.unlink()
    server.create_repository("after")
    await_text(file, "after")
    for line in file.read_text().splitlines():
        json.loads(line)
    server.stop(faults_expected=True)


def await_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + 30
    while not file.exists() or text not in file.read_text():
        assert time.monotonic() < deadline, f"{text} is not in {file}"
        time.sleep(0.05)


def test_a_start_without_room_says_so(small_disk: Path) -> None:
    fill(small_disk)
    command = [sys.executable, "-m", "wharfside", "serve", "--port", "0", "--data", str(small_disk / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert f"There is no room left for {small_disk / 'data'}" in done.stderr
