"""Every error text, with the exception of the service model that it belongs to."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from wharfside.core import errors
from wharfside.core.errors import RegistryError
from wharfside_sdk.model.ir import Structure, load

NOT_OF_THE_MODEL = {
    "AccessDeniedException",
    "ThrottlingException",
    "UnsupportedCommandException",
}
"""Errors that every service may answer with ("Common Errors" of the ECR API reference), and one of ECR Public."""
ARGUMENTS: dict[str, Any] = {
    "account": "123456789012",
    "digest": "sha256:d",
    "digests": ["sha256:a", "sha256:b"],
    "expected": 5,
    "got": 3,
    "limit": 10,
    "received": 2,
    "repository": "team/app",
    "retry_after": 1,
    "tag": "v1",
    "upload": "some-upload",
}
MADE_FROM_ARGUMENTS = sorted(
    name
    for name, function in inspect.getmembers(errors, inspect.isfunction)
    if not name.startswith("_") and function.__module__ == errors.__name__
)


def made(name: str) -> RegistryError:
    function = getattr(errors, name)
    return function(*(ARGUMENTS.get(parameter, parameter) for parameter in inspect.signature(function).parameters))


@pytest.mark.parametrize("name", MADE_FROM_ARGUMENTS)
def test_errors_are_those_of_the_model(name: str) -> None:
    error = made(name)
    assert isinstance(error, RegistryError)
    if error.code in NOT_OF_THE_MODEL:
        assert error.status == 400
        return
    shape = load("ecr").shapes[error.code]
    assert isinstance(shape, Structure)
    assert error.status == shape.http_status
    assert error.members.keys() <= {field.name for field in shape.fields}
    assert str(error) == error.message


REGISTRY = "in the registry with id '123456789012'"
UPLOAD = "The upload with id 'some-upload' in the repository with name 'team/app' in registry with id '123456789012'"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("repository_not_found", f"The repository with name 'team/app' does not exist {REGISTRY}"),
        ("repository_already_exists", f"The repository with name 'team/app' already exists {REGISTRY}"),
        (
            "repository_not_empty",
            "The repository with name 'team/app' in registry with id '123456789012' cannot be deleted because it still"
            " contains images",
        ),
        (
            "image_not_found",
            "The image with imageId {imageDigest:'sha256:d', imageTag:'v1'} does not exist within the repository with"
            f" name 'team/app' {REGISTRY}",
        ),
        (
            "layers_not_found",
            "Layers with digests '[sha256:a, sha256:b]' required for pushing image into repository with name"
            f" 'team/app' {REGISTRY} do not exist",
        ),
        (
            "referenced_images_not_found",
            "Images with digests '[sha256:a, sha256:b]' required for pushing image into repository with name"
            f" 'team/app' {REGISTRY} do not exist",
        ),
        ("empty_upload", f"{UPLOAD} cannot be completed because it does not have any parts"),
        ("upload_not_found", f"{UPLOAD} does not exist"),
        ("invalid_layer_part", "First byte of the layer part is 3 instead of 5"),
        (
            "too_many_images",
            "The repository with name 'team/app' in registry with id '123456789012' already has the maximum allowed"
            " number of images which is '10'",
        ),
        ("throttled", "Rate exceeded"),
        ("key_disabled", "arn is disabled."),
        ("key_not_found", "Key 'arn' does not exist"),
        ("key_of_another_region", "Invalid arn region"),
    ],
)
def test_texts(name: str, message: str) -> None:
    assert made(name).message == message
