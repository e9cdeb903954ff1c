"""The base route, tag lists and referrers (OCI distribution specification, "Content Discovery")."""

from __future__ import annotations

import json
import secrets

import pytest

from image_content import Content
from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient, Reply, digest_of

TYPE_1 = "application/vnd.example.signature.v1"
TYPE_2 = "application/vnd.example.sbom.v1"


def test_base(oci: OciClient) -> None:
    reply = oci.request("GET", "/v2/")
    assert reply.status == 200
    assert reply.headers["Docker-Distribution-Api-Version"] == "registry/2.0"


def test_empty_tag_list(oci: OciClient, repository: str) -> None:
    reply = oci.list_tags(repository)
    assert (reply.status, reply.json()) == (200, {"name": repository, "tags": []})


def push_tags(oci: OciClient, repository: str) -> list[str]:
    """Four manifests, of which the first has seven tags; the tags, as sorted by their bytes."""
    content = Content()
    content.image("test0", "Test1", "test_2", "test-3", "0test", "zebra", "_under")
    for number in range(3):
        content.image(f"v{number}")
    content.push(oci, repository)
    return sorted(content.tags)


def test_tag_list(oci: OciClient, repository: str) -> None:
    tags = push_tags(oci, repository)
    reply = oci.list_tags(repository)
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.json() == {"name": repository, "tags": tags}
    assert reply.headers["Link"] is None


@pytest.mark.parametrize("number", [0, 1, 4, 10, 11])
def test_tag_list_is_limited_by_n(oci: OciClient, repository: str, number: int) -> None:
    tags = push_tags(oci, repository)
    assert oci.list_tags(repository, n=str(number)).json()["tags"] == tags[:number]


def test_tag_list_starts_after_last(oci: OciClient, repository: str) -> None:
    tags = push_tags(oci, repository)
    for position, tag in enumerate(tags):
        assert oci.list_tags(repository, last=tag).json()["tags"] == tags[position + 1 :]
    assert oci.list_tags(repository, last="test-2").json()["tags"] == [tag for tag in tags if tag > "test-2"]
    assert oci.list_tags(repository, last=tags[2], n="3").json()["tags"] == tags[3:6]


def assert_index(reply: Reply) -> list[dict[str, object]]:
    assert (reply.status, reply.headers["Content-Type"]) == (200, OCI_INDEX)
    index = reply.json()
    assert (index["schemaVersion"], index["mediaType"]) == (2, OCI_INDEX)
    return index["manifests"]


def test_referrers_of_nothing(oci: OciClient, repository: str) -> None:
    assert assert_index(oci.list_referrers(repository, digest_of(secrets.token_bytes(8)))) == []
    assert assert_index(oci.list_referrers(repository, digest_of(secrets.token_bytes(8), "sha512"))) == []


def test_referrers_in_a_repository_that_does_not_exist(oci: OciClient) -> None:
    """No request for referrers is answered 404, and the suite asks before it pushes (create on push)."""
    name, digest = f"tests/absent/{secrets.token_hex(4)}", digest_of(secrets.token_bytes(8))
    assert assert_index(oci.list_referrers(name, digest)) == []
    filtered = oci.list_referrers(name, digest, artifactType=TYPE_1)
    assert (assert_index(filtered), filtered.headers["OCI-Filters-Applied"]) == ([], "artifactType")
    assert oci.list_referrers(name, "sha256:baddigest").error()["code"] == "DIGEST_INVALID"
    assert oci.list_tags(name).error()["code"] == "NAME_UNKNOWN"


def test_referrers_of_malformed_digest(oci: OciClient, repository: str) -> None:
    reply = oci.list_referrers(repository, "sha256:baddigest")
    assert (reply.status, reply.error()["code"]) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("subject_is_there", [True, False], ids=["present", "missing"])
def test_referrers(oci: OciClient, repository: str, subject_is_there: bool) -> None:
    content = Content()
    subject = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 123}
    if subject_is_there:
        subject = content.image("subject")
    notes = {"org.example.note": "hello"}
    expected = [
        content.artifact(TYPE_1, subject=subject, annotations=notes) | {"artifactType": TYPE_1, "annotations": notes},
        content.artifact(TYPE_2, "tagged", subject=subject, annotations={"k": "v"})
        | {"artifactType": TYPE_2, "annotations": {"k": "v"}},
        # Without artifactType, the media type of the config stands for it.
        content.image(subject=subject) | {"artifactType": "application/vnd.oci.image.config.v1+json"},
        content.index([], subject=subject, artifactType=TYPE_1, annotations=notes)
        | {"artifactType": TYPE_1, "annotations": notes},
        content.index([], subject=subject, annotations={"only": secrets.token_hex(4)}),
    ]
    expected[-1]["annotations"] = json.loads(content.manifests[expected[-1]["digest"]])["annotations"]
    content.artifact(TYPE_1)
    content.push(oci, repository)

    def by_digest(entries: list[dict[str, object]]) -> list[dict[str, object]]:
        return sorted(entries, key=lambda entry: str(entry["digest"]))

    found = oci.list_referrers(repository, subject["digest"])
    assert by_digest(assert_index(found)) == by_digest(expected)
    assert found.headers["OCI-Filters-Applied"] is None
    # Containerd asks for several types at once.
    for wanted in ([TYPE_1], [TYPE_2], [TYPE_2, TYPE_1], ["application/vnd.example.none"]):
        reply = oci.list_referrers(repository, subject["digest"], artifactType=wanted)
        assert reply.headers["OCI-Filters-Applied"] == "artifactType"
        assert by_digest(assert_index(reply)) == by_digest([e for e in expected if e.get("artifactType") in wanted])


def test_referrer_is_gone_once_deleted(oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("subject")
    referrer = content.artifact(TYPE_1, subject=subject)
    content.push(oci, repository)
    assert [e["digest"] for e in assert_index(oci.list_referrers(repository, subject["digest"]))] == [
        referrer["digest"]
    ]
    assert oci.delete_manifest(repository, referrer["digest"]).status == 202
    assert assert_index(oci.list_referrers(repository, subject["digest"])) == []


def test_referrers_outlive_their_subject(oci: OciClient, repository: str) -> None:
    content = Content()
    subject = content.image("subject")
    referrer = content.artifact(TYPE_1, subject=subject)
    content.push(oci, repository)
    assert oci.delete_manifest(repository, subject["digest"]).status == 202
    assert [e["digest"] for e in assert_index(oci.list_referrers(repository, subject["digest"]))] == [
        referrer["digest"]
    ]
