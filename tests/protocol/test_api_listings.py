"""DescribeImages, ListImages and ListImageReferrers: fields, filters, order and pages."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from api_client import call, invalid, refused
from image_content import CONFIG, Content
from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient
from registry_process import RegistryProcess

ACCOUNT = "000000000000"
ABSENT = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


@pytest.fixture(scope="module")
def shelf(registry: RegistryProcess, oci: OciClient) -> tuple[str, Content, dict[str, str]]:
    """A repository that is only read: its name, its content, and what each digest is."""
    name, content = registry.create_repository("listings/shelf"), Content()
    named = {"tagged": content.image("b", "a", layers=3)["digest"], "untagged": content.image()["digest"]}
    platforms = [content.image(architecture="amd64", layers=1), content.image(architecture="arm64", layers=5)]
    named["small"], named["large"] = (each["digest"] for each in platforms)
    named["index"] = content.index(platforms, "multi")["digest"]
    subject = {"mediaType": OCI_INDEX, "digest": named["index"], "size": 1}
    named["sbom"] = content.artifact("application/vnd.example.sbom", "sbom", subject=subject)["digest"]
    named["empty"] = content.index([], "empty")["digest"]
    content.push(oci, name)
    return name, content, named


Shelf = tuple[str, Content, dict[str, str]]


def declared(manifest: bytes) -> int:
    document = json.loads(manifest)
    return document["config"]["size"] + sum(each["size"] for each in document["layers"])


def describe(ecr: Any, name: str, **members: Any) -> list[dict[str, Any]]:
    return ecr.describe_images(repositoryName=name, **members)["imageDetails"]


def test_details(ecr: Any, shelf: Shelf) -> None:
    name, content, named = shelf
    details = {each["imageDigest"]: each for each in describe(ecr, name)}
    assert details.keys() == content.manifests.keys()
    for digest, detail in details.items():
        assert (detail["registryId"], detail["repositoryName"]) == (ACCOUNT, name)
        assert detail["imageStatus"] == "ACTIVE"
        assert 0 <= time.time() - detail["imagePushedAt"].timestamp() < 300
        index = digest in (named["index"], named["empty"])
        assert detail["imageManifestMediaType"] == (OCI_INDEX if index else OCI_MANIFEST)
    assert sorted(details[named["tagged"]]["imageTags"]) == ["a", "b"]
    assert "imageTags" not in details[named["untagged"]]
    assert details[named["tagged"]]["artifactMediaType"] == CONFIG
    assert details[named["sbom"]]["artifactMediaType"] == "application/vnd.example.sbom"
    assert "artifactMediaType" not in details[named["index"]]
    assert details[named["sbom"]]["subjectManifestDigest"] == named["index"]
    assert "subjectManifestDigest" not in details[named["tagged"]]


def test_sizes(ecr: Any, shelf: Shelf) -> None:
    """Config and layers of an image; the largest child of an index."""
    name, content, named = shelf
    sizes = {each["imageDigest"]: each["imageSizeInBytes"] for each in describe(ecr, name)}
    for kind in ("tagged", "untagged", "small", "large", "sbom"):
        assert sizes[named[kind]] == declared(content.manifests[named[kind]])
    assert sizes[named["small"]] < sizes[named["large"]] == sizes[named["index"]]
    assert sizes[named["empty"]] == 0


def test_the_newest_comes_first(ecr: Any, shelf: Shelf) -> None:
    name, content, _ = shelf
    assert [each["imageDigest"] for each in describe(ecr, name)] == list(reversed(content.manifests))


def test_filters_of_details(ecr: Any, shelf: Shelf) -> None:
    name, content, named = shelf
    tagged = {named[kind] for kind in ("tagged", "index", "sbom", "empty")}

    def found(**chosen: str) -> set[str]:
        return {each["imageDigest"] for each in describe(ecr, name, filter=chosen)}

    assert found(tagStatus="TAGGED") == tagged
    assert found(tagStatus="UNTAGGED") == content.manifests.keys() - tagged
    assert found(tagStatus="ANY") == found(imageStatus="ACTIVE") == found(imageStatus="ANY") == {*content.manifests}
    assert found(imageStatus="ARCHIVED") == found(imageStatus="ACTIVATING", tagStatus="TAGGED") == set()


def test_details_by_id(ecr: Any, shelf: Shelf) -> None:
    name, _, named = shelf
    ids = [
        {"imageTag": "a"},
        {"imageDigest": named["untagged"]},
        {"imageTag": "b"},
        {"imageDigest": named["tagged"]},
        {"imageDigest": named["tagged"], "imageTag": "a"},
    ]
    found = describe(ecr, name, imageIds=ids)
    assert sorted(each["imageDigest"] for each in found) == sorted([named["tagged"], named["untagged"]])
    everything = {each["imageDigest"]: each for each in describe(ecr, name)}
    assert all(everything[each["imageDigest"]] == each for each in found)


def test_one_missing_id_fails_the_call(ecr: Any, shelf: Shelf) -> None:
    name, _, named = shelf
    for missing, digest, tag in (
        ({"imageTag": "none"}, "null", "none"),
        ({"imageDigest": ABSENT}, ABSENT, "null"),
        ({"imageDigest": named["small"], "imageTag": "a"}, named["small"], "a"),
    ):
        message = (
            f"The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within the repository"
            f" with name '{name}' in the registry with id '{ACCOUNT}'"
        )
        refusal = refused(ecr.describe_images, repositoryName=name, imageIds=[{"imageTag": "a"}, missing])
        assert refusal == ("ImageNotFoundException", message)


BAD_DIGEST = invalid("imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
BAD_TAG = invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9-_.]+'")
NEITHER = ("InvalidParameterException", "Invalid request parameters: both tag and digest cannot be null")


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ({}, NEITHER),
        ({"imageDigest": "nonsense"}, BAD_DIGEST),
        ({"imageDigest": "", "imageTag": "a"}, BAD_DIGEST),
        ({"imageDigest": ABSENT + "\n"}, BAD_DIGEST),
        ({"imageTag": "a:b"}, BAD_TAG),
        ({"imageTag": "a" * 129}, BAD_TAG),
    ],
)
def test_ids_that_are_none(ecr: Any, shelf: Shelf, bad: dict[str, str], expected: tuple[str, str]) -> None:
    """What cannot name an image is refused before anything is looked up."""
    for name in (shelf[0], "not/there"):
        ids = [{"imageTag": "none"}, bad]
        assert refused(ecr.describe_images, repositoryName=name, imageIds=ids) == expected
        update = {"repositoryName": name, "imageId": bad, "targetStorageClass": "ARCHIVE"}
        assert refused(ecr.update_image_storage_class, **update) == expected


@pytest.mark.parametrize("subject", ["", "nonsense", "sha256:", "sha256:xyz", ABSENT + "\n"])
def test_subjects_that_are_none(ecr: Any, shelf: Shelf, subject: str) -> None:
    ask = {"repositoryName": shelf[0], "subjectId": {"imageDigest": subject}}
    assert refused(ecr.list_image_referrers, **ask) == BAD_DIGEST


def test_ids_and_paging_exclude_each_other(ecr: Any, shelf: Shelf) -> None:
    name = shelf[0]
    token = ecr.describe_images(repositoryName=name, maxResults=1)["nextToken"]
    for paging in ({"maxResults": 1}, {"nextToken": token}):
        code, message = refused(ecr.describe_images, repositoryName=name, imageIds=[{"imageTag": "a"}], **paging)
        assert code == "InvalidParameterException"
        assert "imageIds" in message


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("status", ["ANY", "TAGGED", "UNTAGGED"])
def test_pages(ecr: Any, shelf: Shelf, size: int, status: str) -> None:
    for operation, key in (("describe_images", "imageDetails"), ("list_images", "imageIds")):
        ask: dict[str, Any] = {"repositoryName": shelf[0], "filter": {"tagStatus": status}}
        pages = list(ecr.get_paginator(operation).paginate(**ask, PaginationConfig={"PageSize": size}))
        found = [each for page in pages for each in page[key]]
        assert found == getattr(ecr, operation)(**ask)[key]
        assert len(pages) == max(1, -(-len(found) // size))


def test_rows_of_ids(ecr: Any, shelf: Shelf) -> None:
    name, content, named = shelf
    rows = ecr.list_images(repositoryName=name)["imageIds"]
    tagged = [(named["tagged"], "a"), (named["tagged"], "b"), (named["index"], "multi")]
    tagged += [(named["sbom"], "sbom"), (named["empty"], "empty")]
    untagged = [(digest, None) for digest in content.manifests if digest not in dict(tagged)]
    assert {(row["imageDigest"], row.get("imageTag")) for row in rows} == {*tagged, *untagged}
    assert len(rows) == len(tagged) + len(untagged)

    def found(**chosen: str) -> set[tuple[str, str | None]]:
        rows = ecr.list_images(repositoryName=name, filter=chosen)["imageIds"]
        return {(row["imageDigest"], row.get("imageTag")) for row in rows}

    assert found(tagStatus="TAGGED") == {*tagged}
    assert found(tagStatus="UNTAGGED") == {*untagged}
    assert found(imageStatus="ANY") == {*tagged, *untagged}
    assert found(imageStatus="ARCHIVED") == set()


def test_tokens_are_bound_to_their_listing(ecr: Any, shelf: Shelf, repository: str) -> None:
    name, bad = shelf[0], invalid("nextToken", "Invalid token")
    token = ecr.list_images(repositoryName=name, maxResults=1)["nextToken"]
    assert refused(ecr.list_images, repositoryName=repository, nextToken=token) == bad
    assert refused(ecr.describe_images, repositoryName=name, nextToken=token) == bad
    filtered = {"repositoryName": name, "filter": {"tagStatus": "TAGGED"}}
    assert refused(ecr.list_images, **filtered, nextToken=token) == bad
    for registry in ({}, {"registryId": ACCOUNT}):
        answer = ecr.list_images(**registry, repositoryName=name, nextToken=token, maxResults=1000)
        assert len(answer["imageIds"]) == 7


@pytest.mark.parametrize(
    ("operation", "most"), [("DescribeImages", 1000), ("ListImages", 1000), ("ListImageReferrers", 50)]
)
def test_page_sizes(registry: RegistryProcess, shelf: Shelf, operation: str, most: int) -> None:
    members: dict[str, Any] = {"repositoryName": shelf[0]}
    if operation == "ListImageReferrers":
        members["subjectId"] = {"imageDigest": ABSENT}
    assert call(registry, operation, members | {"maxResults": most}).status == 200
    for size, reason in ((0, "greater than or equal to 1"), (most + 1, f"less than or equal to {most}")):
        answer = call(registry, operation, members | {"maxResults": size})
        assert (answer.code, answer.message) == invalid("maxResults", f"Member must have value {reason}")


def test_unknown_repository(ecr: Any) -> None:
    message = f"The repository with name 'not/there' does not exist in the registry with id '{ACCOUNT}'"
    expected = ("RepositoryNotFoundException", message)
    assert refused(ecr.describe_images, repositoryName="not/there") == expected
    assert refused(ecr.list_images, repositoryName="not/there") == expected
    subject = {"imageDigest": ABSENT}
    assert refused(ecr.list_image_referrers, repositoryName="not/there", subjectId=subject) == expected


def test_referrers(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("image")
    notes = {"org.example.note": "ü"}
    made = [
        content.artifact(f"application/vnd.example.{kind}", subject=subject, annotations=notes)
        for kind in ("sbom", "sbom", "signature")
    ]
    index = content.index([], subject=subject, artifactType="application/vnd.example.list")
    plain = content.image(layers=1, subject=subject)
    content.push(oci, repository)
    ask = {"repositoryName": repository, "subjectId": {"imageDigest": subject["digest"]}}
    found = ecr.list_image_referrers(**ask)["referrers"]
    expected = [*made, index, plain]
    types = [f"application/vnd.example.{kind}" for kind in ("sbom", "sbom", "signature", "list")]
    assert found == [
        {key: each[key] for key in ("digest", "mediaType", "size")}
        | {"artifactType": kind, "artifactStatus": "ACTIVE"}
        | ({"annotations": notes} if each in made else {})
        for each, kind in zip(expected, [*types, CONFIG], strict=True)
    ]

    def filtered(**chosen: Any) -> list[str]:
        return [each["digest"] for each in ecr.list_image_referrers(**ask, filter=chosen)["referrers"]]

    digests = [each["digest"] for each in expected]
    assert filtered(artifactTypes=[types[0]]) == digests[:2]
    assert filtered(artifactTypes=[types[0], types[3]]) == [*digests[:2], digests[3]]
    assert filtered(artifactTypes=["application/vnd.example.none"]) == []
    assert filtered(artifactTypes=[]) == filtered(artifactStatus="ANY") == filtered(artifactStatus="ACTIVE") == digests
    assert filtered(artifactStatus="ARCHIVED") == []
    for size in (1, 2, 3, 5):
        pages = referrer_pages(ecr, size, **ask)
        assert [digest for page in pages for digest in page] == digests
        assert len(pages) == -(-5 // size)


def referrer_pages(ecr: Any, size: int, **ask: Any) -> list[list[str]]:
    """The digests on each page; boto3 has no paginator for these."""
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = ecr.list_image_referrers(**ask, maxResults=size, **token)
        pages.append([each["digest"] for each in page["referrers"]])
        if "nextToken" not in page:
            return pages
        token = {"nextToken": page["nextToken"]}


def test_twenty_referrers_a_page(ecr: Any, oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("image", layers=1)
    for number in range(21):
        content.index([], subject=subject, annotations={"number": str(number)})
    content.push(oci, repository)
    ask = {"repositoryName": repository, "subjectId": {"imageDigest": subject["digest"]}}
    page = ecr.list_image_referrers(**ask)
    assert len(page["referrers"]) == 20
    page = ecr.list_image_referrers(**ask, nextToken=page["nextToken"])
    assert len(page["referrers"]) == 1
    assert "nextToken" not in page


def test_referrers_of_a_subject_that_is_not_there(ecr: Any, repository: str) -> None:
    answer = ecr.list_image_referrers(repositoryName=repository, subjectId={"imageDigest": ABSENT})
    assert answer["referrers"] == []
