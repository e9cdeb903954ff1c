# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""TypedDicts of Amazon ECR, assignable to and from those of mypy-boto3 and types-aiobotocore.

Importing them needs the standard library only. Other spellings, which older stubs had, stay as aliases at the end.
What an answer holds beside `nextToken` counts as present, as in those stubs; `responses` tells what really is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any, NotRequired, TypeAlias, TypedDict

from wharfside_sdk.ecr.literals import (
    ArtifactStatusFilterType,
    ArtifactStatusType,
    EncryptionTypeType,
    FindingSeverityType,
    ImageActionTypeType,
    ImageFailureCodeType,
    ImageStatusFilterType,
    ImageStatusType,
    ImageTagMutabilityExclusionFilterTypeType,
    ImageTagMutabilityType,
    LayerAvailabilityType,
    LayerFailureCodeType,
    LifecyclePolicyPreviewStatusType,
    LifecyclePolicyStorageClassType,
    LifecyclePolicyTargetStorageClassType,
    RCTAppliedForType,
    ReplicationBackfillResultStatusType,
    ReplicationBackfillStatusType,
    ReplicationStatusType,
    RepositoryFilterTypeType,
    ScanFrequencyType,
    ScanningConfigurationFailureCodeType,
    ScanningRepositoryFilterTypeType,
    ScanStatusType,
    ScanTypeType,
    SigningRepositoryFilterTypeType,
    SigningStatusType,
    TagStatusType,
    TargetStorageClassType,
    UpstreamRegistryType,
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


class BatchGetImageRequestTypeDef(TypedDict):
    """What is asked: BatchGetImageRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: Sequence[ImageIdentifierTypeDef]
    acceptedMediaTypes: NotRequired[Sequence[str]]


class ImageTypeDef(TypedDict):
    """Image in answers."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifierTypeDef]
    imageManifest: NotRequired[str]
    imageManifestMediaType: NotRequired[str]


class BatchGetImageResponseTypeDef(TypedDict):
    """What is answered: BatchGetImageResponse."""

    images: list[ImageTypeDef]
    failures: list[ImageFailureTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class BatchGetRepositoryScanningConfigurationRequestTypeDef(TypedDict):
    """What is asked: BatchGetRepositoryScanningConfigurationRequest."""

    repositoryNames: Sequence[str]


class ScanningRepositoryFilterTypeDef(TypedDict):
    """ScanningRepositoryFilter in answers."""

    filter: str
    filterType: ScanningRepositoryFilterTypeType


class RepositoryScanningConfigurationTypeDef(TypedDict):
    """RepositoryScanningConfiguration in answers."""

    repositoryArn: NotRequired[str]
    repositoryName: NotRequired[str]
    scanOnPush: NotRequired[bool]
    scanFrequency: NotRequired[ScanFrequencyType]
    appliedScanFilters: NotRequired[list[ScanningRepositoryFilterTypeDef]]


class RepositoryScanningConfigurationFailureTypeDef(TypedDict):
    """RepositoryScanningConfigurationFailure in answers."""

    repositoryName: NotRequired[str]
    failureCode: NotRequired[ScanningConfigurationFailureCodeType]
    failureReason: NotRequired[str]


class BatchGetRepositoryScanningConfigurationResponseTypeDef(TypedDict):
    """What is answered: BatchGetRepositoryScanningConfigurationResponse."""

    scanningConfigurations: list[RepositoryScanningConfigurationTypeDef]
    failures: list[RepositoryScanningConfigurationFailureTypeDef]
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


class CreatePullThroughCacheRuleRequestTypeDef(TypedDict):
    """What is asked: CreatePullThroughCacheRuleRequest."""

    ecrRepositoryPrefix: str
    upstreamRegistryUrl: str
    registryId: NotRequired[str]
    upstreamRegistry: NotRequired[UpstreamRegistryType]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]


class CreatePullThroughCacheRuleResponseTypeDef(TypedDict):
    """What is answered: CreatePullThroughCacheRuleResponse."""

    ecrRepositoryPrefix: str
    upstreamRegistryUrl: str
    createdAt: datetime
    registryId: str
    upstreamRegistry: UpstreamRegistryType
    credentialArn: str
    customRoleArn: str
    upstreamRepositoryPrefix: str
    ResponseMetadata: ResponseMetadataTypeDef


class EncryptionConfigurationForRepositoryCreationTemplateTypeDef(TypedDict):
    """EncryptionConfigurationForRepositoryCreationTemplate in answers."""

    encryptionType: EncryptionTypeType
    kmsKey: NotRequired[str]


class TagTypeDef(TypedDict):
    """Tag in answers."""

    Key: str
    Value: str


class ImageTagMutabilityExclusionFilterTypeDef(TypedDict):
    """ImageTagMutabilityExclusionFilter in answers."""

    filterType: ImageTagMutabilityExclusionFilterTypeType
    filter: str


class CreateRepositoryCreationTemplateRequestTypeDef(TypedDict):
    """What is asked: CreateRepositoryCreationTemplateRequest."""

    prefix: str
    description: NotRequired[str]
    encryptionConfiguration: NotRequired[EncryptionConfigurationForRepositoryCreationTemplateTypeDef]
    resourceTags: NotRequired[Sequence[TagTypeDef]]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[Sequence[ImageTagMutabilityExclusionFilterTypeDef]]
    repositoryPolicy: NotRequired[str]
    lifecyclePolicy: NotRequired[str]
    appliedFor: Sequence[RCTAppliedForType]
    customRoleArn: NotRequired[str]


class RepositoryCreationTemplateTypeDef(TypedDict):
    """RepositoryCreationTemplate in answers."""

    prefix: NotRequired[str]
    description: NotRequired[str]
    encryptionConfiguration: NotRequired[EncryptionConfigurationForRepositoryCreationTemplateTypeDef]
    resourceTags: NotRequired[list[TagTypeDef]]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilterTypeDef]]
    repositoryPolicy: NotRequired[str]
    lifecyclePolicy: NotRequired[str]
    appliedFor: NotRequired[list[RCTAppliedForType]]
    customRoleArn: NotRequired[str]
    createdAt: NotRequired[datetime]
    updatedAt: NotRequired[datetime]


class CreateRepositoryCreationTemplateResponseTypeDef(TypedDict):
    """What is answered: CreateRepositoryCreationTemplateResponse."""

    registryId: str
    repositoryCreationTemplate: RepositoryCreationTemplateTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class ImageScanningConfigurationTypeDef(TypedDict):
    """ImageScanningConfiguration in answers."""

    scanOnPush: NotRequired[bool]


class EncryptionConfigurationTypeDef(TypedDict):
    """EncryptionConfiguration in answers."""

    encryptionType: EncryptionTypeType
    kmsKey: NotRequired[str]


class CreateRepositoryRequestTypeDef(TypedDict):
    """What is asked: CreateRepositoryRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    tags: NotRequired[Sequence[TagTypeDef]]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[Sequence[ImageTagMutabilityExclusionFilterTypeDef]]
    imageScanningConfiguration: NotRequired[ImageScanningConfigurationTypeDef]
    encryptionConfiguration: NotRequired[EncryptionConfigurationTypeDef]


class RepositoryTypeDef(TypedDict):
    """Repository in answers."""

    repositoryArn: NotRequired[str]
    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    repositoryUri: NotRequired[str]
    createdAt: NotRequired[datetime]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilterTypeDef]]
    imageScanningConfiguration: NotRequired[ImageScanningConfigurationTypeDef]
    encryptionConfiguration: NotRequired[EncryptionConfigurationTypeDef]


class CreateRepositoryResponseTypeDef(TypedDict):
    """What is answered: CreateRepositoryResponse."""

    repository: RepositoryTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class DeleteLifecyclePolicyRequestTypeDef(TypedDict):
    """What is asked: DeleteLifecyclePolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class DeleteLifecyclePolicyResponseTypeDef(TypedDict):
    """What is answered: DeleteLifecyclePolicyResponse."""

    registryId: str
    repositoryName: str
    lifecyclePolicyText: str
    lastEvaluatedAt: datetime
    ResponseMetadata: ResponseMetadataTypeDef


class DeletePullThroughCacheRuleRequestTypeDef(TypedDict):
    """What is asked: DeletePullThroughCacheRuleRequest."""

    ecrRepositoryPrefix: str
    registryId: NotRequired[str]


class DeletePullThroughCacheRuleResponseTypeDef(TypedDict):
    """What is answered: DeletePullThroughCacheRuleResponse."""

    ecrRepositoryPrefix: str
    upstreamRegistryUrl: str
    createdAt: datetime
    registryId: str
    credentialArn: str
    customRoleArn: str
    upstreamRepositoryPrefix: str
    ResponseMetadata: ResponseMetadataTypeDef


class DeleteRegistryPolicyResponseTypeDef(TypedDict):
    """What is answered: DeleteRegistryPolicyResponse."""

    registryId: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class DeleteRepositoryCreationTemplateRequestTypeDef(TypedDict):
    """What is asked: DeleteRepositoryCreationTemplateRequest."""

    prefix: str


class DeleteRepositoryCreationTemplateResponseTypeDef(TypedDict):
    """What is answered: DeleteRepositoryCreationTemplateResponse."""

    registryId: str
    repositoryCreationTemplate: RepositoryCreationTemplateTypeDef
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


class SigningRepositoryFilterTypeDef(TypedDict):
    """SigningRepositoryFilter in answers."""

    filter: str
    filterType: SigningRepositoryFilterTypeType


class SigningRuleOutputTypeDef(TypedDict):
    """SigningRule in answers."""

    signingProfileArn: str
    repositoryFilters: NotRequired[list[SigningRepositoryFilterTypeDef]]


class SigningRuleTypeDef(TypedDict):
    """SigningRule in requests."""

    signingProfileArn: str
    repositoryFilters: NotRequired[Sequence[SigningRepositoryFilterTypeDef]]


class SigningConfigurationOutputTypeDef(TypedDict):
    """SigningConfiguration in answers."""

    rules: list[SigningRuleOutputTypeDef]


class SigningConfigurationTypeDef(TypedDict):
    """SigningConfiguration in requests."""

    rules: Sequence[SigningRuleTypeDef]


SigningConfigurationUnionTypeDef: TypeAlias = SigningConfigurationTypeDef | SigningConfigurationOutputTypeDef


class DeleteSigningConfigurationResponseTypeDef(TypedDict):
    """What is answered: DeleteSigningConfigurationResponse."""

    registryId: str
    signingConfiguration: SigningConfigurationOutputTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class DeregisterPullTimeUpdateExclusionRequestTypeDef(TypedDict):
    """What is asked: DeregisterPullTimeUpdateExclusionRequest."""

    principalArn: str


class DeregisterPullTimeUpdateExclusionResponseTypeDef(TypedDict):
    """What is answered: DeregisterPullTimeUpdateExclusionResponse."""

    principalArn: str
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImageReplicationStatusRequestTypeDef(TypedDict):
    """What is asked: DescribeImageReplicationStatusRequest."""

    repositoryName: str
    imageId: ImageIdentifierTypeDef
    registryId: NotRequired[str]


class ImageReplicationStatusTypeDef(TypedDict):
    """ImageReplicationStatus in answers."""

    region: NotRequired[str]
    registryId: NotRequired[str]
    status: NotRequired[ReplicationStatusType]
    failureCode: NotRequired[str]


class DescribeImageReplicationStatusResponseTypeDef(TypedDict):
    """What is answered: DescribeImageReplicationStatusResponse."""

    repositoryName: str
    imageId: ImageIdentifierTypeDef
    replicationStatuses: list[ImageReplicationStatusTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImageScanFindingsRequestTypeDef(TypedDict):
    """What is asked: DescribeImageScanFindingsRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeImageScanFindingsRequestPaginateTypeDef(TypedDict):
    """DescribeImageScanFindingsRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class DescribeImageScanFindingsRequestWaitTypeDef(TypedDict):
    """DescribeImageScanFindingsRequest until something is so."""

    registryId: NotRequired[str]
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]
    WaiterConfig: NotRequired[WaiterConfigTypeDef]


class ImageScanStatusTypeDef(TypedDict):
    """ImageScanStatus in answers."""

    status: NotRequired[ScanStatusType]
    description: NotRequired[str]


class AttributeTypeDef(TypedDict):
    """Attribute in answers."""

    key: str
    value: NotRequired[str]


class ImageScanFindingTypeDef(TypedDict):
    """ImageScanFinding in answers."""

    name: NotRequired[str]
    description: NotRequired[str]
    uri: NotRequired[str]
    severity: NotRequired[FindingSeverityType]
    attributes: NotRequired[list[AttributeTypeDef]]


class CvssScoreTypeDef(TypedDict):
    """CvssScore in answers."""

    baseScore: NotRequired[float]
    scoringVector: NotRequired[str]
    source: NotRequired[str]
    version: NotRequired[str]


class VulnerablePackageTypeDef(TypedDict):
    """VulnerablePackage in answers."""

    arch: NotRequired[str]
    epoch: NotRequired[int]
    filePath: NotRequired[str]
    name: NotRequired[str]
    packageManager: NotRequired[str]
    release: NotRequired[str]
    sourceLayerHash: NotRequired[str]
    version: NotRequired[str]
    fixedInVersion: NotRequired[str]


class PackageVulnerabilityDetailsTypeDef(TypedDict):
    """PackageVulnerabilityDetails in answers."""

    cvss: NotRequired[list[CvssScoreTypeDef]]
    referenceUrls: NotRequired[list[str]]
    relatedVulnerabilities: NotRequired[list[str]]
    source: NotRequired[str]
    sourceUrl: NotRequired[str]
    vendorCreatedAt: NotRequired[datetime]
    vendorSeverity: NotRequired[str]
    vendorUpdatedAt: NotRequired[datetime]
    vulnerabilityId: NotRequired[str]
    vulnerablePackages: NotRequired[list[VulnerablePackageTypeDef]]


class RecommendationTypeDef(TypedDict):
    """Recommendation in answers."""

    url: NotRequired[str]
    text: NotRequired[str]


class RemediationTypeDef(TypedDict):
    """Remediation in answers."""

    recommendation: NotRequired[RecommendationTypeDef]


class AwsEcrContainerImageDetailsTypeDef(TypedDict):
    """AwsEcrContainerImageDetails in answers."""

    architecture: NotRequired[str]
    author: NotRequired[str]
    imageHash: NotRequired[str]
    imageTags: NotRequired[list[str]]
    platform: NotRequired[str]
    pushedAt: NotRequired[datetime]
    lastInUseAt: NotRequired[datetime]
    inUseCount: NotRequired[int]
    registry: NotRequired[str]
    repositoryName: NotRequired[str]


class ResourceDetailsTypeDef(TypedDict):
    """ResourceDetails in answers."""

    awsEcrContainerImage: NotRequired[AwsEcrContainerImageDetailsTypeDef]


class ResourceTypeDef(TypedDict):
    """Resource in answers."""

    details: NotRequired[ResourceDetailsTypeDef]
    id: NotRequired[str]
    tags: NotRequired[dict[str, str]]
    type: NotRequired[str]


class CvssScoreAdjustmentTypeDef(TypedDict):
    """CvssScoreAdjustment in answers."""

    metric: NotRequired[str]
    reason: NotRequired[str]


class CvssScoreDetailsTypeDef(TypedDict):
    """CvssScoreDetails in answers."""

    adjustments: NotRequired[list[CvssScoreAdjustmentTypeDef]]
    score: NotRequired[float]
    scoreSource: NotRequired[str]
    scoringVector: NotRequired[str]
    version: NotRequired[str]


class ScoreDetailsTypeDef(TypedDict):
    """ScoreDetails in answers."""

    cvss: NotRequired[CvssScoreDetailsTypeDef]


class EnhancedImageScanFindingTypeDef(TypedDict):
    """EnhancedImageScanFinding in answers."""

    awsAccountId: NotRequired[str]
    description: NotRequired[str]
    findingArn: NotRequired[str]
    firstObservedAt: NotRequired[datetime]
    lastObservedAt: NotRequired[datetime]
    packageVulnerabilityDetails: NotRequired[PackageVulnerabilityDetailsTypeDef]
    remediation: NotRequired[RemediationTypeDef]
    resources: NotRequired[list[ResourceTypeDef]]
    score: NotRequired[float]
    scoreDetails: NotRequired[ScoreDetailsTypeDef]
    severity: NotRequired[str]
    status: NotRequired[str]
    title: NotRequired[str]
    type: NotRequired[str]
    updatedAt: NotRequired[datetime]
    fixAvailable: NotRequired[str]
    exploitAvailable: NotRequired[str]


class ImageScanFindingsTypeDef(TypedDict):
    """ImageScanFindings in answers."""

    imageScanCompletedAt: NotRequired[datetime]
    vulnerabilitySourceUpdatedAt: NotRequired[datetime]
    findingSeverityCounts: NotRequired[dict[FindingSeverityType, int]]
    findings: NotRequired[list[ImageScanFindingTypeDef]]
    enhancedFindings: NotRequired[list[EnhancedImageScanFindingTypeDef]]


class DescribeImageScanFindingsResponseTypeDef(TypedDict):
    """What is answered: DescribeImageScanFindingsResponse."""

    registryId: str
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    imageScanStatus: ImageScanStatusTypeDef
    imageScanFindings: ImageScanFindingsTypeDef
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImageSigningStatusRequestTypeDef(TypedDict):
    """What is asked: DescribeImageSigningStatusRequest."""

    repositoryName: str
    imageId: ImageIdentifierTypeDef
    registryId: NotRequired[str]


class ImageSigningStatusTypeDef(TypedDict):
    """ImageSigningStatus in answers."""

    signingProfileArn: NotRequired[str]
    failureCode: NotRequired[str]
    failureReason: NotRequired[str]
    status: NotRequired[SigningStatusType]


class DescribeImageSigningStatusResponseTypeDef(TypedDict):
    """What is answered: DescribeImageSigningStatusResponse."""

    repositoryName: str
    imageId: ImageIdentifierTypeDef
    registryId: str
    signingStatuses: list[ImageSigningStatusTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeImagesFilterTypeDef(TypedDict):
    """DescribeImagesFilter in requests."""

    tagStatus: NotRequired[TagStatusType]
    imageStatus: NotRequired[ImageStatusFilterType]


class DescribeImagesRequestTypeDef(TypedDict):
    """What is asked: DescribeImagesRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]
    filter: NotRequired[DescribeImagesFilterTypeDef]


class DescribeImagesRequestPaginateTypeDef(TypedDict):
    """DescribeImagesRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    filter: NotRequired[DescribeImagesFilterTypeDef]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ImageScanFindingsSummaryTypeDef(TypedDict):
    """ImageScanFindingsSummary in answers."""

    imageScanCompletedAt: NotRequired[datetime]
    vulnerabilitySourceUpdatedAt: NotRequired[datetime]
    findingSeverityCounts: NotRequired[dict[FindingSeverityType, int]]


class ImageDetailTypeDef(TypedDict):
    """ImageDetail in answers."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageDigest: NotRequired[str]
    imageTags: NotRequired[list[str]]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageScanStatus: NotRequired[ImageScanStatusTypeDef]
    imageScanFindingsSummary: NotRequired[ImageScanFindingsSummaryTypeDef]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]
    lastRecordedPullTime: NotRequired[datetime]
    subjectManifestDigest: NotRequired[str]
    imageStatus: NotRequired[ImageStatusType]
    lastArchivedAt: NotRequired[datetime]
    lastActivatedAt: NotRequired[datetime]


class DescribeImagesResponseTypeDef(TypedDict):
    """What is answered: DescribeImagesResponse."""

    imageDetails: list[ImageDetailTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class DescribePullThroughCacheRulesRequestTypeDef(TypedDict):
    """What is asked: DescribePullThroughCacheRulesRequest."""

    registryId: NotRequired[str]
    ecrRepositoryPrefixes: NotRequired[Sequence[str]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribePullThroughCacheRulesRequestPaginateTypeDef(TypedDict):
    """DescribePullThroughCacheRulesRequest of all pages."""

    registryId: NotRequired[str]
    ecrRepositoryPrefixes: NotRequired[Sequence[str]]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class PullThroughCacheRuleTypeDef(TypedDict):
    """PullThroughCacheRule in answers."""

    ecrRepositoryPrefix: NotRequired[str]
    upstreamRegistryUrl: NotRequired[str]
    createdAt: NotRequired[datetime]
    registryId: NotRequired[str]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    upstreamRegistry: NotRequired[UpstreamRegistryType]
    updatedAt: NotRequired[datetime]


class DescribePullThroughCacheRulesResponseTypeDef(TypedDict):
    """What is answered: DescribePullThroughCacheRulesResponse."""

    pullThroughCacheRules: list[PullThroughCacheRuleTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class ReplicationDestinationTypeDef(TypedDict):
    """ReplicationDestination in answers."""

    region: str
    registryId: str


class RepositoryFilterTypeDef(TypedDict):
    """RepositoryFilter in answers."""

    filter: str
    filterType: RepositoryFilterTypeType


class DeleteReplicationTypeDef(TypedDict):
    """DeleteReplication in answers."""

    enabled: bool


class ReplicationRuleOutputTypeDef(TypedDict):
    """ReplicationRule in answers."""

    destinations: list[ReplicationDestinationTypeDef]
    repositoryFilters: NotRequired[list[RepositoryFilterTypeDef]]
    deleteReplication: NotRequired[DeleteReplicationTypeDef]


class ReplicationRuleTypeDef(TypedDict):
    """ReplicationRule in requests."""

    destinations: Sequence[ReplicationDestinationTypeDef]
    repositoryFilters: NotRequired[Sequence[RepositoryFilterTypeDef]]
    deleteReplication: NotRequired[DeleteReplicationTypeDef]


class ReplicationConfigurationOutputTypeDef(TypedDict):
    """ReplicationConfiguration in answers."""

    rules: list[ReplicationRuleOutputTypeDef]


class ReplicationConfigurationTypeDef(TypedDict):
    """ReplicationConfiguration in requests."""

    rules: Sequence[ReplicationRuleTypeDef]


ReplicationConfigurationUnionTypeDef: TypeAlias = (
    ReplicationConfigurationTypeDef | ReplicationConfigurationOutputTypeDef
)


class DescribeRegistryResponseTypeDef(TypedDict):
    """What is answered: DescribeRegistryResponse."""

    registryId: str
    replicationConfiguration: ReplicationConfigurationOutputTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class DescribeReplicationBackfillResultsRequestTypeDef(TypedDict):
    """What is asked: DescribeReplicationBackfillResultsRequest."""

    registryId: NotRequired[str]
    replicationBackfillId: str
    resultStatusFilter: NotRequired[ReplicationBackfillResultStatusType]
    maxResults: NotRequired[int]
    nextToken: NotRequired[str]


class DescribeReplicationBackfillResultsRequestPaginateTypeDef(TypedDict):
    """DescribeReplicationBackfillResultsRequest of all pages."""

    registryId: NotRequired[str]
    replicationBackfillId: str
    resultStatusFilter: NotRequired[ReplicationBackfillResultStatusType]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ReplicationBackfillProgressTypeDef(TypedDict):
    """ReplicationBackfillProgress in answers."""

    totalReplicationCount: int
    completedReplicationCount: int
    failedReplicationCount: int
    failureCodes: list[str]


class ReplicationBackfillResultTypeDef(TypedDict):
    """ReplicationBackfillResult in answers."""

    repositoryName: str
    imageId: ImageIdentifierTypeDef
    status: ReplicationBackfillResultStatusType
    failureCode: NotRequired[str]
    subImageFailureCodes: NotRequired[list[str]]


class DescribeReplicationBackfillResultsResponseTypeDef(TypedDict):
    """What is answered: DescribeReplicationBackfillResultsResponse."""

    registryId: str
    replicationBackfillId: str
    destination: ReplicationDestinationTypeDef
    status: ReplicationBackfillStatusType
    failureCode: str
    progress: ReplicationBackfillProgressTypeDef
    results: list[ReplicationBackfillResultTypeDef]
    startedAt: datetime
    endedAt: datetime
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


class DescribeRepositoryCreationTemplatesRequestTypeDef(TypedDict):
    """What is asked: DescribeRepositoryCreationTemplatesRequest."""

    prefixes: NotRequired[Sequence[str]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class DescribeRepositoryCreationTemplatesRequestPaginateTypeDef(TypedDict):
    """DescribeRepositoryCreationTemplatesRequest of all pages."""

    prefixes: NotRequired[Sequence[str]]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class DescribeRepositoryCreationTemplatesResponseTypeDef(TypedDict):
    """What is answered: DescribeRepositoryCreationTemplatesResponse."""

    registryId: str
    repositoryCreationTemplates: list[RepositoryCreationTemplateTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class GetAccountSettingRequestTypeDef(TypedDict):
    """What is asked: GetAccountSettingRequest."""

    name: str


class GetAccountSettingResponseTypeDef(TypedDict):
    """What is answered: GetAccountSettingResponse."""

    name: str
    value: str
    ResponseMetadata: ResponseMetadataTypeDef


class GetAuthorizationTokenRequestTypeDef(TypedDict):
    """What is asked: GetAuthorizationTokenRequest."""

    registryIds: NotRequired[Sequence[str]]


class AuthorizationDataTypeDef(TypedDict):
    """AuthorizationData in answers."""

    authorizationToken: NotRequired[str]
    expiresAt: NotRequired[datetime]
    proxyEndpoint: NotRequired[str]


class GetAuthorizationTokenResponseTypeDef(TypedDict):
    """What is answered: GetAuthorizationTokenResponse."""

    authorizationData: list[AuthorizationDataTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class GetDownloadUrlForLayerRequestTypeDef(TypedDict):
    """What is asked: GetDownloadUrlForLayerRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    layerDigest: str


class GetDownloadUrlForLayerResponseTypeDef(TypedDict):
    """What is answered: GetDownloadUrlForLayerResponse."""

    downloadUrl: str
    layerDigest: str
    ResponseMetadata: ResponseMetadataTypeDef


class LifecyclePolicyPreviewFilterTypeDef(TypedDict):
    """LifecyclePolicyPreviewFilter in requests."""

    tagStatus: NotRequired[TagStatusType]


class GetLifecyclePolicyPreviewRequestTypeDef(TypedDict):
    """What is asked: GetLifecyclePolicyPreviewRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]
    filter: NotRequired[LifecyclePolicyPreviewFilterTypeDef]


class GetLifecyclePolicyPreviewRequestPaginateTypeDef(TypedDict):
    """GetLifecyclePolicyPreviewRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    filter: NotRequired[LifecyclePolicyPreviewFilterTypeDef]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class GetLifecyclePolicyPreviewRequestWaitTypeDef(TypedDict):
    """GetLifecyclePolicyPreviewRequest until something is so."""

    registryId: NotRequired[str]
    repositoryName: str
    imageIds: NotRequired[Sequence[ImageIdentifierTypeDef]]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]
    filter: NotRequired[LifecyclePolicyPreviewFilterTypeDef]
    WaiterConfig: NotRequired[WaiterConfigTypeDef]


class LifecyclePolicyRuleActionTypeDef(TypedDict):
    """LifecyclePolicyRuleAction in answers."""

    type: NotRequired[ImageActionTypeType]
    targetStorageClass: NotRequired[LifecyclePolicyTargetStorageClassType]


class LifecyclePolicyPreviewResultTypeDef(TypedDict):
    """LifecyclePolicyPreviewResult in answers."""

    imageTags: NotRequired[list[str]]
    imageDigest: NotRequired[str]
    imagePushedAt: NotRequired[datetime]
    action: NotRequired[LifecyclePolicyRuleActionTypeDef]
    appliedRulePriority: NotRequired[int]
    storageClass: NotRequired[LifecyclePolicyStorageClassType]


class TransitioningImageTotalCountTypeDef(TypedDict):
    """TransitioningImageTotalCount in answers."""

    targetStorageClass: NotRequired[LifecyclePolicyTargetStorageClassType]
    imageTotalCount: NotRequired[int]


class LifecyclePolicyPreviewSummaryTypeDef(TypedDict):
    """LifecyclePolicyPreviewSummary in answers."""

    expiringImageTotalCount: NotRequired[int]
    transitioningImageTotalCounts: NotRequired[list[TransitioningImageTotalCountTypeDef]]


class GetLifecyclePolicyPreviewResponseTypeDef(TypedDict):
    """What is answered: GetLifecyclePolicyPreviewResponse."""

    registryId: str
    repositoryName: str
    lifecyclePolicyText: str
    status: LifecyclePolicyPreviewStatusType
    nextToken: NotRequired[str]
    previewResults: list[LifecyclePolicyPreviewResultTypeDef]
    summary: LifecyclePolicyPreviewSummaryTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class GetLifecyclePolicyRequestTypeDef(TypedDict):
    """What is asked: GetLifecyclePolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str


class GetLifecyclePolicyResponseTypeDef(TypedDict):
    """What is answered: GetLifecyclePolicyResponse."""

    registryId: str
    repositoryName: str
    lifecyclePolicyText: str
    lastEvaluatedAt: datetime
    ResponseMetadata: ResponseMetadataTypeDef


class GetRegistryPolicyResponseTypeDef(TypedDict):
    """What is answered: GetRegistryPolicyResponse."""

    registryId: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class RegistryScanningRuleOutputTypeDef(TypedDict):
    """RegistryScanningRule in answers."""

    scanFrequency: ScanFrequencyType
    repositoryFilters: list[ScanningRepositoryFilterTypeDef]


class RegistryScanningRuleTypeDef(TypedDict):
    """RegistryScanningRule in requests."""

    scanFrequency: ScanFrequencyType
    repositoryFilters: Sequence[ScanningRepositoryFilterTypeDef]


RegistryScanningRuleUnionTypeDef: TypeAlias = RegistryScanningRuleTypeDef | RegistryScanningRuleOutputTypeDef


class RegistryScanningConfigurationTypeDef(TypedDict):
    """RegistryScanningConfiguration in answers."""

    scanType: NotRequired[ScanTypeType]
    rules: NotRequired[list[RegistryScanningRuleOutputTypeDef]]


class GetRegistryScanningConfigurationResponseTypeDef(TypedDict):
    """What is answered: GetRegistryScanningConfigurationResponse."""

    registryId: str
    scanningConfiguration: RegistryScanningConfigurationTypeDef
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


class GetSigningConfigurationResponseTypeDef(TypedDict):
    """What is answered: GetSigningConfigurationResponse."""

    registryId: str
    signingConfiguration: SigningConfigurationOutputTypeDef
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


class SubjectIdentifierTypeDef(TypedDict):
    """SubjectIdentifier in requests."""

    imageDigest: str


class ListImageReferrersFilterTypeDef(TypedDict):
    """ListImageReferrersFilter in requests."""

    artifactTypes: NotRequired[Sequence[str]]
    artifactStatus: NotRequired[ArtifactStatusFilterType]


class ListImageReferrersRequestTypeDef(TypedDict):
    """What is asked: ListImageReferrersRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    subjectId: SubjectIdentifierTypeDef
    filter: NotRequired[ListImageReferrersFilterTypeDef]
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]


class ListImageReferrersRequestPaginateTypeDef(TypedDict):
    """ListImageReferrersRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    subjectId: SubjectIdentifierTypeDef
    filter: NotRequired[ListImageReferrersFilterTypeDef]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ImageReferrerTypeDef(TypedDict):
    """ImageReferrer in answers."""

    digest: str
    mediaType: str
    artifactType: NotRequired[str]
    size: int
    annotations: NotRequired[dict[str, str]]
    artifactStatus: NotRequired[ArtifactStatusType]


class ListImageReferrersResponseTypeDef(TypedDict):
    """What is answered: ListImageReferrersResponse."""

    referrers: list[ImageReferrerTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class ListImagesFilterTypeDef(TypedDict):
    """ListImagesFilter in requests."""

    tagStatus: NotRequired[TagStatusType]
    imageStatus: NotRequired[ImageStatusFilterType]


class ListImagesRequestTypeDef(TypedDict):
    """What is asked: ListImagesRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    nextToken: NotRequired[str]
    maxResults: NotRequired[int]
    filter: NotRequired[ListImagesFilterTypeDef]


class ListImagesRequestPaginateTypeDef(TypedDict):
    """ListImagesRequest of all pages."""

    registryId: NotRequired[str]
    repositoryName: str
    filter: NotRequired[ListImagesFilterTypeDef]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ListImagesResponseTypeDef(TypedDict):
    """What is answered: ListImagesResponse."""

    imageIds: list[ImageIdentifierTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class ListPullTimeUpdateExclusionsRequestTypeDef(TypedDict):
    """What is asked: ListPullTimeUpdateExclusionsRequest."""

    maxResults: NotRequired[int]
    nextToken: NotRequired[str]


class ListPullTimeUpdateExclusionsRequestPaginateTypeDef(TypedDict):
    """ListPullTimeUpdateExclusionsRequest of all pages."""

    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ListPullTimeUpdateExclusionsResponseTypeDef(TypedDict):
    """What is answered: ListPullTimeUpdateExclusionsResponse."""

    pullTimeUpdateExclusions: list[str]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class ListReplicationBackfillsRequestTypeDef(TypedDict):
    """What is asked: ListReplicationBackfillsRequest."""

    registryId: NotRequired[str]
    maxResults: NotRequired[int]
    nextToken: NotRequired[str]


class ListReplicationBackfillsRequestPaginateTypeDef(TypedDict):
    """ListReplicationBackfillsRequest of all pages."""

    registryId: NotRequired[str]
    PaginationConfig: NotRequired[PaginatorConfigTypeDef]


class ReplicationBackfillSummaryTypeDef(TypedDict):
    """ReplicationBackfillSummary in answers."""

    replicationBackfillId: str
    destination: ReplicationDestinationTypeDef
    status: ReplicationBackfillStatusType
    failureCode: NotRequired[str]
    progress: NotRequired[ReplicationBackfillProgressTypeDef]
    startedAt: datetime
    endedAt: NotRequired[datetime]


class ListReplicationBackfillsResponseTypeDef(TypedDict):
    """What is answered: ListReplicationBackfillsResponse."""

    registryId: str
    backfills: list[ReplicationBackfillSummaryTypeDef]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadataTypeDef


class ListTagsForResourceRequestTypeDef(TypedDict):
    """What is asked: ListTagsForResourceRequest."""

    resourceArn: str


class ListTagsForResourceResponseTypeDef(TypedDict):
    """What is answered: ListTagsForResourceResponse."""

    tags: list[TagTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class PutAccountSettingRequestTypeDef(TypedDict):
    """What is asked: PutAccountSettingRequest."""

    name: str
    value: str


class PutAccountSettingResponseTypeDef(TypedDict):
    """What is answered: PutAccountSettingResponse."""

    name: str
    value: str
    ResponseMetadata: ResponseMetadataTypeDef


class PutImageRequestTypeDef(TypedDict):
    """What is asked: PutImageRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageManifest: str
    imageManifestMediaType: NotRequired[str]
    imageTag: NotRequired[str]
    imageDigest: NotRequired[str]


class PutImageResponseTypeDef(TypedDict):
    """What is answered: PutImageResponse."""

    image: ImageTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutImageScanningConfigurationRequestTypeDef(TypedDict):
    """What is asked: PutImageScanningConfigurationRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageScanningConfiguration: ImageScanningConfigurationTypeDef


class PutImageScanningConfigurationResponseTypeDef(TypedDict):
    """What is answered: PutImageScanningConfigurationResponse."""

    registryId: str
    repositoryName: str
    imageScanningConfiguration: ImageScanningConfigurationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutImageTagMutabilityRequestTypeDef(TypedDict):
    """What is asked: PutImageTagMutabilityRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageTagMutability: ImageTagMutabilityType
    imageTagMutabilityExclusionFilters: NotRequired[Sequence[ImageTagMutabilityExclusionFilterTypeDef]]


class PutImageTagMutabilityResponseTypeDef(TypedDict):
    """What is answered: PutImageTagMutabilityResponse."""

    registryId: str
    repositoryName: str
    imageTagMutability: ImageTagMutabilityType
    imageTagMutabilityExclusionFilters: list[ImageTagMutabilityExclusionFilterTypeDef]
    ResponseMetadata: ResponseMetadataTypeDef


class PutLifecyclePolicyRequestTypeDef(TypedDict):
    """What is asked: PutLifecyclePolicyRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    lifecyclePolicyText: str


class PutLifecyclePolicyResponseTypeDef(TypedDict):
    """What is answered: PutLifecyclePolicyResponse."""

    registryId: str
    repositoryName: str
    lifecyclePolicyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class PutRegistryPolicyRequestTypeDef(TypedDict):
    """What is asked: PutRegistryPolicyRequest."""

    policyText: str


class PutRegistryPolicyResponseTypeDef(TypedDict):
    """What is answered: PutRegistryPolicyResponse."""

    registryId: str
    policyText: str
    ResponseMetadata: ResponseMetadataTypeDef


class PutRegistryScanningConfigurationRequestTypeDef(TypedDict):
    """What is asked: PutRegistryScanningConfigurationRequest."""

    scanType: NotRequired[ScanTypeType]
    rules: NotRequired[Sequence[RegistryScanningRuleUnionTypeDef]]


class PutRegistryScanningConfigurationResponseTypeDef(TypedDict):
    """What is answered: PutRegistryScanningConfigurationResponse."""

    registryScanningConfiguration: RegistryScanningConfigurationTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutReplicationConfigurationRequestTypeDef(TypedDict):
    """What is asked: PutReplicationConfigurationRequest."""

    replicationConfiguration: ReplicationConfigurationUnionTypeDef


class PutReplicationConfigurationResponseTypeDef(TypedDict):
    """What is answered: PutReplicationConfigurationResponse."""

    replicationConfiguration: ReplicationConfigurationOutputTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class PutSigningConfigurationRequestTypeDef(TypedDict):
    """What is asked: PutSigningConfigurationRequest."""

    signingConfiguration: SigningConfigurationUnionTypeDef


class PutSigningConfigurationResponseTypeDef(TypedDict):
    """What is answered: PutSigningConfigurationResponse."""

    signingConfiguration: SigningConfigurationOutputTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class RegisterPullTimeUpdateExclusionRequestTypeDef(TypedDict):
    """What is asked: RegisterPullTimeUpdateExclusionRequest."""

    principalArn: str


class RegisterPullTimeUpdateExclusionResponseTypeDef(TypedDict):
    """What is answered: RegisterPullTimeUpdateExclusionResponse."""

    principalArn: str
    createdAt: datetime
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


class StartImageScanRequestTypeDef(TypedDict):
    """What is asked: StartImageScanRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageId: ImageIdentifierTypeDef


class StartImageScanResponseTypeDef(TypedDict):
    """What is answered: StartImageScanResponse."""

    registryId: str
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    imageScanStatus: ImageScanStatusTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


class StartLifecyclePolicyPreviewRequestTypeDef(TypedDict):
    """What is asked: StartLifecyclePolicyPreviewRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    lifecyclePolicyText: NotRequired[str]


class StartLifecyclePolicyPreviewResponseTypeDef(TypedDict):
    """What is answered: StartLifecyclePolicyPreviewResponse."""

    registryId: str
    repositoryName: str
    lifecyclePolicyText: str
    status: LifecyclePolicyPreviewStatusType
    ResponseMetadata: ResponseMetadataTypeDef


class StartReplicationBackfillRequestTypeDef(TypedDict):
    """What is asked: StartReplicationBackfillRequest."""

    registryId: NotRequired[str]
    destination: ReplicationDestinationTypeDef


class StartReplicationBackfillResponseTypeDef(TypedDict):
    """What is answered: StartReplicationBackfillResponse."""

    replicationBackfillId: str
    registryId: str
    destination: ReplicationDestinationTypeDef
    status: ReplicationBackfillStatusType
    startedAt: datetime
    ResponseMetadata: ResponseMetadataTypeDef


class StopReplicationBackfillRequestTypeDef(TypedDict):
    """What is asked: StopReplicationBackfillRequest."""

    registryId: NotRequired[str]
    replicationBackfillId: str


class StopReplicationBackfillResponseTypeDef(TypedDict):
    """What is answered: StopReplicationBackfillResponse."""

    registryId: str
    replicationBackfillId: str
    destination: ReplicationDestinationTypeDef
    status: ReplicationBackfillStatusType
    startedAt: datetime
    ResponseMetadata: ResponseMetadataTypeDef


class TagResourceRequestTypeDef(TypedDict):
    """What is asked: TagResourceRequest."""

    resourceArn: str
    tags: Sequence[TagTypeDef]


class UntagResourceRequestTypeDef(TypedDict):
    """What is asked: UntagResourceRequest."""

    resourceArn: str
    tagKeys: Sequence[str]


class UpdateImageStorageClassRequestTypeDef(TypedDict):
    """What is asked: UpdateImageStorageClassRequest."""

    registryId: NotRequired[str]
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    targetStorageClass: TargetStorageClassType


class UpdateImageStorageClassResponseTypeDef(TypedDict):
    """What is answered: UpdateImageStorageClassResponse."""

    registryId: str
    repositoryName: str
    imageId: ImageIdentifierTypeDef
    imageStatus: ImageStatusType
    ResponseMetadata: ResponseMetadataTypeDef


class UpdatePullThroughCacheRuleRequestTypeDef(TypedDict):
    """What is asked: UpdatePullThroughCacheRuleRequest."""

    registryId: NotRequired[str]
    ecrRepositoryPrefix: str
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]


class UpdatePullThroughCacheRuleResponseTypeDef(TypedDict):
    """What is answered: UpdatePullThroughCacheRuleResponse."""

    ecrRepositoryPrefix: str
    registryId: str
    updatedAt: datetime
    credentialArn: str
    customRoleArn: str
    upstreamRepositoryPrefix: str
    ResponseMetadata: ResponseMetadataTypeDef


class UpdateRepositoryCreationTemplateRequestTypeDef(TypedDict):
    """What is asked: UpdateRepositoryCreationTemplateRequest."""

    prefix: str
    description: NotRequired[str]
    encryptionConfiguration: NotRequired[EncryptionConfigurationForRepositoryCreationTemplateTypeDef]
    resourceTags: NotRequired[Sequence[TagTypeDef]]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[Sequence[ImageTagMutabilityExclusionFilterTypeDef]]
    repositoryPolicy: NotRequired[str]
    lifecyclePolicy: NotRequired[str]
    appliedFor: NotRequired[Sequence[RCTAppliedForType]]
    customRoleArn: NotRequired[str]


class UpdateRepositoryCreationTemplateResponseTypeDef(TypedDict):
    """What is answered: UpdateRepositoryCreationTemplateResponse."""

    registryId: str
    repositoryCreationTemplate: RepositoryCreationTemplateTypeDef
    ResponseMetadata: ResponseMetadataTypeDef


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


class ValidatePullThroughCacheRuleRequestTypeDef(TypedDict):
    """What is asked: ValidatePullThroughCacheRuleRequest."""

    ecrRepositoryPrefix: str
    registryId: NotRequired[str]


class ValidatePullThroughCacheRuleResponseTypeDef(TypedDict):
    """What is answered: ValidatePullThroughCacheRuleResponse."""

    ecrRepositoryPrefix: str
    registryId: str
    upstreamRegistryUrl: str
    credentialArn: str
    customRoleArn: str
    upstreamRepositoryPrefix: str
    isValid: bool
    failure: str
    ResponseMetadata: ResponseMetadataTypeDef


BatchCheckLayerAvailabilityRequestRequestTypeDef = BatchCheckLayerAvailabilityRequestTypeDef
BatchDeleteImageRequestRequestTypeDef = BatchDeleteImageRequestTypeDef
BatchGetImageRequestRequestTypeDef = BatchGetImageRequestTypeDef
BatchGetRepositoryScanningConfigurationRequestRequestTypeDef = BatchGetRepositoryScanningConfigurationRequestTypeDef
CompleteLayerUploadRequestRequestTypeDef = CompleteLayerUploadRequestTypeDef
CreatePullThroughCacheRuleRequestRequestTypeDef = CreatePullThroughCacheRuleRequestTypeDef
CreateRepositoryRequestRequestTypeDef = CreateRepositoryRequestTypeDef
CreateRepositoryCreationTemplateRequestRequestTypeDef = CreateRepositoryCreationTemplateRequestTypeDef
DeleteLifecyclePolicyRequestRequestTypeDef = DeleteLifecyclePolicyRequestTypeDef
DeletePullThroughCacheRuleRequestRequestTypeDef = DeletePullThroughCacheRuleRequestTypeDef
DeleteRepositoryRequestRequestTypeDef = DeleteRepositoryRequestTypeDef
DeleteRepositoryCreationTemplateRequestRequestTypeDef = DeleteRepositoryCreationTemplateRequestTypeDef
DeleteRepositoryPolicyRequestRequestTypeDef = DeleteRepositoryPolicyRequestTypeDef
DeregisterPullTimeUpdateExclusionRequestRequestTypeDef = DeregisterPullTimeUpdateExclusionRequestTypeDef
DescribeImageReplicationStatusRequestRequestTypeDef = DescribeImageReplicationStatusRequestTypeDef
DescribeImageScanFindingsRequestRequestTypeDef = DescribeImageScanFindingsRequestTypeDef
DescribeImageSigningStatusRequestRequestTypeDef = DescribeImageSigningStatusRequestTypeDef
DescribeImagesRequestRequestTypeDef = DescribeImagesRequestTypeDef
DescribePullThroughCacheRulesRequestRequestTypeDef = DescribePullThroughCacheRulesRequestTypeDef
DescribeReplicationBackfillResultsRequestRequestTypeDef = DescribeReplicationBackfillResultsRequestTypeDef
DescribeRepositoriesRequestRequestTypeDef = DescribeRepositoriesRequestTypeDef
DescribeRepositoryCreationTemplatesRequestRequestTypeDef = DescribeRepositoryCreationTemplatesRequestTypeDef
GetAccountSettingRequestRequestTypeDef = GetAccountSettingRequestTypeDef
GetAuthorizationTokenRequestRequestTypeDef = GetAuthorizationTokenRequestTypeDef
GetDownloadUrlForLayerRequestRequestTypeDef = GetDownloadUrlForLayerRequestTypeDef
GetLifecyclePolicyRequestRequestTypeDef = GetLifecyclePolicyRequestTypeDef
GetLifecyclePolicyPreviewRequestRequestTypeDef = GetLifecyclePolicyPreviewRequestTypeDef
GetRepositoryPolicyRequestRequestTypeDef = GetRepositoryPolicyRequestTypeDef
InitiateLayerUploadRequestRequestTypeDef = InitiateLayerUploadRequestTypeDef
ListImageReferrersRequestRequestTypeDef = ListImageReferrersRequestTypeDef
ListImagesRequestRequestTypeDef = ListImagesRequestTypeDef
ListPullTimeUpdateExclusionsRequestRequestTypeDef = ListPullTimeUpdateExclusionsRequestTypeDef
ListReplicationBackfillsRequestRequestTypeDef = ListReplicationBackfillsRequestTypeDef
ListTagsForResourceRequestRequestTypeDef = ListTagsForResourceRequestTypeDef
PutAccountSettingRequestRequestTypeDef = PutAccountSettingRequestTypeDef
PutImageRequestRequestTypeDef = PutImageRequestTypeDef
PutImageScanningConfigurationRequestRequestTypeDef = PutImageScanningConfigurationRequestTypeDef
PutImageTagMutabilityRequestRequestTypeDef = PutImageTagMutabilityRequestTypeDef
PutLifecyclePolicyRequestRequestTypeDef = PutLifecyclePolicyRequestTypeDef
PutRegistryPolicyRequestRequestTypeDef = PutRegistryPolicyRequestTypeDef
PutRegistryScanningConfigurationRequestRequestTypeDef = PutRegistryScanningConfigurationRequestTypeDef
PutReplicationConfigurationRequestRequestTypeDef = PutReplicationConfigurationRequestTypeDef
PutSigningConfigurationRequestRequestTypeDef = PutSigningConfigurationRequestTypeDef
RegisterPullTimeUpdateExclusionRequestRequestTypeDef = RegisterPullTimeUpdateExclusionRequestTypeDef
SetRepositoryPolicyRequestRequestTypeDef = SetRepositoryPolicyRequestTypeDef
StartImageScanRequestRequestTypeDef = StartImageScanRequestTypeDef
StartLifecyclePolicyPreviewRequestRequestTypeDef = StartLifecyclePolicyPreviewRequestTypeDef
StartReplicationBackfillRequestRequestTypeDef = StartReplicationBackfillRequestTypeDef
StopReplicationBackfillRequestRequestTypeDef = StopReplicationBackfillRequestTypeDef
TagResourceRequestRequestTypeDef = TagResourceRequestTypeDef
UntagResourceRequestRequestTypeDef = UntagResourceRequestTypeDef
UpdateImageStorageClassRequestRequestTypeDef = UpdateImageStorageClassRequestTypeDef
UpdatePullThroughCacheRuleRequestRequestTypeDef = UpdatePullThroughCacheRuleRequestTypeDef
UpdateRepositoryCreationTemplateRequestRequestTypeDef = UpdateRepositoryCreationTemplateRequestTypeDef
UploadLayerPartRequestRequestTypeDef = UploadLayerPartRequestTypeDef
ValidatePullThroughCacheRuleRequestRequestTypeDef = ValidatePullThroughCacheRuleRequestTypeDef
ListImagesRequestListImagesPaginateTypeDef = ListImagesRequestPaginateTypeDef
DescribeImagesRequestDescribeImagesPaginateTypeDef = DescribeImagesRequestPaginateTypeDef
DescribeRepositoriesRequestDescribeRepositoriesPaginateTypeDef = DescribeRepositoriesRequestPaginateTypeDef
DescribeImageScanFindingsRequestDescribeImageScanFindingsPaginateTypeDef = (
    DescribeImageScanFindingsRequestPaginateTypeDef
)
GetLifecyclePolicyPreviewRequestGetLifecyclePolicyPreviewPaginateTypeDef = (
    GetLifecyclePolicyPreviewRequestPaginateTypeDef
)
DescribePullThroughCacheRulesRequestDescribePullThroughCacheRulesPaginateTypeDef = (
    DescribePullThroughCacheRulesRequestPaginateTypeDef
)
DescribeRepositoryCreationTemplatesRequestDescribeRepositoryCreationTemplatesPaginateTypeDef = (
    DescribeRepositoryCreationTemplatesRequestPaginateTypeDef
)
DescribeReplicationBackfillResultsRequestDescribeReplicationBackfillResultsPaginateTypeDef = (
    DescribeReplicationBackfillResultsRequestPaginateTypeDef
)
ListReplicationBackfillsRequestListReplicationBackfillsPaginateTypeDef = ListReplicationBackfillsRequestPaginateTypeDef
ListImageReferrersRequestListImageReferrersPaginateTypeDef = ListImageReferrersRequestPaginateTypeDef
ListPullTimeUpdateExclusionsRequestListPullTimeUpdateExclusionsPaginateTypeDef = (
    ListPullTimeUpdateExclusionsRequestPaginateTypeDef
)
DescribeImageScanFindingsRequestImageScanCompleteWaitTypeDef = DescribeImageScanFindingsRequestWaitTypeDef
GetLifecyclePolicyPreviewRequestLifecyclePolicyPreviewCompleteWaitTypeDef = GetLifecyclePolicyPreviewRequestWaitTypeDef
