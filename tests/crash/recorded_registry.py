"""A real registry under strace, and what it acknowledged to its clients."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crash.durability import Part, completion_of, part_of
from crash.exchanges import Exchange, exchanges
from crash.trace import Event, read_recording, strace, wait_for_end
from image_content import Content
from oci_client import OciClient, digest_of
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
    parts: dict[str, Part] = field(default_factory=dict)
    """The last acknowledged part of upload sessions that were not acknowledged to be complete, by upload id."""
    completing: set[str] = field(default_factory=set)
    """Upload sessions whose completion was asked for, and not answered."""

    def add(self, exchange: Exchange, contents: dict[str, bytes]) -> bool:
        """Note what an answer acknowledged, if anything. `contents` are all bytes that were pushed, by digest."""
        operation = exchange.headers.get("x-amz-target", "").partition(".")[2]
        if part := part_of(exchange):
            self.parts[part.upload] = part
        elif exchange.status not in (200, 201) or exchange.method not in ("PUT", "POST"):
            return False
        elif blob := _BLOB.match(exchange.target):
            self._add_blob(exchange, blob[1], f"{blob[2]}:{blob[3]}", contents)
        elif manifest := _MANIFEST.match(exchange.target):
            self.manifests[manifest[1], manifest[2]] = exchange.body
        elif operation == "CompleteLayerUpload":
            request = json.loads(exchange.body)
            self._add_blob(exchange, request["repositoryName"], request["layerDigests"][0], contents)
        elif operation == "PutImage":
            request = json.loads(exchange.body)
            self.manifests[request["repositoryName"], request["imageTag"]] = request["imageManifest"].encode()
        else:
            return False
        return True

    def _add_blob(self, exchange: Exchange, repository: str, digest: str, contents: dict[str, bytes]) -> None:
        self.blobs[repository, digest] = contents[digest]
        self.parts.pop(completion_of(exchange), None)

    def missing(self, client: OciClient, sessions: dict[str, bytes]) -> list[str]:
        """What a registry does not have, or has with other bytes. `sessions`: the whole content of each, by upload id.

        The sessions are completed by this.
        """
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
        resumed = (self._resume(client, part, sessions[part.upload]) for part in self.parts.values())
        return problems + [problem for problem in resumed if problem]

    def _resume(self, client: OciClient, part: Part, content: bytes) -> str:
        """Go on with a session; what is wrong with it. After a completion in flight, its blob may be there instead."""
        location = f"/v2/{part.repository}/blobs/uploads/{part.upload}"
        status = client.request("GET", location)
        if status.status == 404 and part.upload in self.completing:
            found = client.get_blob(part.repository, digest_of(content))
            return "" if found.body == content else f"upload {part.upload} ended without its blob"
        if status.status != 204:
            return f"upload {part.upload} answers {status.status}"
        size = int(status.headers["Range"].partition("-")[2]) + 1
        if size < part.size:
            return f"upload {part.upload} has {size} of {part.size} acknowledged bytes"
        done = client.put_upload(location, digest_of(content), content[size:])
        return "" if done.status == 201 else f"upload {part.upload} does not go on: {done.status} {done.body!r}"


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
        content.image(f"v{number}", layers=4)
        for way, (digest, blob) in enumerate(content.blobs.items()):
            if way == 4:
                _push_part(ecr, repository, digest, blob)
            else:
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


def _push_part(ecr: Any, repository: str, digest: str, blob: bytes) -> None:
    """Through the ECR API, whose last part may be small, and so whose only part."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob
    )
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])


ANSWERS_PER_IMAGE = 1 + 1 + 3 + 3 + 2 + 2
"""That acknowledge something: blobs by POST, PUT, two times PATCH PATCH PUT, part and completion; manifests twice."""


def acknowledged_at(found: Iterable[Exchange], moment: int, contents: dict[str, bytes]) -> Acknowledged:
    """What had been acknowledged when a moment of the recording had come, and what was being asked for."""
    said = Acknowledged()
    for exchange in found:
        if exchange.answered < moment:
            said.add(exchange, contents)
        elif exchange.began < moment and (upload := completion_of(exchange)):
            said.completing.add(upload)
    return said


def acknowledgements(events: Iterable[Event], contents: dict[str, bytes]) -> list[Exchange]:
    """The exchanges whose answers acknowledge something, in the order of the answers."""
    return [exchange for exchange in exchanges(events) if Acknowledged().add(exchange, contents)]


def sessions_of(found: Iterable[Exchange], contents: dict[str, bytes]) -> dict[str, bytes]:
    """The whole content of the upload sessions that were completed at last, by upload id."""
    whole: dict[str, bytes] = {}
    for exchange in found:
        said = Acknowledged()
        if (upload := completion_of(exchange)) and said.add(exchange, contents):
            (whole[upload],) = said.blobs.values()
    return whole
