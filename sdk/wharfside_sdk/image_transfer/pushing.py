"""What a push does: the blobs that the repository lacks, then the manifests, those that others name first.

Operations: BatchCheckLayerAvailability, InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, PutImage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from wharfside_sdk.image_transfer.descriptors import (
    Descriptor,
    ImageTransferError,
    Manifest,
    parse_manifest,
)
from wharfside_sdk.image_transfer.layout import Layout
from wharfside_sdk.image_transfer.steps import Reporter, Repository, Step, Transfer, error_code

SMALLEST_PART: Final = 5_242_880
LARGEST_PART: Final = 20_971_520
"""In bytes; the bounds of UploadLayerPart, the smaller of which does not hold for the last part."""
MOST_PARTS: Final = 4_200
DIGESTS_PER_CALL: Final = 100


@dataclass(frozen=True, slots=True)
class Push:
    """A push of one image, with the referrers of it that the layout has."""

    layout: Layout
    repository: Repository
    tag: str | None
    image: str | None
    """The digest or the name of the image in the layout; None for the one that has the tag's name, or the only one."""
    report: Reporter

    def transfer(self) -> Transfer:
        root = self._root()
        plan = _Plan(self.layout)
        plan.add(root)
        plan.add_referrers()
        blobs = list(plan.blobs.values())
        groups = [blobs[first : first + DIGESTS_PER_CALL] for first in range(0, len(blobs), DIGESTS_PER_CALL)]
        available = {digest for found in (yield [self._available(group) for group in groups]) for digest in found}
        for blob in blobs:
            if blob.digest in available:
                self.report(blob, blob.size)
        yield [self._upload(blob) for blob in blobs if blob.digest not in available and self._is_here(blob)]
        for descriptor, content in plan.manifests.values():
            yield [self._put(descriptor, content, self.tag if descriptor.digest == root.digest else None)]
        return root.digest

    def _root(self) -> Descriptor:
        entries = self.layout.entries()
        wanted = self.image or self.tag
        named = [each.descriptor for each in entries if wanted in (each.name, each.descriptor.digest)]
        if wanted is not None and named:
            return named[0]
        if self.image is None:
            images = [each.descriptor for each in entries if not self._refers(each.descriptor)]
            if len({each.digest for each in images}) == 1:
                return images[0]
        there = ", ".join(f"{each.name or '(no name)'} {each.descriptor.digest}" for each in entries) or "none"
        raise ImageTransferError(f"say which image of {self.layout.folder} to push, with image=; it has {there}")

    def _refers(self, descriptor: Descriptor) -> bool:
        return parse_manifest(self.layout.manifest(descriptor), descriptor.digest).subject is not None

    def _is_here(self, blob: Descriptor) -> bool:
        if self.layout.has(blob):
            return True
        if blob.elsewhere:
            return False
        raise ImageTransferError(f"neither the layout nor the repository has the blob {blob.digest}")

    def _available(self, blobs: list[Descriptor]) -> Step:
        digests = [blob.digest for blob in blobs]
        answer = yield self.repository.call("batch_check_layer_availability", layerDigests=digests)
        return [each["layerDigest"] for each in answer["layers"] if each["layerAvailability"] == "AVAILABLE"]

    def _upload(self, blob: Descriptor) -> Step:
        started = yield self.repository.call("initiate_layer_upload")
        upload_id = started["uploadId"]
        self.report(blob, 0)
        with self.layout.blob_file(blob.digest).open("rb") as file:
            for first, last in parts(blob.size, part_size(blob.size, started.get("partSize"))):
                content = file.read(last + 1 - first)
                try:
                    yield self.repository.call(
                        "upload_layer_part",
                        uploadId=upload_id,
                        partFirstByte=first,
                        partLastByte=last,
                        layerPartBlob=content,
                    )
                except Exception as error:
                    if not _had_arrived(error, last):
                        raise
                self.report(blob, last + 1)
        try:
            yield self.repository.call("complete_layer_upload", uploadId=upload_id, layerDigests=[blob.digest])
        except Exception as error:
            if error_code(error) != "LayerAlreadyExistsException":
                raise

    def _put(self, descriptor: Descriptor, content: bytes, tag: str | None) -> Step:
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise ImageTransferError(f"the manifest {descriptor.digest} is not UTF-8") from None
        tagged = {} if tag is None else {"imageTag": tag}
        try:
            yield self.repository.call(
                "put_image",
                imageManifest=text,
                imageManifestMediaType=descriptor.media_type,
                imageDigest=descriptor.digest,
                **tagged,
            )
        except Exception as error:
            # The same manifest is there, under the same tag.
            if error_code(error) != "ImageAlreadyExistsException":
                raise


@dataclass(slots=True)
class _Plan:
    """The manifests to push in their order, and the blobs that they name."""

    layout: Layout
    manifests: dict[str, tuple[Descriptor, bytes]] = field(default_factory=dict[str, tuple[Descriptor, bytes]])
    blobs: dict[str, Descriptor] = field(default_factory=dict[str, Descriptor])

    def add(self, root: Descriptor) -> None:
        """Adds a manifest, after all that it names. What of these the layout lacks, the repository must have."""
        waiting: list[tuple[Descriptor, Manifest | None, bytes]] = [(root, None, b"")]
        while waiting:
            descriptor, parsed, content = waiting.pop()
            if descriptor.digest in self.manifests:
                continue
            if parsed is not None:
                self.manifests[descriptor.digest] = (descriptor, content)
                self.blobs.update({blob.digest: blob for blob in parsed.blobs})
                continue
            if descriptor != root and not self.layout.blob_file(descriptor.digest).exists():
                continue
            content = self.layout.manifest(descriptor)
            parsed = parse_manifest(content, descriptor.digest)
            waiting.append((descriptor, parsed, content))
            waiting.extend((child, None, b"") for child in reversed(parsed.manifests))

    def add_referrers(self) -> None:
        """Adds what the layout has about the manifests: signatures, bills of materials; and what is about those."""
        subjects: list[tuple[str, Descriptor]] = []
        for entry in self.layout.entries():
            if entry.descriptor.digest not in self.manifests:
                content = self.layout.manifest(entry.descriptor)
                subject = parse_manifest(content, entry.descriptor.digest).subject
                subjects += [(subject, entry.descriptor)] if subject else []
        found = True
        while found:
            found = False
            for subject, descriptor in subjects:
                if subject in self.manifests and descriptor.digest not in self.manifests:
                    self.add(descriptor)
                    found = True


def part_size(size: int, offered: int | None) -> int:
    """How large the parts of a layer are: what the service offers, more where there would be too many of them."""
    least = -(-size // MOST_PARTS)
    return min(max(offered or LARGEST_PART, least, SMALLEST_PART), LARGEST_PART)


def parts(size: int, step: int) -> Iterator[tuple[int, int]]:
    """First and last byte of every part."""
    for first in range(0, size, step):
        yield first, min(first + step, size) - 1


def _had_arrived(error: Exception, last: int) -> bool:
    """Whether the part was refused because it is there: the client sent it again when an answer got lost."""
    response: dict[str, object] = getattr(error, "response", {})
    return error_code(error) == "InvalidLayerPartException" and response.get("lastValidByteReceived") == last
