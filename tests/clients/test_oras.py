"""oras: files as artifacts, and artifacts that refer to an image."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import oras.client
import oras.oci
import pytest

from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess


@pytest.fixture
def client(registry: RegistryProcess, password: str, tmp_path: Path) -> oras.client.OrasClient:
    client = oras.client.OrasClient(hostname=registry.host, insecure=True, auth_backend="basic")
    client.login(username="AWS", password=password, hostname=registry.host, config_path=str(tmp_path / "config.json"))
    return client


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "chunked"])
def test_push_and_pull(
    client: oras.client.OrasClient,
    target: str,
    tmp_path: Path,
    repository: str,
    registry: RegistryProcess,
    monkeypatch: pytest.MonkeyPatch,
    chunked: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("artifact.bin").write_bytes(secrets.token_bytes(300_000))
    pushed = client.push(
        target=f"{target}:v1",
        files=["artifact.bin:application/vnd.example.file"],
        do_chunked=chunked,
        chunk_size=100_000,
        quiet=True,
    )
    assert pushed.status_code == 201
    assert client.get_tags(target) == ["v1"]
    (pulled,) = client.pull(target=f"{target}:v1", outdir=str(tmp_path / "out"))
    assert Path(pulled).read_bytes() == Path("artifact.bin").read_bytes()
    (detail,) = registry.client().describe_images(repositoryName=repository)["imageDetails"]
    assert detail["imageTags"] == ["v1"]


def test_artifact_that_refers_to_an_image(
    client: oras.client.OrasClient,
    target: str,
    repository: str,
    oci: OciClient,
    registry: RegistryProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    content = Content()
    image = content.image("v1")
    content.push(oci, repository)
    Path("bill.json").write_text(json.dumps({"packages": [secrets.token_hex(8)]}))
    subject = oras.oci.Subject(**image)
    pushed = client.push(target=f"{target}:bill", files=["bill.json:application/vnd.example.sbom"], subject=subject)  # pyright: ignore[reportArgumentType]  # oras declares str
    assert pushed.headers["OCI-Subject"] == image["digest"]
    (referrer,) = oci.list_referrers(repository, image["digest"]).json()["manifests"]
    found = registry.client().list_image_referrers(
        repositoryName=repository, subjectId={"imageDigest": image["digest"]}
    )["referrers"]
    assert [entry["digest"] for entry in found] == [referrer["digest"]]
