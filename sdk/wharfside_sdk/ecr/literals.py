# Made by `python -m tools.codegen` from the service model; changes here are lost.
"""The literals of Amazon ECR. Importing them needs the standard library only.

Other spellings, which older stubs had, stay as aliases at the end.
"""

from typing import Literal

ArtifactStatusType = Literal["ACTIVE", "ARCHIVED", "ACTIVATING"]
ArtifactStatusFilterType = Literal["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]
EncryptionTypeType = Literal["AES256", "KMS", "KMS_DSSE"]
FindingSeverityType = Literal["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL", "UNDEFINED"]
ImageActionTypeType = Literal["EXPIRE", "TRANSITION"]
ImageFailureCodeType = Literal[
    "InvalidImageDigest",
    "InvalidImageTag",
    "ImageTagDoesNotMatchDigest",
    "ImageNotFound",
    "MissingDigestAndTag",
    "ImageReferencedByManifestList",
    "KmsError",
    "UpstreamAccessDenied",
    "UpstreamTooManyRequests",
    "UpstreamUnavailable",
    "ImageInaccessible",
]
ImageStatusType = Literal["ACTIVE", "ARCHIVED", "ACTIVATING"]
ImageStatusFilterType = Literal["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]
ImageTagMutabilityType = Literal["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]
ImageTagMutabilityExclusionFilterTypeType = Literal["WILDCARD"]
LayerAvailabilityType = Literal["AVAILABLE", "UNAVAILABLE", "ARCHIVED"]
LayerFailureCodeType = Literal["InvalidLayerDigest", "MissingLayerDigest"]
LifecyclePolicyPreviewStatusType = Literal["IN_PROGRESS", "COMPLETE", "EXPIRED", "FAILED"]
LifecyclePolicyStorageClassType = Literal["ARCHIVE", "STANDARD"]
LifecyclePolicyTargetStorageClassType = Literal["ARCHIVE"]
RCTAppliedForType = Literal["REPLICATION", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH"]
ReplicationBackfillResultStatusType = Literal["COMPLETE", "FAILED"]
ReplicationBackfillStatusType = Literal["PREPARING", "IN_PROGRESS", "COMPLETE", "FAILED", "STOPPING", "STOPPED"]
ReplicationStatusType = Literal["IN_PROGRESS", "COMPLETE", "FAILED"]
RepositoryFilterTypeType = Literal["PREFIX_MATCH"]
ScanFrequencyType = Literal["SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"]
ScanStatusType = Literal[
    "IN_PROGRESS",
    "COMPLETE",
    "FAILED",
    "UNSUPPORTED_IMAGE",
    "ACTIVE",
    "PENDING",
    "SCAN_ELIGIBILITY_EXPIRED",
    "FINDINGS_UNAVAILABLE",
    "LIMIT_EXCEEDED",
    "IMAGE_ARCHIVED",
    "IMAGE_SIZE_EXCEEDED",
]
ScanTypeType = Literal["BASIC", "ENHANCED"]
ScanningConfigurationFailureCodeType = Literal["REPOSITORY_NOT_FOUND"]
ScanningRepositoryFilterTypeType = Literal["WILDCARD"]
SigningRepositoryFilterTypeType = Literal["WILDCARD_MATCH"]
SigningStatusType = Literal["IN_PROGRESS", "COMPLETE", "FAILED"]
TagStatusType = Literal["TAGGED", "UNTAGGED", "ANY"]
TargetStorageClassType = Literal["STANDARD", "ARCHIVE"]
UpstreamRegistryType = Literal[
    "ecr",
    "ecr-public",
    "quay",
    "k8s",
    "docker-hub",
    "github-container-registry",
    "azure-container-registry",
    "gitlab-container-registry",
    "chainguard",
]
DescribeImageScanFindingsPaginatorName = Literal["describe_image_scan_findings"]
DescribeImagesPaginatorName = Literal["describe_images"]
DescribePullThroughCacheRulesPaginatorName = Literal["describe_pull_through_cache_rules"]
DescribeReplicationBackfillResultsPaginatorName = Literal["describe_replication_backfill_results"]
DescribeRepositoriesPaginatorName = Literal["describe_repositories"]
DescribeRepositoryCreationTemplatesPaginatorName = Literal["describe_repository_creation_templates"]
GetLifecyclePolicyPreviewPaginatorName = Literal["get_lifecycle_policy_preview"]
ListImageReferrersPaginatorName = Literal["list_image_referrers"]
ListImagesPaginatorName = Literal["list_images"]
ListPullTimeUpdateExclusionsPaginatorName = Literal["list_pull_time_update_exclusions"]
ListReplicationBackfillsPaginatorName = Literal["list_replication_backfills"]
PaginatorName = Literal[
    "describe_image_scan_findings",
    "describe_images",
    "describe_pull_through_cache_rules",
    "describe_replication_backfill_results",
    "describe_repositories",
    "describe_repository_creation_templates",
    "get_lifecycle_policy_preview",
    "list_image_referrers",
    "list_images",
    "list_pull_time_update_exclusions",
    "list_replication_backfills",
]
ImageScanCompleteWaiterName = Literal["image_scan_complete"]
LifecyclePolicyPreviewCompleteWaiterName = Literal["lifecycle_policy_preview_complete"]
WaiterName = Literal["image_scan_complete", "lifecycle_policy_preview_complete"]
ECRServiceName = Literal["ecr"]
ServiceName = Literal["ecr", "ecr-public"]
ResourceServiceName = Literal["cloudformation", "cloudwatch", "dynamodb", "ec2", "glacier", "iam", "s3", "sns", "sqs"]
RegionName = Literal[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
]

EncryptionType = EncryptionTypeType
FindingSeverity = FindingSeverityType
ImageFailureCode = ImageFailureCodeType
ImageTagMutability = ImageTagMutabilityType
LayerAvailability = LayerAvailabilityType
LayerFailureCode = LayerFailureCodeType
LifecyclePolicyPreviewStatus = LifecyclePolicyPreviewStatusType
ScanStatus = ScanStatusType
TagStatus = TagStatusType
