# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""TypedDicts of Amazon ECR Public, assignable to and from those of mypy-boto3 and types-aiobotocore.

Importing them needs the standard library only. Other spellings, which older stubs had, stay as aliases at the end.
What an answer holds beside `nextToken` counts as present, as in those stubs; `responses` tells what really is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, NotRequired, TypeAlias, TypedDict

from wharfside_sdk.ecr_public.literals import (
    ImageFailureCodeType,
    LayerAvailabilityType,
    LayerFailureCodeType,
    RegistryAliasStatusType,
)

BlobTypeDef: TypeAlias = str | bytes | IO[Any] | Any
"""Content. `Any` stands for the stream classes of botocore and aiobotocore, which cannot be imported here."""


class ResponseMetadataTypeDef(TypedDict):
    """What an answer says of itself."""

    RequestId: str
    HTTPStatusCode: int
    HTTPHeaders: dict[str, str]
    RetryAttempts: int
    HostId: NotRequired[str]


class PaginatorConfigTypeDef(TypedDict):
    """How a paginator shall page."""

    MaxItems: NotRequired[int]
    PageSize: NotRequired[int]
    StartingToken: NotRequired[str]


class WaiterConfigTypeDef(TypedDict):
    """How a waiter shall wait: the delay in seconds."""

    Delay: NotRequired[int]
    MaxAttempts: NotRequired[int]


class BatchCheckLayerAvailabilityRequestTypeDef(TypedDict):
    """What is asked: BatchCheckLayerAvailabilityRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    layerDigests: Sequence[str]


class LayerTypeDef(TypedDict):
    """Layer in answers."""

    layerDigest: NotRequired[str]
    layerAvailability: NotRequired[LayerAvailabilityType]
    layerSize: NotRequired[int]
    mediaType: NotRequired[str]


class LayerFailureTypeDef(TypedDict):
    """LayerFailure in answers."""

    layerDigest: NotRequired[str]
    failureCode: NotRequired[LayerFailureCodeType]
    failureReason: NotRequired[str]


class BatchCheckLayerAvailabilityResponseTypeDef(TypedDict):
    """What is answered: BatchCheckLayerAvailabilityResponse."""

    layers: list[LayerTypeDef]
    failures: list[LayerFailureTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class ImageIdentifierTypeDef(TypedDict):
    """ImageIdentifier in answers."""

    imageDigest: NotRequired[str]
    imageTag: NotRequired[str]


class BatchDeleteImageRequestTypeDef(TypedDict):
    """What is asked: BatchDeleteImageRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: Sequence[ImageIdentifierTypeDef]


class ImageFailureTypeDef(TypedDict):
    """ImageFailure in answers."""

    imageId: NotRequired[ImageIdentifierTypeDef]
    failureCode: NotRequired[ImageFailureCodeType]
    failureReason: NotRequired[str]


class BatchDeleteImageResponseTypeDef(TypedDict):
    """What is answered: BatchDeleteImageResponse."""

    imageIds: list[ImageIdentifierTypeDef]
    failures: list[ImageFailureTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class CompleteLayerUploadRequestTypeDef(TypedDict):
    """What is asked: CompleteLayerUploadRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    uploadId: str
    layerDigests: Sequence[str]


class CompleteLayerUploadResponseTypeDef(TypedDict):
    """What is answered: CompleteLayerUploadResponse."""

    registryId: str
    repositoryName: str
    uploadId: str
    layerDigest: str
    ResponseMetadata: ResponseMetadataTypeDef


class RepositoryCatalogDataInputTypeDef(TypedDict):
    """RepositoryCatalogDataInput in requests."""

    description: NotRequired[str]
    architectures: NotRequired[Sequence[str]]
    operatingSystems: NotRequired[Sequence[str]]
    logoImageBlob: NotRequired[BlobTypeDef]
    aboutText: NotRequired[str]
    usageText: NotRequired[str]


class TagTypeDef(TypedDict):
    """Tag in answers."""

    Key: NotRequired[str]
    Value: NotRequired[str]


class CreateRepositoryRequestTypeDef(TypedDict):
    """What is asked: CreateRepositoryRequest."""

    repositoryName: str
    catalogData: NotRequired[RepositoryCatalogDataInputTypeDef]
    tags: NotRequired[Sequence[TagTypeDef]]


class RepositoryTypeDef(TypedDict):
    """Repository in answers."""

    repositoryArn: NotRequired[str]
    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    repositoryUri: NotRequired[str]
    createdAt: NotRequired[datetime]


class RepositoryCatalogDataTypeDef(TypedDict):
    """RepositoryCatalogData in answers."""

    description: NotRequired[str]
    architectures: NotRequired[list[str]]
    operatingSystems: NotRequired[list[str]]
    logoUrl: NotRequired[str]
    aboutText: NotRequired[str]
    usageText: NotRequired[str]
    marketplaceCertified: NotRequired[bool]


class CreateRepositoryResponseTypeDef(TypedDict):
    """What is answered: CreateRepositoryResponse."""

    repository: RepositoryTypeDef
    catalogData: RepositoryCatalogDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class DeleteRepositoryPolicyRequestTypeDef(TypedDict):
    """What is asked: DeleteRepositoryPolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class DeleteRepositoryPolicyResponseTypeDef(TypedDict):
    """What is answered: DeleteRepositoryPolicyResponse."""

    registryId: str
    repositoryName: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class DeleteRepositoryRequestTypeDef(TypedDict):
    """What is asked: DeleteRepositoryRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    force: NotRequired[bool]


class DeleteRepositoryResponseTypeDef(TypedDict):
    """What is answered: DeleteRepositoryResponse."""

    repository: RepositoryTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImageTagsRequestTypeDef(TypedDict):
    """What is asked: DescribeImageTagsRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeImageTagsRequestPaginateTypeDef(TypedDict):
    """DescribeImageTagsRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ReferencedImageDetailTypeDef(TypedDict):
    """ReferencedImageDetail in answers."""

    imageDigest: NotRequired[str]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]


class ImageTagDetailTypeDef(TypedDict):
    """ImageTagDetail in answers."""

    imageTag: NotRequired[str]
    createdAt: NotRequired[datetime]
    imageDetail: NotRequired[ReferencedImageDetailTypeDef]


class DescribeImageTagsResponseTypeDef(TypedDict):
    """What is answered: DescribeImageTagsResponse."""

    imageTagDetails: list[ImageTagDetailTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImagesRequestTypeDef(TypedDict):
    """What is asked: DescribeImagesRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeImagesRequestPaginateTypeDef(TypedDict):
    """DescribeImagesRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ImageDetailTypeDef(TypedDict):
    """ImageDetail in answers."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageDigest: NotRequired[str]
    imageTags: NotRequired[list[str]]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]


class DescribeImagesResponseTypeDef(TypedDict):
    """What is answered: DescribeImagesResponse."""

    imageDetails: list[ImageDetailTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeRegistriesRequestTypeDef(TypedDict):
    """What is asked: DescribeRegistriesRequest."""

    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeRegistriesRequestPaginateTypeDef(TypedDict):
    """DescribeRegistriesRequest of all pages."""

    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class RegistryAliasTypeDef(TypedDict):
    """RegistryAlias in answers."""

    name: str
    status: RegistryAliasStatusType
    primaryRegistryAlias: bool
    defaultRegistryAlias: bool


class RegistryTypeDef(TypedDict):
    """Registry in answers."""

    registryId: str
    registryArn: str
    registryUri: str
    verified: bool
    aliases: list[RegistryAliasTypeDef]


class DescribeRegistriesResponseTypeDef(TypedDict):
    """What is answered: DescribeRegistriesResponse."""

    registries: list[RegistryTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeRepositoriesRequestTypeDef(TypedDict):
    """What is asked: DescribeRepositoriesRequest."""

    registryId: NotRequired[str]
    repositoryNames: NotRequired[Sequence[str]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeRepositoriesRequestPaginateTypeDef(TypedDict):
    """DescribeRepositoriesRequest of all pages."""

    registryId: NotRequired[str]
    repositoryNames: NotRequired[Sequence[str]]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class DescribeRepositoriesResponseTypeDef(TypedDict):
    """What is answered: DescribeRepositoriesResponse."""

    repositories: list[RepositoryTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class AuthorizationDataTypeDef(TypedDict):
    """AuthorizationData in answers."""

    authorizationToken: NotRequired[str]
    expiresAt: NotRequired[datetime]


class GetAuthorizationTokenResponseTypeDef(TypedDict):
    """What is answered: GetAuthorizationTokenResponse."""

    authorizationData: AuthorizationDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class RegistryCatalogDataTypeDef(TypedDict):
    """RegistryCatalogData in answers."""

    displayName: NotRequired[str]


class GetRegistryCatalogDataResponseTypeDef(TypedDict):
    """What is answered: GetRegistryCatalogDataResponse."""

    registryCatalogData: RegistryCatalogDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class GetRepositoryCatalogDataRequestTypeDef(TypedDict):
    """What is asked: GetRepositoryCatalogDataRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class GetRepositoryCatalogDataResponseTypeDef(TypedDict):
    """What is answered: GetRepositoryCatalogDataResponse."""

    catalogData: RepositoryCatalogDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class GetRepositoryPolicyRequestTypeDef(TypedDict):
    """What is asked: GetRepositoryPolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class GetRepositoryPolicyResponseTypeDef(TypedDict):
    """What is answered: GetRepositoryPolicyResponse."""

    registryId: str
    repositoryName: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class InitiateLayerUploadRequestTypeDef(TypedDict):
    """What is asked: InitiateLayerUploadRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class InitiateLayerUploadResponseTypeDef(TypedDict):
    """What is answered: InitiateLayerUploadResponse."""

    uploadId: str
    partSize: int
    ResponseMetadata: ResponseMetadataTypeDef


class ListTagsForResourceRequestTypeDef(TypedDict):
    """What is asked: ListTagsForResourceRequest."""

    resourceArn: str


class ListTagsForResourceResponseTypeDef(TypedDict):
    """What is answered: ListTagsForResourceResponse."""

    tags: list[TagTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class PutImageRequestTypeDef(TypedDict):
    """What is asked: PutImageRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageManifest: str
    imageManifestMediaType: NotRequired[str]
    imageTag: NotRequired[str]
    imageDigest: NotRequired[str]


class ImageTypeDef(TypedDict):
    """Image in answers."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifierTypeDef]
    imageManifest: NotRequired[str]
    imageManifestMediaType: NotRequired[str]


class PutImageResponseTypeDef(TypedDict):
    """What is answered: PutImageResponse."""

    image: ImageTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutRegistryCatalogDataRequestTypeDef(TypedDict):
    """What is asked: PutRegistryCatalogDataRequest."""

    displayName: NotRequired[str]


class PutRegistryCatalogDataResponseTypeDef(TypedDict):
    """What is answered: PutRegistryCatalogDataResponse."""

    registryCatalogData: RegistryCatalogDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutRepositoryCatalogDataRequestTypeDef(TypedDict):
    """What is asked: PutRepositoryCatalogDataRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    catalogData: RepositoryCatalogDataInputTypeDef


class PutRepositoryCatalogDataResponseTypeDef(TypedDict):
    """What is answered: PutRepositoryCatalogDataResponse."""

    catalogData: RepositoryCatalogDataTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class SetRepositoryPolicyRequestTypeDef(TypedDict):
    """What is asked: SetRepositoryPolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    policyText: str
    force: NotRequired[bool]


class SetRepositoryPolicyResponseTypeDef(TypedDict):
    """What is answered: SetRepositoryPolicyResponse."""

    registryId: str
    repositoryName: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class TagResourceRequestTypeDef(TypedDict):
    """What is asked: TagResourceRequest."""

    resourceArn: str
    tags: Sequence[TagTypeDef]


class UntagResourceRequestTypeDef(TypedDict):
    """What is asked: UntagResourceRequest."""

    resourceArn: str
    tagKeys: Sequence[str]


class UploadLayerPartRequestTypeDef(TypedDict):
    """What is asked: UploadLayerPartRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    uploadId: str
    partFirstByte: int
    partLastByte: int
    layerPartBlob: BlobTypeDef


class UploadLayerPartResponseTypeDef(TypedDict):
    """What is answered: UploadLayerPartResponse."""

    registryId: str
    repositoryName: str
    uploadId: str
    lastByteReceived: int
    ResponseMetadata: ResponseMetadataTypeDef


BatchCheckLayerAvailabilityRequestRequestTypeDef = BatchCheckLayerAvailabilityRequestTypeDef
BatchDeleteImageRequestRequestTypeDef = BatchDeleteImageRequestTypeDef
CompleteLayerUploadRequestRequestTypeDef = CompleteLayerUploadRequestTypeDef
CreateRepositoryRequestRequestTypeDef = CreateRepositoryRequestTypeDef
DeleteRepositoryRequestRequestTypeDef = DeleteRepositoryRequestTypeDef
DeleteRepositoryPolicyRequestRequestTypeDef = DeleteRepositoryPolicyRequestTypeDef
DescribeImageTagsRequestRequestTypeDef = DescribeImageTagsRequestTypeDef
DescribeImagesRequestRequestTypeDef = DescribeImagesRequestTypeDef
DescribeRegistriesRequestRequestTypeDef = DescribeRegistriesRequestTypeDef
DescribeRepositoriesRequestRequestTypeDef = DescribeRepositoriesRequestTypeDef
GetRepositoryCatalogDataRequestRequestTypeDef = GetRepositoryCatalogDataRequestTypeDef
GetRepositoryPolicyRequestRequestTypeDef = GetRepositoryPolicyRequestTypeDef
InitiateLayerUploadRequestRequestTypeDef = InitiateLayerUploadRequestTypeDef
ListTagsForResourceRequestRequestTypeDef = ListTagsForResourceRequestTypeDef
PutImageRequestRequestTypeDef = PutImageRequestTypeDef
PutRegistryCatalogDataRequestRequestTypeDef = PutRegistryCatalogDataRequestTypeDef
PutRepositoryCatalogDataRequestRequestTypeDef = PutRepositoryCatalogDataRequestTypeDef
SetRepositoryPolicyRequestRequestTypeDef = SetRepositoryPolicyRequestTypeDef
TagResourceRequestRequestTypeDef = TagResourceRequestTypeDef
UntagResourceRequestRequestTypeDef = UntagResourceRequestTypeDef
UploadLayerPartRequestRequestTypeDef = UploadLayerPartRequestTypeDef
DescribeImageTagsRequestDescribeImageTagsPaginateTypeDef = DescribeImageTagsRequestPaginateTypeDef
DescribeImagesRequestDescribeImagesPaginateTypeDef = DescribeImagesRequestPaginateTypeDef
DescribeRegistriesRequestDescribeRegistriesPaginateTypeDef = DescribeRegistriesRequestPaginateTypeDef
DescribeRepositoriesRequestDescribeRepositoriesPaginateTypeDef = DescribeRepositoriesRequestPaginateTypeDef
