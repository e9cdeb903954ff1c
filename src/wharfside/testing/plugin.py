"""Fixtures of pytest: a real registry, and in it an account of its own for every test.

Importing this costs next to nothing, as every test run does it where Wharfside is installed; the server starts with the
first test that needs it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from wharfside.testing import Registry
    from wharfside_sdk.ecr.client import ECRClient


@pytest.fixture(scope="session")
def _wharfside_server() -> None:
    """The server of this process: a fixture, so that a server that does not start is not tried again for each test."""
    from wharfside.testing.server import running_server

    running_server()


@pytest.fixture
def ecr_account() -> str | None:
    """The account of the test: 12 digits, or None for a new one. Define your own to choose it."""
    return None


@pytest.fixture
def ecr_region() -> str:
    """The region of the test. Define your own to choose another."""
    return "us-east-1"


@pytest.fixture
def ecr_registry(_wharfside_server: None, ecr_account: str | None, ecr_region: str) -> Generator[Registry]:
    """A real registry (`wharfside.testing.Registry`): for this test an account that nothing else uses."""
    from wharfside.testing import registry

    with registry(account=ecr_account, region=ecr_region) as opened:
        yield opened


@pytest.fixture
def ecr_client(ecr_registry: Registry) -> Any:
    """A boto3 client of ECR, in the account of the test."""
    return ecr_registry.client()


@pytest.fixture
def ecr_sdk_client(ecr_registry: Registry) -> ECRClient:
    """The SDK's own client of ECR (`wharfside_sdk.ecr.client.ECRClient`), in the account of the test."""
    return ecr_registry.sdk_client()


@pytest.fixture
def ecr_environment(ecr_registry: Registry) -> Generator[Registry]:
    """The environment's keys, region and addresses are those of the test: for code that makes its own boto3 clients."""
    from wharfside.testing.environment import environment_of

    with environment_of(ecr_registry):
        yield ecr_registry


@pytest.fixture
def registry_url(ecr_registry: Registry) -> str:
    """Host and port of the registry, as they precede the repository in names of images.

    `ecr_registry.username` and `ecr_registry.password` are the credentials of the test's account.
    """
    return ecr_registry.url
