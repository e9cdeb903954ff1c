"""Texts that PostgreSQL cannot hold: they match nothing or are refused, and are no error of the server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from api_client import call
from databases import new_postgresql_database, postgresql
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, fresh_registry: Callable[..., RegistryProcess]) -> RegistryProcess:
    if request.param == "sqlite":
        return request.getfixturevalue("registry")
    return fresh_registry("--database-url", new_postgresql_database(request.getfixturevalue("postgresql_server")))


def test_null_characters(server: RegistryProcess) -> None:
    name = server.create_repository("null-characters")
    client, content = server.oci_client(), Content()
    subject = content.image("a", "b")
    content.artifact("application/x", subject=subject)
    content.push(client, name)
    by_the_api(server, name, subject["digest"])
    by_the_data_plane(client, name, subject["digest"])
    client.close()


def by_the_api(server: RegistryProcess, name: str, digest: str) -> None:
    ask = {"repositoryName": name, "subjectId": {"imageDigest": digest}}
    for change in ({"filter": {"artifactTypes": ["x/y", "\0"]}}, {"subjectId": {"imageDigest": digest + "\0"}}):
        answer = call(server, "ListImageReferrers", ask | change)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")
    ids = [{"imageTag": "a\0"}, {"imageDigest": digest + "\0"}]
    answer = call(server, "BatchGetImage", {"repositoryName": name, "imageIds": ids, "acceptedMediaTypes": ["\0"]})
    assert [each["failureCode"] for each in answer.json()["failures"]] == ["InvalidImageTag", "InvalidImageDigest"]
    digests = {"repositoryName": name, "layerDigests": ["\0", digest + "\0"]}
    answer = call(server, "BatchCheckLayerAvailability", digests)
    assert {each["failureCode"] for each in answer.json()["failures"]} == {"InvalidLayerDigest"}
    arn = f"arn:aws:ecr:us-east-1:{server.account}:repository/{name}"
    assert call(server, "UntagResource", {"resourceArn": arn, "tagKeys": ["\0"]}).json() == {}
    manifest = {"schemaVersion": 2, "mediaType": "\0", "manifests": [], "annotations": {"\0": "\0"}}
    assert call(server, "PutImage", {"repositoryName": name, "imageManifest": json.dumps(manifest)}).status == 400
    manifest["mediaType"] = "application/vnd.oci.image.index.v1+json"
    assert call(server, "PutImage", {"repositoryName": name, "imageManifest": json.dumps(manifest)}).status == 200


def by_the_data_plane(client: OciClient, name: str, digest: str) -> None:
    assert client.list_tags(name, last="a\0x").json()["tags"] == ["b"]
    assert client.list_tags(name, last="\0").json()["tags"] == ["a", "b"]
    assert name not in client.request("GET", "/v2/_catalog", query={"last": name + "\0"}).json()["repositories"]
    assert client.list_referrers(name, digest, artifactType="application/x\0").status == 400
    for reference in ("a%00", quote(digest) + "%00"):
        assert client.get_manifest(name, reference).status in {400, 404}
        assert client.delete_manifest(name, reference).status in {400, 404, 405}
    assert client.get_blob(name, "sha256:%00").status in {400, 404}
    mount = {"mount": "sha256:" + "0" * 64, "from": "other\0"}
    assert client.request("POST", f"/v2/{name}/blobs/uploads/", query=mount).status in {202, 400}
