"""The guide on lifecycle policies: every command that it shows was run, and printed what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from image_content import Content
from registry_process import RegistryProcess

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "lifecycle.md"
FILES = re.compile(r"`(\w+\.json)`:\n\n```json\n(.*?)```", re.DOTALL)
CONSOLES = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_every_command_prints_what_the_guide_shows(
    fresh_registry: Callable[..., RegistryProcess], tmp_path: Path
) -> None:
    registry, text = fresh_registry(), GUIDE.read_text()
    registry.create_repository("team/app")
    oci = registry.oci_client(registry.password())
    for tag in ("v1", "v2", "v3"):
        content = Content()
        content.image(tag)
        content.push(oci, "team/app")
    oci.close()
    for name, content in FILES.findall(text):
        (tmp_path / name).write_text(content)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WHARFSIDE_"))}
    own |= {"PATH": f"{Path(sys.executable).parent}:{own['PATH']}", "WHARFSIDE_DATA": str(registry.data)}
    own |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": ""}
    shown = "".join(CONSOLES.findall(text))
    commands = [line.removeprefix("$ ") for line in shown.splitlines() if line.startswith("$ ")]
    script = "\n".join(f"cat <<'END'\n$ {command}\nEND\n{command}" for command in commands)
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.stdout == shown
