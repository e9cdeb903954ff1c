"""Download URLs of layers (ECR operation GetDownloadUrlForLayer)."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api_client import Answer, refused, upload_layer
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess
from wharfside.registry import tokens
from wharfside.registry.tokens import Download
from wharfside.store.sealing import Sealer

ACCOUNT, REGION = "000000000000", "us-east-1"


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def fetch(url: str, method: str = "GET", **headers: str) -> Answer:
    """Follow a URL with no credentials at all."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


@pytest.fixture
def layer(oci: OciClient, repository: str) -> tuple[str, bytes]:
    """Digest and content of a layer that an image has."""
    content = Content()
    content.image("latest", layers=1)
    content.push(oci, repository)
    return next((digest, stored) for digest, stored in content.blobs.items() if stored[:1] != b"{")


def url_of(ecr: Any, repository: str, digest: str) -> str:
    answer = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=digest)
    assert answer["layerDigest"] == digest
    return answer["downloadUrl"]


def test_download(registry: RegistryProcess, ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    digest, content = layer
    url = url_of(ecr, repository, digest)
    assert url.startswith(registry.url + "/")
    answer = fetch(url)
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["Content-Length"] == str(len(content))
    head = fetch(url, "HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(content)))
    assert fetch(url, "POST").status == 405


@pytest.mark.parametrize(
    ("wanted", "start", "end"), [("bytes=3-9", 3, 10), ("bytes=10-", 10, None), ("bytes=-5", -5, None)]
)
def test_ranges(ecr: Any, repository: str, layer: tuple[str, bytes], wanted: str, start: int, end: int | None) -> None:
    digest, content = layer
    answer = fetch(url_of(ecr, repository, digest), Range=wanted)
    first = start % len(content)
    last = (len(content) if end is None else end) - 1
    assert (answer.status, answer.body) == (206, content[start:end])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(content)}"


def test_range_outside(ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    answer = fetch(url_of(ecr, repository, layer[0]), Range="bytes=999999-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{len(layer[1])}")


def test_a_part_of_something_else_is_not_asked_for(ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    """If-Range lets whoever has a part of something else have the whole (RFC 9110, section 13.1.5)."""
    url = url_of(ecr, repository, layer[0])
    answer = fetch(url, Range="bytes=1-2", **{"If-Range": f'"{layer[0]}"'})
    assert (answer.status, answer.body) == (206, layer[1][1:3])
    for other in ('"sha256:0"', f'W/"{layer[0]}"', "Sat, 21 Nov 2026 12:00:00 GMT"):
        answer = fetch(url, Range="bytes=1-2", **{"If-Range": other})
        assert (answer.status, answer.body) == (200, layer[1])


def token_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


def test_altered_urls(ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    url = url_of(ecr, repository, layer[0])
    token = token_of(url)
    middle = len(token) // 2
    changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    other = "sha256:" + "1" * 64
    for bad in (
        url.replace(token, changed),
        url.replace(token, token[:-4]),
        url.replace(token, ""),
        url.partition("?")[0],
        url.replace(layer[0], other),
    ):
        answer = fetch(bad)
        assert answer.status == 403
        assert answer.json()["errors"] == [{"code": "DENIED", "message": "The download URL is not valid"}]
    assert fetch(url).status == 200


def test_tokens_for_other_things_open_no_layer(
    registry: RegistryProcess, ecr: Any, repository: str, layer: tuple[str, bytes]
) -> None:
    url = url_of(ecr, repository, layer[0])
    assert fetch(url.replace(token_of(url), registry.password())).status == 403
    client = registry.oci_client(token_of(url))
    assert client.request("GET", "/v2/").status == 401
    client.close()


def test_expired_url(registry: RegistryProcess, ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    """URLs are good for an hour: those made a little less than an hour ago still are, older ones are not."""
    sealer = Sealer((registry.data / "secret.key").read_bytes())
    download = Download(ACCOUNT, REGION, repository, layer[0])
    url = url_of(ecr, repository, layer[0])
    for age, status in ((3540, 200), (3601, 403)):
        token = tokens.seal_download(sealer, download, time.time() - age)
        answer = fetch(url.replace(token_of(url), token))
        assert answer.status == status
    assert answer.json()["errors"] == [{"code": "DENIED", "message": "Request has expired"}]


def test_url_of_a_layer_that_went(ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    url = url_of(ecr, repository, layer[0])
    ecr.delete_repository(repositoryName=repository, force=True)
    answer = fetch(url)
    assert answer.status == 404
    assert answer.json()["errors"][0]["code"] == "NAME_UNKNOWN"


def test_layer_that_no_image_has(ecr: Any, repository: str) -> None:
    digest = upload_layer(ecr, repository, b"not in any image")
    code, message = refused(ecr.get_download_url_for_layer, repositoryName=repository, layerDigest=digest)
    assert code == "LayerInaccessibleException"
    assert digest in message
    assert repository in message


def test_layer_of_a_deleted_image_is_inaccessible(ecr: Any, repository: str, layer: tuple[str, bytes]) -> None:
    ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "latest"}])
    refusal = refused(ecr.get_download_url_for_layer, repositoryName=repository, layerDigest=layer[0])
    assert refusal[0] == "LayerInaccessibleException"


def test_unknown_layer(ecr: Any, repository: str, other_repository: str, layer: tuple[str, bytes]) -> None:
    for name, digest in ((repository, "sha256:" + "2" * 64), (other_repository, layer[0]), (repository, "md5:00")):
        message = (
            f"The layer with digest {digest} does not exist within the repository with name '{name}' in the registry"
            f" with id '{ACCOUNT}'"
        )
        refusal = refused(ecr.get_download_url_for_layer, repositoryName=name, layerDigest=digest)
        assert refusal == ("LayersNotFoundException", message)
    refusal = refused(ecr.get_download_url_for_layer, repositoryName="not/there", layerDigest=layer[0])
    assert refusal[0] == "RepositoryNotFoundException"
