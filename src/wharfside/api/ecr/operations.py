"""Who handles which operation. An operation of the service model that is not here answers that it is not supported."""

from __future__ import annotations

from collections.abc import Mapping

from wharfside.api.ecr import (
    creation_templates,
    images,
    layers,
    lifecycle,
    policies,
    pull_times,
    registry,
    repositories,
)
from wharfside.api.ecr.call import Handling, reads, streams, tags, writes

OPERATIONS: Mapping[str, Handling] = {
    "BatchCheckLayerAvailability": reads(layers.batch_check_layer_availability),
    "BatchDeleteImage": writes(images.batch_delete_image),
    "BatchGetImage": reads(images.batch_get_image),
    "CompleteLayerUpload": streams(layers.upload_of, layers.complete_layer_upload),
    "CreateRepository": tags(repositories.create_repository, "repositoryName", "ecr:TagResource"),
    "CreateRepositoryCreationTemplate": writes(creation_templates.create_repository_creation_template, None),
    "DeleteLifecyclePolicy": writes(lifecycle.delete_lifecycle_policy),
    "DeleteRegistryPolicy": writes(policies.delete_registry_policy, None),
    "DeleteRepository": writes(repositories.delete_repository),
    "DeleteRepositoryCreationTemplate": writes(creation_templates.delete_repository_creation_template, None),
    "DeleteRepositoryPolicy": writes(policies.delete_repository_policy),
    "DeregisterPullTimeUpdateExclusion": writes(pull_times.deregister_pull_time_update_exclusion, None),
    "DescribeImages": reads(images.describe_images),
    "DescribeRegistry": reads(registry.describe_registry, None),
    "DescribeRepositories": reads(repositories.describe_repositories, "repositoryNames"),
    "DescribeRepositoryCreationTemplates": reads(creation_templates.describe_repository_creation_templates, None),
    "GetAccountSetting": reads(registry.get_account_setting, None),
    "GetAuthorizationToken": reads(registry.get_authorization_token, None),
    "GetDownloadUrlForLayer": reads(layers.get_download_url_for_layer),
    "GetLifecyclePolicy": reads(lifecycle.get_lifecycle_policy),
    "GetLifecyclePolicyPreview": reads(lifecycle.get_lifecycle_policy_preview),
    "GetRegistryPolicy": reads(policies.get_registry_policy, None),
    "GetRepositoryPolicy": reads(policies.get_repository_policy),
    "InitiateLayerUpload": reads(layers.initiate_layer_upload),
    "ListImageReferrers": reads(images.list_image_referrers),
    "ListImages": reads(images.list_images),
    "ListPullTimeUpdateExclusions": reads(pull_times.list_pull_time_update_exclusions, None),
    "ListTagsForResource": reads(repositories.list_tags_for_resource, "resourceArn"),
    "PutAccountSetting": writes(registry.put_account_setting, None),
    "PutImage": writes(images.put_image),
    "PutImageTagMutability": writes(repositories.put_image_tag_mutability),
    "PutLifecyclePolicy": writes(lifecycle.put_lifecycle_policy),
    "PutRegistryPolicy": writes(policies.put_registry_policy, None),
    "RegisterPullTimeUpdateExclusion": writes(pull_times.register_pull_time_update_exclusion, None),
    "SetRepositoryPolicy": writes(policies.set_repository_policy),
    "StartLifecyclePolicyPreview": writes(lifecycle.start_lifecycle_policy_preview),
    "TagResource": tags(repositories.tag_resource),
    "UntagResource": tags(repositories.untag_resource),
    "UpdateImageStorageClass": writes(images.update_image_storage_class),
    "UpdateRepositoryCreationTemplate": writes(creation_templates.update_repository_creation_template, None),
    "UploadLayerPart": streams(layers.upload_of, layers.upload_layer_part),
}
"""By operation; the IAM action of each stands in the service model's overlay."""
