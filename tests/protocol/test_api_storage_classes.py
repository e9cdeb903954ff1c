"""UpdateImageStorageClass, and what is seen of archived images: by the API, on the data plane, in the folders."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from administration import administration
from api_client import Answer, call, refused
from audit_trail import awaited
from image_content import Content
from oci_client import OciClient
from people import allow, document, new_user
from registry_process import RegistryProcess, free_port
from wharfside.registry import identities

ACCOUNT = "000000000000"
ABSENT = "sha256:" + "0" * 64
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """With an archive on another file system, where there is one."""
    archive = tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else tmp_path_factory.mktemp("archive"))
    data = tmp_path_factory.mktemp("registry") / "data"
    process = RegistryProcess(data, free_port(), environment_options={"WHARFSIDE_ARCHIVE_DIR": archive})
    process.start()
    yield process
    process.stop()
    shutil.rmtree(archive)


@pytest.fixture(scope="module")
def archive(registry: RegistryProcess) -> Path:
    return Path(registry.environment_options["WHARFSIDE_ARCHIVE_DIR"])


@pytest.fixture(scope="module")
def oci(registry: RegistryProcess) -> Iterator[OciClient]:
    client = registry.oci_client(registry.password())
    yield client
    client.close()


@pytest.fixture
def repository(registry: RegistryProcess) -> str:
    return registry.create_repository(f"tests/{secrets.token_hex(6)}")


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def until(ready: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def describe(ecr: Any, repository: str, **members: Any) -> list[dict[str, Any]]:
    return ecr.describe_images(repositoryName=repository, **members)["imageDetails"]


def update(ecr: Any, repository: str, target: str, **image_id: str) -> dict[str, Any]:
    answer = ecr.update_image_storage_class(repositoryName=repository, imageId=image_id, targetStorageClass=target)
    del answer["ResponseMetadata"]
    return answer


def status(ecr: Any, repository: str, digest: str) -> str:
    (detail,) = describe(ecr, repository, imageIds=[{"imageDigest": digest}])
    return detail["imageStatus"]


def files(folder: Path, digests: Any) -> list[bool]:
    """Which of the blobs have a file below a folder."""
    return [any(folder.rglob(f"{digest.partition(':')[2]}.*")) for digest in digests]


def test_an_image_is_archived_and_restored(
    registry: RegistryProcess, ecr: Any, oci: OciClient, repository: str, archive: Path
) -> None:
    content = Content()
    digest = content.image("v1", layers=2)["digest"]
    content.push(oci, repository)
    blobs = registry.data / "blobs"
    before = time.time() - 1
    answer = update(ecr, repository, "ARCHIVE", imageTag="v1")
    image_id = {"imageDigest": digest, "imageTag": "v1"}
    assert answer == {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageId": image_id,
        "imageStatus": "ARCHIVED",
    }
    assert update(ecr, repository, "ARCHIVE", imageDigest=digest) == {**answer, "imageId": {"imageDigest": digest}}
    (detail,) = describe(ecr, repository, imageIds=[{"imageTag": "v1"}])
    assert (detail["imageStatus"], detail["imageTags"]) == ("ARCHIVED", ["v1"])
    assert before <= detail["lastArchivedAt"].timestamp() <= time.time()
    assert "lastActivatedAt" not in detail
    until(lambda: all(files(archive, content.blobs)) and not any(files(blobs, content.blobs)))
    assert update(ecr, repository, "STANDARD", imageDigest=digest)["imageStatus"] in ("ACTIVATING", "ACTIVE")
    until(lambda: status(ecr, repository, digest) == "ACTIVE")
    assert all(files(blobs, content.blobs))
    until(lambda: not any(files(archive, content.blobs)))
    (detail,) = describe(ecr, repository)
    assert before <= detail["lastArchivedAt"].timestamp() <= detail["lastActivatedAt"].timestamp()
    assert oci.get_manifest(repository, "v1").body == content.manifests[digest]
    assert [oci.get_blob(repository, each).body for each in content.blobs] == list(content.blobs.values())
    assert update(ecr, repository, "STANDARD", imageDigest=digest)["imageStatus"] == "ACTIVE"


def test_an_archived_image_is_hidden_and_cannot_be_pulled(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("v1", layers=1)["digest"]
    other = content.image("v2", layers=1)["digest"]
    content.push(oci, repository)
    layer = next(iter(content.blobs))
    url = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=layer)["downloadUrl"]
    update(ecr, repository, "ARCHIVE", imageDigest=digest)
    for reference in ("v1", digest):
        for method in ("GET", "HEAD"):
            assert oci.get_manifest(repository, reference, method).status == 404
    refusal = oci.get_manifest(repository, "v1").error()
    assert refusal["code"] == "MANIFEST_UNKNOWN"
    assert "archived" in refusal["message"]
    assert oci.get_blob(repository, layer).status == oci.get_blob(repository, layer, "HEAD").status == 404
    assert oci.request("GET", "/" + url.partition("//")[2].partition("/")[2]).status == 404
    assert oci.list_tags(repository).json()["tags"] == ["v2"]
    got = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}, {"imageTag": "v2"}])
    assert [each["imageId"]["imageDigest"] for each in got["images"]] == [other]
    (failure,) = got["failures"]
    assert (failure["imageId"], failure["failureCode"]) == ({"imageTag": "v1"}, "ImageInaccessible")

    def listed(**chosen: str) -> tuple[set[str], set[str | None]]:
        details = describe(ecr, repository, filter=chosen)
        ids = ecr.list_images(repositoryName=repository, filter=chosen)["imageIds"]
        return {each["imageDigest"] for each in details}, {each.get("imageTag") for each in ids}

    assert listed() == listed(imageStatus="ACTIVE") == ({other}, {"v2"})
    assert listed(imageStatus="ARCHIVED") == listed(imageStatus="ARCHIVED", tagStatus="TAGGED") == ({digest}, {"v1"})
    assert listed(imageStatus="ANY") == ({digest, other}, {"v1", "v2"})
    assert listed(imageStatus="ACTIVATING") == listed(imageStatus="ARCHIVED", tagStatus="UNTAGGED") == (set(), set())


def test_layers_that_only_archived_images_need(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    layers = [content.layer(), content.layer()]
    document = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": layers}
    archived = content.manifest({**document, "config": content.config()}, "v1")["digest"]
    content.manifest({**document, "config": content.config(), "layers": layers[1:]}, "v2")
    content.push(oci, repository)
    update(ecr, repository, "ARCHIVE", imageDigest=archived)
    digests = [each["digest"] for each in layers]
    found = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[*digests, ABSENT])
    assert [(each["layerAvailability"], each.get("layerSize")) for each in found["layers"]] == [
        ("ARCHIVED", layers[0]["size"]),
        ("AVAILABLE", layers[1]["size"]),
        ("UNAVAILABLE", None),
    ]
    assert found["layers"][0]["mediaType"] == layers[0]["mediaType"]
    code, text = refused(ecr.get_download_url_for_layer, repositoryName=repository, layerDigest=digests[0])
    assert code == "LayerInaccessibleException"
    assert "archived images only" in text
    other = Content()
    other.blobs = {key: value for key, value in content.blobs.items() if key not in digests}
    again = other.manifest({**document, "config": other.config()}, "v3")
    manifest = other.manifests[again["digest"]].decode()
    other.manifests, other.tags = {}, {}
    other.push(oci, repository)
    assert refused(ecr.put_image, repositoryName=repository, imageManifest=manifest)[0] == "LayersNotFoundException"
    mounted = oci.request("POST", f"/v2/{repository}/blobs/uploads/?mount={digests[0]}&from={repository}")
    assert mounted.status == 202
    oci.push_blob(repository, content.blobs[digests[0]])
    ecr.put_image(repositoryName=repository, imageManifest=manifest)
    assert oci.get_blob(repository, digests[0]).body == content.blobs[digests[0]]
    assert status(ecr, repository, archived) == "ARCHIVED"


def test_referrers_have_a_status_too(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("v1", layers=1)
    first = content.artifact("application/vnd.example.a", subject=subject)["digest"]
    second = content.artifact("application/vnd.example.b", subject=subject)["digest"]
    content.push(oci, repository)
    update(ecr, repository, "ARCHIVE", imageDigest=first)

    def listed(**chosen: Any) -> dict[str, str]:
        subject_id = {"imageDigest": subject["digest"]}
        found = ecr.list_image_referrers(repositoryName=repository, subjectId=subject_id, filter=chosen)
        return {each["digest"]: each["artifactStatus"] for each in found["referrers"]}

    assert listed() == listed(artifactStatus="ACTIVE") == {second: "ACTIVE"}
    assert listed(artifactStatus="ARCHIVED") == {first: "ARCHIVED"}
    assert listed(artifactStatus="ANY") == {first: "ARCHIVED", second: "ACTIVE"}
    assert listed(artifactStatus="ARCHIVED", artifactTypes=["application/vnd.example.b"]) == {}
    shown = oci.list_referrers(repository, subject["digest"]).json()["manifests"]
    assert [each["digest"] for each in shown] == [second]


def test_an_archived_image_that_is_put_again_is_active_at_once(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    digest = content.image("v1", layers=1)["digest"]
    content.push(oci, repository)
    manifest = content.manifests[digest].decode()
    update(ecr, repository, "ARCHIVE", imageDigest=digest)
    put = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="v1")
    assert put["image"]["imageId"] == {"imageDigest": digest, "imageTag": "v1"}
    (detail,) = describe(ecr, repository)
    assert (detail["imageStatus"], detail["imageTags"]) == ("ACTIVE", ["v1"])
    assert detail["lastActivatedAt"] >= detail["lastArchivedAt"]
    assert [oci.get_blob(repository, each).body for each in content.blobs] == list(content.blobs.values())
    code, _ = refused(ecr.put_image, repositoryName=repository, imageManifest=manifest, imageTag="v1")
    assert code == "ImageAlreadyExistsException"
    update(ecr, repository, "ARCHIVE", imageDigest=digest)
    content.push(oci, repository)
    assert status(ecr, repository, digest) == "ACTIVE"
    assert [oci.get_blob(repository, each).body for each in content.blobs] == list(content.blobs.values())


def test_tags_of_archived_images_stay_reserved(ecr: Any, oci: OciClient, registry: RegistryProcess) -> None:
    repository = registry.create_repository(f"tests/{secrets.token_hex(6)}", imageTagMutability="IMMUTABLE")
    content = Content()
    digest = content.image("v1", layers=1)["digest"]
    content.push(oci, repository)
    update(ecr, repository, "ARCHIVE", imageDigest=digest)
    other = Content()
    manifest = other.manifests[other.image(layers=1)["digest"]].decode()
    other.push(oci, repository)
    code, _ = refused(ecr.put_image, repositoryName=repository, imageManifest=manifest, imageTag="v1")
    assert code == "ImageTagAlreadyExistsException"


def test_archived_images_are_deleted_and_keep_a_repository_from_being_empty(
    ecr: Any, oci: OciClient, repository: str
) -> None:
    content = Content()
    first, second, third = (content.image(tag, layers=1)["digest"] for tag in ("v1", "v2", "v3"))
    content.push(oci, repository)
    for digest in (first, second, third):
        update(ecr, repository, "ARCHIVE", imageDigest=digest)
    assert refused(ecr.delete_repository, repositoryName=repository)[0] == "RepositoryNotEmptyException"
    deleted = ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])
    assert deleted["imageIds"] == [{"imageDigest": first, "imageTag": "v1"}]
    assert oci.delete_manifest(repository, second).status == 202
    assert oci.delete_manifest(repository, "v3").status == 202
    assert [each["imageDigest"] for each in describe(ecr, repository, filter={"imageStatus": "ANY"})] == [third]
    ecr.delete_repository(repositoryName=repository, force=True)


def test_refusals(ecr: Any, oci: OciClient, repository: str, registry: RegistryProcess) -> None:
    content = Content()
    child = content.image(layers=1)
    index = content.index([child], "multi")["digest"]
    content.push(oci, repository)
    call_ = ecr.update_image_storage_class
    members: dict[str, Any] = {"repositoryName": repository, "targetStorageClass": "ARCHIVE"}
    assert refused(call_, **members, imageId={"imageDigest": child["digest"]}) == (
        "ImageStorageClassUpdateNotSupportedException",
        f"The storage class of the image with digest '{child['digest']}' within the repository with name"
        f" '{repository}' in the registry with id '{ACCOUNT}' cannot be updated: Requested image referenced by manifest"
        f" list: [{index}]",
    )
    assert refused(call_, **members, imageId={"imageTag": "none"}) == (
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'null', imageTag:'none'}} does not exist within the repository with name"
        f" '{repository}' in the registry with id '{ACCOUNT}'",
    )
    assert refused(call_, **members, imageId={"imageTag": "multi", "imageDigest": child["digest"]})[0] == (
        "ImageNotFoundException"
    )
    assert refused(call_, **members, imageId={})[0] == "InvalidParameterException"
    elsewhere = {**members, "repositoryName": "none/such"}
    assert refused(call_, **elsewhere, imageId={"imageTag": "v1"})[0] == "RepositoryNotFoundException"
    answer: Answer = call(
        registry, "UpdateImageStorageClass", {**members, "targetStorageClass": "GLACIER", "imageId": {}}
    )
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    assert status(ecr, repository, child["digest"]) == "ACTIVE"


def test_who_may_not_is_refused_and_changes_are_recorded(
    registry: RegistryProcess, ecr: Any, oci: OciClient, repository: str
) -> None:
    content = Content()
    digest = content.image("v1", layers=1)["digest"]
    content.push(oci, repository)
    with administration(registry.data) as admin:
        admin.run(identities.ensure_account, ACCOUNT, admin.now)
        allowed = document(allow("ecr:PutImage", "ecr:BatchDeleteImage", "ecr:Describe*"))
        person = new_user(registry, admin, ACCOUNT, allowed, f"user-{secrets.token_hex(4)}")
    members = {"repositoryName": repository, "imageId": {"imageTag": "v1"}, "targetStorageClass": "ARCHIVE"}
    code, text = refused(person.client().update_image_storage_class, **members)
    assert code == "AccessDeniedException"
    assert "ecr:UpdateImageStorageClass" in text
    assert status(ecr, repository, digest) == "ACTIVE"
    ecr.update_image_storage_class(**members)
    found = awaited(registry.data, 2, event="UpdateImageStorageClass", repository=repository)
    recorded = {each.get("errorCode"): each for each in found}
    assert recorded.keys() == {"AccessDeniedException", None}
    assert recorded[None]["requestParameters"] == members
    answer = recorded[None]["responseElements"]
    assert (answer["imageStatus"], answer["imageId"]["imageDigest"]) == ("ARCHIVED", digest)
