"""The guide on events: every command that it shows was run, and printed what it shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import guides
import pytest

from oci_client import OCI_MANIFEST
from registry_process import RegistryProcess, tool

MADE_UP = {
    "2f9dbb5d-94ba-4e5b-8ec5-bb9c9ef7f4b6": r"[0-9a-f-]{36}",
    "2026-01-31T12:00:00Z": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": r"[0-9a-f]{64}",
}


def test_every_command_prints_what_the_guide_shows(
    fresh_registry: Callable[..., RegistryProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool("jq")
    monkeypatch.setattr(guides, "MADE_UP", MADE_UP)
    registry = fresh_registry()
    registry.create_repository("team/app")
    oci = registry.oci_client(registry.password())
    for tag in ("v1", "v2"):
        config = {"mediaType": "application/x-config", "digest": oci.push_blob("team/app", tag.encode()), "size": 2}
        manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []}
        assert oci.put_manifest("team/app", tag, json.dumps(manifest).encode()).status == 201
    oci.close()
    # The receiver ends with the shell, also where a command before its own end has failed.
    guides.check(registry, tmp_path, "events.md", before="trap 'kill $! 2>/dev/null' EXIT")
