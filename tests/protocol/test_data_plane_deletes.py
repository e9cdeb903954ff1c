"""Deletes on the data plane: indexes and what they name, tags, and what is left of an image afterwards."""

from __future__ import annotations

from typing import Any

from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess


def untagged(ecr: Any, repository: str) -> set[str]:
    found = ecr.list_images(repositoryName=repository, filter={"tagStatus": "UNTAGGED"})["imageIds"]
    return {each["imageDigest"] for each in found}


def delete(oci: OciClient, repository: str, reference: str) -> int:
    return oci.request("DELETE", f"/v2/{repository}/manifests/{reference}").status


def test_what_an_index_names_stays_while_the_index_does(
    registry: RegistryProcess, oci: OciClient, repository: str
) -> None:
    content = Content()
    child, other = content.image("child"), content.image()
    index = content.index([child, other], "list")["digest"]
    content.push(oci, repository)
    for digest in (child["digest"], other["digest"]):
        reply = oci.request("DELETE", f"/v2/{repository}/manifests/{digest}")
        assert reply.status == 405
        message = f"Requested image referenced by manifest list: [{index}]"
        assert reply.error() == {"code": "UNSUPPORTED", "message": message}
        assert oci.get_manifest(repository, digest).status == 200
    assert delete(oci, repository, "child") == 202
    assert delete(oci, repository, index) == 202
    assert oci.get_manifest(repository, "list").status == 404
    assert untagged(registry.client(), repository) == {child["digest"], other["digest"]}
    for digest in (child["digest"], other["digest"]):
        assert oci.get_manifest(repository, digest).status == 200
        assert delete(oci, repository, digest) == 202
        assert delete(oci, repository, digest) == 404


def test_an_index_without_its_tag_still_keeps_what_it_names(oci: OciClient, repository: str) -> None:
    content = Content()
    child = content.image("child")
    index = content.index([child], "list")["digest"]
    content.push(oci, repository)
    assert delete(oci, repository, "list") == 202
    assert oci.get_manifest(repository, index).status == 200
    assert delete(oci, repository, child["digest"]) == 405


def test_the_layers_of_a_deleted_image_can_be_used_by_the_next_one(oci: OciClient, repository: str) -> None:
    content = Content()
    image = content.image("v1")
    content.push(oci, repository)
    assert delete(oci, repository, image["digest"]) == 202
    for digest in content.blobs:
        assert oci.request("HEAD", f"/v2/{repository}/blobs/{digest}").status == 200
    reply = oci.put_manifest(repository, "v1", content.manifests[image["digest"]])
    assert reply.status == 201


def test_a_deleted_subject_has_its_referrers_still(oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("v1")
    referrer = content.artifact("application/vnd.example.sbom", subject=subject)["digest"]
    content.push(oci, repository)
    assert delete(oci, repository, subject["digest"]) == 202
    listed = oci.request("GET", f"/v2/{repository}/referrers/{subject['digest']}").json()
    assert [each["digest"] for each in listed["manifests"]] == [referrer]
    assert oci.get_manifest(repository, referrer).status == 200
