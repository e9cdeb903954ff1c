"""The guide on encryption: every command that it shows was run, and printed what it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from guides import check

from registry_process import RegistryProcess


def test_every_command_prints_what_the_guide_shows(
    fresh_registry: Callable[..., RegistryProcess], tmp_path: Path
) -> None:
    check(fresh_registry(), tmp_path, "encryption.md")
