"""helm: charts as OCI artifacts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox import Sandbox

from registry_process import RegistryProcess, tool


def test_chart(
    sandbox: Sandbox,
    registry: RegistryProcess,
    password: str,
    tmp_path: Path,
    image_detail: Callable[[str], dict[str, Any]],
    repository: str,
) -> None:
    tool("helm")
    chart = tmp_path / repository.rpartition("/")[2]
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {chart.name}\nversion: 1.2.3\n")
    (chart / "templates" / "note.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: note\n")
    environment = {f"HELM_{name}_HOME": str(tmp_path / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    login = ("helm", "registry", "login", "--plain-http", "-u", "AWS", "--password-stdin", registry.host)
    sandbox.run(*login, environment=environment, text=password)
    sandbox.run("helm", "package", chart, "-d", tmp_path, environment=environment)
    packed = tmp_path / f"{chart.name}-1.2.3.tgz"
    parent = f"oci://{registry.host}/{repository.rpartition('/')[0]}"
    sandbox.run("helm", "push", "--plain-http", packed, parent, environment=environment)
    detail = image_detail("1.2.3")
    assert detail["artifactMediaType"] == "application/vnd.cncf.helm.config.v1+json"
    folder = tmp_path / "pulled"
    folder.mkdir()
    pull = ("helm", "pull", "--plain-http", f"{parent}/{chart.name}", "--version", "1.2.3", "-d", folder)
    sandbox.run(*pull, environment=environment)
    assert (folder / packed.name).read_bytes() == packed.read_bytes()
    shown = sandbox.run(
        "helm", "show", "chart", "--plain-http", f"{parent}/{chart.name}", "--version", "1.2.3", environment=environment
    )
    assert "version: 1.2.3" in shown
