"""Clients of the SDK that are given nothing: what they need stands in the environment, or in a profile."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from registry_process import RegistryProcess
from wharfside_sdk.ecr import AsyncECRClient, ECRClient


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    return monkeypatch


def registry_id(**options: Any) -> str:
    async def asynchronously() -> str:
        async with AsyncECRClient(**options) as client:
            return (await client.describe_registry())["registryId"]

    with ECRClient(**options) as client:
        found = client.describe_registry()["registryId"]
    assert asyncio.run(asynchronously()) == found
    return found


def test_environment(registry: RegistryProcess, bare: pytest.MonkeyPatch) -> None:
    for name, value in registry.environment().items():
        if name.startswith("AWS_"):
            bare.setenv(name, value)
    assert registry_id() == registry.account


def test_profile(registry: RegistryProcess, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        f"[profile wharf]\nregion = {registry.region}\nservices = here\n"
        f"[services here]\necr =\n  endpoint_url = {registry.url}\n"
    )
    (tmp_path / "credentials").write_text(
        f"[wharf]\naws_access_key_id = {registry.access_key_id}\naws_secret_access_key = {registry.secret_access_key}\n"
    )
    bare.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert registry_id(profile_name="wharf") == registry.account
    bare.setenv("AWS_PROFILE", "wharf")
    assert registry_id() == registry.account


def test_process(registry: RegistryProcess, bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    printed = tmp_path / "printed.json"
    printed.write_text(
        f'{{"Version": 1, "AccessKeyId": "{registry.access_key_id}", '
        f'"SecretAccessKey": "{registry.secret_access_key}", "Expiration": "2999-01-01T00:00:00Z"}}'
    )
    (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {printed}\nendpoint_url = {registry.url}\n")
    bare.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    assert registry_id(region_name=registry.region) == registry.account
