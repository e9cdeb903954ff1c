"""buildah: build from an image of the registry, push the result, and keep caches and indexes there."""

from __future__ import annotations

import secrets

from sandbox import Layout, Sandbox, build

from oci_client import OciClient
from registry_process import RegistryProcess


def test_build_on_an_image_of_the_registry(
    sandbox: Sandbox, target: str, oci: OciClient, repository: str, registry: RegistryProcess
) -> None:
    """The second image shares the layer of the first: it is stored and sent once."""
    base = build(sandbox, f"base-{secrets.token_hex(3)}")
    sandbox.run("buildah", "push", "--tls-verify=false", base, f"docker://{target}:base")
    sandbox.run("buildah", "rmi", "--force", base)
    context = sandbox.folder / f"context-{secrets.token_hex(3)}"
    context.mkdir()
    (context / "note.txt").write_text(secrets.token_hex(20))
    (context / "Containerfile").write_text(f"FROM {target}:base\nCOPY note.txt /note.txt\nLABEL built=yes\n")
    options = ("--tls-verify=false", "--layers", "--format", "oci", "-t", f"{target}:derived")
    sandbox.run("buildah", "bud", *options, str(context))
    sandbox.run("buildah", "push", "--tls-verify=false", f"{target}:derived")
    layers = [oci.get_manifest(repository, tag).json()["layers"] for tag in ("base", "derived")]
    assert layers[1][0] == layers[0][0]
    assert len(layers[1]) == 2
    details = registry.client().describe_images(repositoryName=repository)["imageDetails"]
    assert {tag for detail in details for tag in detail["imageTags"]} == {"base", "derived"}


def test_index(sandbox: Sandbox, multi: Layout, target: str, oci: OciClient, repository: str) -> None:
    options = ("--all", "--format", "oci", "--tls-verify=false")
    sandbox.run("buildah", "manifest", "push", *options, "localhost/multi", f"docker://{target}:multi")
    stored = oci.get_manifest(repository, "multi")
    assert stored.headers["Docker-Content-Digest"] == multi.top("multi")
    for child in stored.json()["manifests"]:
        assert oci.get_manifest(repository, child["digest"]).body == multi.blob(child["digest"])


def test_pull(sandbox: Sandbox, small: Layout, target: str) -> None:
    sandbox.run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{small.folder}:small", f"docker://{target}:v1")
    identity = sandbox.run("buildah", "pull", "--quiet", "--tls-verify=false", f"docker://{target}:v1").strip()
    assert f"sha256:{identity}" in small.blobs_of(small.top("small"))
    sandbox.run("buildah", "rmi", identity)
