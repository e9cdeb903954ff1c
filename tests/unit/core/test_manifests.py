from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wharfside.core.manifests import (
    ACCEPTED,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    MAXIMUM_LAYERS,
    MAXIMUM_SIZE,
    OCI_INDEX,
    OCI_MANIFEST,
    InvalidManifest,
    Manifest,
    ManifestTooLarge,
    parse_manifest,
)

CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"


def descriptor(media_type: str = LAYER, fill: str = "0", size: Any = 5, **members: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": "sha256:" + fill * 64, "size": size, **members}


IMAGE: dict[str, Any] = {
    "schemaVersion": 2,
    "mediaType": OCI_MANIFEST,
    "config": descriptor(CONFIG, "c", 7),
    "layers": [descriptor(fill="1"), descriptor(fill="2", size=11)],
}
INDEX: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(OCI_MANIFEST, "3")]}


def parse(document: Any, media_type: str | None = None) -> Manifest:
    return parse_manifest(json.dumps(document).encode(), media_type)


def test_an_image() -> None:
    manifest = parse(IMAGE | {"annotations": {"a": "b"}, "subject": descriptor(OCI_MANIFEST, "9")})
    assert manifest.media_type == OCI_MANIFEST
    assert [blob.digest[-1] for blob in manifest.blobs] == ["c", "1", "2"]
    assert manifest.declared_size == 7 + 5 + 11
    assert manifest.artifact_type == manifest.config_media_type == CONFIG
    assert manifest.subject == "sha256:" + "9" * 64
    assert manifest.annotations == {"a": "b"}
    assert manifest.children == ()


def test_an_index() -> None:
    manifest = parse(INDEX)
    assert [child.digest[-1] for child in manifest.children] == ["3"]
    assert (manifest.blobs, manifest.declared_size, manifest.config_media_type) == ((), 0, None)
    assert manifest.artifact_type is manifest.subject is None


@pytest.mark.parametrize(
    "document",
    [
        IMAGE | {"manifests": INDEX["manifests"]},
        IMAGE | {"manifests": []},
        INDEX | {"layers": IMAGE["layers"]},
        INDEX | {"config": IMAGE["config"]},
    ],
)
def test_nothing_is_an_image_and_an_index(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidManifest):
        parse(document)
    stated = document.pop("mediaType")
    with pytest.raises(InvalidManifest):
        parse(document, stated)


def test_a_member_of_the_other_kind_may_be_null() -> None:
    assert parse(IMAGE | {"manifests": None}) == parse(IMAGE)
    assert parse(INDEX | {"layers": None, "config": None}) == parse(INDEX)


def test_artifact_type_stands_before_the_configs() -> None:
    assert parse(IMAGE | {"artifactType": "application/x"}).artifact_type == "application/x"
    assert parse(IMAGE | {"artifactType": ""}).artifact_type == CONFIG
    assert parse(INDEX | {"artifactType": "application/x"}).artifact_type == "application/x"


@pytest.mark.parametrize(
    ("document", "media_type", "expected"),
    [
        (IMAGE, None, OCI_MANIFEST),
        (IMAGE, OCI_MANIFEST, OCI_MANIFEST),
        (IMAGE | {"mediaType": DOCKER_MANIFEST}, None, DOCKER_MANIFEST),
        (IMAGE | {"mediaType": None}, DOCKER_MANIFEST, DOCKER_MANIFEST),
        (INDEX | {"mediaType": None}, DOCKER_LIST, DOCKER_LIST),
        (INDEX | {"manifests": []}, None, OCI_INDEX),
        (INDEX | {"manifests": None}, None, OCI_INDEX),
        (IMAGE | {"layers": None}, None, OCI_MANIFEST),
        (IMAGE | {"layers": []}, None, OCI_MANIFEST),
        (IMAGE | {"annotations": None, "subject": None, "unknown": [{}]}, None, OCI_MANIFEST),
    ],
)
def test_accepted(document: Any, media_type: str | None, expected: str) -> None:
    assert parse(document, media_type).media_type == expected


@pytest.mark.parametrize(
    ("document", "media_type"),
    [
        ([], OCI_MANIFEST),
        (None, OCI_MANIFEST),
        ("text", OCI_MANIFEST),
        ({}, OCI_MANIFEST),
        (IMAGE, OCI_INDEX),
        (IMAGE, "text/plain"),
        (IMAGE | {"mediaType": None}, None),
        (IMAGE | {"mediaType": ""}, None),
        (IMAGE | {"mediaType": []}, None),
        (IMAGE | {"mediaType": {"a": 1}}, None),
        (IMAGE | {"mediaType": "application/vnd.docker.distribution.manifest.v1+json"}, None),
        (IMAGE | {"schemaVersion": 1}, None),
        (IMAGE | {"schemaVersion": "2"}, None),
        (IMAGE | {"config": None}, None),
        (IMAGE | {"config": []}, None),
        (IMAGE | {"config": descriptor(CONFIG, size="7")}, None),
        (IMAGE | {"config": descriptor(CONFIG, size=True)}, None),
        (IMAGE | {"config": descriptor(CONFIG, size=-1)}, None),
        (IMAGE | {"config": descriptor(CONFIG, size=1 << 63)}, None),
        (IMAGE | {"config": descriptor("text/plain; a=b")}, None),
        (IMAGE | {"config": descriptor("text")}, None),
        (IMAGE | {"config": descriptor(CONFIG, "G")}, None),
        (IMAGE | {"layers": [descriptor(size=(1 << 63) - 1), descriptor()]}, None),
        (IMAGE | {"layers": "x"}, None),
        (IMAGE | {"layers": [[]]}, None),
        (IMAGE | {"subject": {}}, None),
        (IMAGE | {"subject": "sha256:" + "0" * 64}, None),
        (IMAGE | {"annotations": ["a"]}, None),
        (IMAGE | {"annotations": {"a": None}}, None),
        (IMAGE | {"artifactType": 5}, None),
        (IMAGE | {"artifactType": "no slash"}, None),
        (INDEX | {"manifests": "x"}, None),
    ],
    ids=lambda value: None,
)
def test_refused(document: Any, media_type: str | None) -> None:
    with pytest.raises(InvalidManifest, match=r"^Invalid JSON syntax$"):
        parse(document, media_type)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"a":NaN}', b'{"a":-Infinity}', b"[" * 200_000, b"9" * 10_000, b"{}x"],
    ids=range(9),
)
def test_no_json(content: bytes) -> None:
    with pytest.raises(InvalidManifest, match=r"^Invalid JSON syntax$"):
        parse_manifest(content, OCI_MANIFEST)


def test_bounds() -> None:
    content = json.dumps(IMAGE).encode()
    parse_manifest(content + b" " * (MAXIMUM_SIZE - len(content)), None)
    with pytest.raises(ManifestTooLarge):
        parse_manifest(content + b" " * (MAXIMUM_SIZE - len(content) + 1), None)
    parse(IMAGE | {"layers": [descriptor()] * MAXIMUM_LAYERS})
    with pytest.raises(InvalidManifest, match=r"^Limit on number of layers per image exceeded$"):
        parse(IMAGE | {"layers": [descriptor()] * (MAXIMUM_LAYERS + 1)})


@pytest.mark.parametrize(
    ("members", "foreign"),
    [
        ({}, False),
        ({"urls": []}, False),
        ({"urls": ["https://example.com"]}, True),
        ({"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}, True),
        ({"mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar"}, True),
    ],
)
def test_layers_that_may_live_elsewhere(members: dict[str, Any], foreign: bool) -> None:
    (_, layer) = parse(IMAGE | {"layers": [descriptor() | members]}).blobs
    assert layer.foreign == foreign


media_types = st.one_of(st.none(), st.sampled_from(sorted(ACCEPTED)), st.text(max_size=20))


@given(st.binary(max_size=300), media_types)
def test_any_bytes_are_refused_or_read(content: bytes, media_type: str | None) -> None:
    try:
        manifest = parse_manifest(content, media_type)
    except InvalidManifest:
        return
    assert manifest.media_type in ACCEPTED


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from([2, *sorted(ACCEPTED), CONFIG, "sha256:" + "0" * 64]),
        st.builds(descriptor, size=st.integers(-1, 1 << 63)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)
members = st.sampled_from(
    ["schemaVersion", "mediaType", "config", "layers", "manifests", "subject", "artifactType", "annotations", "other"]
)


@given(st.sampled_from([IMAGE, INDEX, {}]), st.dictionaries(members, values, max_size=4), media_types)
def test_any_document_is_refused_or_read(base: dict[str, Any], change: dict[str, Any], media_type: str | None) -> None:
    try:
        manifest = parse(base | change, media_type)
    except InvalidManifest:
        return
    assert manifest.media_type in ACCEPTED
    assert 0 <= manifest.declared_size < 1 << 63
    json.dumps(manifest.annotations)
