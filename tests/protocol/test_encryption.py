"""Encryption at rest over the whole registry: nothing in the clear on the disk, the right master key, tampering."""

import base64
import hashlib
import http.client
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oci_client import OciClient, digest_of
from registry_process import RegistryProcess, free_port
from sealed_content import digests_on
from wharfside.blobs.sealed import CHUNK

Make = Callable[..., RegistryProcess]
LAYER = b"in the clear " * 60_000
CONFIG = b'{"architecture": "amd64", "secret": "in the clear too"}'
STAGED = b"staged and not finished " * 20_000


def files_with(data: Path, text: bytes) -> list[Path]:
    found = [path for folder in ("blobs", "uploads") for path in (data / folder).rglob("*") if path.is_file()]
    assert found
    return [path for path in found if text in path.read_bytes()]


def push_all(server: RegistryProcess, name: str) -> str:
    """A layer in three pieces, a config whole, and a session that stays open; where that is."""
    client = server.oci_client()
    location = client.start_upload(name)
    for start in range(0, len(LAYER), 300_001):
        reply = client.patch_upload(location, LAYER[start : start + 300_001], start)
        assert reply.status == 202
        assert files_with(server.data, b"in the clear") == []
    assert client.put_upload(reply.location, digest_of(LAYER)).status == 201
    client.push_blob(name, CONFIG)
    reply = client.patch_upload(client.start_upload(name), STAGED, 0)
    assert reply.status == 202
    client.close()
    return reply.location


def assert_whole(server: RegistryProcess, name: str) -> None:
    client = server.oci_client()
    for content in (LAYER, CONFIG):
        assert client.get_blob(name, digest_of(content)).body == content
    path = f"/v2/{name}/blobs/{digest_of(LAYER)}"
    for first, last in ((0, 0), (CHUNK - 3, CHUNK + 3), (100, 700_000), (len(LAYER) - 5, len(LAYER) - 1)):
        reply = client.request("GET", path, headers={"Range": f"bytes={first}-{last}"})
        assert (reply.status, reply.body) == (206, LAYER[first : last + 1])
    client.close()


def test_nothing_that_is_pushed_is_on_the_disk_in_the_clear(fresh_registry: Make) -> None:
    server = fresh_registry()
    name = server.create_repository("sealed/app")
    location = push_all(server, name)
    for text in (b"in the clear", b"secret", b"staged and not"):
        assert files_with(server.data, text) == []
    assert_whole(server, name)
    assert digests_on(server.data) == {hashlib.sha256(each).hexdigest() for each in (LAYER, CONFIG)}
    server.stop()
    server.start()
    assert_whole(server, name)
    client = server.oci_client()
    assert client.put_upload(location, digest_of(STAGED + b"!"), b"!").status == 201
    assert client.get_blob(name, digest_of(STAGED + b"!")).body == STAGED + b"!"
    client.close()
    key = (server.data / "master.key").read_bytes()
    assert (server.data / "master.key").stat().st_mode & 0o777 == 0o600
    for text in (key, key.hex().encode(), base64.b64encode(key)):
        assert text not in server.log_file.read_bytes()


def test_repositories_say_what_they_are_and_share_blobs_only_with_their_like(fresh_registry: Make) -> None:
    server = fresh_registry("--encryption", "off")
    ecr = server.client()
    plain = ecr.create_repository(repositoryName="plain")["repository"]
    assert "encryptionConfiguration" not in plain
    push_all_plain(server)
    server.stop()
    server.options = ()
    server.start()
    ecr = server.client()
    for name in ("one", "two"):
        made = ecr.create_repository(repositoryName=name)["repository"]
        assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
    described = ecr.describe_repositories()["repositories"]
    assert [each.get("encryptionConfiguration") for each in described] == [
        {"encryptionType": "AES256"},
        None,
        {"encryptionType": "AES256"},
    ]
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    client = server.oci_client()
    digest = digest_of(CONFIG)
    assert mount(client, "one", digest, "plain") == 202
    assert client.get_blob("one", digest).status == 404
    client.push_blob("one", CONFIG)
    assert mount(client, "two", digest, "one") == 201
    assert client.get_blob("two", digest).body == CONFIG
    assert client.get_blob("plain", digest).body == CONFIG
    assert len(files_with(server.data, CONFIG)) == 1
    deleted = ecr.delete_repository(repositoryName="two", force=True)["repository"]
    assert deleted["encryptionConfiguration"] == {"encryptionType": "AES256"}
    client.close()


def push_all_plain(server: RegistryProcess) -> None:
    client = server.oci_client()
    client.push_blob("plain", CONFIG)
    client.close()
    assert len(files_with(server.data, CONFIG)) == 1


def mount(client: OciClient, name: str, digest: str, source: str) -> int:
    return client.request("POST", f"/v2/{name}/blobs/uploads/?mount={digest}&from={source}").status


def test_changed_bytes_never_leave(tmp_path: Path) -> None:
    server = RegistryProcess(tmp_path / "data", free_port())
    server.start()
    name = server.create_repository("app")
    client = server.oci_client()
    content = secrets.token_bytes(6 * CHUNK)
    digest = client.push_blob(name, content)
    (path,) = [path for path in (server.data / "blobs").rglob("*") if path.is_file()]
    stored = bytearray(path.read_bytes())
    stored[1024 + 4 * (CHUNK + 28) + 999] ^= 1
    path.write_bytes(stored)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as broken:
        client.get_blob(name, digest)
    if isinstance(broken.value, http.client.IncompleteRead):
        assert content.startswith(broken.value.partial)
    client.close()
    small = server.oci_client()
    reply = small.request("GET", f"/v2/{name}/blobs/{digest}", headers={"Range": f"bytes=0-{CHUNK}"})
    assert (reply.status, reply.body) == (206, content[: CHUNK + 1])
    refused = small.request(
        "GET", f"/v2/{name}/blobs/{digest}", headers={"Range": f"bytes={4 * CHUNK}-{4 * CHUNK + 9}"}
    )
    assert refused.status == 500
    small.close()
    assert "chunk 4 does not open" in server.log()
    server.stop(faults_expected=True)


def refusal(server: RegistryProcess) -> str:
    """What a server that does not start says."""
    with pytest.raises(AssertionError, match="the registry ended with 1"):
        server.start()
    said = server.log().splitlines()[-1]
    assert said.startswith("wharfside serve: ")
    return said


def kept_elsewhere(fresh_registry: Make) -> tuple[RegistryProcess, str, bytes]:
    """A stopped registry, a repository with something in it, and its master key, which is not in the data any more."""
    server = fresh_registry()
    name = server.create_repository("app")
    push_all(server, name)
    server.stop()
    file = server.data / "master.key"
    key = file.read_bytes()
    file.unlink()
    return server, name, key


def test_a_wrong_or_a_missing_master_key_is_refused(fresh_registry: Make) -> None:
    server, name, key = kept_elsewhere(fresh_registry)
    file = server.data / "master.key"
    assert "is missing" in refusal(server)
    assert not file.exists()
    file.write_bytes(secrets.token_bytes(32))
    file.chmod(0o600)
    assert "is not the one that the data is encrypted with" in refusal(server)
    file.unlink()
    said = set[str]()
    for options in (
        {"WHARFSIDE_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode()},
        {"WHARFSIDE_MASTER_KEY": base64.b64encode(key).decode()[:-8]},
        {"WHARFSIDE_MASTER_KEY_COMMAND": "false"},
        {"WHARFSIDE_MASTER_KEY_COMMAND": "/does/not/exist"},
    ):
        server.environment_options = options
        said.add(refusal(server))
        assert all(value not in server.log() for name, value in options.items() if name == "WHARFSIDE_MASTER_KEY")
    assert len(said) == 4
    server.environment_options = {"WHARFSIDE_MASTER_KEY": base64.b64encode(key).decode()}
    server.start()
    assert_whole(server, name)


def test_the_master_key_may_be_kept_elsewhere(fresh_registry: Make, tmp_path: Path) -> None:
    server, name, key = kept_elsewhere(fresh_registry)
    encoded = base64.b64encode(key).decode()
    elsewhere = tmp_path / "kept.key"
    elsewhere.write_bytes(key)
    elsewhere.chmod(0o600)
    script = tmp_path / "print-key"
    script.write_text(f"#!/bin/sh\necho {encoded}\n")
    script.chmod(0o700)
    options: dict[str, Any]
    for options in (
        {"WHARFSIDE_MASTER_KEY": encoded},
        {"WHARFSIDE_MASTER_KEY_FILE": str(elsewhere)},
        {"WHARFSIDE_MASTER_KEY_COMMAND": str(script)},
    ):
        server.environment_options = options
        server.start()
        assert_whole(server, name)
        server.stop()
    assert not (server.data / "master.key").exists()
    assert encoded not in server.log()
    server.start()
