"""Both distributions work where only their wheels, and what these declare to need, are installed."""

from __future__ import annotations

from distributions import Environment

IMPORT_ALL = """
import importlib, pkgutil, sys
imported = 0
for package in {packages}:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__") and module.name not in {left_out}:
            assert importlib.import_module(module.name).__file__.startswith(sys.prefix), module
            imported += 1
print(imported)
"""
WITHOUT_AIOHTTP = """
from wharfside_sdk.ecr import AsyncECRClient, ECRClient
from wharfside_sdk.errors import MissingDependency
settings = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
print(ECRClient(**settings).meta.endpoint_url)
try:
    AsyncECRClient(**settings)
except MissingDependency as error:
    print(error)
"""
MODELS = """
from wharfside_sdk.ecr.models import CreateRepositoryRequest
from wharfside_sdk.ecr.type_defs import CreateRepositoryRequestTypeDef
request = CreateRepositoryRequest(repositoryName="team/app")
print(request.to_boto(), "repositoryName" in CreateRepositoryRequestTypeDef.__required_keys__)
"""
PUSH_AND_LIST = """
import asyncio
from wharfside.testing import registry
from wharfside_sdk.ecr import AsyncECRClient

async def digests(settings):
    async with AsyncECRClient(**settings) as ecr:
        return [image["imageDigest"] async for image in ecr.iter_images(repositoryName="team/app")]

with registry() as account:
    ecr = account.sdk_client()
    ecr.create_repository(repositoryName="team/app")
    pushed = account.push_image("team/app", "v1")
    listed = ecr.list_images(repositoryName="team/app")["imageIds"]
    assert listed == [{"imageDigest": pushed, "imageTag": "v1"}], listed
    assert asyncio.run(digests(account.client_arguments)) == [pushed]
    answer = account.client().describe_images(repositoryName="team/app")
    print(answer["imageDetails"][0]["imageTags"])
"""
TEST = """
def test_push(ecr_registry, ecr_client, ecr_sdk_client, registry_url):
    ecr_client.create_repository(repositoryName="app")
    digest = ecr_registry.push_image("app", "v1")
    (image,) = ecr_sdk_client.describe_images(repositoryName="app")["imageDetails"]
    assert image["imageDigest"] == digest
    assert registry_url.startswith("127.0.0.1:")
"""


def test_the_sdk_alone_imports_everything_but_its_extras(sdk_environment: Environment) -> None:
    # aiohttp is an extra.
    left_out = {"wharfside_sdk.core.aio_transport"}
    program = IMPORT_ALL.format(packages=["wharfside_sdk"], left_out=left_out)
    assert int(sdk_environment.python(program)) > 80
    address, missing = sdk_environment.python(WITHOUT_AIOHTTP).splitlines()
    assert address == "https://api.ecr.eu-west-1.amazonaws.com"
    assert "pip install 'wharfside-sdk[aio]'" in missing


def test_the_sdk_alone_has_types_and_models(sdk_environment: Environment) -> None:
    assert sdk_environment.python(MODELS) == "{'repositoryName': 'team/app'} True\n"


def test_everything_can_be_imported(full_environment: Environment) -> None:
    # Alembic runs this one, as a script.
    left_out = {"wharfside.store.migrations.env"}
    program = IMPORT_ALL.format(packages=["wharfside_sdk", "wharfside"], left_out=left_out)
    assert int(full_environment.python(program)) > 200


def test_the_command_explains_itself(full_environment: Environment) -> None:
    assert "serve" in full_environment.run("wharfside", "--help")
    assert "--data" in full_environment.run("wharfside", "serve", "--help")


def test_a_registry_runs_and_every_client_uses_it(full_environment: Environment) -> None:
    assert full_environment.python(PUSH_AND_LIST) == "['v1']\n"


def test_the_fixtures_of_pytest_are_there(full_environment: Environment) -> None:
    (full_environment.folder / "test_push.py").write_text(TEST)
    printed = full_environment.run(
        "python", "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_push.py"
    )
    assert "1 passed" in printed
