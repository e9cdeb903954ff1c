"""The guide on the archive: every command that it shows was run, and printed what it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guides import check_word_for_word

from image_content import Content
from registry_process import RegistryProcess


def test_every_command_prints_what_the_guide_shows(
    fresh_registry: Callable[..., RegistryProcess], tmp_path: Path
) -> None:
    registry = fresh_registry()
    registry.create_repository("team/app")
    oci = registry.oci_client(registry.password())
    content = Content()
    for tag in ("v1", "v2"):
        content.image(tag)
    content.push(oci, "team/app")
    oci.close()
    check_word_for_word(registry, tmp_path, "archive.md")
