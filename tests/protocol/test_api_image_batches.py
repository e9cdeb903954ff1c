"""BatchGetImage and BatchDeleteImage: each id succeeds or fails alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api_client import call, refused
from image_content import Content
from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient
from registry_process import RegistryProcess

ACCOUNT = "000000000000"
ABSENT = "sha256:" + "0" * 64
NOT_FOUND = ("ImageNotFound", "Requested image not found")
NEITHER = ("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
BAD_DIGEST = (
    "InvalidImageDigest",
    "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
)
BAD_TAG = ("InvalidImageTag", "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9-_.]+'")

MISMATCH = (
    "ImageTagDoesNotMatchDigest",
    "Invalid request parameters: given tag does not map to the given digest",
)


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


class Stored:
    """A repository with what was pushed to it."""

    def __init__(self, ecr: Any, oci: OciClient, repository: str) -> None:
        self.ecr, self.oci, self.repository, self.content = ecr, oci, repository, Content()

    def image(self, *tags: str) -> str:
        return self.content.image(*tags, layers=1)["digest"]

    def push(self) -> None:
        self.content.push(self.oci, self.repository)

    def delete(self, *ids: dict[str, str]) -> tuple[list[Any], dict[str, tuple[str, str]]]:
        """The ids that were deleted, and code and reason of each failure by the id as JSON."""
        answer = self.ecr.batch_delete_image(repositoryName=self.repository, imageIds=list(ids))
        return answer["imageIds"], failures(answer)

    def listed(self) -> dict[str, list[str]]:
        found = self.ecr.describe_images(repositoryName=self.repository)["imageDetails"]
        return {each["imageDigest"]: each.get("imageTags", []) for each in found}


def failures(answer: Any) -> dict[str, tuple[str, str]]:
    return {
        json.dumps(each.get("imageId", {})): (each["failureCode"], each["failureReason"]) for each in answer["failures"]
    }


@pytest.fixture
def stored(ecr: Any, oci: OciClient, repository: str) -> Stored:
    return Stored(ecr, oci, repository)


def digest_id(digest: str, tag: str | None = None) -> dict[str, str]:
    return {"imageDigest": digest} | ({"imageTag": tag} if tag else {})


def tag_id(tag: str) -> dict[str, str]:
    return {"imageTag": tag}


def test_get(ecr: Any, stored: Stored) -> None:
    one, two = stored.image("a", "b"), stored.image()
    stored.push()
    ids = [tag_id("a"), digest_id(one, "b"), digest_id(two), digest_id(one), tag_id("a")]
    answer = ecr.batch_get_image(repositoryName=stored.repository, imageIds=ids)
    assert answer["failures"] == []
    assert [each["imageId"] for each in answer["images"]] == [
        digest_id(one, "a"),
        digest_id(one, "b"),
        digest_id(two),
        digest_id(one),
    ]
    for each in answer["images"]:
        assert each.keys() == {"registryId", "repositoryName", "imageId", "imageManifest", "imageManifestMediaType"}
        assert (each["registryId"], each["repositoryName"]) == (ACCOUNT, stored.repository)
        assert each["imageManifest"].encode() == stored.content.manifests[each["imageId"]["imageDigest"]]
        assert each["imageManifestMediaType"] == OCI_MANIFEST


def test_get_failures(registry: RegistryProcess, stored: Stored) -> None:
    """Whatever is wrong with an id, the others are answered; raw, because boto3 would not send all of them."""
    one = stored.image("a")
    stored.push()
    expected = [
        (tag_id("none"), NOT_FOUND),
        (digest_id(ABSENT), NOT_FOUND),
        (digest_id(one, "none"), NOT_FOUND),
        (digest_id("md5:abc"), NOT_FOUND),
        ({}, NEITHER),
        (digest_id("sha256"), BAD_DIGEST),
        (digest_id("sha256:xyz"), BAD_DIGEST),
        (digest_id(ABSENT + "\n"), BAD_DIGEST),
        (tag_id("a:b"), BAD_TAG),
        (tag_id("-a"), BAD_TAG),
    ]
    ids = [each for each, _ in expected]
    members = {"repositoryName": stored.repository, "imageIds": [*ids, tag_id("a")]}
    answer = call(registry, "BatchGetImage", members)
    assert answer.status == 200
    assert [each["imageId"] for each in answer.json()["images"]] == [digest_id(one, "a")]
    assert failures(answer.json()) == {json.dumps(each): failure for each, failure in expected}


@pytest.mark.parametrize("operation", ["batch_get_image", "batch_delete_image"])
def test_tag_and_digest_must_agree(ecr: Any, stored: Stored, operation: str) -> None:
    stored.image("a")
    other = stored.image("b")
    stored.push()
    before = stored.listed()
    answer = getattr(ecr, operation)(repositoryName=stored.repository, imageIds=[digest_id(other, "a")])
    assert failures(answer) == {json.dumps(digest_id(other, "a")): MISMATCH}
    assert stored.listed() == before


def test_accepted_media_types(ecr: Any, stored: Stored) -> None:
    index = stored.content.platforms("multi")["digest"]
    stored.push()
    ask = {"repositoryName": stored.repository, "imageIds": [tag_id("multi")]}
    for accepted in (
        [OCI_INDEX],
        [OCI_MANIFEST, OCI_INDEX],
        ["application/vnd.docker.distribution.manifest.v2+json", OCI_INDEX],
    ):
        (image,) = ecr.batch_get_image(**ask, acceptedMediaTypes=accepted)["images"]
        assert image["imageId"] == digest_id(index, "multi")
        assert image["imageManifestMediaType"] == OCI_INDEX
    answer = ecr.batch_get_image(**ask, acceptedMediaTypes=[OCI_MANIFEST])
    assert answer["images"] == []
    assert failures(answer) == {json.dumps(tag_id("multi")): NOT_FOUND}


@pytest.mark.parametrize("operation", ["BatchGetImage", "BatchDeleteImage"])
@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (0, "Member must have length greater than or equal to 1"),
        (101, "Member must have length less than or equal to 100"),
    ],
)
def test_number_of_ids(registry: RegistryProcess, repository: str, operation: str, count: int, reason: str) -> None:
    answer = call(registry, operation, {"repositoryName": repository, "imageIds": [tag_id("a")] * count})
    assert answer.message == f"Invalid parameter at 'imageIds' failed to satisfy constraint: '{reason}'"


def test_manifests_that_are_too_large_together(ecr: Any, stored: Stored) -> None:
    tags = [f"v{number}" for number in range(9)]
    stored.content.image(*tags, annotations={"com.example.long": "x" * 3_900_000})
    stored.push()
    ids = [{"imageTag": tag} for tag in tags]
    got = ecr.batch_get_image(repositoryName=stored.repository, imageIds=ids[:8])
    assert len(got["images"]) == 8
    code, message = refused(lambda: ecr.batch_get_image(repositoryName=stored.repository, imageIds=ids))
    assert code == "LimitExceededException"
    assert message == (
        "The manifests of the requested images exceed the maximum allowed size of an answer which is '32' MiB."
        " Request fewer images at once"
    )


def test_unknown_repository(ecr: Any) -> None:
    message = f"The repository with name 'not/there' does not exist in the registry with id '{ACCOUNT}'"
    for operation in (ecr.batch_get_image, ecr.batch_delete_image):
        refusal = refused(operation, repositoryName="not/there", imageIds=[tag_id("a")])
        assert refusal == ("RepositoryNotFoundException", message)


def test_delete_one_of_several_tags(stored: Stored) -> None:
    one = stored.image("a", "b")
    stored.push()
    assert stored.delete(tag_id("a")) == ([digest_id(one, "a")], {})
    assert stored.listed() == {one: ["b"]}
    assert stored.delete(tag_id("a")) == ([], {json.dumps(tag_id("a")): NOT_FOUND})


def test_delete_the_last_tag(stored: Stored) -> None:
    one = stored.image("a")
    stored.push()
    assert stored.delete(tag_id("a")) == ([digest_id(one, "a")], {})
    assert stored.listed() == {}
    assert stored.oci.get_manifest(stored.repository, one).status == 404


def test_delete_both_tags_in_one_call(stored: Stored) -> None:
    one = stored.image("a", "b")
    stored.push()
    deleted, failed = stored.delete(tag_id("b"), tag_id("a"))
    assert (deleted, failed) == ([digest_id(one, "b"), digest_id(one, "a")], {})
    assert stored.listed() == {}


def test_delete_by_digest(stored: Stored) -> None:
    tagged, untagged = stored.image("a", "b"), stored.image()
    stored.push()
    deleted, failed = stored.delete(digest_id(tagged), digest_id(untagged))
    assert sorted(deleted, key=json.dumps) == sorted(
        [digest_id(tagged, "a"), digest_id(tagged, "b"), digest_id(untagged)], key=json.dumps
    )
    assert (failed, stored.listed()) == ({}, {})
    assert stored.delete(digest_id(tagged)) == ([], {json.dumps(digest_id(tagged)): NOT_FOUND})


def test_delete_by_digest_and_tag(stored: Stored) -> None:
    one = stored.image("a", "b")
    stored.push()
    deleted, failed = stored.delete(digest_id(one, "a"))
    assert sorted(deleted, key=json.dumps) == [digest_id(one, "a"), digest_id(one, "b")]
    assert (failed, stored.listed()) == ({}, {})


def test_delete_duplicates(stored: Stored) -> None:
    one, two = stored.image("a"), stored.image("b", "c")
    stored.push()
    deleted, failed = stored.delete(tag_id("a"), tag_id("a"), digest_id(one), digest_id(one, "a"))
    assert (deleted, failed) == ([digest_id(one, "a")], {})
    deleted, failed = stored.delete(tag_id("b"), digest_id(two))
    assert (deleted, failed) == ([digest_id(two, "b"), digest_id(two, "c")], {})
    assert stored.listed() == {}


def test_delete_failures(registry: RegistryProcess, stored: Stored) -> None:
    one = stored.image("a")
    stored.push()
    ids = [tag_id("none"), {}, digest_id("nonsense"), tag_id("a:b"), tag_id("a"), digest_id(ABSENT)]
    answer = call(registry, "BatchDeleteImage", {"repositoryName": stored.repository, "imageIds": ids})
    assert answer.status == 200
    assert answer.json()["imageIds"] == [digest_id(one, "a")]
    expected = [NOT_FOUND, NEITHER, BAD_DIGEST, BAD_TAG, None, NOT_FOUND]
    assert failures(answer.json()) == {
        json.dumps(each): failure for each, failure in zip(ids, expected, strict=True) if failure
    }


def test_delete_a_child_of_an_index(stored: Stored) -> None:
    child = stored.content.image("child")
    parent = stored.content.index([child], "one")["digest"]
    second = stored.content.index([child], "two", annotations={"a": "b"})["digest"]
    stored.push()
    before = stored.listed()
    referenced = ("ImageReferencedByManifestList", f"Requested image referenced by manifest list: [{parent}, {second}]")
    for each in (digest_id(child["digest"]), tag_id("child"), digest_id(child["digest"], "child")):
        assert stored.delete(each) == ([], {json.dumps(each): referenced})
    assert stored.listed() == before
    assert stored.delete(tag_id("one"))[1] == {}
    reason = f"Requested image referenced by manifest list: [{second}]"
    by_digest = digest_id(child["digest"])
    assert stored.delete(by_digest)[1] == {json.dumps(by_digest): ("ImageReferencedByManifestList", reason)}
    assert stored.delete(tag_id("two"))[1] == {}
    assert stored.delete(by_digest)[0] == [digest_id(child["digest"], "child")]


def test_a_child_may_lose_one_of_its_tags(stored: Stored) -> None:
    child = stored.content.image("a", "b")
    stored.content.index([child], "list")
    stored.push()
    assert stored.delete(tag_id("a"), tag_id("b"))[0] == [digest_id(child["digest"], "a")]
    assert stored.listed()[child["digest"]] == ["b"]


def test_delete_an_index_with_its_children(stored: Stored) -> None:
    """In one call, in whatever order the ids come, also through several levels."""
    inner = stored.content.platforms()
    outer = stored.content.index([inner, stored.content.image()], "outer")["digest"]
    stored.push()
    digests = list(stored.content.manifests)
    assert digests[-1] == outer
    deleted, failed = stored.delete(*map(digest_id, digests))
    assert failed == {}
    assert {each["imageDigest"] for each in deleted} == set(digests)
    assert stored.listed() == {}


def test_deleting_a_subject_keeps_its_referrers(stored: Stored) -> None:
    subject = stored.content.image("image")
    referrer = stored.content.artifact("application/vnd.example.sbom", subject=subject)["digest"]
    stored.push()
    assert stored.delete(tag_id("image"))[1] == {}
    assert stored.listed() == {referrer: []}
    found = stored.ecr.list_image_referrers(
        repositoryName=stored.repository, subjectId={"imageDigest": subject["digest"]}
    )
    assert [each["digest"] for each in found["referrers"]] == [referrer]
