"""Images pushed and pulled through the layer API, by boto3's client and by ours, from and to OCI layouts."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox import Layout, Sandbox, write_layout

from image_content import Content, layer
from oci_client import OCI_INDEX, OCI_MANIFEST, digest_of
from registry_process import RegistryProcess
from tls_certificate import certificate
from wharfside_sdk.ecr import AsyncECRClient, ECRClient
from wharfside_sdk.image_transfer import Descriptor, ImageTransferError, aio, pull_image, push_image


def keys(registry: RegistryProcess) -> dict[str, Any]:
    return {
        "region_name": registry.region,
        "endpoint_url": registry.url,
        "aws_access_key_id": registry.access_key_id,
        "aws_secret_access_key": registry.secret_access_key,
    }


class InLoop:
    """The asynchronous functions, in the place of the synchronous ones."""

    def __init__(self, registry: RegistryProcess) -> None:
        self.registry = registry

    def push_image(self, *arguments: Any, **options: Any) -> str:
        return asyncio.run(self._with_client(aio.push_image, arguments, options))

    def pull_image(self, *arguments: Any, **options: Any) -> str:
        return asyncio.run(self._with_client(aio.pull_image, arguments, options))

    async def _with_client(self, function: Any, arguments: Any, options: Any) -> str:
        async with AsyncECRClient(**keys(self.registry)) as client:
            return await function(client, *arguments, **options)


class WithClient:
    """The synchronous functions with one client."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def push_image(self, *arguments: Any, **options: Any) -> str:
        return push_image(self.client, *arguments, **options)

    def pull_image(self, *arguments: Any, **options: Any) -> str:
        return pull_image(self.client, *arguments, **options)


@pytest.fixture(params=["boto3", "ours", "asynchronous"])
def mover(request: pytest.FixtureRequest, registry: RegistryProcess) -> Iterator[WithClient | InLoop]:
    if request.param == "asynchronous":
        yield InLoop(registry)
    elif request.param == "boto3":
        yield WithClient(registry.client())
    else:
        with ECRClient(**keys(registry)) as client:
            yield WithClient(client)


def skopeo_pull(sandbox: Sandbox, source: str, folder: Path, *options: str) -> Layout:
    sandbox.run("skopeo", "copy", "--src-tls-verify=false", *options, f"docker://{source}", f"oci:{folder}:out")
    return Layout(folder)


def digests(folder: Path) -> set[str]:
    """The blobs of a layout, each of which must be what it is called; there must be no other file."""
    found = [file for file in (folder / "blobs").rglob("*") if file.is_file()]
    for file in found:
        assert hashlib.new(file.parent.name, file.read_bytes()).hexdigest() == file.name
    return {f"{file.parent.name}:{file.name}" for file in found}


def test_round_trip(
    mover: WithClient | InLoop, small: Layout, sandbox: Sandbox, target: str, repository: str, tmp_path: Path
) -> None:
    digest = small.top("small")
    assert mover.push_image(small.folder, repository, "v1") == digest
    copied = skopeo_pull(sandbox, f"{target}:v1", tmp_path / "skopeo")
    assert copied.top("out") == digest
    assert mover.pull_image(repository, "v1", tmp_path / "back") == digest
    back = Layout(tmp_path / "back")
    assert back.top("v1") == digest
    assert digests(back.folder) == digests(small.folder) == digests(copied.folder)
    sandbox.run("skopeo", "inspect", f"oci:{back.folder}:v1")


def test_index_of_skopeo(
    mover: WithClient | InLoop, multi: Layout, sandbox: Sandbox, target: str, repository: str, tmp_path: Path
) -> None:
    digest = multi.top("multi")
    assert mover.push_image(multi.folder, repository, "all") == digest
    copied = skopeo_pull(sandbox, f"{target}:all", tmp_path / "skopeo", "--all")
    assert copied.top("out") == digest
    mover.pull_image(repository, "all", tmp_path / "back")
    assert digests(tmp_path / "back") == digests(copied.folder)


@pytest.fixture
def nested(tmp_path: Path) -> Content:
    """An index in an index, with a signature of an image and of the whole, and a report about a signature."""
    content = Content()
    inner = content.platforms()
    outer = content.index([inner, content.image()], "nested")
    signature = content.artifact("application/vnd.example.signature", "sig", subject=inner)
    content.artifact("application/vnd.example.report", "report", subject=signature)
    content.artifact("application/vnd.example.signature", "whole", subject=outer)
    content.artifact("application/vnd.example.other", "unrelated")
    return content


def test_nested_index_and_its_referrers(
    mover: WithClient | InLoop, nested: Content, registry: RegistryProcess, repository: str, tmp_path: Path
) -> None:
    layout = write_layout(tmp_path / "in", nested)
    root = mover.push_image(layout.folder, repository, "nested")
    described = registry.client().describe_images(repositoryName=repository)["imageDetails"]
    assert {detail["imageDigest"] for detail in described} >= {root, nested.tags["sig"], nested.tags["report"]}
    assert [detail["imageDigest"] for detail in described if detail.get("imageTags")] == [root]
    assert nested.tags["unrelated"] not in {detail["imageDigest"] for detail in described}
    client = registry.client()
    for subject, referrer in ((root, "whole"), (nested.tags["sig"], "report")):
        listed = client.list_image_referrers(repositoryName=repository, subjectId={"imageDigest": subject})
        assert [each["digest"] for each in listed["referrers"]] == [nested.tags[referrer]]
    mover.pull_image(repository, root, tmp_path / "out")
    out = json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]
    assert [(each["digest"], each.get("annotations"), each["mediaType"]) for each in out] == [(root, None, OCI_INDEX)]
    assert digests(tmp_path / "out") < digests(layout.folder)


def test_large_manifests(counting: Any, repository: str, tmp_path: Path) -> None:
    """They are asked for in as many calls as it takes for each answer to be given."""
    content = Content()
    filling = {"filling": "x" * 4_000_000}
    images = [content.image(architecture=f"a{number}", layers=1, annotations=filling) for number in range(9)]
    index = content.index(images, "many")["digest"]
    write_layout(tmp_path / "many", content)
    mover = WithClient(counting)
    assert mover.push_image(tmp_path / "many", repository, "many") == index
    assert mover.pull_image(repository, "many", tmp_path / "back") == index
    assert digests(tmp_path / "back") == digests(tmp_path / "many")


def large(size: int) -> Content:
    """An image whose one layer has this many bytes."""
    content = Content()
    stored = content.blob(secrets.token_bytes(size), "application/vnd.oci.image.layer.v1.tar")
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": content.blob(b"{}", "application/json")}
    content.manifest(document | {"layers": [stored]}, "large")
    return content


@pytest.mark.parametrize("size", [10_485_760, 10_485_761, 23_000_000])
def test_layers_of_many_parts(mover: WithClient | InLoop, repository: str, tmp_path: Path, size: int) -> None:
    layout = write_layout(tmp_path / "in", large(size))
    told: list[tuple[Descriptor, int, int]] = []
    digest = mover.push_image(layout.folder, repository, "large", progress=lambda *each: told.append(each))
    check_progress(told, layout, digest)
    assert len([done for _, done, total in told if total == size]) == 1 + -(-size // 10_485_760)
    told.clear()
    mover.pull_image(repository, "large", tmp_path / "out", progress=lambda *each: told.append(each))
    check_progress(told, layout, digest)
    assert digests(tmp_path / "out") == digests(layout.folder)


def check_progress(told: list[tuple[Descriptor, int, int]], layout: Layout, digest: str) -> None:
    for blob, size in layout.blobs_of(digest).items():
        steps = [done for descriptor, done, total in told if descriptor.digest == blob]
        assert steps == sorted(steps)
        assert (steps[0], steps[-1]) == (0, size)
        assert {total for descriptor, _, total in told if descriptor.digest == blob} == {size}


class Counting:
    """A client that tells how often its methods were called, and fails where a test says so."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []
        self.fail: Callable[[str, dict[str, Any]], Any] = lambda name, parameters: None

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append(name)
            replaced = self.fail(name, parameters)
            return getattr(self.client, name)(**parameters) if replaced is None else replaced

        return call


@pytest.fixture
def counting(registry: RegistryProcess) -> Any:
    return Counting(registry.client())


def test_what_is_there_is_not_sent_again(counting: Any, small: Layout, repository: str) -> None:
    told: list[tuple[Descriptor, int, int]] = []
    push_image(counting, small.folder, repository, "one")
    counting.calls.clear()
    push_image(counting, small.folder, repository, "two", image="small", progress=lambda *each: told.append(each))
    push_image(counting, small.folder, repository, "two", image=small.top("small"))
    assert counting.calls == ["batch_check_layer_availability", "put_image"] * 2
    assert {done == total for _, done, total in told} == {True}


def test_an_interrupted_pull_goes_on(counting: Any, small: Layout, repository: str, tmp_path: Path) -> None:
    digest = push_image(counting, small.folder, repository, "v1")
    pull_image(counting, repository, "v1", tmp_path)
    damaged, missing, *_ = [
        Layout(tmp_path).folder / "blobs" / Path(*blob.split(":")) for blob in small.blobs_of(digest)
    ]
    damaged.write_bytes(bytes(damaged.stat().st_size))
    missing.unlink()
    counting.calls.clear()
    pull_image(counting, repository, "v1", tmp_path)
    assert counting.calls == ["batch_get_image"] + ["get_download_url_for_layer"] * 2
    assert digests(tmp_path) == digests(small.folder)


def test_nothing_is_named_before_all_is_there(counting: Any, small: Layout, repository: str, tmp_path: Path) -> None:
    push_image(counting, small.folder, repository, "v1")

    def fail(name: str, parameters: dict[str, Any]) -> None:
        if name == "get_download_url_for_layer" and counting.calls.count(name) == 2:
            raise ConnectionError("cut off")

    counting.fail = fail
    with pytest.raises(ConnectionError, match="cut off"):
        pull_image(counting, repository, "v1", tmp_path / "out", parallel=1)
    assert not (tmp_path / "out" / "index.json").exists()
    assert len(digests(tmp_path / "out")) == 1
    counting.fail = lambda name, parameters: None
    pull_image(counting, repository, "v1", tmp_path / "out")
    assert digests(tmp_path / "out") == digests(small.folder)


def test_a_download_that_is_something_else(counting: Any, small: Layout, repository: str, tmp_path: Path) -> None:
    digest = push_image(counting, small.folder, repository, "v1")
    wrong = max(small.blobs_of(digest))

    def fail(name: str, parameters: dict[str, Any]) -> Any:
        if name == "get_download_url_for_layer":
            return counting.client.get_download_url_for_layer(**{**parameters, "layerDigest": wrong})
        return None

    counting.fail = fail
    with pytest.raises(ImageTransferError, match=r"cannot be downloaded: (what came as|sha256:.* is longer than)"):
        pull_image(counting, repository, "v1", tmp_path / "out")
    assert digests(tmp_path / "out") <= {wrong}
    assert not (tmp_path / "out" / "index.json").exists()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "no url", "http://127.0.0.1:9/"])
def test_a_download_url_that_leads_elsewhere(
    counting: Any, small: Layout, repository: str, tmp_path: Path, url: str
) -> None:
    push_image(counting, small.folder, repository, "v1")
    counting.fail = lambda name, _: {"downloadUrl": url} if name.startswith("get_download") else None
    with pytest.raises(ImageTransferError, match="cannot be downloaded"):
        pull_image(counting, repository, "v1", tmp_path / "out")
    assert not digests(tmp_path / "out")


def test_a_part_whose_answer_got_lost(counting: Any, repository: str, tmp_path: Path) -> None:
    layout = write_layout(tmp_path, large(12_000_000))

    def twice(name: str, parameters: dict[str, Any]) -> None:
        if name == "upload_layer_part" and parameters["partFirstByte"] == 0:
            counting.client.upload_layer_part(**parameters)

    counting.fail = twice
    digest = push_image(counting, layout.folder, repository, "large")
    assert digest == layout.top("large")


def test_two_pushes_at_once_of_one_layer(counting: Any, small: Layout, repository: str) -> None:
    others: list[str] = []

    def first(name: str, parameters: dict[str, Any]) -> None:
        if name == "complete_layer_upload" and not others:
            others.append(push_image(counting.client, small.folder, repository, "other"))

    counting.fail = first
    assert push_image(counting, small.folder, repository, "v1", parallel=1) == others[0]


def test_the_first_error_ends_a_push(counting: Any, repository: str, tmp_path: Path) -> None:
    content = Content()
    content.image("many", layers=20)
    layout = write_layout(tmp_path, content)

    def fail(name: str, parameters: dict[str, Any]) -> None:
        if name == "upload_layer_part":
            raise ConnectionError("cut off")

    counting.fail = fail
    with pytest.raises(ConnectionError, match="cut off"):
        push_image(counting, layout.folder, repository, "many", parallel=2)
    assert counting.calls.count("upload_layer_part") <= 4
    assert "put_image" not in counting.calls


def test_a_layer_that_is_not_what_it_says(mover: WithClient | InLoop, small: Layout, repository: str) -> None:
    blob, size = next(iter(small.blobs_of(small.top("small")).items()))
    (small.folder / "blobs" / Path(*blob.split(":"))).write_bytes(bytes(size))
    with pytest.raises(Exception, match="InvalidLayerException"):
        mover.push_image(small.folder, repository, "v1")


def test_a_repository_that_is_absent(mover: WithClient | InLoop, small: Layout, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="RepositoryNotFoundException"):
        mover.push_image(small.folder, "absent/repository", "v1")
    with pytest.raises(Exception, match="RepositoryNotFoundException"):
        mover.pull_image("absent/repository", "v1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_image_that_is_absent(mover: WithClient | InLoop, repository: str, tmp_path: Path) -> None:
    for reference in ("v1", digest_of(b"absent")):
        with pytest.raises(ImageTransferError, match="ImageNotFound"):
            mover.pull_image(repository, reference, tmp_path / "out")


def test_which_image_of_a_layout(counting: Any, repository: str, tmp_path: Path) -> None:
    content = Content()
    content.image("one")
    content.image("two")
    layout = write_layout(tmp_path, content)
    assert push_image(counting, layout.folder, repository, "two") == content.tags["two"]
    assert push_image(counting, layout.folder, repository, image="one") == content.tags["one"]
    with pytest.raises(ImageTransferError, match=r"say which image .* with image=; it has one sha256:.*, two sha256:"):
        push_image(counting, layout.folder, repository, "three")
    with pytest.raises(ImageTransferError, match="say which image"):
        push_image(counting, layout.folder, repository, "two", image="three")


def test_names_of_a_layout(counting: Any, repository: str, tmp_path: Path) -> None:
    content = Content()
    content.image("one")
    content.image("two")
    push = write_layout(tmp_path / "in", content)
    for tag in ("one", "two"):
        push_image(counting, push.folder, repository, tag)
        pull_image(counting, repository, tag, tmp_path / "out")
    out = Layout(tmp_path / "out")
    assert [out.top(tag) for tag in ("one", "two")] == [content.tags[tag] for tag in ("one", "two")]
    push_image(counting, push.folder, repository, "one", image="two")
    pull_image(counting, repository, "one", tmp_path / "out")
    pull_image(counting, repository, content.tags["two"], tmp_path / "out")
    pull_image(counting, repository, content.tags["two"], tmp_path / "out")
    assert out.top("one") == out.top("two") == content.tags["two"]
    assert len(json.loads((out.folder / "index.json").read_text())["manifests"]) == 3
    assert json.loads((out.folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}


def test_layers_at_urls_of_their_own_stay_there(counting: Any, repository: str, tmp_path: Path) -> None:
    content = Content()
    foreign = content.blob(layer(), "application/vnd.docker.image.rootfs.foreign.diff.tar")
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": content.config()}
    content.manifest(document | {"layers": [foreign | {"urls": ["https://elsewhere.example/x"]}]}, "foreign")
    layout = write_layout(tmp_path / "in", content)
    (layout.folder / "blobs" / Path(*foreign["digest"].split(":"))).unlink()
    push_image(counting, layout.folder, repository, "foreign")
    assert counting.calls.count("upload_layer_part") == 1
    pull_image(counting, repository, "foreign", tmp_path / "out")
    assert digests(tmp_path / "out") == digests(layout.folder)


def test_downloads_over_tls(
    fresh_registry: Callable[..., RegistryProcess], small: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = certificate(tmp_path)
    options = ("--tls-cert", str(public), "--tls-key", str(private))
    server = fresh_registry(*options, scheme="https", authority=public)
    repository = server.create_repository("secure")
    digest = push_image(server.client(), small.folder, repository, "v1")
    with pytest.raises(ImageTransferError, match=r"cannot be downloaded: .*CERTIFICATE_VERIFY_FAILED"):
        pull_image(server.client(), repository, "v1", tmp_path / "distrusted")
    assert pull_image(server.client(), repository, "v1", tmp_path / "by argument", verify=str(public)) == digest
    monkeypatch.setenv("AWS_CA_BUNDLE", str(public))
    assert pull_image(server.client(), repository, "v1", tmp_path / "by environment") == digest
    assert digests(tmp_path / "by argument") == digests(tmp_path / "by environment") == digests(small.folder)
