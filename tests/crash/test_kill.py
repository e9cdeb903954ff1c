"""SIGKILL at random moments of concurrent pushes: what was acknowledged is there, and nothing half-done is visible."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from oci_client import OCI_MANIFEST, OciClient, digest_of
from registry_process import RegistryProcess
from sealed_content import opener

PUSHERS = 4
REPOSITORY = "crash/killed"
GONE = (OSError, http.client.HTTPException)


@dataclass
class Acknowledged:
    """What the server said yes to, over all its lives."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    sessions: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    """By location: the content that is being sent, and how many of its bytes were acknowledged."""
    completing: set[str] = field(default_factory=set)
    """Sessions whose completion was asked for, and maybe not answered."""


class Pusher(threading.Thread):
    """Pushes images until the server dies, in every way that a blob can come."""

    def __init__(self, registry: RegistryProcess, password: str, name: str, seed: int, said: Acknowledged) -> None:
        super().__init__(name=name)
        self.client = registry.oci_client(password)
        self.random = Random(seed)
        self.said = said
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(1000):
                self.push_image(f"{self.name}-{number}")
        except GONE:
            pass
        except BaseException as fault:
            self.fault = fault
        finally:
            self.client.close()

    def push_image(self, tag: str) -> None:
        descriptors = []
        for _ in range(self.random.randint(1, 3)):
            content = self.random.randbytes(self.random.choice([10, 10_000, 300_000]))
            digest = self.push_blob(content)
            self.said.blobs[digest] = content
            descriptors.append({"mediaType": "application/x-any", "digest": digest, "size": len(content)})
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptors[0], "layers": descriptors[1:]}
        manifest = json.dumps(document).encode()
        assert self.client.put_manifest(REPOSITORY, tag, manifest).status == 201
        self.said.tags[tag] = manifest

    def push_blob(self, content: bytes) -> str:
        way = self.random.randrange(3)
        if way == 0:
            return self.client.push_blob(REPOSITORY, content)
        location = self.client.start_upload(REPOSITORY)
        cut = len(content) if way == 1 else self.random.randint(1, len(content) - 1)
        done = 0
        for chunk in (content[:cut], content[cut:]):
            if chunk:
                reply = self.client.patch_upload(location, chunk, first=done)
                assert reply.status == 202, reply
                done += len(chunk)
                self.said.sessions[location] = (content, done)
        self.said.completing.add(location)
        digest = digest_of(content)
        assert self.client.put_upload(location, digest).status == 201
        del self.said.sessions[location]
        return digest


def check(registry: RegistryProcess, client: OciClient, said: Acknowledged) -> None:
    for digest, content in said.blobs.items():
        reply = client.get_blob(REPOSITORY, digest)
        assert (reply.status, reply.body) == (200, content), digest
    for tag, manifest in said.tags.items():
        reply = client.get_manifest(REPOSITORY, tag)
        assert (reply.status, reply.body) == (200, manifest), tag
    for tag in client.list_tags(REPOSITORY).json()["tags"]:
        manifest = client.get_manifest(REPOSITORY, tag)
        for blob in [manifest.json()["config"], *manifest.json()["layers"]]:
            assert digest_of(client.get_blob(REPOSITORY, blob["digest"]).body) == blob["digest"]
    for location in list(said.sessions):
        resume(client, location, said)
    opened = opener(registry.data)
    for file in (registry.data / "blobs").rglob("*.*"):
        named = re.fullmatch(r"([0-9a-f]{64})\.[0-9a-f]+", file.name)
        assert named, file
        assert hashlib.sha256(opened(file.read_bytes())).hexdigest() == named[1]


def resume(client: OciClient, location: str, said: Acknowledged) -> None:
    """A session goes on after exactly what was acknowledged, or after a chunk whose answer was lost."""
    content, done = said.sessions.pop(location)
    status = client.request("GET", location)
    if location in said.completing and status.status == 404:
        assert client.get_blob(REPOSITORY, digest_of(content)).body == content
        return
    assert status.status == 204, (status, done)
    size = int(status.headers["Range"].removeprefix("0-")) + 1
    assert size in {done, len(content)}
    if size < len(content):
        assert client.patch_upload(location, content[size:], first=size).status == 202
    assert client.put_upload(location, digest_of(content)).status == 201
    said.blobs[digest_of(content)] = content


def survive(start: Callable[..., RegistryProcess], kills: int, *options: str) -> None:
    registry, said, random = start(*options), Acknowledged(), Random(4711)
    registry.create_repository(REPOSITORY)
    password = registry.password()
    for kill in range(kills):
        pushers = [
            Pusher(registry, password, f"k{kill}-p{number}", random.randrange(2**32), said) for number in range(PUSHERS)
        ]
        for pusher in pushers:
            pusher.start()
        threading.Event().wait(random.uniform(0.05, 1.0))
        registry.kill()
        for pusher in pushers:
            pusher.join(60)
            assert pusher.fault is None, pusher.fault
        registry.start()
        client = registry.oci_client(password)
        check(registry, client, said)
        client.close()
    assert said.tags


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_few_kills(fresh_registry: Callable[..., RegistryProcess], workers: str) -> None:
    survive(fresh_registry, 3, "--workers", workers)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_many_kills(fresh_registry: Callable[..., RegistryProcess], workers: str) -> None:
    survive(fresh_registry, 40, "--workers", workers)
