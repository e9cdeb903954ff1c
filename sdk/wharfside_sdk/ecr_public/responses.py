# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""What the clients of Amazon ECR Public answer: structures by the names that the service gives them.

A member that is not `NotRequired` is in every answer of a Wharfside. Enums that only answers hold are open, since a
newer server may say more; those of requests are closed, so that what an answer holds can be given back as it is.
"""

from datetime import datetime
from typing import NotRequired, TypedDict

from wharfside_sdk.ecr_public.literals import (
    ImageFailureCodeType,
    LayerAvailabilityType,
    LayerFailureCodeType,
    RegistryAliasStatusType,
)


class ResponseMetadata(TypedDict):
    """What an answer says of itself."""

    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int
    HostId: NotRequired[str]


class Layer(TypedDict):
    """Layer as it is answered."""

    layerDigest: NotRequired[str]
    layerAvailability: NotRequired[LayerAvailabilityType | str]
    layerSize: NotRequired[int]
    mediaType: NotRequired[str]


class LayerFailure(TypedDict):
    """LayerFailure as it is answered."""

    layerDigest: NotRequired[str]
    failureCode: NotRequired[LayerFailureCodeType | str]
    failureReason: NotRequired[str]


class BatchCheckLayerAvailabilityResponse(TypedDict):
    """BatchCheckLayerAvailabilityResponse as it is answered."""

    layers: NotRequired[list[Layer]]
    failures: NotRequired[list[LayerFailure]]
    ResponseMetadata: ResponseMetadata


class ImageIdentifier(TypedDict):
    """ImageIdentifier as it is answered."""

    imageDigest: NotRequired[str]
    imageTag: NotRequired[str]


class ImageFailure(TypedDict):
    """ImageFailure as it is answered."""

    imageId: NotRequired[ImageIdentifier]
    failureCode: NotRequired[ImageFailureCodeType | str]
    failureReason: NotRequired[str]


class BatchDeleteImageResponse(TypedDict):
    """BatchDeleteImageResponse as it is answered."""

    imageIds: NotRequired[list[ImageIdentifier]]
    failures: NotRequired[list[ImageFailure]]
    ResponseMetadata: ResponseMetadata


class CompleteLayerUploadResponse(TypedDict):
    """CompleteLayerUploadResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    uploadId: NotRequired[str]
    layerDigest: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class Tag(TypedDict):
    """Tag as it is answered."""

    Key: NotRequired[str]
    Value: NotRequired[str]


class Repository(TypedDict):
    """Repository as it is answered."""

    repositoryArn: NotRequired[str]
    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    repositoryUri: NotRequired[str]
    createdAt: NotRequired[datetime]


class RepositoryCatalogData(TypedDict):
    """RepositoryCatalogData as it is answered."""

    description: NotRequired[str]
    architectures: NotRequired[list[str]]
    operatingSystems: NotRequired[list[str]]
    logoUrl: NotRequired[str]
    aboutText: NotRequired[str]
    usageText: NotRequired[str]
    marketplaceCertified: NotRequired[bool]


class CreateRepositoryResponse(TypedDict):
    """CreateRepositoryResponse as it is answered."""

    repository: NotRequired[Repository]
    catalogData: NotRequired[RepositoryCatalogData]
    ResponseMetadata: ResponseMetadata


class DeleteRepositoryPolicyResponse(TypedDict):
    """DeleteRepositoryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DeleteRepositoryResponse(TypedDict):
    """DeleteRepositoryResponse as it is answered."""

    repository: NotRequired[Repository]
    ResponseMetadata: ResponseMetadata


class ReferencedImageDetail(TypedDict):
    """ReferencedImageDetail as it is answered."""

    imageDigest: NotRequired[str]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]


class ImageTagDetail(TypedDict):
    """ImageTagDetail as it is answered."""

    imageTag: NotRequired[str]
    createdAt: NotRequired[datetime]
    imageDetail: NotRequired[ReferencedImageDetail]


class DescribeImageTagsResponse(TypedDict):
    """DescribeImageTagsResponse as it is answered."""

    imageTagDetails: NotRequired[list[ImageTagDetail]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ImageDetail(TypedDict):
    """ImageDetail as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageDigest: NotRequired[str]
    imageTags: NotRequired[list[str]]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]


class DescribeImagesResponse(TypedDict):
    """DescribeImagesResponse as it is answered."""

    imageDetails: NotRequired[list[ImageDetail]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class RegistryAlias(TypedDict):
    """RegistryAlias as it is answered."""

    name: str
    status: RegistryAliasStatusType | str
    primaryRegistryAlias: bool
    defaultRegistryAlias: bool


class Registry(TypedDict):
    """Registry as it is answered."""

    registryId: str
    registryArn: str
    registryUri: str
    verified: bool
    aliases: list[RegistryAlias]


class DescribeRegistriesResponse(TypedDict):
    """DescribeRegistriesResponse as it is answered."""

    registries: list[Registry]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DescribeRepositoriesResponse(TypedDict):
    """DescribeRepositoriesResponse as it is answered."""

    repositories: NotRequired[list[Repository]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class AuthorizationData(TypedDict):
    """AuthorizationData as it is answered."""

    authorizationToken: NotRequired[str]
    expiresAt: NotRequired[datetime]


class GetAuthorizationTokenResponse(TypedDict):
    """GetAuthorizationTokenResponse as it is answered."""

    authorizationData: NotRequired[AuthorizationData]
    ResponseMetadata: ResponseMetadata


class RegistryCatalogData(TypedDict):
    """RegistryCatalogData as it is answered."""

    displayName: NotRequired[str]


class GetRegistryCatalogDataResponse(TypedDict):
    """GetRegistryCatalogDataResponse as it is answered."""

    registryCatalogData: RegistryCatalogData
    ResponseMetadata: ResponseMetadata


class GetRepositoryCatalogDataResponse(TypedDict):
    """GetRepositoryCatalogDataResponse as it is answered."""

    catalogData: NotRequired[RepositoryCatalogData]
    ResponseMetadata: ResponseMetadata


class GetRepositoryPolicyResponse(TypedDict):
    """GetRepositoryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class InitiateLayerUploadResponse(TypedDict):
    """InitiateLayerUploadResponse as it is answered."""

    uploadId: NotRequired[str]
    partSize: NotRequired[int]
    ResponseMetadata: ResponseMetadata


class ListTagsForResourceResponse(TypedDict):
    """ListTagsForResourceResponse as it is answered."""

    tags: NotRequired[list[Tag]]
    ResponseMetadata: ResponseMetadata


class Image(TypedDict):
    """Image as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    imageManifest: NotRequired[str]
    imageManifestMediaType: NotRequired[str]


class PutImageResponse(TypedDict):
    """PutImageResponse as it is answered."""

    image: NotRequired[Image]
    ResponseMetadata: ResponseMetadata


class PutRegistryCatalogDataResponse(TypedDict):
    """PutRegistryCatalogDataResponse as it is answered."""

    registryCatalogData: RegistryCatalogData
    ResponseMetadata: ResponseMetadata


class PutRepositoryCatalogDataResponse(TypedDict):
    """PutRepositoryCatalogDataResponse as it is answered."""

    catalogData: NotRequired[RepositoryCatalogData]
    ResponseMetadata: ResponseMetadata


class SetRepositoryPolicyResponse(TypedDict):
    """SetRepositoryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class TagResourceResponse(TypedDict):
    """TagResourceResponse as it is answered."""

    ResponseMetadata: ResponseMetadata


class UntagResourceResponse(TypedDict):
    """UntagResourceResponse as it is answered."""

    ResponseMetadata: ResponseMetadata


class UploadLayerPartResponse(TypedDict):
    """UploadLayerPartResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    uploadId: NotRequired[str]
    lastByteReceived: NotRequired[int]
    ResponseMetadata: ResponseMetadata
