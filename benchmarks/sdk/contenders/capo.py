"""capo-ecr, which checks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

from capo_ecr import ECRClient
from capo_ecr.types.describe_images_response import deserialize_aws_json_1_1

from benchmarks.sdk.payloads import REPOSITORY


def _client(url: str) -> ECRClient:
    return ECRClient(endpoint=url, region="us-east-1", credentials={"access_key": "a", "secret_key": "b"})


def small_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.create_repository(
        REPOSITORY,
        tags=[{"key": "team", "value": "core"}],
        image_tag_mutability="IMMUTABLE",
        image_scanning_configuration={"scan_on_push": True},
        encryption_configuration={"encryption_type": "AES256"},
    )


def large_call(url: str) -> Callable[[], object]:
    client = _client(url)
    return lambda: client.describe_images(REPOSITORY)


def read() -> Callable[[bytes], object]:
    return lambda body: deserialize_aws_json_1_1(json.loads(body))
