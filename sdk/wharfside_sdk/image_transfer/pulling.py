"""What a pull does: the manifests, the blobs that the layout lacks, and only then the name in the layout's index.

Operations: BatchGetImage, GetDownloadUrlForLayer.
"""

from __future__ import annotations

import hashlib
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, Any, Final
from urllib.parse import urlsplit

from wharfside_sdk.core.tls import tls_context
from wharfside_sdk.image_transfer.descriptors import Descriptor, ImageTransferError, parse_manifest
from wharfside_sdk.image_transfer.layout import Layout
from wharfside_sdk.image_transfer.steps import Reporter, Repository, Step, Transfer

MEDIA_TYPES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
IMAGES_PER_CALL: Final = 100
BYTES_PER_CALL: Final = 8 * 1024 * 1024
"""How large the manifests of one call may be together: registries bound their answers."""
MOST_MANIFESTS: Final = 10_000
"""How many manifests an image may have, nested indexes and all."""

_ATTEMPTS = 3
_SECONDS = 60.0
_CHUNK = 1_048_576


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull of one image, with all that its indexes name."""

    layout: Layout
    repository: Repository
    reference: str
    """A tag, or a digest, which is told by its colon."""
    verify: bool | str
    report: Reporter

    def transfer(self) -> Transfer:
        tag = None if ":" in self.reference else self.reference
        key = "imageTag" if tag else "imageDigest"
        ((found,),) = yield [self._images([{key: self.reference}])]
        root: Descriptor
        root, content = found
        manifests = {root.digest: content}
        blobs: dict[str, Descriptor] = {}
        unread = [root]
        while unread:
            parsed = [parse_manifest(manifests[each.digest], each.digest) for each in unread]
            blobs |= {blob.digest: blob for each in parsed for blob in each.blobs if not blob.elsewhere}
            named = {child.digest: child for each in parsed for child in each.manifests}
            unread = [child for digest, child in named.items() if digest not in manifests]
            if len(manifests) + len(unread) > MOST_MANIFESTS:
                raise ImageTransferError(f"the image has more than {MOST_MANIFESTS} manifests")
            manifests |= {each.digest: self.layout.manifest(each) for each in unread if self.layout.has_verified(each)}
            calls = _calls(each for each in unread if each.digest not in manifests)
            for got in (yield [self._images(image_ids) for image_ids in calls]):
                manifests |= {descriptor.digest: content for descriptor, content in got}
        yield [self._blob(blob) for blob in blobs.values()]
        self._store(manifests)
        self.layout.record(root, tag)
        return root.digest

    def _images(self, image_ids: list[dict[str, str]]) -> Step:
        """The manifests of these images, verified."""
        answer = yield self.repository.call("batch_get_image", imageIds=image_ids, acceptedMediaTypes=list(MEDIA_TYPES))
        for failure in answer.get("failures", []):
            code, reason = failure.get("failureCode", ""), failure.get("failureReason", "")
            raise ImageTransferError(f"{failure.get('imageId', {})}: {code}: {reason}")
        images = [_manifest(image) for image in answer.get("images", [])]
        wanted = {each["imageDigest"] for each in image_ids if "imageDigest" in each}
        if len(images) != len(image_ids) or not wanted <= {descriptor.digest for descriptor, _ in images}:
            raise ImageTransferError(f"the registry answered with other images than {image_ids}")
        return images

    def _store(self, manifests: dict[str, bytes]) -> None:
        for digest, content in manifests.items():
            descriptor = Descriptor("", digest, len(content))
            if not self.layout.has_verified(descriptor):
                with self.layout.writing(descriptor) as file:
                    file.write(content)

    def _blob(self, blob: Descriptor) -> Step:
        if self.layout.has_verified(blob):
            self.report(blob, blob.size)
            return
        for attempt in range(1, _ATTEMPTS + 1):
            # The URL is only good for a while, and for every attempt there is a new one.
            answer = yield self.repository.call("get_download_url_for_layer", layerDigest=blob.digest)
            try:
                yield from self._download(answer["downloadUrl"], blob)
                return
            except (OSError, ValueError, HTTPException, ImageTransferError) as error:
                if attempt == _ATTEMPTS:
                    raise ImageTransferError(f"the blob {blob.digest} cannot be downloaded: {error}") from error
                time.sleep(0.2 * attempt)

    def _download(self, url: str, blob: Descriptor) -> Step:
        self.report(blob, 0)
        with self.layout.writing(blob) as file, _open(url, self.verify) as response:
            while piece := response.read(_CHUNK):
                file.write(piece)
                self.report(blob, file.size)
                # Whoever takes the step may end it here.
                yield None


def _calls(wanted: Iterable[Descriptor]) -> list[list[dict[str, str]]]:
    """The manifests by the calls that ask for them."""
    calls: list[list[dict[str, str]]] = []
    room = 0
    for each in wanted:
        if not calls or len(calls[-1]) == IMAGES_PER_CALL or each.size > room:
            calls.append([])
            room = BYTES_PER_CALL
        calls[-1].append({"imageDigest": each.digest})
        room -= each.size
    return calls


def _manifest(image: dict[str, Any]) -> tuple[Descriptor, bytes]:
    content: bytes = image["imageManifest"].encode()
    digest: str = image["imageId"]["imageDigest"]
    algorithm, _, encoded = digest.partition(":")
    if algorithm not in ("sha256", "sha512") or hashlib.new(algorithm, content).hexdigest() != encoded:
        raise ImageTransferError(f"the registry gave another manifest as {digest[:100]}")
    media_type = image.get("imageManifestMediaType") or parse_manifest(content, digest).media_type
    if not media_type:
        raise ImageTransferError(f"the manifest {digest} has no media type")
    return Descriptor(media_type, digest, len(content)), content


def _open(url: str, verify: bool | str) -> IO[bytes]:
    """The body at a URL of HTTP, by way of a proxy where the environment names one. Raises OSError."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise OSError("the registry gave an address of another kind than HTTP")
    opener = urllib.request.OpenerDirector()
    handlers: Iterable[urllib.request.BaseHandler] = (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=tls_context(verify)),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    )
    for handler in handlers:
        opener.add_handler(handler)
    answer: IO[bytes] = opener.open(url, timeout=_SECONDS)
    return answer
