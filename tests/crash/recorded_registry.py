"""A real registry under strace, and what it acknowledged to its clients."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crash.exchanges import Exchange, exchanges
from crash.trace import Event, read_recording, strace, wait_for_end
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess

_BLOB = re.compile(r"/v2/(.+)/blobs/uploads/[^?]*\?(?:.*&)?digest=(sha\d+)(?::|%3A)([0-9a-f]+)")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/?]+)$")


class RecordedRegistry(RegistryProcess):
    """A registry whose system calls are recorded, from its first start on."""

    @property
    def recording(self) -> Path:
        return self.data.with_name(self.data.name + ".strace")

    def start(self) -> None:
        serve = [sys.executable, "-m", "wharfside", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command = strace(self.recording, [*serve, "--data", str(self.data), *self.options])
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("WHARFSIDE_", "AWS_"))}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        self._wait_until_ready()

    def events(self) -> list[Event]:
        """The whole recording, after the end of the registry."""
        assert self.process is not None
        wait_for_end(self.recording, self.process.pid)
        with self.recording.open(encoding="latin-1") as lines:
            return read_recording(lines)


@dataclass
class Acknowledged:
    """What clients were told to be kept: blobs by (repository, digest), manifests by (repository, tag or digest)."""

    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def add(self, exchange: Exchange, contents: dict[str, bytes]) -> None:
        """Note what an answer acknowledged. `contents` are all bytes that were pushed, by digest."""
        if exchange.status not in (200, 201) or exchange.method not in ("PUT", "POST"):
            return
        if blob := _BLOB.match(exchange.target):
            digest = f"{blob[2]}:{blob[3]}"
            self.blobs[blob[1], digest] = contents[digest]
        elif manifest := _MANIFEST.match(exchange.target):
            self.manifests[manifest[1], manifest[2]] = exchange.body
        elif exchange.headers.get("x-amz-target", "").endswith(".PutImage"):
            request = json.loads(exchange.body)
            self.manifests[request["repositoryName"], request["imageTag"]] = request["imageManifest"].encode()

    def missing(self, client: OciClient) -> list[str]:
        """What a registry does not have, or has with other bytes."""
        problems = [
            f"blob {repository}@{digest}"
            for (repository, digest), content in self.blobs.items()
            if client.get_blob(repository, digest).body != content
        ]
        problems += [
            f"manifest {repository}:{reference}"
            for (repository, reference), content in self.manifests.items()
            if client.get_manifest(repository, reference).body != content
        ]
        return problems


def broken(client: OciClient, repositories: Iterable[str]) -> list[str]:
    """What is visible and not whole: tags whose manifest, or whose manifest's blobs, do not verify."""
    problems: list[str] = []
    for repository in repositories:
        reply = client.request("GET", f"/v2/{repository}/tags/list")
        for tag in (reply.json()["tags"] or []) if reply.status == 200 else []:
            manifest = client.get_manifest(repository, tag)
            if manifest.status != 200:
                problems.append(f"{repository}:{tag} is listed and answers {manifest.status}")
                continue
            for descriptor in [manifest.json()["config"], *manifest.json()["layers"]]:
                content = client.get_blob(repository, descriptor["digest"]).body
                if "sha256:" + hashlib.sha256(content).hexdigest() != descriptor["digest"]:
                    problems.append(f"{repository}:{tag} names {descriptor['digest']}, which is not there")
    return problems


def push_in_every_way(registry: RegistryProcess, repository: str, images: int) -> dict[str, bytes]:
    """Push images whole, in chunks, in one request, and through the ECR API; all bytes that were pushed, by digest."""
    contents: dict[str, bytes] = {}
    client = registry.oci_client()
    ecr = registry.client()
    for number in range(images):
        content = Content()
        content.image(f"v{number}", layers=3)
        for way, (digest, blob) in enumerate(content.blobs.items()):
            _push_blob(client, repository, digest, blob, way)
        for tag, digest in content.tags.items():
            manifest = content.manifests[digest]
            assert client.put_manifest(repository, tag, manifest).status == 201
            ecr.put_image(repositoryName=repository, imageManifest=manifest.decode() + "\n", imageTag=f"{tag}-ecr")
        contents |= content.blobs | content.manifests
    client.close()
    ecr.close()
    return contents


def _push_blob(client: OciClient, repository: str, digest: str, blob: bytes, way: int) -> None:
    if way == 0:
        reply = client.request("POST", f"/v2/{repository}/blobs/uploads/?digest={digest}", blob)
    elif way == 1:
        reply = client.put_upload(client.start_upload(repository), digest, blob)
    else:
        location = client.start_upload(repository)
        middle = len(blob) // way
        for first, chunk in ((0, blob[:middle]), (middle, blob[middle:])):
            sent = client.patch_upload(location, chunk, first)
            assert sent.status == 202, sent.body
            location = sent.location
        reply = client.put_upload(location, digest)
    assert reply.status == 201, reply.body


def acknowledged_by(events: Sequence[Event], contents: dict[str, bytes]) -> list[tuple[int, Exchange]]:
    """The answers that acknowledge something, with the place in the recording from which on it must be kept."""
    found: list[tuple[int, Exchange]] = []
    for exchange in exchanges(events):
        one = Acknowledged()
        one.add(exchange, contents)
        if one.blobs or one.manifests:
            found.append((exchange.answered, exchange))
    return found
