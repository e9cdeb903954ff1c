"""Where client programs run in tests, what they build, and what they leave."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from image_content import Content
from registry_process import tool

SECONDS = 90


@dataclass
class Sandbox:
    """A folder with the settings of the tools, and a way to run them there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None, text: str | None = None) -> str:
        """Run a tool to its end; its standard output. A failure shows what it said."""
        done = self.attempt(*command, environment=environment, text=text)
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def attempt(
        self, *command: str | Path, environment: Mapping[str, str] | None = None, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        program, *arguments = map(str, command)
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DOCKER_", "HELM_"))}
        return subprocess.run(
            [tool(program), *arguments],
            env=own | self.environment | dict(environment or {}),
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def build(sandbox: Sandbox, name: str, architecture: str = "amd64") -> str:
    """Build a small image of busybox in local storage, with content that no other run has; its name."""
    busybox = Path(tool("busybox")).read_bytes()
    root = sandbox.folder / f"root-{secrets.token_hex(4)}"
    (root / "bin").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "bin" / "busybox").write_bytes(busybox)
    (root / "bin" / "busybox").chmod(0o755)
    (root / "etc" / "os-release").write_text(f'ID=wharfside-test\nVERSION_ID="{secrets.token_hex(8)}"\n')
    container = sandbox.run("buildah", "from", "scratch").strip()
    sandbox.run("buildah", "add", container, str(root), "/")
    sandbox.run("buildah", "config", "--cmd", "/bin/busybox", "--arch", architecture, "--label", "made=here", container)
    sandbox.run("buildah", "commit", "--quiet", "--timestamp", "1700000000", container, f"localhost/{name}")
    sandbox.run("buildah", "rm", container)
    return f"localhost/{name}"


@dataclass(frozen=True)
class Layout:
    """An OCI image layout in a folder."""

    folder: Path

    def blob(self, digest: str) -> bytes:
        return (self.folder / "blobs" / Path(*digest.split(":"))).read_bytes()

    def top(self, tag: str) -> str:
        """The digest of a tagged image."""
        for entry in json.loads((self.folder / "index.json").read_text())["manifests"]:
            if entry["annotations"]["org.opencontainers.image.ref.name"] == tag:
                return entry["digest"]
        raise AssertionError(f"no {tag} in {self.folder}")

    def manifest(self, digest: str) -> dict[str, Any]:
        return json.loads(self.blob(digest))

    def blobs_of(self, digest: str) -> dict[str, int]:
        """Digest and size of the config and of every layer of an image."""
        manifest = self.manifest(digest)
        return {each["digest"]: each["size"] for each in (manifest["config"], *manifest["layers"])}


def write_layout(folder: Path, content: Content) -> Layout:
    """Write an OCI image layout (OCI image specification, "Image Layout") of images made in memory."""
    for digest, data in (content.blobs | content.manifests).items():
        path = folder / "blobs" / Path(*digest.split(":"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    entries = [
        {
            "mediaType": json.loads(content.manifests[digest])["mediaType"],
            "digest": digest,
            "size": len(content.manifests[digest]),
            "annotations": {"org.opencontainers.image.ref.name": tag},
        }
        for tag, digest in content.tags.items()
    ]
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return Layout(folder)
