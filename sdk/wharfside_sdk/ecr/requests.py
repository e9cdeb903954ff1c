# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""What the clients of Amazon ECR take: structures by the names that the service gives them.

Members are read-only and lists any sequence, so that what an answer holds can be given back as it is.
"""

from collections.abc import Sequence
from typing import NotRequired, Protocol, TypeAlias

from typing_extensions import ReadOnly, TypedDict

from wharfside_sdk.ecr.literals import (
    ArtifactStatusFilterType,
    EncryptionTypeType,
    ImageStatusFilterType,
    ImageTagMutabilityExclusionFilterTypeType,
    ImageTagMutabilityType,
    RCTAppliedForType,
    ReplicationBackfillResultStatusType,
    RepositoryFilterTypeType,
    ScanFrequencyType,
    ScanningRepositoryFilterTypeType,
    ScanTypeType,
    SigningRepositoryFilterTypeType,
    TagStatusType,
    TargetStorageClassType,
    UpstreamRegistryType,
)


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


class BatchGetImageRequest(TypedDict):
    """BatchGetImageRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageIds: ReadOnly[Sequence[ImageIdentifier]]
    acceptedMediaTypes: NotRequired[ReadOnly[Sequence[str]]]


class BatchGetRepositoryScanningConfigurationRequest(TypedDict):
    """BatchGetRepositoryScanningConfigurationRequest as it is given."""

    repositoryNames: ReadOnly[Sequence[str]]


class ScanningRepositoryFilter(TypedDict):
    """ScanningRepositoryFilter as it is given."""

    filter: ReadOnly[str]
    filterType: ReadOnly[ScanningRepositoryFilterTypeType]


class CompleteLayerUploadRequest(TypedDict):
    """CompleteLayerUploadRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    uploadId: ReadOnly[str]
    layerDigests: ReadOnly[Sequence[str]]


class CreatePullThroughCacheRuleRequest(TypedDict):
    """CreatePullThroughCacheRuleRequest as it is given."""

    ecrRepositoryPrefix: ReadOnly[str]
    upstreamRegistryUrl: ReadOnly[str]
    registryId: NotRequired[ReadOnly[str]]
    upstreamRegistry: NotRequired[ReadOnly[UpstreamRegistryType]]
    credentialArn: NotRequired[ReadOnly[str]]
    customRoleArn: NotRequired[ReadOnly[str]]
    upstreamRepositoryPrefix: NotRequired[ReadOnly[str]]


class EncryptionConfigurationForRepositoryCreationTemplate(TypedDict):
    """EncryptionConfigurationForRepositoryCreationTemplate as it is given."""

    encryptionType: ReadOnly[EncryptionTypeType]
    kmsKey: NotRequired[ReadOnly[str]]


class Tag(TypedDict):
    """Tag as it is given."""

    Key: ReadOnly[str]
    Value: ReadOnly[str]


class ImageTagMutabilityExclusionFilter(TypedDict):
    """ImageTagMutabilityExclusionFilter as it is given."""

    filterType: ReadOnly[ImageTagMutabilityExclusionFilterTypeType]
    filter: ReadOnly[str]


class CreateRepositoryCreationTemplateRequest(TypedDict):
    """CreateRepositoryCreationTemplateRequest as it is given."""

    prefix: ReadOnly[str]
    description: NotRequired[ReadOnly[str]]
    encryptionConfiguration: NotRequired[ReadOnly[EncryptionConfigurationForRepositoryCreationTemplate]]
    resourceTags: NotRequired[ReadOnly[Sequence[Tag]]]
    imageTagMutability: NotRequired[ReadOnly[ImageTagMutabilityType]]
    imageTagMutabilityExclusionFilters: NotRequired[ReadOnly[Sequence[ImageTagMutabilityExclusionFilter]]]
    repositoryPolicy: NotRequired[ReadOnly[str]]
    lifecyclePolicy: NotRequired[ReadOnly[str]]
    appliedFor: ReadOnly[Sequence[RCTAppliedForType]]
    customRoleArn: NotRequired[ReadOnly[str]]


class ImageScanningConfiguration(TypedDict):
    """ImageScanningConfiguration as it is given."""

    scanOnPush: NotRequired[ReadOnly[bool]]


class EncryptionConfiguration(TypedDict):
    """EncryptionConfiguration as it is given."""

    encryptionType: ReadOnly[EncryptionTypeType]
    kmsKey: NotRequired[ReadOnly[str]]


class CreateRepositoryRequest(TypedDict):
    """CreateRepositoryRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    tags: NotRequired[ReadOnly[Sequence[Tag]]]
    imageTagMutability: NotRequired[ReadOnly[ImageTagMutabilityType]]
    imageTagMutabilityExclusionFilters: NotRequired[ReadOnly[Sequence[ImageTagMutabilityExclusionFilter]]]
    imageScanningConfiguration: NotRequired[ReadOnly[ImageScanningConfiguration]]
    encryptionConfiguration: NotRequired[ReadOnly[EncryptionConfiguration]]


class DeleteLifecyclePolicyRequest(TypedDict):
    """DeleteLifecyclePolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class DeletePullThroughCacheRuleRequest(TypedDict):
    """DeletePullThroughCacheRuleRequest as it is given."""

    ecrRepositoryPrefix: ReadOnly[str]
    registryId: NotRequired[ReadOnly[str]]


class DeleteRegistryPolicyRequest(TypedDict):
    """DeleteRegistryPolicyRequest as it is given."""


class DeleteRepositoryCreationTemplateRequest(TypedDict):
    """DeleteRepositoryCreationTemplateRequest as it is given."""

    prefix: ReadOnly[str]


class DeleteRepositoryPolicyRequest(TypedDict):
    """DeleteRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class DeleteRepositoryRequest(TypedDict):
    """DeleteRepositoryRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    force: NotRequired[ReadOnly[bool]]


class DeleteSigningConfigurationRequest(TypedDict):
    """DeleteSigningConfigurationRequest as it is given."""


class SigningRepositoryFilter(TypedDict):
    """SigningRepositoryFilter as it is given."""

    filter: ReadOnly[str]
    filterType: ReadOnly[SigningRepositoryFilterTypeType]


class SigningRule(TypedDict):
    """SigningRule as it is given."""

    signingProfileArn: ReadOnly[str]
    repositoryFilters: NotRequired[ReadOnly[Sequence[SigningRepositoryFilter]]]


class SigningConfiguration(TypedDict):
    """SigningConfiguration as it is given."""

    rules: ReadOnly[Sequence[SigningRule]]


class DeregisterPullTimeUpdateExclusionRequest(TypedDict):
    """DeregisterPullTimeUpdateExclusionRequest as it is given."""

    principalArn: ReadOnly[str]


class DescribeImageReplicationStatusRequest(TypedDict):
    """DescribeImageReplicationStatusRequest as it is given."""

    repositoryName: ReadOnly[str]
    imageId: ReadOnly[ImageIdentifier]
    registryId: NotRequired[ReadOnly[str]]


class DescribeImageScanFindingsRequest(TypedDict):
    """DescribeImageScanFindingsRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageId: ReadOnly[ImageIdentifier]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeImageSigningStatusRequest(TypedDict):
    """DescribeImageSigningStatusRequest as it is given."""

    repositoryName: ReadOnly[str]
    imageId: ReadOnly[ImageIdentifier]
    registryId: NotRequired[ReadOnly[str]]


class DescribeImagesFilter(TypedDict):
    """DescribeImagesFilter as it is given."""

    tagStatus: NotRequired[ReadOnly[TagStatusType]]
    imageStatus: NotRequired[ReadOnly[ImageStatusFilterType]]


class DescribeImagesRequest(TypedDict):
    """DescribeImagesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageIds: NotRequired[ReadOnly[Sequence[ImageIdentifier]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]
    filter: NotRequired[ReadOnly[DescribeImagesFilter]]


class DescribePullThroughCacheRulesRequest(TypedDict):
    """DescribePullThroughCacheRulesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    ecrRepositoryPrefixes: NotRequired[ReadOnly[Sequence[str]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeRegistryRequest(TypedDict):
    """DescribeRegistryRequest as it is given."""


class ReplicationDestination(TypedDict):
    """ReplicationDestination as it is given."""

    region: ReadOnly[str]
    registryId: ReadOnly[str]


class RepositoryFilter(TypedDict):
    """RepositoryFilter as it is given."""

    filter: ReadOnly[str]
    filterType: ReadOnly[RepositoryFilterTypeType]


class DeleteReplication(TypedDict):
    """DeleteReplication as it is given."""

    enabled: ReadOnly[bool]


class ReplicationRule(TypedDict):
    """ReplicationRule as it is given."""

    destinations: ReadOnly[Sequence[ReplicationDestination]]
    repositoryFilters: NotRequired[ReadOnly[Sequence[RepositoryFilter]]]
    deleteReplication: NotRequired[ReadOnly[DeleteReplication]]


class ReplicationConfiguration(TypedDict):
    """ReplicationConfiguration as it is given."""

    rules: ReadOnly[Sequence[ReplicationRule]]


class DescribeReplicationBackfillResultsRequest(TypedDict):
    """DescribeReplicationBackfillResultsRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    replicationBackfillId: ReadOnly[str]
    resultStatusFilter: NotRequired[ReadOnly[ReplicationBackfillResultStatusType]]
    maxResults: NotRequired[ReadOnly[int]]
    nextToken: NotRequired[ReadOnly[str]]


class DescribeRepositoriesRequest(TypedDict):
    """DescribeRepositoriesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryNames: NotRequired[ReadOnly[Sequence[str]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class DescribeRepositoryCreationTemplatesRequest(TypedDict):
    """DescribeRepositoryCreationTemplatesRequest as it is given."""

    prefixes: NotRequired[ReadOnly[Sequence[str]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class GetAccountSettingRequest(TypedDict):
    """GetAccountSettingRequest as it is given."""

    name: ReadOnly[str]


class GetAuthorizationTokenRequest(TypedDict):
    """GetAuthorizationTokenRequest as it is given."""

    registryIds: NotRequired[ReadOnly[Sequence[str]]]


class GetDownloadUrlForLayerRequest(TypedDict):
    """GetDownloadUrlForLayerRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    layerDigest: ReadOnly[str]


class LifecyclePolicyPreviewFilter(TypedDict):
    """LifecyclePolicyPreviewFilter as it is given."""

    tagStatus: NotRequired[ReadOnly[TagStatusType]]


class GetLifecyclePolicyPreviewRequest(TypedDict):
    """GetLifecyclePolicyPreviewRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageIds: NotRequired[ReadOnly[Sequence[ImageIdentifier]]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]
    filter: NotRequired[ReadOnly[LifecyclePolicyPreviewFilter]]


class GetLifecyclePolicyRequest(TypedDict):
    """GetLifecyclePolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class GetRegistryPolicyRequest(TypedDict):
    """GetRegistryPolicyRequest as it is given."""


class GetRegistryScanningConfigurationRequest(TypedDict):
    """GetRegistryScanningConfigurationRequest as it is given."""


class RegistryScanningRule(TypedDict):
    """RegistryScanningRule as it is given."""

    scanFrequency: ReadOnly[ScanFrequencyType]
    repositoryFilters: ReadOnly[Sequence[ScanningRepositoryFilter]]


class GetRepositoryPolicyRequest(TypedDict):
    """GetRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class GetSigningConfigurationRequest(TypedDict):
    """GetSigningConfigurationRequest as it is given."""


class InitiateLayerUploadRequest(TypedDict):
    """InitiateLayerUploadRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]


class SubjectIdentifier(TypedDict):
    """SubjectIdentifier as it is given."""

    imageDigest: ReadOnly[str]


class ListImageReferrersFilter(TypedDict):
    """ListImageReferrersFilter as it is given."""

    artifactTypes: NotRequired[ReadOnly[Sequence[str]]]
    artifactStatus: NotRequired[ReadOnly[ArtifactStatusFilterType]]


class ListImageReferrersRequest(TypedDict):
    """ListImageReferrersRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    subjectId: ReadOnly[SubjectIdentifier]
    filter: NotRequired[ReadOnly[ListImageReferrersFilter]]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]


class ListImagesFilter(TypedDict):
    """ListImagesFilter as it is given."""

    tagStatus: NotRequired[ReadOnly[TagStatusType]]
    imageStatus: NotRequired[ReadOnly[ImageStatusFilterType]]


class ListImagesRequest(TypedDict):
    """ListImagesRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    nextToken: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]
    filter: NotRequired[ReadOnly[ListImagesFilter]]


class ListPullTimeUpdateExclusionsRequest(TypedDict):
    """ListPullTimeUpdateExclusionsRequest as it is given."""

    maxResults: NotRequired[ReadOnly[int]]
    nextToken: NotRequired[ReadOnly[str]]


class ListReplicationBackfillsRequest(TypedDict):
    """ListReplicationBackfillsRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    maxResults: NotRequired[ReadOnly[int]]
    nextToken: NotRequired[ReadOnly[str]]


class ListTagsForResourceRequest(TypedDict):
    """ListTagsForResourceRequest as it is given."""

    resourceArn: ReadOnly[str]


class PutAccountSettingRequest(TypedDict):
    """PutAccountSettingRequest as it is given."""

    name: ReadOnly[str]
    value: ReadOnly[str]


class PutImageRequest(TypedDict):
    """PutImageRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageManifest: ReadOnly[str]
    imageManifestMediaType: NotRequired[ReadOnly[str]]
    imageTag: NotRequired[ReadOnly[str]]
    imageDigest: NotRequired[ReadOnly[str]]


class PutImageScanningConfigurationRequest(TypedDict):
    """PutImageScanningConfigurationRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageScanningConfiguration: ReadOnly[ImageScanningConfiguration]


class PutImageTagMutabilityRequest(TypedDict):
    """PutImageTagMutabilityRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageTagMutability: ReadOnly[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[ReadOnly[Sequence[ImageTagMutabilityExclusionFilter]]]


class PutLifecyclePolicyRequest(TypedDict):
    """PutLifecyclePolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    lifecyclePolicyText: ReadOnly[str]


class PutRegistryPolicyRequest(TypedDict):
    """PutRegistryPolicyRequest as it is given."""

    policyText: ReadOnly[str]


class PutRegistryScanningConfigurationRequest(TypedDict):
    """PutRegistryScanningConfigurationRequest as it is given."""

    scanType: NotRequired[ReadOnly[ScanTypeType]]
    rules: NotRequired[ReadOnly[Sequence[RegistryScanningRule]]]


class PutReplicationConfigurationRequest(TypedDict):
    """PutReplicationConfigurationRequest as it is given."""

    replicationConfiguration: ReadOnly[ReplicationConfiguration]


class PutSigningConfigurationRequest(TypedDict):
    """PutSigningConfigurationRequest as it is given."""

    signingConfiguration: ReadOnly[SigningConfiguration]


class RegisterPullTimeUpdateExclusionRequest(TypedDict):
    """RegisterPullTimeUpdateExclusionRequest as it is given."""

    principalArn: ReadOnly[str]


class SetRepositoryPolicyRequest(TypedDict):
    """SetRepositoryPolicyRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    policyText: ReadOnly[str]
    force: NotRequired[ReadOnly[bool]]


class StartImageScanRequest(TypedDict):
    """StartImageScanRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageId: ReadOnly[ImageIdentifier]


class StartLifecyclePolicyPreviewRequest(TypedDict):
    """StartLifecyclePolicyPreviewRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    lifecyclePolicyText: NotRequired[ReadOnly[str]]


class StartReplicationBackfillRequest(TypedDict):
    """StartReplicationBackfillRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    destination: ReadOnly[ReplicationDestination]


class StopReplicationBackfillRequest(TypedDict):
    """StopReplicationBackfillRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    replicationBackfillId: ReadOnly[str]


class TagResourceRequest(TypedDict):
    """TagResourceRequest as it is given."""

    resourceArn: ReadOnly[str]
    tags: ReadOnly[Sequence[Tag]]


class UntagResourceRequest(TypedDict):
    """UntagResourceRequest as it is given."""

    resourceArn: ReadOnly[str]
    tagKeys: ReadOnly[Sequence[str]]


class UpdateImageStorageClassRequest(TypedDict):
    """UpdateImageStorageClassRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    imageId: ReadOnly[ImageIdentifier]
    targetStorageClass: ReadOnly[TargetStorageClassType]


class UpdatePullThroughCacheRuleRequest(TypedDict):
    """UpdatePullThroughCacheRuleRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    ecrRepositoryPrefix: ReadOnly[str]
    credentialArn: NotRequired[ReadOnly[str]]
    customRoleArn: NotRequired[ReadOnly[str]]


class UpdateRepositoryCreationTemplateRequest(TypedDict):
    """UpdateRepositoryCreationTemplateRequest as it is given."""

    prefix: ReadOnly[str]
    description: NotRequired[ReadOnly[str]]
    encryptionConfiguration: NotRequired[ReadOnly[EncryptionConfigurationForRepositoryCreationTemplate]]
    resourceTags: NotRequired[ReadOnly[Sequence[Tag]]]
    imageTagMutability: NotRequired[ReadOnly[ImageTagMutabilityType]]
    imageTagMutabilityExclusionFilters: NotRequired[ReadOnly[Sequence[ImageTagMutabilityExclusionFilter]]]
    repositoryPolicy: NotRequired[ReadOnly[str]]
    lifecyclePolicy: NotRequired[ReadOnly[str]]
    appliedFor: NotRequired[ReadOnly[Sequence[RCTAppliedForType]]]
    customRoleArn: NotRequired[ReadOnly[str]]


class UploadLayerPartRequest(TypedDict):
    """UploadLayerPartRequest as it is given."""

    registryId: NotRequired[ReadOnly[str]]
    repositoryName: ReadOnly[str]
    uploadId: ReadOnly[str]
    partFirstByte: ReadOnly[int]
    partLastByte: ReadOnly[int]
    layerPartBlob: ReadOnly[Blob]


class ValidatePullThroughCacheRuleRequest(TypedDict):
    """ValidatePullThroughCacheRuleRequest as it is given."""

    ecrRepositoryPrefix: ReadOnly[str]
    registryId: NotRequired[ReadOnly[str]]
