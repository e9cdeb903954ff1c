"""Pages of tags, of the catalog and of referrers: followed by their Link headers to the end."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from image_content import Content
from oci_client import OCI_INDEX, OCI_MANIFEST, OciClient, Reply, digest_of
from registry_process import RegistryProcess


def follow(oci: OciClient, path: str) -> Iterator[Reply]:
    """Each page from `path` on, by `Link: <...>; rel="next"`."""
    for _ in range(200):
        reply = oci.request("GET", path)
        assert reply.status == 200, reply.body
        yield reply
        link = reply.headers["Link"]
        if link is None:
            return
        matched = re.fullmatch(r'<([^>]+)>; ?rel="next"', link)
        assert matched is not None, link
        parts = urlsplit(matched[1])
        path = f"{parts.path}?{parts.query}"
    pytest.fail("the pages did not end")


@pytest.mark.parametrize("size", [1, 7, 20, 25])
def test_pages_of_tags(oci: OciClient, repository: str, size: int) -> None:
    content = Content()
    expected = [f"v{number:03}" for number in range(20)] + ["_x", "Z.9", "a-b"]
    content.image(*expected)
    content.push(oci, repository)
    pages = [reply.json()["tags"] for reply in follow(oci, f"/v2/{repository}/tags/list?n={size}")]
    assert [tag for page in pages for tag in page] == sorted(expected)
    assert all(len(page) <= size for page in pages)


def test_more_than_a_thousand_tags_come_in_pages(oci: OciClient, repository: str) -> None:
    """`n` above ECR's largest page is no error: the specification lets a registry answer with fewer."""
    content = Content()
    first = content.image()["digest"]
    second = content.image()["digest"]
    content.push(oci, repository)
    expected = []
    for number in range(1020):
        expected.append(f"t{number:05}")
        digest = first if number < 600 else second
        assert oci.put_manifest(repository, expected[-1], content.manifests[digest]).status == 201
    tags = [tag for reply in follow(oci, f"/v2/{repository}/tags/list?n=5000") for tag in reply.json()["tags"]]
    assert tags == expected
    assert [tag for reply in follow(oci, f"/v2/{repository}/tags/list") for tag in reply.json()["tags"]] == expected


@pytest.mark.parametrize("value", ["-1", "abc", "", "1.5", "9" * 30])
def test_n_that_is_no_number(oci: OciClient, repository: str, value: str) -> None:
    reply = oci.request("GET", f"/v2/{repository}/tags/list?n={value}")
    assert reply.status in {200, 400}
    if reply.status == 400:
        assert reply.error()["code"] in {"UNSUPPORTED", "NAME_INVALID"}


@pytest.mark.parametrize("last", ["", "%00", "..", "x" * 3000, "%27%3B--", "%c3%a4"])
def test_last_may_be_anything(oci: OciClient, repository: str, last: str) -> None:
    content = Content()
    content.image("a", "b")
    content.push(oci, repository)
    reply = oci.request("GET", f"/v2/{repository}/tags/list?last={last}")
    assert reply.status in {200, 400}
    if reply.status == 200:
        assert set(reply.json()["tags"]) <= {"a", "b"}


def test_pages_of_the_catalog(registry: RegistryProcess, oci: OciClient) -> None:
    prefix = f"catalog-{secrets.token_hex(4)}"
    expected = sorted(registry.create_repository(f"{prefix}/{number}x") for number in range(12))
    for size in (1, 5, 100):
        path = f"/v2/_catalog?n={size}&last={prefix}"
        names: list[str] = []
        for reply in follow(oci, path):
            names += reply.json()["repositories"]
            if not names[-1:] or not names[-1].startswith(prefix):
                break
        assert [name for name in names if name.startswith(prefix)] == expected
    everything = [name for reply in follow(oci, "/v2/_catalog") for name in reply.json()["repositories"]]
    assert set(expected) <= set(everything)
    assert everything == sorted(everything)


def test_pages_of_referrers(oci: OciClient, repository: str) -> None:
    """However many referrers a subject has, all are told, with and without a filter."""
    content = Content()
    subject = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 123}
    expected: dict[str, set[str]] = {"application/vnd.example.a": set(), "application/vnd.example.b": set()}
    for number in range(520):
        kind = list(expected)[number % 2]
        annotations = {"number": str(number), "unique": secrets.token_hex(4)}
        entry = content.index([], subject=subject, artifactType=kind, annotations=annotations)
        expected[kind].add(entry["digest"])
    content.push(oci, repository)
    path = f"/v2/{repository}/referrers/{subject['digest']}"
    found = [entry["digest"] for reply in follow(oci, path) for entry in reply.json()["manifests"]]
    assert len(found) == 520
    assert set(found) == set().union(*expected.values())
    for kinds in (*([kind] for kind in expected), list(expected)):
        pages = list(follow(oci, f"{path}?{urlencode({'artifactType': kinds}, doseq=True)}"))
        assert all(reply.headers["OCI-Filters-Applied"] == "artifactType" for reply in pages)
        digests = set().union(*(expected[kind] for kind in kinds))
        assert {entry["digest"] for reply in pages for entry in reply.json()["manifests"]} == digests


@pytest.mark.parametrize("letter", ["x", "\u00fc"])
def test_an_answer_has_only_as_many_referrers_as_clients_accept(
    registry: RegistryProcess, oci: OciClient, repository: str, letter: str
) -> None:
    """Annotations may be as large as a manifest may be, and clients accept answers of at most 4 MiB."""
    subject = {"mediaType": OCI_MANIFEST, "digest": digest_of(secrets.token_bytes(8)), "size": 123}
    expected: dict[str, dict[str, str]] = {}
    for size in (10, 300_000, 300_000, 300_000, 300_000, 1_200_000, 10):
        annotations = {"large": letter * (size // len(letter.encode())), "unique": secrets.token_hex(4)}
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "subject": subject}
        manifest = json.dumps(index | {"annotations": annotations}, ensure_ascii=False).encode()
        assert oci.put_manifest(repository, digest_of(manifest), manifest).status == 201
        expected[digest_of(manifest)] = annotations
    replies = list(follow(oci, f"/v2/{repository}/referrers/{subject['digest']}"))
    assert max(len(reply.body) for reply in replies) < 4 * 1024 * 1024
    entries = [entry for reply in replies for entry in reply.json()["manifests"]]
    assert {entry["digest"]: entry["annotations"] for entry in entries} == expected
    assert [entry["digest"] for entry in entries] == list(expected)
    ask = {"repositoryName": repository, "subjectId": {"imageDigest": subject["digest"]}, "maxResults": 50}
    found, pages = [], 0
    token: dict[str, str] = {}
    while pages == 0 or token:
        page = registry.client().list_image_referrers(**ask, **token)
        found += [(each["digest"], each["annotations"]) for each in page["referrers"]]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
        pages += 1
    assert dict(found) == expected
    assert pages == len(replies) > 1
