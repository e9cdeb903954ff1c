"""Layouts and registries that lie: nothing is written outside the layout, nothing wrong is kept, nothing is endless."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside_sdk.image_transfer import ImageTransferError, aio, pull_image, push_image
from wharfside_sdk.image_transfer.descriptors import LARGEST_MANIFEST, Descriptor, check_digest, parse_manifest
from wharfside_sdk.image_transfer.layout import Layout
from wharfside_sdk.image_transfer.pushing import LARGEST_PART, MOST_PARTS, SMALLEST_PART, part_size, parts

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DIGEST = "sha256:" + "a" * 64
MEBIBYTE = 1_048_576


class _Nobody:
    """A client that must not be called."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was called")


NOBODY: Any = _Nobody()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def descriptor(content: bytes, media_type: str = MANIFEST) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def write(folder: Path, index: object, *blobs: bytes) -> Path:
    for content in blobs:
        file = folder / "blobs" / "sha256" / hashlib.sha256(content).hexdigest()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_text(index if isinstance(index, str) else json.dumps(index))
    return folder


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "sha256",
        "sha256:",
        "sha256:../../../../etc/passwd",
        "../x:" + "a" * 64,
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 63 + "\n",
        "sha256:" + "a" * 62 + "/.",
        "sha512:" + "a" * 64,
        "md5:" + "a" * 32,
        "sha256:" + "à" * 64,
    ],
)
def test_what_is_no_digest_becomes_no_path(tmp_path: Path, digest: str) -> None:
    with pytest.raises(ImageTransferError, match="is not a digest"):
        Layout(tmp_path).blob_file(digest)
    folder = write(tmp_path, {"manifests": [{"mediaType": MANIFEST, "digest": digest, "size": 1}]})
    with pytest.raises(ImageTransferError, match="is not a digest"):
        push_image(NOBODY, folder, "repository")


@given(st.text(max_size=80))
def test_any_text_as_a_digest(text: str) -> None:
    try:
        algorithm, encoded = check_digest(text)
    except ImageTransferError:
        return
    assert f"{algorithm}:{encoded}" == text
    assert (algorithm + encoded).isalnum()


@pytest.mark.parametrize(
    "index",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        {"manifests": {}},
        {"manifests": [1]},
        {"manifests": [{"digest": DIGEST, "size": 1}]},
        {"manifests": [{"digest": DIGEST, "size": -1, "mediaType": MANIFEST}]},
        {"manifests": [{"digest": DIGEST, "size": True, "mediaType": MANIFEST}]},
        {"manifests": [{"digest": DIGEST, "size": 1, "mediaType": MANIFEST, "annotations": []}]},
        {"manifests": [{"digest": DIGEST, "size": LARGEST_MANIFEST + 1, "mediaType": MANIFEST}]},
        {"manifests": []},
    ],
)
def test_an_index_that_is_none(tmp_path: Path, index: object) -> None:
    with pytest.raises(ImageTransferError):
        push_image(NOBODY, write(tmp_path, index), "repository")


def test_a_folder_that_is_no_layout(tmp_path: Path) -> None:
    with pytest.raises(ImageTransferError, match=r"has no index\.json"):
        push_image(NOBODY, tmp_path / "absent", "repository")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"layers": 1},
        {"manifests": [{}]},
        {"config": [DIGEST]},
        {"subject": "x"},
        {"config": {"mediaType": "a/b", "digest": "sha256:x", "size": 1}},
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, document: object) -> None:
    content = json.dumps(document).encode()
    with pytest.raises(ImageTransferError):
        parse_manifest(content, DIGEST)
    folder = write(tmp_path, {"manifests": [descriptor(content)]}, content)
    with pytest.raises(ImageTransferError):
        push_image(NOBODY, folder, "repository")


def test_a_manifest_with_another_content(tmp_path: Path) -> None:
    folder = write(tmp_path, {"manifests": [descriptor(b"{}")]}, b"{}")
    (folder / "blobs" / "sha256" / hashlib.sha256(b"{}").hexdigest()).write_bytes(b"[]")
    with pytest.raises(ImageTransferError, match="lacks the manifest"):
        push_image(NOBODY, folder, "repository")


class Registry:
    """Answers of a registry, as a test wants them."""

    def __init__(self, manifests: dict[str, str], url: str = "http://127.0.0.1:9/") -> None:
        self.manifests = manifests
        self.url = url
        self.asked: list[str] = []

    def batch_get_image(self, *, imageIds: list[dict[str, str]], **_: Any) -> Any:  # noqa: N803
        asked = [each.get("imageDigest") or each["imageTag"] for each in imageIds]
        self.asked += asked
        images = [
            {"imageId": {"imageDigest": key if ":" in key else DIGEST}, "imageManifest": self.manifests[key]}
            | {"imageManifestMediaType": INDEX}
            for key in asked
        ]
        return {"images": images, "failures": []}

    def get_download_url_for_layer(self, **_: Any) -> Any:
        return {"downloadUrl": self.url}


def test_a_registry_that_gives_another_manifest(tmp_path: Path) -> None:
    registry: Any = Registry({"v1": "{}"})
    with pytest.raises(ImageTransferError, match="gave another manifest"):
        pull_image(registry, "repository", "v1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_registry_that_answers_with_other_images(tmp_path: Path) -> None:
    class Other(Registry):
        def batch_get_image(self, *, imageIds: list[dict[str, str]], **_: Any) -> Any:  # noqa: N803
            return super().batch_get_image(imageIds=[{"imageDigest": digest_of(b"{}")}])

    registry: Any = Other({digest_of(b"{}"): "{}"})
    with pytest.raises(ImageTransferError, match="answered with other images"):
        pull_image(registry, "repository", DIGEST, tmp_path)


def test_an_index_of_too_many_manifests(tmp_path: Path) -> None:
    children = [{"mediaType": MANIFEST, "digest": f"sha256:{number:064x}", "size": 2} for number in range(10_001)]
    content = json.dumps({"manifests": children})
    registry: Any = Registry({digest_of(content.encode()): content})
    with pytest.raises(ImageTransferError, match="more than 10000 manifests"):
        pull_image(registry, "repository", digest_of(content.encode()), tmp_path)
    assert len(registry.asked) == 1


def test_one_manifest_named_often_is_fetched_once(tmp_path: Path) -> None:
    leaf = json.dumps({"layers": []})
    children = [descriptor(leaf.encode()) for _ in range(50)]
    middle = json.dumps({"manifests": children})
    root = json.dumps({"manifests": [descriptor(middle.encode()), descriptor(leaf.encode())]})
    registry: Any = Registry({digest_of(each.encode()): each for each in (leaf, middle, root)})
    pull_image(registry, "repository", digest_of(root.encode()), tmp_path)
    assert sorted(registry.asked) == sorted(digest_of(each.encode()) for each in (leaf, middle, root))
    registry.asked.clear()
    pull_image(registry, "repository", digest_of(root.encode()), tmp_path)
    assert registry.asked == [digest_of(root.encode())], "what lies there is not fetched again"


@pytest.mark.parametrize("content", [b"12345", b"123456789", b"wrong678"])
def test_only_the_right_content_becomes_a_blob(tmp_path: Path, content: bytes) -> None:
    wanted = Descriptor("a/b", digest_of(b"right678"), 8)
    layout = Layout(tmp_path)

    def receive() -> None:
        with layout.writing(wanted) as file:
            for byte in content:
                file.write(bytes([byte]))

    with pytest.raises(ImageTransferError):
        receive()
    assert list((tmp_path / "blobs" / "sha256").iterdir()) == []
    with layout.writing(wanted) as file:
        file.write(b"right678")
    assert layout.has_verified(wanted)
    assert [each.name for each in (tmp_path / "blobs" / "sha256").iterdir()] == [wanted.digest.removeprefix("sha256:")]


def test_one_of_several_images_without_names_is_not_guessed(tmp_path: Path) -> None:
    contents = [json.dumps({"layers": [], "annotations": {"number": number}}).encode() for number in ("1", "2")]
    folder = write(tmp_path, {"manifests": [descriptor(each) for each in contents]}, *contents)
    with pytest.raises(ImageTransferError, match=r"with image=; it has \(no name\) sha256:"):
        push_image(NOBODY, folder, "repository")


@given(st.integers(0, 60 * 1024 * MEBIBYTE), st.none() | st.integers(0, 100 * MEBIBYTE))
def test_parts_are_within_the_bounds(size: int, offered: int | None) -> None:
    step = part_size(size, offered)
    assert SMALLEST_PART <= step <= LARGEST_PART
    count = -(-size // step)
    assert count <= MOST_PARTS or step == LARGEST_PART
    listed = list(parts(size, step))
    assert len(listed) == count
    assert [first for first, _ in listed] == [0, *(last + 1 for _, last in listed)][: len(listed)]
    assert not listed or listed[-1][1] == size - 1


def test_a_cancelled_push_stops(tmp_path: Path) -> None:
    layer = b"x" * 100
    content = json.dumps({"config": descriptor(b"{}"), "layers": [descriptor(layer)]}).encode()
    folder = write(tmp_path, {"manifests": [descriptor(content)]}, content, layer, b"{}")
    ended: list[str] = []

    class Slow:
        async def batch_check_layer_availability(self, **_: Any) -> Any:
            return {"layers": [], "failures": []}

        async def initiate_layer_upload(self, **_: Any) -> Any:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

    client: Any = Slow()

    async def run() -> None:
        await asyncio.wait_for(aio.push_image(client, folder, "repository"), 1)

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert ended == ["cancelled"] * 2


def test_progress_of_an_asynchronous_push_is_told_in_the_loop(tmp_path: Path) -> None:
    content = json.dumps({"config": descriptor(b"{}"), "layers": []}).encode()
    folder = write(tmp_path, {"manifests": [descriptor(content)]}, content, b"{}")

    class There:
        async def batch_check_layer_availability(self, layerDigests: list[str], **_: Any) -> Any:  # noqa: N803
            return {"layers": [{"layerDigest": each, "layerAvailability": "AVAILABLE"} for each in layerDigests]}

        async def put_image(self, **_: Any) -> Any:
            return {}

    client: Any = There()
    told: list[tuple[str, int, int]] = []

    def progress(blob: Descriptor, done: int, total: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append((blob.digest, done, total))

    assert asyncio.run(aio.push_image(client, folder, "repository", progress=progress)) == digest_of(content)
    assert told == [(digest_of(b"{}"), 2, 2)]


def test_nothing_at_once_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parallel must be at least 1"):
        push_image(NOBODY, tmp_path, "repository", parallel=0)
