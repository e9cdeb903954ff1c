"""Fixtures that every folder of tests may use: a running registry, its clients, and the tools of the system."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oci_client import OciClient
from registry_process import RegistryProcess, free_port, tool


@pytest.fixture(scope="session", name="tool")
def _tool() -> Callable[[str], str]:
    return tool


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """One registry with default settings, shared by all tests that do not need one of their own."""
    process = RegistryProcess(tmp_path_factory.mktemp("registry") / "data", free_port())
    process.start()
    yield process
    process.stop()


@pytest.fixture
def fresh_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RegistryProcess]]:
    """Start registries with options of one's own: `fresh_registry("--workers", "2")`."""
    started: list[RegistryProcess] = []

    def start(*options: str, **settings: Any) -> RegistryProcess:
        folder = tmp_path_factory.mktemp("fresh")
        port = settings.pop("port", None) or free_port()
        process = RegistryProcess(folder / "data", port, options, **settings)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="session")
def password(registry: RegistryProcess) -> str:
    return registry.password()


@pytest.fixture(scope="session")
def oci(registry: RegistryProcess, password: str) -> Iterator[OciClient]:
    """An authorized client of the shared registry's data plane."""
    client = registry.oci_client(password)
    yield client
    client.close()


@pytest.fixture
def repository(registry: RegistryProcess) -> str:
    """An empty repository of the shared registry."""
    return registry.create_repository(f"tests/{secrets.token_hex(6)}")


@pytest.fixture
def other_repository(registry: RegistryProcess) -> str:
    return registry.create_repository(f"tests/other/{secrets.token_hex(6)}")
