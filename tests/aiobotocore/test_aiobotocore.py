"""The ECR API through aiobotocore, which many programs use in place of boto3."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from registry_process import RegistryProcess

LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@asynccontextmanager
async def ecr_client(registry: RegistryProcess, **options: Any) -> AsyncIterator[Any]:
    given = {
        "region_name": "us-east-1",
        "endpoint_url": registry.url,
        "aws_access_key_id": registry.access_key_id,
        "aws_secret_access_key": registry.secret_access_key,
    }
    async with get_session().create_client("ecr", **given | options) as client:
        yield client


def run(registry: RegistryProcess, work: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        async with ecr_client(registry, **options) as client:
            return await work(client)

    return asyncio.run(main())


async def upload(client: Any, repository: str, content: bytes) -> str:
    session = await client.initiate_layer_upload(repositoryName=repository)
    given = {"repositoryName": repository, "uploadId": session["uploadId"]}
    await client.upload_layer_part(**given, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    completed = await client.complete_layer_upload(**given, layerDigests=[digest])
    assert completed["layerDigest"] == digest
    return digest


async def push(client: Any, repository: str, tag: str) -> str:
    """Push an image of one layer; its manifest."""
    # aiohttp warns of bodies of 1 MiB that are given as bytes, and aiobotocore gives them so.
    layer, config = secrets.token_bytes(600_000), json.dumps({"author": secrets.token_hex(8)}).encode()
    digests = await asyncio.gather(upload(client, repository, layer), upload(client, repository, config))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "digest": digests[1], "size": len(config)},
        "layers": [{"mediaType": LAYER_TYPE, "digest": digests[0], "size": len(layer)}],
    }
    text = json.dumps(manifest)
    await client.put_image(repositoryName=repository, imageManifest=text, imageTag=tag)
    return text


def test_an_image_that_is_pushed_comes_back(registry: RegistryProcess, repository: str) -> None:
    async def work(client: Any) -> None:
        manifest = await push(client, repository, "v1")
        answer = await client.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": "v1"}])
        assert [image["imageManifest"] for image in answer["images"]] == [manifest]

        layer = json.loads(manifest)["layers"][0]
        given = {"repositoryName": repository, "layerDigest": layer["digest"]}
        location = await client.get_download_url_for_layer(**given)
        async with aiohttp.ClientSession() as session, session.get(location["downloadUrl"]) as download:
            content = await download.read()
        assert "sha256:" + hashlib.sha256(content).hexdigest() == layer["digest"]

    run(registry, work)


def test_a_paginator_meets_every_image_once(registry: RegistryProcess, repository: str) -> None:
    async def work(client: Any) -> list[str]:
        tags = [f"v{number}" for number in range(7)]
        await asyncio.gather(*(push(client, repository, tag) for tag in tags))
        pages = client.get_paginator("list_images").paginate(
            repositoryName=repository, PaginationConfig={"PageSize": 3}
        )
        return [image["imageTag"] async for page in pages for image in page["imageIds"]]

    assert sorted(run(registry, work)) == [f"v{number}" for number in range(7)]


def test_a_missing_repository_is_the_services_own_error(registry: RegistryProcess) -> None:
    async def work(client: Any) -> None:
        with pytest.raises(client.exceptions.RepositoryNotFoundException):
            await client.list_images(repositoryName="tests/none/here")

    run(registry, work)


def test_a_wrong_secret_is_refused(registry: RegistryProcess) -> None:
    async def work(client: Any) -> None:
        with pytest.raises(ClientError) as refused:
            await client.describe_repositories()
        assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"

    run(registry, work, aws_secret_access_key="not the secret")
