"""PutImage: every outcome that a push through the API can have."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from api_client import call, invalid, refused, upload_layer
from image_content import CONFIG, LAYER, Content
from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient, digest_of
from registry_process import RegistryProcess

ACCOUNT = "000000000000"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
BAD_MANIFEST = invalid("ImageManifest", "Invalid JSON syntax")


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


@pytest.fixture
def document(oci: OciClient, repository: str) -> dict[str, Any]:
    """A manifest whose blobs are in the repository, but which is not."""
    content = Content()
    digest = content.image(layers=1)["digest"]
    for blob in content.blobs.values():
        oci.push_blob(repository, blob)
    return json.loads(content.manifests[digest])


def tags_of(ecr: Any, repository: str) -> dict[str, list[str]]:
    details = ecr.describe_images(repositoryName=repository)["imageDetails"]
    return {detail["imageDigest"]: sorted(detail.get("imageTags", [])) for detail in details}


def test_a_new_image(ecr: Any, oci: OciClient, repository: str, document: Any) -> None:
    manifest = json.dumps(document, indent=3) + "\n"
    answer = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="v1")
    digest = digest_of(manifest.encode())
    assert answer["image"] == {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageId": {"imageDigest": digest, "imageTag": "v1"},
        "imageManifest": manifest,
        "imageManifestMediaType": OCI_MANIFEST,
    }
    pulled = oci.get_manifest(repository, "v1")
    assert (pulled.body, pulled.headers["Docker-Content-Digest"]) == (manifest.encode(), digest)


def test_a_new_image_without_tag(ecr: Any, repository: str, document: Any) -> None:
    answer = ecr.put_image(repositoryName=repository, imageManifest=json.dumps(document))
    assert answer["image"]["imageId"].keys() == {"imageDigest"}
    assert tags_of(ecr, repository) == {answer["image"]["imageId"]["imageDigest"]: []}


def already_exists(digest: str, tag: str | None, repository: str) -> tuple[str, str]:
    message = (
        f"Image with digest '{digest}' and tag '{tag or 'null'}' already exists in the repository with name"
        f" '{repository}' in registry with id '{ACCOUNT}'"
    )
    return "ImageAlreadyExistsException", message


def test_an_image_that_is_there(ecr: Any, repository: str, document: Any) -> None:
    """The same tag again or no tag: refused. Another tag: added, also when no layer of it is named any more."""
    manifest = json.dumps(document)
    digest = digest_of(manifest.encode())
    image = {"repositoryName": repository, "imageManifest": manifest}
    ecr.put_image(**image, imageTag="v1")
    pushed = ecr.describe_images(repositoryName=repository)["imageDetails"][0]["imagePushedAt"]
    assert refused(ecr.put_image, **image, imageTag="v1") == already_exists(digest, "v1", repository)
    assert refused(ecr.put_image, **image) == already_exists(digest, None, repository)
    answer = ecr.put_image(**image, imageTag="v2", imageDigest=digest)
    assert answer["image"]["imageId"] == {"imageDigest": digest, "imageTag": "v2"}
    assert tags_of(ecr, repository) == {digest: ["v1", "v2"]}
    assert ecr.describe_images(repositoryName=repository)["imageDetails"][0]["imagePushedAt"] == pushed


def test_a_moved_tag_leaves_the_former_image(ecr: Any, repository: str, document: Any) -> None:
    digests = []
    for number in range(2):
        manifest = json.dumps(document | {"annotations": {"number": str(number)}})
        digests.append(digest_of(manifest.encode()))
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="latest")
        assert tags_of(ecr, repository)[digests[-1]] == ["latest"]
    assert tags_of(ecr, repository) == {digests[0]: [], digests[1]: ["latest"]}


def test_wrong_digest(ecr: Any, repository: str, document: Any) -> None:
    for digest in ("sha256:" + "0" * 64, "sha512:" + "0" * 128, "md5:abc"):
        message = (
            f"The image with digest '{digest}' in repository '{repository}' and registry ID '{ACCOUNT}' does not match"
            " the image digest that Amazon ECR has calculated."
        )
        image = {"repositoryName": repository, "imageManifest": json.dumps(document), "imageDigest": digest}
        assert refused(ecr.put_image, **image) == ("ImageDigestDoesNotMatchException", message)
    assert tags_of(ecr, repository) == {}


def test_missing_layers(ecr: Any, repository: str, other_repository: str, document: Any) -> None:
    """Every one of them is named. Layers of another repository count as missing."""
    absent = [{"mediaType": LAYER, "digest": f"sha256:{number:064}", "size": 1} for number in range(2)]
    manifest = json.dumps(document | {"layers": [*document["layers"], *absent]})
    names = ", ".join(each["digest"] for each in absent)
    message = (
        f"Layers with digests '[{names}]' required for pushing image into repository with name '{repository}' in the"
        f" registry with id '{ACCOUNT}' do not exist"
    )
    image = {"repositoryName": repository, "imageManifest": manifest, "imageTag": "v1"}
    assert refused(ecr.put_image, **image) == ("LayersNotFoundException", message)
    code, message = refused(ecr.put_image, repositoryName=other_repository, imageManifest=json.dumps(document))
    assert code == "LayersNotFoundException"
    assert document["config"]["digest"] in message
    assert document["layers"][0]["digest"] in message
    assert tags_of(ecr, repository) == tags_of(ecr, other_repository) == {}


def test_layers_that_live_elsewhere(ecr: Any, repository: str, document: Any) -> None:
    foreign = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": "sha256:" + "3" * 64,
        "size": 5,
        "urls": ["https://example.com/layer"],
    }
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(document | {"layers": [foreign]}))
    assert len(tags_of(ecr, repository)) == 1


def test_missing_children(ecr: Any, repository: str, document: Any) -> None:
    manifest = json.dumps(document)
    ecr.put_image(repositoryName=repository, imageManifest=manifest)
    there = {"mediaType": OCI_MANIFEST, "digest": digest_of(manifest.encode()), "size": len(manifest)}
    absent = [there | {"digest": f"sha256:{number:064}"} for number in range(2)]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [absent[0], there, absent[1]]}
    names = ", ".join(each["digest"] for each in absent)
    message = (
        f"Images with digests '[{names}]' required for pushing image into repository with name '{repository}' in the"
        f" registry with id '{ACCOUNT}' do not exist"
    )
    image = {"repositoryName": repository, "imageManifest": json.dumps(index), "imageTag": "v1"}
    assert refused(ecr.put_image, **image) == ("ReferencedImagesNotFoundException", message)
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(index | {"manifests": [there]}), imageTag="v1")


def test_a_subject_need_not_be_there(ecr: Any, repository: str, document: Any) -> None:
    subject = {"mediaType": OCI_MANIFEST, "digest": "sha256:" + "4" * 64, "size": 5}
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(document | {"subject": subject}))
    (detail,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert detail["subjectManifestDigest"] == subject["digest"]


def test_media_types(ecr: Any, repository: str, document: Any) -> None:
    """It comes from the parameter or from the document; both must agree, and one is needed."""
    bare = {key: value for key, value in document.items() if key != "mediaType"}
    image = {"repositoryName": repository, "imageManifest": json.dumps(bare)}
    assert refused(ecr.put_image, **image) == BAD_MANIFEST
    answer = ecr.put_image(**image, imageManifestMediaType=OCI_MANIFEST)
    assert answer["image"]["imageManifestMediaType"] == OCI_MANIFEST
    image["imageManifest"] = json.dumps(document | {"annotations": {"other": "image"}})
    assert refused(ecr.put_image, **image, imageManifestMediaType=OCI_INDEX) == BAD_MANIFEST
    image["imageManifest"] = json.dumps(document | {"mediaType": DOCKER_MANIFEST})
    assert ecr.put_image(**image)["image"]["imageManifestMediaType"] == DOCKER_MANIFEST


@pytest.mark.parametrize(
    "change",
    [
        {"schemaVersion": 1},
        {"schemaVersion": None},
        {"schemaVersion": 2.0},
        {"mediaType": "application/vnd.oci.artifact.manifest.v1+json"},
        {"mediaType": []},
        {"mediaType": {}},
        {"mediaType": 7},
        {"config": None},
        {"config": {"mediaType": CONFIG, "digest": "sha256:abc", "size": 1}},
        {"config": {"mediaType": "text/plain;charset=utf-8", "digest": "sha256:" + "0" * 64, "size": 1}},
        {"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": -1}},
        {"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 1.5}},
        {"layers": {}},
        {"layers": [None]},
        {"layers": [{"mediaType": LAYER, "digest": "sha256:" + "0" * 64, "size": 1 << 62}] * 2},
        {"subject": {"digest": "sha256:" + "0" * 64}},
        {"artifactType": "application/x;version=1"},
        {"annotations": {"key": 1}},
    ],
    ids=lambda change: json.dumps(change)[:50],
)
def test_manifests_that_are_none(ecr: Any, repository: str, document: Any, change: Any) -> None:
    assert (
        refused(ecr.put_image, repositoryName=repository, imageManifest=json.dumps(document | change)) == BAD_MANIFEST
    )
    assert tags_of(ecr, repository) == {}


@pytest.mark.parametrize(
    "manifest",
    ["x", "[]", "null", '"text"', "{", '{"a":NaN}', "[" * 100_000, "\x00", "\ufeff{}", "1" * 5000],
    ids=lambda text: ascii(text[:9]),
)
def test_manifests_that_are_no_json(ecr: Any, repository: str, manifest: str) -> None:
    image = {"repositoryName": repository, "imageManifest": manifest, "imageManifestMediaType": OCI_MANIFEST}
    assert refused(ecr.put_image, **image) == BAD_MANIFEST


def test_largest_manifest(registry: RegistryProcess, ecr: Any, repository: str, document: Any) -> None:
    padding = 4_194_304 - len(json.dumps(document | {"annotations": {"x": ""}}))
    manifest = json.dumps(document | {"annotations": {"x": "y" * padding}})
    assert len(manifest) == 4_194_304
    too_long = invalid("imageManifest", "Member must have length less than or equal to 4194304")
    for larger in (manifest + " ", manifest[:-4] + "ü" + manifest[-3:]):
        answer = call(registry, "PutImage", {"repositoryName": repository, "imageManifest": larger})
        assert (answer.code, answer.message) == too_long
    ecr.put_image(repositoryName=repository, imageManifest=manifest)


def test_too_many_layers(ecr: Any, repository: str, document: Any) -> None:
    manifest = json.dumps(document | {"layers": document["layers"] * 4097})
    expected = invalid("ImageManifest", "Limit on number of layers per image exceeded")
    assert refused(ecr.put_image, repositoryName=repository, imageManifest=manifest) == expected


@pytest.mark.parametrize("tag", ["a:b", "a+b", "a/b", "-a", ".a", "a" * 129, "ä", "a b", "a\n"])
def test_bad_tags(registry: RegistryProcess, ecr: Any, repository: str, document: Any, tag: str) -> None:
    members = {"repositoryName": repository, "imageManifest": json.dumps(document), "imageTag": tag}
    answer = call(registry, "PutImage", members)
    expected = invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]+'")
    assert (answer.code, answer.message) == expected
    assert tags_of(ecr, repository) == {}


def test_order_of_checks(ecr: Any, repository: str, document: Any) -> None:
    """Repository, manifest, digest, references, tag: the first that is wrong is named."""
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(document), imageTag="taken")
    absent = {"mediaType": LAYER, "digest": "sha256:" + "5" * 64, "size": 1}
    wrong = json.dumps(document | {"layers": [absent]})
    image = {"repositoryName": "not/there", "imageManifest": "{", "imageDigest": "sha256:00", "imageTag": "taken"}
    codes = [refused(ecr.put_image, **image)[0]]
    for change in (
        {"repositoryName": repository},
        {"imageManifest": wrong},
        {"imageDigest": digest_of(wrong.encode())},
        {"imageManifest": json.dumps(document | {"annotations": {}}), "imageDigest": None},
    ):
        image = {key: value for key, value in (image | change).items() if value is not None}
        codes.append(refused(ecr.put_image, **image)[0])
    assert codes == [
        "RepositoryNotFoundException",
        "InvalidParameterException",
        "ImageDigestDoesNotMatchException",
        "LayersNotFoundException",
        "ImageTagAlreadyExistsException",
    ]


def test_a_thousand_tags_and_no_more(ecr: Any, oci: OciClient, repository: str, document: Any) -> None:
    manifest = json.dumps(document)
    digest = digest_of(manifest.encode())
    for start in range(0, 1000, 50):
        tags = [f"t{number}" for number in range(start, start + 50)]
        assert oci.put_manifest(repository, digest, manifest.encode(), tag=tags).status == 201
    message = (
        f"Adding tag 'one-more' to an image in the repository with name '{repository}' in registry with id"
        f" '{ACCOUNT}' exceeds the maximum allowed number of tags per image which is '1000'"
    )
    image = {"repositoryName": repository, "imageManifest": manifest}
    assert refused(ecr.put_image, **image, imageTag="one-more") == ("LimitExceededException", message)
    reply = oci.put_manifest(repository, "one-more", manifest.encode())
    assert (reply.status, reply.error()) == (403, {"code": "DENIED", "message": message})
    assert refused(ecr.put_image, **image, imageTag="t999")[0] == "ImageAlreadyExistsException"
    (detail,) = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert len(detail["imageTags"]) == 1000


def test_a_digest_of_sha512_names_the_image(ecr: Any, oci: OciClient, repository: str, document: Any) -> None:
    manifest = json.dumps(document)
    digest = digest_of(manifest.encode(), "sha512")
    answer = ecr.put_image(repositoryName=repository, imageManifest=manifest, imageDigest=digest)
    assert answer["image"]["imageId"] == {"imageDigest": digest}
    assert oci.get_manifest(repository, digest).body == manifest.encode()


def test_everything_by_the_api(ecr: Any, oci: OciClient, repository: str) -> None:
    config = upload_layer(ecr, repository, b"{}" + secrets.token_hex(4).encode())
    layer = upload_layer(ecr, repository, secrets.token_bytes(1000))
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 10, "digest": config},
        "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1000, "digest": layer}],
    }
    ecr.put_image(repositoryName=repository, imageManifest=json.dumps(manifest), imageTag="latest")
    pulled = oci.get_manifest(repository, "latest", accept=DOCKER_MANIFEST)
    assert pulled.json() == manifest
    assert len(oci.get_blob(repository, layer).body) == 1000


@pytest.mark.parametrize("member", ["config", "layer", "repeated layer", "child"])
def test_a_size_that_is_not_that_of_the_content(
    ecr: Any, oci: OciClient, repository: str, document: Any, member: str
) -> None:
    if member == "child":
        pushed = ecr.put_image(repositoryName=repository, imageManifest=json.dumps(document))["image"]
        size = len(pushed["imageManifest"].encode())
        child = {"mediaType": OCI_MANIFEST, "digest": pushed["imageId"]["imageDigest"], "size": size}
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]}
    else:
        child = document["config"] if member == "config" else document["layers"][0]
        size = child["size"]
        if member == "repeated layer":
            document["layers"].append(dict(child))
    child["size"] = size + 1
    reason = f"Size of the content with digest {child['digest']} is {size} instead of {size + 1}"
    answer = refused(ecr.put_image, repositoryName=repository, imageManifest=json.dumps(document), imageTag="wrong")
    assert answer == invalid("ImageManifest", reason)
    assert oci.get_manifest(repository, "wrong").status == 404
