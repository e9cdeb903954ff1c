"""Every error that the registry answers with, and its text.

An error carries the name of the ECR exception (ECR API reference, "Errors" of each operation). Each protocol renders
it in its own form: the ECR API as `__type`, the data plane as an OCI error code, STS as XML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class RegistryError(Exception):
    """A refusal that the client is told about.

    `code` is the ECR exception's name, `status` the HTTP status on the ECR API, `members` what the exception carries
    besides its message.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, members: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members: Mapping[str, object] = members or {}


def invalid_parameter(member: str, reason: str) -> RegistryError:
    """A member that breaks a rule of ECR's, in the wrapper that ECR puts round every such reason."""
    return RegistryError(
        "InvalidParameterException", f"Invalid parameter at '{member}' failed to satisfy constraint: '{reason}'"
    )


def not_one_of(member: str, value: str, known: Iterable[str]) -> RegistryError:
    """A value that is not of its set, in the words of ECR's newer operations."""
    return RegistryError(
        "ValidationException",
        f"1 validation error detected: Value '{value[:100]}' at '{member}' failed to satisfy constraint:"
        f" Member must satisfy enum value set: [{', '.join(known)}]",
    )


def unsupported(what: str) -> RegistryError:
    """An operation or a member that this version does not have yet."""
    return RegistryError("UnsupportedCommandException", f"{what} is not supported by this registry yet.")


def server_error(message: str = "The server could not process the request. Try again.") -> RegistryError:
    """A fault of ours."""
    return RegistryError("ServerException", message, status=500)


def access_denied(principal: str, action: str, resource: str, reason: str) -> RegistryError:
    """A denial; `reason` is the ending of the sentence, such as `no identity-based policy allows the … action`."""
    return RegistryError(
        "AccessDeniedException",
        f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}",
    )


class Throttled(RegistryError):
    """Too many requests. `retry_after`: whole seconds until one may be let through again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ThrottlingException", "Rate exceeded")
        self.retry_after = retry_after


def throttled(retry_after: int = 1) -> Throttled:
    """A configured rate was exceeded, or sign-ins failed too often."""
    return Throttled(max(1, retry_after))


def repository_not_found(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "RepositoryNotFoundException",
        f"The repository with name '{repository}' does not exist in the registry with id '{account}'",
    )


def repository_already_exists(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "RepositoryAlreadyExistsException",
        f"The repository with name '{repository}' already exists in the registry with id '{account}'",
    )


def repository_not_empty(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "RepositoryNotEmptyException",
        f"The repository with name '{repository}' in registry with id '{account}'"
        " cannot be deleted because it still contains images",
    )


def repository_policy_not_found(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "RepositoryPolicyNotFoundException",
        f"Repository policy does not exist for the repository with name '{repository}'"
        f" in the registry with id '{account}'",
    )


def registry_policy_not_found(account: str) -> RegistryError:
    return RegistryError(
        "RegistryPolicyNotFoundException", f"Registry policy does not exist in the registry with id '{account}'"
    )


def lifecycle_policy_not_found(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "LifecyclePolicyNotFoundException",
        f"Lifecycle policy does not exist for the repository with name '{repository}'"
        f" in the registry with id '{account}'",
    )


def lifecycle_policy_preview_not_found(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "LifecyclePolicyPreviewNotFoundException",
        f"Lifecycle policy preview does not exist for the repository with name '{repository}'"
        f" in the registry with id '{account}'",
    )


def lifecycle_policy_preview_in_progress(repository: str, account: str) -> RegistryError:
    return RegistryError(
        "LifecyclePolicyPreviewInProgressException",
        f"Lifecycle policy preview is in progress for the repository with name '{repository}'"
        f" in the registry with id '{account}'",
    )


def image_not_found(repository: str, account: str, digest: str | None, tag: str | None) -> RegistryError:
    return RegistryError(
        "ImageNotFoundException",
        f"The image with imageId {{imageDigest:'{digest or 'null'}', imageTag:'{tag or 'null'}'}} does not exist"
        f" within the repository with name '{repository}' in the registry with id '{account}'",
    )


def storage_class_update_not_supported(repository: str, account: str, digest: str, reason: str) -> RegistryError:
    return RegistryError(
        "ImageStorageClassUpdateNotSupportedException",
        f"The storage class of the image with digest '{digest}' within the repository with name '{repository}' in the"
        f" registry with id '{account}' cannot be updated: {reason}",
    )


def image_already_exists(repository: str, account: str, digest: str, tag: str | None) -> RegistryError:
    return RegistryError(
        "ImageAlreadyExistsException",
        f"Image with digest '{digest}' and tag '{tag or 'null'}' already exists in the repository with name"
        f" '{repository}' in registry with id '{account}'",
    )


def image_tag_already_exists(repository: str, tag: str) -> RegistryError:
    return RegistryError(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten"
        " because the tag is immutable.",
    )


def image_digest_does_not_match(repository: str, account: str, digest: str) -> RegistryError:
    return RegistryError(
        "ImageDigestDoesNotMatchException",
        f"The image with digest '{digest}' in repository '{repository}' and registry ID '{account}' does not match"
        " the image digest that Amazon ECR has calculated.",
    )


def referenced_images_not_found(repository: str, account: str, digests: Iterable[str]) -> RegistryError:
    return RegistryError(
        "ReferencedImagesNotFoundException",
        f"Images with digests '[{', '.join(digests)}]' required for pushing image into repository with name"
        f" '{repository}' in the registry with id '{account}' do not exist",
    )


def layers_not_found(repository: str, account: str, digests: Iterable[str]) -> RegistryError:
    return RegistryError(
        "LayersNotFoundException",
        f"Layers with digests '[{', '.join(digests)}]' required for pushing image into repository with name"
        f" '{repository}' in the registry with id '{account}' do not exist",
    )


def layer_not_found(repository: str, account: str, digest: str) -> RegistryError:
    return RegistryError(
        "LayersNotFoundException",
        f"The layer with digest {digest} does not exist within the repository with name '{repository}'"
        f" in the registry with id '{account}'",
    )


def layer_inaccessible(repository: str, account: str, digest: str) -> RegistryError:
    return RegistryError(
        "LayerInaccessibleException",
        f"The layer with digest {digest} in the repository with name '{repository}' in the registry with id"
        f" '{account}' is not associated with an image and cannot be downloaded",
    )


def layer_archived(repository: str, account: str, digest: str) -> RegistryError:
    return RegistryError(
        "LayerInaccessibleException",
        f"The layer with digest {digest} in the repository with name '{repository}' in the registry with id"
        f" '{account}' is associated with archived images only and cannot be downloaded",
    )


def layer_already_exists(repository: str, account: str, digest: str) -> RegistryError:
    return RegistryError(
        "LayerAlreadyExistsException",
        f"The layer with digest '{digest}' already exists in the repository with name '{repository}'"
        f" in registry with id '{account}'",
    )


def layer_part_too_small() -> RegistryError:
    return RegistryError("LayerPartTooSmallException", "All layer parts except the last part should be at least 5MB")


def invalid_layer() -> RegistryError:
    return RegistryError(
        "InvalidLayerException", "None of the provided layer digests match the calculated layer digest"
    )


def invalid_layer_part(repository: str, account: str, upload: str, got: int, expected: int) -> RegistryError:
    message = f"First byte of the layer part is {got} instead of {expected}"
    return _layer_part(repository, account, upload, message, expected)


def layer_part_while_busy(repository: str, account: str, upload: str, received: int) -> RegistryError:
    return _layer_part(repository, account, upload, "Another request is writing to this upload", received)


def layer_part_reversed(repository: str, account: str, upload: str, got: int, received: int) -> RegistryError:
    message = f"Last byte of the layer part is {got}, which is before its first byte {received}"
    return _layer_part(repository, account, upload, message, received)


def layer_part_length(
    repository: str, account: str, upload: str, got: int, expected: int, received: int
) -> RegistryError:
    message = f"Length of the layer part is {got} instead of {expected}"
    return _layer_part(repository, account, upload, message, received)


def _layer_part(repository: str, account: str, upload: str, message: str, received: int) -> RegistryError:
    """`received`: bytes of the upload so far; before the first there is no last valid one to name."""
    members: dict[str, object] = {"registryId": account, "repositoryName": repository, "uploadId": upload}
    if received > 0:
        members["lastValidByteReceived"] = received - 1
    return RegistryError("InvalidLayerPartException", message, members=members)


def upload_not_found(repository: str, account: str, upload: str) -> RegistryError:
    return RegistryError(
        "UploadNotFoundException",
        f"The upload with id '{upload}' in the repository with name '{repository}' in registry with id '{account}'"
        " does not exist",
    )


def empty_upload(repository: str, account: str, upload: str) -> RegistryError:
    return RegistryError(
        "EmptyUploadException",
        f"The upload with id '{upload}' in the repository with name '{repository}' in registry with id '{account}'"
        " cannot be completed because it does not have any parts",
    )


def layer_too_large(mebibytes: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException", f"The layer exceeds the maximum allowed layer size which is '{mebibytes}' MiB"
    )


def manifests_too_large(mebibytes: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        "The manifests of the requested images exceed the maximum allowed size of an answer"
        f" which is '{mebibytes}' MiB. Request fewer images at once",
    )


def too_many_parts(repository: str, account: str, upload: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"The upload with id '{upload}' in the repository with name '{repository}' in registry with id '{account}'"
        f" already has the maximum allowed number of layer parts which is '{limit}'",
    )


def too_many_images(repository: str, account: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"The repository with name '{repository}' in registry with id '{account}' already has the maximum allowed"
        f" number of images which is '{limit}'",
    )


def too_many_image_tags(repository: str, account: str, tag: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"Adding tag '{tag}' to an image in the repository with name '{repository}' in registry with id '{account}'"
        f" exceeds the maximum allowed number of tags per image which is '{limit}'",
    )


def too_many_repositories(account: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"The registry with id '{account}' already has the maximum allowed number of repositories which is '{limit}'",
    )


def template_already_exists(prefix: str, account: str) -> RegistryError:
    return RegistryError(
        "TemplateAlreadyExistsException",
        f"The repository creation template with prefix '{prefix}' already exists in the registry with id '{account}'",
    )


def template_not_found(prefix: str, account: str) -> RegistryError:
    return RegistryError(
        "TemplateNotFoundException",
        f"The repository creation template with prefix '{prefix}' does not exist in the registry with id '{account}'",
    )


def too_many_templates(account: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"The registry with id '{account}' already has the maximum allowed number of repository creation templates"
        f" which is '{limit}'",
    )


def exclusion_already_exists(principal: str, account: str) -> RegistryError:
    return RegistryError(
        "ExclusionAlreadyExistsException",
        f"The pull time update exclusion for principal '{principal}' already exists in the registry with id"
        f" '{account}'",
    )


def exclusion_not_found(principal: str, account: str) -> RegistryError:
    return RegistryError(
        "ExclusionNotFoundException",
        f"The pull time update exclusion for principal '{principal}' does not exist in the registry with id"
        f" '{account}'",
    )


def too_many_exclusions(account: str, limit: int) -> RegistryError:
    return RegistryError(
        "LimitExceededException",
        f"The registry with id '{account}' already has the maximum allowed number of pull time update exclusions"
        f" which is '{limit}'",
    )


def too_many_tags(limit: int) -> RegistryError:
    return RegistryError(
        "TooManyTagsException", f"The list of tags on the repository is over the limit. The maximum is '{limit}'."
    )


def invalid_tag_parameter(reason: str) -> RegistryError:
    return RegistryError("InvalidTagParameterException", f"Invalid parameter at 'tags': {reason}")


def kms_exception(kms_error: str, message: str) -> RegistryError:
    """A refusal of the key store; `kms_error` is the code that AWS KMS has for it."""
    return RegistryError("KmsException", message, members={"kmsError": kms_error})


def key_disabled(arn: str) -> RegistryError:
    return kms_exception("DisabledException", f"{arn} is disabled.")


def key_pending_deletion(arn: str) -> RegistryError:
    return kms_exception("KMSInvalidStateException", f"{arn} is pending deletion.")


def key_not_found(arn: str) -> RegistryError:
    return kms_exception("NotFoundException", f"Key '{arn}' does not exist")


def alias_not_found(arn: str) -> RegistryError:
    return kms_exception("NotFoundException", f"Alias {arn} is not found.")


def invalid_key_id(key: str) -> RegistryError:
    return kms_exception("NotFoundException", f"Invalid keyId '{key}'")


def key_of_another_region(region: str) -> RegistryError:
    return kms_exception("NotFoundException", f"Invalid arn {region}")


def key_not_for_aes256() -> RegistryError:
    return RegistryError(
        "InvalidParameterException",
        "Invalid encryption configuration: Encryption key should not be set for AES256 encryption.",
    )
