# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""What the clients of Amazon ECR Public take: structures by the names that the service gives them.

Members are read-only and lists any sequence, so that what an answer holds can be given back as it is.
"""

from collections.abc import Sequence
from typing import NotRequired, Protocol, TypeAlias

from typing_extensions import ReadOnly, TypedDict


class Readable(Protocol):
    """An open file, or anything else that gives all of its content."""

    def read(self) -> str | bytes:
        """The content."""
        ...


Blob: TypeAlias = str | bytes | bytearray | memoryview | Readable
"""Content; a string stands for its bytes in UTF-8."""


class BatchCheckLayerAvailabilityRequest(TypedDict):
    """BatchCheckLayerAvailabilityRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    layerDigests: ReadOnly[Sequence[str]]


class ImageIdentifier(TypedDict):
    """ImageIdentifier as it is given."""

    imageDigest: NotRequired[ReadOnly[str]]
    imageTag: NotRequired[ReadOnly[str]]


class BatchDeleteImageRequest(TypedDict):
    """BatchDeleteImageRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageIds: ReadOnly[Sequence[ImageIdentifier]]


class CompleteLayerUploadRequest(TypedDict):
    """CompleteLayerUploadRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    uploadId: ReadOnly[str]
    layerDigests: ReadOnly[Sequence[str]]


class RepositoryCatalogDataInput(TypedDict):
    """RepositoryCatalogDataInput as it is given."""

    description: NotRequired[ReadOnly[str]]
    architectures: NotRequired[ReadOnly[Sequence[str]]]
    operatingSystems: NotRequired[ReadOnly[Sequence[str]]]
    logoImageBlob: NotRequired[ReadOnly[Blob]]
    aboutText: NotRequired[ReadOnly[str]]
    usageText: NotRequired[ReadOnly[str]]


class Tag(TypedDict):
    """Tag as it is given."""

    Key: NotRequired[ReadOnly[str]]
    Value: NotRequired[ReadOnly[str]]


class CreateRepositoryRequest(TypedDict):
    """CreateRepositoryRequest as it is given."""

    repositoryName: ReadOnly[str]
    catalogData: NotRequired[ReadOnly[RepositoryCatalogDataInput]]
    tags: NotRequired[ReadOnly[Sequence[Tag]]]


class DeleteRepositoryPolicyRequest(TypedDict):
    """DeleteRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class DeleteRepositoryRequest(TypedDict):
    """DeleteRepositoryRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    force: NotRequired[ReadOnly[bool]]


class DescribeImageTagsRequest(TypedDict):
    """DescribeImageTagsRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeImagesRequest(TypedDict):
    """DescribeImagesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageIds: NotRequired[ReadOnly[Sequence[ImageIdentifier]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeRegistriesRequest(TypedDict):
    """DescribeRegistriesRequest as it is given."""

    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeRepositoriesRequest(TypedDict):
    """DescribeRepositoriesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryNames: NotRequired[ReadOnly[Sequence[str]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class GetAuthorizationTokenRequest(TypedDict):
    """GetAuthorizationTokenRequest as it is given."""


class GetRegistryCatalogDataRequest(TypedDict):
    """GetRegistryCatalogDataRequest as it is given."""


class GetRepositoryCatalogDataRequest(TypedDict):
    """GetRepositoryCatalogDataRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class GetRepositoryPolicyRequest(TypedDict):
    """GetRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class InitiateLayerUploadRequest(TypedDict):
    """InitiateLayerUploadRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class ListTagsForResourceRequest(TypedDict):
    """ListTagsForResourceRequest as it is given."""

    resourceArn: ReadOnly[str]


class PutImageRequest(TypedDict):
    """PutImageRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageManifest: ReadOnly[str]
    imageManifestMediaType: NotRequired[ReadOnly[str]]
    imageTag: NotRequired[ReadOnly[str]]
    imageDigest: NotRequired[ReadOnly[str]]


class PutRegistryCatalogDataRequest(TypedDict):
    """PutRegistryCatalogDataRequest as it is given."""

    displayName: NotRequired[ReadOnly[str]]


class PutRepositoryCatalogDataRequest(TypedDict):
    """PutRepositoryCatalogDataRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    catalogData: ReadOnly[RepositoryCatalogDataInput]


class SetRepositoryPolicyRequest(TypedDict):
    """SetRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    policyText: ReadOnly[str]
    force: NotRequired[ReadOnly[bool]]


class TagResourceRequest(TypedDict):
    """TagResourceRequest as it is given."""

    resourceArn: ReadOnly[str]
    tags: ReadOnly[Sequence[Tag]]


class UntagResourceRequest(TypedDict):
    """UntagResourceRequest as it is given."""

    resourceArn: ReadOnly[str]
    tagKeys: ReadOnly[Sequence[str]]


class UploadLayerPartRequest(TypedDict):
    """UploadLayerPartRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    uploadId: ReadOnly[str]
    partFirstByte: ReadOnly[int]
    partLastByte: ReadOnly[int]
    layerPartBlob: ReadOnly[Blob]
