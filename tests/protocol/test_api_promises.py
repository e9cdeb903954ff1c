"""Every operation that is carried out answers all that the SDK's response types promise.

The tests' clients check each answer (`promised_members`); here every operation is called, so that none goes unchecked.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from api_client import upload_layer
from image_content import Content
from registry_process import RegistryProcess
from wharfside.api.ecr.operations import OPERATIONS

ABSENT = f"sha256:{'0' * 64}"


def test_every_operation_answers_what_is_promised(registry: RegistryProcess) -> None:
    ecr = registry.client("ecr", region_name="eu-west-1")
    called: set[str] = set()
    ecr.meta.events.register("after-call.ecr", lambda model, **_: called.add(model.name))
    name = f"promises/{secrets.token_hex(4)}"
    _manage(ecr, name)
    _move_layers(ecr, name)
    _move_images(ecr, name)
    _set_policies(ecr, name)
    _make_templates(ecr)
    _exclude_principals(ecr)
    _set_lifecycle_policy(ecr, name)
    ecr.delete_repository(repositoryName=name, force=True)
    assert OPERATIONS.keys() - called == set()


def _manage(ecr: Any, name: str) -> None:
    made = ecr.create_repository(repositoryName=name, tags=[{"Key": "team", "Value": "a"}])["repository"]
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    ecr.put_image_tag_mutability(
        repositoryName=name, imageTagMutability="MUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters
    )
    assert [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]] == [name]
    ecr.tag_resource(resourceArn=made["repositoryArn"], tags=[{"Key": "stage", "Value": ""}])
    assert len(ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]) == 2
    ecr.untag_resource(resourceArn=made["repositoryArn"], tagKeys=["stage"])
    assert ecr.get_authorization_token()["authorizationData"]
    ecr.describe_registry()
    setting = ecr.get_account_setting(name="BASIC_SCAN_TYPE_VERSION")
    ecr.put_account_setting(name=setting["name"], value=setting["value"])


def _move_layers(ecr: Any, name: str) -> None:
    digest = upload_layer(ecr, name, secrets.token_bytes(8))
    found = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[digest, ABSENT, "none"])
    assert (len(found["layers"]), len(found["failures"])) == (2, 1)


def _move_images(ecr: Any, name: str) -> None:
    content = Content()
    image = content.image(layers=1)
    content.artifact("application/vnd.example", subject=image)
    for blob in content.blobs.values():
        upload_layer(ecr, name, blob)
    for manifest in content.manifests.values():
        ecr.put_image(repositoryName=name, imageManifest=manifest.decode(), imageTag=secrets.token_hex(4))
    ecr.get_download_url_for_layer(repositoryName=name, layerDigest=next(iter(content.blobs)))
    ids = [{"imageDigest": image["digest"]}, {"imageTag": "none"}, {}]
    got = ecr.batch_get_image(repositoryName=name, imageIds=ids)
    assert (len(got["images"]), len(got["failures"])) == (1, 2)
    assert len(ecr.describe_images(repositoryName=name)["imageDetails"]) == 2
    assert len(ecr.list_images(repositoryName=name)["imageIds"]) == 2
    subject = {"imageDigest": image["digest"]}
    assert len(ecr.list_image_referrers(repositoryName=name, subjectId=subject)["referrers"]) == 1
    updated = ecr.update_image_storage_class(repositoryName=name, imageId=ids[0], targetStorageClass="ARCHIVE")
    assert updated["imageStatus"] == "ARCHIVED"
    deleted = ecr.batch_delete_image(repositoryName=name, imageIds=ids)
    assert (len(deleted["imageIds"]), len(deleted["failures"])) == (1, 2)


def _set_policies(ecr: Any, name: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName=name, policyText=policy)
    ecr.get_repository_policy(repositoryName=name)
    ecr.delete_repository_policy(repositoryName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})
    ecr.put_registry_policy(policyText=policy)
    ecr.get_registry_policy()
    ecr.delete_registry_policy()


def _make_templates(ecr: Any) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    ecr.create_repository_creation_template(prefix="promises", appliedFor=["CREATE_ON_PUSH"], resourceTags=tags)
    ecr.update_repository_creation_template(prefix="promises", description="changed")
    assert len(ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]) == 1
    ecr.delete_repository_creation_template(prefix="promises")


def _exclude_principals(ecr: Any) -> None:
    scanner = "arn:aws:iam::000000000000:role/promises"
    ecr.register_pull_time_update_exclusion(principalArn=scanner)
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [scanner]
    ecr.deregister_pull_time_update_exclusion(principalArn=scanner)


def _set_lifecycle_policy(ecr: Any, name: str) -> None:
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    text = json.dumps({"rules": [rule]})
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
    ecr.get_lifecycle_policy(repositoryName=name)
    ecr.start_lifecycle_policy_preview(repositoryName=name)
    ecr.get_lifecycle_policy_preview(repositoryName=name)
    ecr.delete_lifecycle_policy(repositoryName=name)
