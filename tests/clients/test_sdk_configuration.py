"""Clients of the SDK that are given nothing: what they need stands in the environment, or in a profile."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from administration import Administration, administration
from oidc_issuer import Issuer
from registry_process import RegistryProcess
from wharfside.registry import access_keys, identities, identity_policies, identity_providers
from wharfside_sdk.ecr import AsyncECRClient, ECRClient
from wharfside_sdk.errors import ClientError, NoCredentials


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


DESCRIBE = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:Describe*","Resource":"*"}]}'


@pytest.fixture
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        yield made


def describing_role(admin: Administration, account: str, name: str, principal: dict[str, str], action: str) -> str:
    """A role that this principal may take, and that may describe and nothing else."""
    trust = {"Effect": "Allow", "Principal": principal, "Action": action}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = admin.run(identities.create_role, account, name, document, admin.now).arn
    admin.run(identity_policies.put_inline, account, "role", name, "describe", DESCRIBE)
    return arn


def test_role_of_a_profile(
    registry: RegistryProcess, admin: Administration, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The role is taken at the registry's own STS, with the keys of another profile."""
    account = registry.account
    user = admin.run(identities.create_user, account, "profiled", admin.now).arn
    key = admin.run(access_keys.create_key, admin.sealer, account, "profiled", admin.now)
    role = describing_role(admin, account, "of-a-profile", {"AWS": user}, "sts:AssumeRole")
    (tmp_path / "config").write_text(
        f"[profile reader]\nrole_arn = {role}\nrole_session_name = me\nsource_profile = keys\nregion = us-east-1\n"
    )
    (tmp_path / "credentials").write_text(
        f"[keys]\naws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.secret_access_key}\n"
    )
    bare.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    bare.setenv("AWS_ENDPOINT_URL_ECR", registry.url)
    bare.setenv("AWS_ENDPOINT_URL_STS", registry.url)
    assert registry_id(profile_name="reader") == account
    with (
        ECRClient(profile_name="reader") as client,
        pytest.raises(ClientError, match="assumed-role/of-a-profile/me is not authorized to perform"),
    ):
        client.create_repository(repositoryName="not-allowed")


def test_web_identity(
    registry: RegistryProcess, admin: Administration, bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A token in a file, as clusters and pipelines give it, is exchanged at the registry's own STS."""
    issuer = Issuer()
    try:
        account = registry.account
        provider = admin.run(identity_providers.create_provider, account, issuer.url, ["registry"], None, admin.now)
        role = describing_role(admin, account, "of-a-token", {"Federated": provider}, "sts:AssumeRoleWithWebIdentity")
        token = tmp_path / "token"
        token.write_text(issuer.token())
        bare.setenv("AWS_CONFIG_FILE", os.devnull)
        bare.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        bare.setenv("AWS_DEFAULT_REGION", registry.region)
        bare.setenv("AWS_ENDPOINT_URL", registry.url)
        bare.setenv("AWS_ROLE_ARN", role)
        bare.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
        assert registry_id() == account
        token.write_text("no token")
        with pytest.raises(NoCredentials, match=f"AssumeRoleWithWebIdentity of {role} .*InvalidIdentityToken"):
            registry_id()
    finally:
        issuer.close()
