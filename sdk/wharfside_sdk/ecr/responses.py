# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""What the clients of Amazon ECR answer: structures by the names that the service gives them.

A member that is not `NotRequired` is in every answer of a Wharfside. Enums that only answers hold are open, since a
newer server may say more; those of requests are closed, so that what an answer holds can be given back as it is.
"""

from datetime import datetime
from typing import NotRequired, TypedDict

from wharfside_sdk.ecr.literals import (
    ArtifactStatusType,
    EncryptionTypeType,
    FindingSeverityType,
    ImageActionTypeType,
    ImageFailureCodeType,
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
    UpstreamRegistryType,
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


class Image(TypedDict):
    """Image as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    imageManifest: NotRequired[str]
    imageManifestMediaType: NotRequired[str]


class BatchGetImageResponse(TypedDict):
    """BatchGetImageResponse as it is answered."""

    images: NotRequired[list[Image]]
    failures: NotRequired[list[ImageFailure]]
    ResponseMetadata: ResponseMetadata


class ScanningRepositoryFilter(TypedDict):
    """ScanningRepositoryFilter as it is answered."""

    filter: str
    filterType: ScanningRepositoryFilterTypeType


class RepositoryScanningConfiguration(TypedDict):
    """RepositoryScanningConfiguration as it is answered."""

    repositoryArn: NotRequired[str]
    repositoryName: NotRequired[str]
    scanOnPush: NotRequired[bool]
    scanFrequency: NotRequired[ScanFrequencyType]
    appliedScanFilters: NotRequired[list[ScanningRepositoryFilter]]


class RepositoryScanningConfigurationFailure(TypedDict):
    """RepositoryScanningConfigurationFailure as it is answered."""

    repositoryName: NotRequired[str]
    failureCode: NotRequired[ScanningConfigurationFailureCodeType | str]
    failureReason: NotRequired[str]


class BatchGetRepositoryScanningConfigurationResponse(TypedDict):
    """BatchGetRepositoryScanningConfigurationResponse as it is answered."""

    scanningConfigurations: NotRequired[list[RepositoryScanningConfiguration]]
    failures: NotRequired[list[RepositoryScanningConfigurationFailure]]
    ResponseMetadata: ResponseMetadata


class CompleteLayerUploadResponse(TypedDict):
    """CompleteLayerUploadResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    uploadId: NotRequired[str]
    layerDigest: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class CreatePullThroughCacheRuleResponse(TypedDict):
    """CreatePullThroughCacheRuleResponse as it is answered."""

    ecrRepositoryPrefix: NotRequired[str]
    upstreamRegistryUrl: NotRequired[str]
    createdAt: NotRequired[datetime]
    registryId: NotRequired[str]
    upstreamRegistry: NotRequired[UpstreamRegistryType]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class EncryptionConfigurationForRepositoryCreationTemplate(TypedDict):
    """EncryptionConfigurationForRepositoryCreationTemplate as it is answered."""

    encryptionType: EncryptionTypeType
    kmsKey: NotRequired[str]


class Tag(TypedDict):
    """Tag as it is answered."""

    Key: str
    Value: str


class ImageTagMutabilityExclusionFilter(TypedDict):
    """ImageTagMutabilityExclusionFilter as it is answered."""

    filterType: ImageTagMutabilityExclusionFilterTypeType
    filter: str


class RepositoryCreationTemplate(TypedDict):
    """RepositoryCreationTemplate as it is answered."""

    prefix: NotRequired[str]
    description: NotRequired[str]
    encryptionConfiguration: NotRequired[EncryptionConfigurationForRepositoryCreationTemplate]
    resourceTags: NotRequired[list[Tag]]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilter]]
    repositoryPolicy: NotRequired[str]
    lifecyclePolicy: NotRequired[str]
    appliedFor: NotRequired[list[RCTAppliedForType]]
    customRoleArn: NotRequired[str]
    createdAt: NotRequired[datetime]
    updatedAt: NotRequired[datetime]


class CreateRepositoryCreationTemplateResponse(TypedDict):
    """CreateRepositoryCreationTemplateResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryCreationTemplate: NotRequired[RepositoryCreationTemplate]
    ResponseMetadata: ResponseMetadata


class ImageScanningConfiguration(TypedDict):
    """ImageScanningConfiguration as it is answered."""

    scanOnPush: NotRequired[bool]


class EncryptionConfiguration(TypedDict):
    """EncryptionConfiguration as it is answered."""

    encryptionType: EncryptionTypeType
    kmsKey: NotRequired[str]


class Repository(TypedDict):
    """Repository as it is answered."""

    repositoryArn: NotRequired[str]
    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    repositoryUri: NotRequired[str]
    createdAt: NotRequired[datetime]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilter]]
    imageScanningConfiguration: NotRequired[ImageScanningConfiguration]
    encryptionConfiguration: NotRequired[EncryptionConfiguration]


class CreateRepositoryResponse(TypedDict):
    """CreateRepositoryResponse as it is answered."""

    repository: NotRequired[Repository]
    ResponseMetadata: ResponseMetadata


class DeleteLifecyclePolicyResponse(TypedDict):
    """DeleteLifecyclePolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    lifecyclePolicyText: NotRequired[str]
    lastEvaluatedAt: NotRequired[datetime]
    ResponseMetadata: ResponseMetadata


class DeletePullThroughCacheRuleResponse(TypedDict):
    """DeletePullThroughCacheRuleResponse as it is answered."""

    ecrRepositoryPrefix: NotRequired[str]
    upstreamRegistryUrl: NotRequired[str]
    createdAt: NotRequired[datetime]
    registryId: NotRequired[str]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DeleteRegistryPolicyResponse(TypedDict):
    """DeleteRegistryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DeleteRepositoryCreationTemplateResponse(TypedDict):
    """DeleteRepositoryCreationTemplateResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryCreationTemplate: NotRequired[RepositoryCreationTemplate]
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


class SigningRepositoryFilter(TypedDict):
    """SigningRepositoryFilter as it is answered."""

    filter: str
    filterType: SigningRepositoryFilterTypeType


class SigningRule(TypedDict):
    """SigningRule as it is answered."""

    signingProfileArn: str
    repositoryFilters: NotRequired[list[SigningRepositoryFilter]]


class SigningConfiguration(TypedDict):
    """SigningConfiguration as it is answered."""

    rules: list[SigningRule]


class DeleteSigningConfigurationResponse(TypedDict):
    """DeleteSigningConfigurationResponse as it is answered."""

    registryId: NotRequired[str]
    signingConfiguration: NotRequired[SigningConfiguration]
    ResponseMetadata: ResponseMetadata


class DeregisterPullTimeUpdateExclusionResponse(TypedDict):
    """DeregisterPullTimeUpdateExclusionResponse as it is answered."""

    principalArn: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ImageReplicationStatus(TypedDict):
    """ImageReplicationStatus as it is answered."""

    region: NotRequired[str]
    registryId: NotRequired[str]
    status: NotRequired[ReplicationStatusType | str]
    failureCode: NotRequired[str]


class DescribeImageReplicationStatusResponse(TypedDict):
    """DescribeImageReplicationStatusResponse as it is answered."""

    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    replicationStatuses: NotRequired[list[ImageReplicationStatus]]
    ResponseMetadata: ResponseMetadata


class ImageScanStatus(TypedDict):
    """ImageScanStatus as it is answered."""

    status: NotRequired[ScanStatusType | str]
    description: NotRequired[str]


class Attribute(TypedDict):
    """Attribute as it is answered."""

    key: str
    value: NotRequired[str]


class ImageScanFinding(TypedDict):
    """ImageScanFinding as it is answered."""

    name: NotRequired[str]
    description: NotRequired[str]
    uri: NotRequired[str]
    severity: NotRequired[FindingSeverityType | str]
    attributes: NotRequired[list[Attribute]]


class CvssScore(TypedDict):
    """CvssScore as it is answered."""

    baseScore: NotRequired[float]
    scoringVector: NotRequired[str]
    source: NotRequired[str]
    version: NotRequired[str]


class VulnerablePackage(TypedDict):
    """VulnerablePackage as it is answered."""

    arch: NotRequired[str]
    epoch: NotRequired[int]
    filePath: NotRequired[str]
    name: NotRequired[str]
    packageManager: NotRequired[str]
    release: NotRequired[str]
    sourceLayerHash: NotRequired[str]
    version: NotRequired[str]
    fixedInVersion: NotRequired[str]


class PackageVulnerabilityDetails(TypedDict):
    """PackageVulnerabilityDetails as it is answered."""

    cvss: NotRequired[list[CvssScore]]
    referenceUrls: NotRequired[list[str]]
    relatedVulnerabilities: NotRequired[list[str]]
    source: NotRequired[str]
    sourceUrl: NotRequired[str]
    vendorCreatedAt: NotRequired[datetime]
    vendorSeverity: NotRequired[str]
    vendorUpdatedAt: NotRequired[datetime]
    vulnerabilityId: NotRequired[str]
    vulnerablePackages: NotRequired[list[VulnerablePackage]]


class Recommendation(TypedDict):
    """Recommendation as it is answered."""

    url: NotRequired[str]
    text: NotRequired[str]


class Remediation(TypedDict):
    """Remediation as it is answered."""

    recommendation: NotRequired[Recommendation]


class AwsEcrContainerImageDetails(TypedDict):
    """AwsEcrContainerImageDetails as it is answered."""

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


class ResourceDetails(TypedDict):
    """ResourceDetails as it is answered."""

    awsEcrContainerImage: NotRequired[AwsEcrContainerImageDetails]


class Resource(TypedDict):
    """Resource as it is answered."""

    details: NotRequired[ResourceDetails]
    id: NotRequired[str]
    tags: NotRequired[dict[str, str]]
    type: NotRequired[str]


class CvssScoreAdjustment(TypedDict):
    """CvssScoreAdjustment as it is answered."""

    metric: NotRequired[str]
    reason: NotRequired[str]


class CvssScoreDetails(TypedDict):
    """CvssScoreDetails as it is answered."""

    adjustments: NotRequired[list[CvssScoreAdjustment]]
    score: NotRequired[float]
    scoreSource: NotRequired[str]
    scoringVector: NotRequired[str]
    version: NotRequired[str]


class ScoreDetails(TypedDict):
    """ScoreDetails as it is answered."""

    cvss: NotRequired[CvssScoreDetails]


class EnhancedImageScanFinding(TypedDict):
    """EnhancedImageScanFinding as it is answered."""

    awsAccountId: NotRequired[str]
    description: NotRequired[str]
    findingArn: NotRequired[str]
    firstObservedAt: NotRequired[datetime]
    lastObservedAt: NotRequired[datetime]
    packageVulnerabilityDetails: NotRequired[PackageVulnerabilityDetails]
    remediation: NotRequired[Remediation]
    resources: NotRequired[list[Resource]]
    score: NotRequired[float]
    scoreDetails: NotRequired[ScoreDetails]
    severity: NotRequired[str]
    status: NotRequired[str]
    title: NotRequired[str]
    type: NotRequired[str]
    updatedAt: NotRequired[datetime]
    fixAvailable: NotRequired[str]
    exploitAvailable: NotRequired[str]


class ImageScanFindings(TypedDict):
    """ImageScanFindings as it is answered."""

    imageScanCompletedAt: NotRequired[datetime]
    vulnerabilitySourceUpdatedAt: NotRequired[datetime]
    findingSeverityCounts: NotRequired[dict[FindingSeverityType | str, int]]
    findings: NotRequired[list[ImageScanFinding]]
    enhancedFindings: NotRequired[list[EnhancedImageScanFinding]]


class DescribeImageScanFindingsResponse(TypedDict):
    """DescribeImageScanFindingsResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    imageScanStatus: NotRequired[ImageScanStatus]
    imageScanFindings: NotRequired[ImageScanFindings]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ImageSigningStatus(TypedDict):
    """ImageSigningStatus as it is answered."""

    signingProfileArn: NotRequired[str]
    failureCode: NotRequired[str]
    failureReason: NotRequired[str]
    status: NotRequired[SigningStatusType | str]


class DescribeImageSigningStatusResponse(TypedDict):
    """DescribeImageSigningStatusResponse as it is answered."""

    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    registryId: NotRequired[str]
    signingStatuses: NotRequired[list[ImageSigningStatus]]
    ResponseMetadata: ResponseMetadata


class ImageScanFindingsSummary(TypedDict):
    """ImageScanFindingsSummary as it is answered."""

    imageScanCompletedAt: NotRequired[datetime]
    vulnerabilitySourceUpdatedAt: NotRequired[datetime]
    findingSeverityCounts: NotRequired[dict[FindingSeverityType | str, int]]


class ImageDetail(TypedDict):
    """ImageDetail as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageDigest: NotRequired[str]
    imageTags: NotRequired[list[str]]
    imageSizeInBytes: NotRequired[int]
    imagePushedAt: NotRequired[datetime]
    imageScanStatus: NotRequired[ImageScanStatus]
    imageScanFindingsSummary: NotRequired[ImageScanFindingsSummary]
    imageManifestMediaType: NotRequired[str]
    artifactMediaType: NotRequired[str]
    lastRecordedPullTime: NotRequired[datetime]
    subjectManifestDigest: NotRequired[str]
    imageStatus: NotRequired[ImageStatusType | str]
    lastArchivedAt: NotRequired[datetime]
    lastActivatedAt: NotRequired[datetime]


class DescribeImagesResponse(TypedDict):
    """DescribeImagesResponse as it is answered."""

    imageDetails: NotRequired[list[ImageDetail]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class PullThroughCacheRule(TypedDict):
    """PullThroughCacheRule as it is answered."""

    ecrRepositoryPrefix: NotRequired[str]
    upstreamRegistryUrl: NotRequired[str]
    createdAt: NotRequired[datetime]
    registryId: NotRequired[str]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    upstreamRegistry: NotRequired[UpstreamRegistryType]
    updatedAt: NotRequired[datetime]


class DescribePullThroughCacheRulesResponse(TypedDict):
    """DescribePullThroughCacheRulesResponse as it is answered."""

    pullThroughCacheRules: NotRequired[list[PullThroughCacheRule]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ReplicationDestination(TypedDict):
    """ReplicationDestination as it is answered."""

    region: str
    registryId: str


class RepositoryFilter(TypedDict):
    """RepositoryFilter as it is answered."""

    filter: str
    filterType: RepositoryFilterTypeType


class DeleteReplication(TypedDict):
    """DeleteReplication as it is answered."""

    enabled: bool


class ReplicationRule(TypedDict):
    """ReplicationRule as it is answered."""

    destinations: list[ReplicationDestination]
    repositoryFilters: NotRequired[list[RepositoryFilter]]
    deleteReplication: NotRequired[DeleteReplication]


class ReplicationConfiguration(TypedDict):
    """ReplicationConfiguration as it is answered."""

    rules: list[ReplicationRule]


class DescribeRegistryResponse(TypedDict):
    """DescribeRegistryResponse as it is answered."""

    registryId: NotRequired[str]
    replicationConfiguration: NotRequired[ReplicationConfiguration]
    ResponseMetadata: ResponseMetadata


class ReplicationBackfillProgress(TypedDict):
    """ReplicationBackfillProgress as it is answered."""

    totalReplicationCount: int
    completedReplicationCount: int
    failedReplicationCount: int
    failureCodes: list[str]


class ReplicationBackfillResult(TypedDict):
    """ReplicationBackfillResult as it is answered."""

    repositoryName: str
    imageId: ImageIdentifier
    status: ReplicationBackfillResultStatusType
    failureCode: NotRequired[str]
    subImageFailureCodes: NotRequired[list[str]]


class DescribeReplicationBackfillResultsResponse(TypedDict):
    """DescribeReplicationBackfillResultsResponse as it is answered."""

    registryId: NotRequired[str]
    replicationBackfillId: NotRequired[str]
    destination: NotRequired[ReplicationDestination]
    status: NotRequired[ReplicationBackfillStatusType | str]
    failureCode: NotRequired[str]
    progress: NotRequired[ReplicationBackfillProgress]
    results: NotRequired[list[ReplicationBackfillResult]]
    startedAt: NotRequired[datetime]
    endedAt: NotRequired[datetime]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DescribeRepositoriesResponse(TypedDict):
    """DescribeRepositoriesResponse as it is answered."""

    repositories: NotRequired[list[Repository]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class DescribeRepositoryCreationTemplatesResponse(TypedDict):
    """DescribeRepositoryCreationTemplatesResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryCreationTemplates: NotRequired[list[RepositoryCreationTemplate]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class GetAccountSettingResponse(TypedDict):
    """GetAccountSettingResponse as it is answered."""

    name: NotRequired[str]
    value: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class AuthorizationData(TypedDict):
    """AuthorizationData as it is answered."""

    authorizationToken: NotRequired[str]
    expiresAt: NotRequired[datetime]
    proxyEndpoint: NotRequired[str]


class GetAuthorizationTokenResponse(TypedDict):
    """GetAuthorizationTokenResponse as it is answered."""

    authorizationData: NotRequired[list[AuthorizationData]]
    ResponseMetadata: ResponseMetadata


class GetDownloadUrlForLayerResponse(TypedDict):
    """GetDownloadUrlForLayerResponse as it is answered."""

    downloadUrl: NotRequired[str]
    layerDigest: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class LifecyclePolicyRuleAction(TypedDict):
    """LifecyclePolicyRuleAction as it is answered."""

    type: NotRequired[ImageActionTypeType | str]
    targetStorageClass: NotRequired[LifecyclePolicyTargetStorageClassType | str]


class LifecyclePolicyPreviewResult(TypedDict):
    """LifecyclePolicyPreviewResult as it is answered."""

    imageTags: NotRequired[list[str]]
    imageDigest: NotRequired[str]
    imagePushedAt: NotRequired[datetime]
    action: NotRequired[LifecyclePolicyRuleAction]
    appliedRulePriority: NotRequired[int]
    storageClass: NotRequired[LifecyclePolicyStorageClassType | str]


class TransitioningImageTotalCount(TypedDict):
    """TransitioningImageTotalCount as it is answered."""

    targetStorageClass: NotRequired[LifecyclePolicyTargetStorageClassType | str]
    imageTotalCount: NotRequired[int]


class LifecyclePolicyPreviewSummary(TypedDict):
    """LifecyclePolicyPreviewSummary as it is answered."""

    expiringImageTotalCount: NotRequired[int]
    transitioningImageTotalCounts: NotRequired[list[TransitioningImageTotalCount]]


class GetLifecyclePolicyPreviewResponse(TypedDict):
    """GetLifecyclePolicyPreviewResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    lifecyclePolicyText: NotRequired[str]
    status: NotRequired[LifecyclePolicyPreviewStatusType | str]
    nextToken: NotRequired[str]
    previewResults: NotRequired[list[LifecyclePolicyPreviewResult]]
    summary: NotRequired[LifecyclePolicyPreviewSummary]
    ResponseMetadata: ResponseMetadata


class GetLifecyclePolicyResponse(TypedDict):
    """GetLifecyclePolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    lifecyclePolicyText: NotRequired[str]
    lastEvaluatedAt: NotRequired[datetime]
    ResponseMetadata: ResponseMetadata


class GetRegistryPolicyResponse(TypedDict):
    """GetRegistryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class RegistryScanningRule(TypedDict):
    """RegistryScanningRule as it is answered."""

    scanFrequency: ScanFrequencyType
    repositoryFilters: list[ScanningRepositoryFilter]


class RegistryScanningConfiguration(TypedDict):
    """RegistryScanningConfiguration as it is answered."""

    scanType: NotRequired[ScanTypeType]
    rules: NotRequired[list[RegistryScanningRule]]


class GetRegistryScanningConfigurationResponse(TypedDict):
    """GetRegistryScanningConfigurationResponse as it is answered."""

    registryId: NotRequired[str]
    scanningConfiguration: NotRequired[RegistryScanningConfiguration]
    ResponseMetadata: ResponseMetadata


class GetRepositoryPolicyResponse(TypedDict):
    """GetRepositoryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class GetSigningConfigurationResponse(TypedDict):
    """GetSigningConfigurationResponse as it is answered."""

    registryId: NotRequired[str]
    signingConfiguration: NotRequired[SigningConfiguration]
    ResponseMetadata: ResponseMetadata


class InitiateLayerUploadResponse(TypedDict):
    """InitiateLayerUploadResponse as it is answered."""

    uploadId: NotRequired[str]
    partSize: NotRequired[int]
    ResponseMetadata: ResponseMetadata


class ImageReferrer(TypedDict):
    """ImageReferrer as it is answered."""

    digest: str
    mediaType: str
    artifactType: NotRequired[str]
    size: int
    annotations: NotRequired[dict[str, str]]
    artifactStatus: NotRequired[ArtifactStatusType | str]


class ListImageReferrersResponse(TypedDict):
    """ListImageReferrersResponse as it is answered."""

    referrers: NotRequired[list[ImageReferrer]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ListImagesResponse(TypedDict):
    """ListImagesResponse as it is answered."""

    imageIds: NotRequired[list[ImageIdentifier]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ListPullTimeUpdateExclusionsResponse(TypedDict):
    """ListPullTimeUpdateExclusionsResponse as it is answered."""

    pullTimeUpdateExclusions: NotRequired[list[str]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ReplicationBackfillSummary(TypedDict):
    """ReplicationBackfillSummary as it is answered."""

    replicationBackfillId: str
    destination: ReplicationDestination
    status: ReplicationBackfillStatusType | str
    failureCode: NotRequired[str]
    progress: NotRequired[ReplicationBackfillProgress]
    startedAt: datetime
    endedAt: NotRequired[datetime]


class ListReplicationBackfillsResponse(TypedDict):
    """ListReplicationBackfillsResponse as it is answered."""

    registryId: NotRequired[str]
    backfills: NotRequired[list[ReplicationBackfillSummary]]
    nextToken: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class ListTagsForResourceResponse(TypedDict):
    """ListTagsForResourceResponse as it is answered."""

    tags: NotRequired[list[Tag]]
    ResponseMetadata: ResponseMetadata


class PutAccountSettingResponse(TypedDict):
    """PutAccountSettingResponse as it is answered."""

    name: NotRequired[str]
    value: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class PutImageResponse(TypedDict):
    """PutImageResponse as it is answered."""

    image: NotRequired[Image]
    ResponseMetadata: ResponseMetadata


class PutImageScanningConfigurationResponse(TypedDict):
    """PutImageScanningConfigurationResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageScanningConfiguration: NotRequired[ImageScanningConfiguration]
    ResponseMetadata: ResponseMetadata


class PutImageTagMutabilityResponse(TypedDict):
    """PutImageTagMutabilityResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageTagMutability: NotRequired[ImageTagMutabilityType]
    imageTagMutabilityExclusionFilters: NotRequired[list[ImageTagMutabilityExclusionFilter]]
    ResponseMetadata: ResponseMetadata


class PutLifecyclePolicyResponse(TypedDict):
    """PutLifecyclePolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    lifecyclePolicyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class PutRegistryPolicyResponse(TypedDict):
    """PutRegistryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class PutRegistryScanningConfigurationResponse(TypedDict):
    """PutRegistryScanningConfigurationResponse as it is answered."""

    registryScanningConfiguration: NotRequired[RegistryScanningConfiguration]
    ResponseMetadata: ResponseMetadata


class PutReplicationConfigurationResponse(TypedDict):
    """PutReplicationConfigurationResponse as it is answered."""

    replicationConfiguration: NotRequired[ReplicationConfiguration]
    ResponseMetadata: ResponseMetadata


class PutSigningConfigurationResponse(TypedDict):
    """PutSigningConfigurationResponse as it is answered."""

    signingConfiguration: NotRequired[SigningConfiguration]
    ResponseMetadata: ResponseMetadata


class RegisterPullTimeUpdateExclusionResponse(TypedDict):
    """RegisterPullTimeUpdateExclusionResponse as it is answered."""

    principalArn: NotRequired[str]
    createdAt: NotRequired[datetime]
    ResponseMetadata: ResponseMetadata


class SetRepositoryPolicyResponse(TypedDict):
    """SetRepositoryPolicyResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    policyText: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class StartImageScanResponse(TypedDict):
    """StartImageScanResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    imageScanStatus: NotRequired[ImageScanStatus]
    ResponseMetadata: ResponseMetadata


class StartLifecyclePolicyPreviewResponse(TypedDict):
    """StartLifecyclePolicyPreviewResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    lifecyclePolicyText: NotRequired[str]
    status: NotRequired[LifecyclePolicyPreviewStatusType | str]
    ResponseMetadata: ResponseMetadata


class StartReplicationBackfillResponse(TypedDict):
    """StartReplicationBackfillResponse as it is answered."""

    replicationBackfillId: NotRequired[str]
    registryId: NotRequired[str]
    destination: NotRequired[ReplicationDestination]
    status: NotRequired[ReplicationBackfillStatusType | str]
    startedAt: NotRequired[datetime]
    ResponseMetadata: ResponseMetadata


class StopReplicationBackfillResponse(TypedDict):
    """StopReplicationBackfillResponse as it is answered."""

    registryId: NotRequired[str]
    replicationBackfillId: NotRequired[str]
    destination: NotRequired[ReplicationDestination]
    status: NotRequired[ReplicationBackfillStatusType | str]
    startedAt: NotRequired[datetime]
    ResponseMetadata: ResponseMetadata


class TagResourceResponse(TypedDict):
    """TagResourceResponse as it is answered."""

    ResponseMetadata: ResponseMetadata


class UntagResourceResponse(TypedDict):
    """UntagResourceResponse as it is answered."""

    ResponseMetadata: ResponseMetadata


class UpdateImageStorageClassResponse(TypedDict):
    """UpdateImageStorageClassResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    imageId: NotRequired[ImageIdentifier]
    imageStatus: NotRequired[ImageStatusType | str]
    ResponseMetadata: ResponseMetadata


class UpdatePullThroughCacheRuleResponse(TypedDict):
    """UpdatePullThroughCacheRuleResponse as it is answered."""

    ecrRepositoryPrefix: NotRequired[str]
    registryId: NotRequired[str]
    updatedAt: NotRequired[datetime]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    ResponseMetadata: ResponseMetadata


class UpdateRepositoryCreationTemplateResponse(TypedDict):
    """UpdateRepositoryCreationTemplateResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryCreationTemplate: NotRequired[RepositoryCreationTemplate]
    ResponseMetadata: ResponseMetadata


class UploadLayerPartResponse(TypedDict):
    """UploadLayerPartResponse as it is answered."""

    registryId: NotRequired[str]
    repositoryName: NotRequired[str]
    uploadId: NotRequired[str]
    lastByteReceived: NotRequired[int]
    ResponseMetadata: ResponseMetadata


class ValidatePullThroughCacheRuleResponse(TypedDict):
    """ValidatePullThroughCacheRuleResponse as it is answered."""

    ecrRepositoryPrefix: NotRequired[str]
    registryId: NotRequired[str]
    upstreamRegistryUrl: NotRequired[str]
    credentialArn: NotRequired[str]
    customRoleArn: NotRequired[str]
    upstreamRepositoryPrefix: NotRequired[str]
    isValid: NotRequired[bool]
    failure: NotRequired[str]
    ResponseMetadata: ResponseMetadata
