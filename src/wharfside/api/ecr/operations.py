"""Who handles which operation. An operation of the service model that is not here answers that it is not supported."""

from __future__ import annotations

from collections.abc import Mapping

from wharfside.api.ecr import images, layers, registry, repositories
from wharfside.api.ecr.call import Handling, reads, writes

OPERATIONS: Mapping[str, Handling] = {
    "BatchCheckLayerAvailability": reads(layers.batch_check_layer_availability),
    "BatchDeleteImage": writes(images.batch_delete_image),
    "BatchGetImage": reads(images.batch_get_image),
    "CompleteLayerUpload": Handling("repositoryName", stream=layers.complete_layer_upload),
    "CreateRepository": writes(repositories.create_repository),
    "DeleteRepository": writes(repositories.delete_repository),
    "DescribeImages": reads(images.describe_images),
    "DescribeRegistry": reads(registry.describe_registry, None),
    "DescribeRepositories": reads(repositories.describe_repositories, "repositoryNames"),
    "GetAuthorizationToken": reads(registry.get_authorization_token, None),
    "GetDownloadUrlForLayer": reads(layers.get_download_url_for_layer),
    "InitiateLayerUpload": reads(layers.initiate_layer_upload),
    "ListImageReferrers": reads(images.list_image_referrers),
    "ListImages": reads(images.list_images),
    "ListTagsForResource": reads(repositories.list_tags_for_resource, "resourceArn"),
    "PutImage": writes(images.put_image),
    "PutImageTagMutability": writes(repositories.put_image_tag_mutability),
    "TagResource": writes(repositories.tag_resource, "resourceArn"),
    "UntagResource": writes(repositories.untag_resource, "resourceArn"),
    "UploadLayerPart": Handling("repositoryName", stream=layers.upload_layer_part),
}
"""By operation; the IAM action of each stands in the service model's overlay."""
