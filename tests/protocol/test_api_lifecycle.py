"""Lifecycle policies and their previews with boto3, in a registry that carries policies out all the time."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from api_client import invalid, refused
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess, free_port

ACCOUNT = "000000000000"
PATIENCE = 60.0
KEEP_TWO = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}
ARCHIVE = {"type": "transition", "targetStorageClass": "archive"}
DAYS = {"countUnit": "days", "countNumber": 90}


def policy(selection: dict[str, Any], **action: Any) -> str:
    rule = {"rulePriority": 7, "selection": selection, "action": {"type": "expire"} | action}
    return json.dumps({"rules": [rule]}, indent=1)


@pytest.fixture(scope="module")
def sweeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    """A registry that carries lifecycle policies out every minute."""
    data = tmp_path_factory.mktemp("lifecycle") / "data"
    process = RegistryProcess(data, free_port(), environment_options={"WHARFSIDE_LIFECYCLE_SCHEDULE": "* * * * *"})
    process.start()
    yield process
    process.stop()


@pytest.fixture
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def push(oci: OciClient, repository: str, count: int) -> list[str]:
    """Push so many images, with the tags v0, v1 and so on; their digests."""
    digests: list[str] = []
    for number in range(count):
        content = Content()
        digests.append(content.image(f"v{number}", layers=0)["digest"])
        content.push(oci, repository)
    return digests


def wait_for(ecr: Any, repository: str) -> None:
    waiter = ecr.get_waiter("lifecycle_policy_preview_complete")
    waiter.wait(repositoryName=repository, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def test_a_policy_is_kept_as_it_was_set(ecr: Any, repository: str) -> None:
    missing = (
        "LifecyclePolicyNotFoundException",
        f"Lifecycle policy does not exist for the repository with name '{repository}' in the registry with id"
        f" '{ACCOUNT}'",
    )
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository) == missing
    assert refused(ecr.delete_lifecycle_policy, repositoryName=repository) == missing
    assert refused(ecr.start_lifecycle_policy_preview, repositoryName=repository) == missing
    text = policy(KEEP_TWO)
    answer = ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=text)
    expected = {"registryId": ACCOUNT, "repositoryName": repository, "lifecyclePolicyText": text}
    assert answer | {"ResponseMetadata": None} == expected | {"ResponseMetadata": None}
    found = ecr.get_lifecycle_policy(repositoryName=repository)
    assert (found["lifecyclePolicyText"], found["lastEvaluatedAt"].timestamp()) == (text, 0)
    deleted = ecr.delete_lifecycle_policy(repositoryName=repository)
    assert (deleted["lifecyclePolicyText"], deleted["lastEvaluatedAt"].timestamp()) == (text, 0)
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository) == missing


def test_a_policy_goes_with_its_repository(ecr: Any, repository: str) -> None:
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=policy(KEEP_TWO))
    ecr.delete_repository(repositoryName=repository)
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository)[0] == "RepositoryNotFoundException"
    ecr.create_repository(repositoryName=repository)
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository)[0] == "LifecyclePolicyNotFoundException"


@pytest.mark.parametrize("operation", ["put_lifecycle_policy", "start_lifecycle_policy_preview"])
def test_what_is_no_policy_is_refused_and_changes_nothing(ecr: Any, repository: str, operation: str) -> None:
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=policy(KEEP_TWO))
    call = getattr(ecr, operation)
    text = policy({**KEEP_TWO, "countNumber": 0})
    reason = "numeric instance is lower than the required minimum (minimum: 1, found: 0)"
    assert refused(call, repositoryName=repository, lifecyclePolicyText=text) == invalid(
        "LifecyclePolicyText", f"Lifecycle policy validation failure: {reason}"
    )
    found = ecr.get_lifecycle_policy(repositoryName=repository)
    assert found["lifecyclePolicyText"] == policy(KEEP_TWO)
    assert refused(call, repositoryName="none/such", lifecyclePolicyText=text)[0] == "RepositoryNotFoundException"


RULES = [
    ({"tagStatus": "any", "countType": "sinceImagePulled", **DAYS}, ARCHIVE),
    ({"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", **DAYS}, {}),
    ({"tagStatus": "any", "countType": "sinceImagePushed", **DAYS}, ARCHIVE),
    ({"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3}, ARCHIVE),
]


@pytest.mark.parametrize(("selection", "action"), RULES, ids=["pulled", "transitioned", "pushed", "count"])
def test_rules_of_every_kind(ecr: Any, repository: str, selection: Any, action: Any) -> None:
    name, text = {"repositoryName": repository}, policy(selection, **action)
    assert ecr.put_lifecycle_policy(**name, lifecyclePolicyText=text)["lifecyclePolicyText"] == text
    ecr.start_lifecycle_policy_preview(**name)
    wait_for(ecr, repository)
    found = ecr.get_lifecycle_policy_preview(**name)
    assert (found["summary"], found["previewResults"]) == ({"expiringImageTotalCount": 0}, [])


def test_a_preview_shows_what_would_expire_and_changes_nothing(ecr: Any, oci: OciClient, repository: str) -> None:
    assert refused(ecr.get_lifecycle_policy_preview, repositoryName=repository) == (
        "LifecyclePolicyPreviewNotFoundException",
        f"Lifecycle policy preview does not exist for the repository with name '{repository}' in the registry with id"
        f" '{ACCOUNT}'",
    )
    digests = push(oci, repository, 5)
    text = policy(KEEP_TWO)
    started = ecr.start_lifecycle_policy_preview(repositoryName=repository, lifecyclePolicyText=text)
    assert (started["status"], started["lifecyclePolicyText"]) == ("IN_PROGRESS", text)
    wait_for(ecr, repository)
    found = ecr.get_lifecycle_policy_preview(repositoryName=repository)
    assert (found["status"], found["lifecyclePolicyText"]) == ("COMPLETE", text)
    assert found["summary"] == {"expiringImageTotalCount": 3}
    assert [each["imageDigest"] for each in found["previewResults"]] == digests[:3]
    (described,) = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": "v0"}])["imageDetails"]
    assert found["previewResults"][0] == {
        "imageDigest": digests[0],
        "imageTags": ["v0"],
        "imagePushedAt": described["imagePushedAt"],
        "action": {"type": "EXPIRE"},
        "appliedRulePriority": 7,
        "storageClass": "STANDARD",
    }
    assert len(ecr.list_images(repositoryName=repository)["imageIds"]) == 5
    assert refused(ecr.get_lifecycle_policy, repositoryName=repository)[0] == "LifecyclePolicyNotFoundException"
    ecr.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=policy({**KEEP_TWO, "countNumber": 4}))
    ecr.start_lifecycle_policy_preview(repositoryName=repository)
    wait_for(ecr, repository)
    again = ecr.get_lifecycle_policy_preview(repositoryName=repository)
    assert [each["imageDigest"] for each in again["previewResults"]] == digests[:1]


def test_a_preview_shows_what_would_be_archived(ecr: Any, oci: OciClient, repository: str) -> None:
    digests, name = push(oci, repository, 3), {"repositoryName": repository}
    untagged = Content()
    untagged.image(layers=0)
    untagged.push(oci, repository)
    (other,) = untagged.manifests
    keep_one = {"tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 1}
    rules = [
        {"rulePriority": 1, "selection": keep_one, "action": ARCHIVE},
        {"rulePriority": 2, "selection": {**KEEP_TWO, "countNumber": 3}, "action": {"type": "expire"}},
    ]
    ecr.start_lifecycle_policy_preview(**name, lifecyclePolicyText=json.dumps({"rules": rules}))
    wait_for(ecr, repository)
    found = ecr.get_lifecycle_policy_preview(**name)
    assert found["summary"] == {
        "expiringImageTotalCount": 0,
        "transitioningImageTotalCounts": [{"targetStorageClass": "ARCHIVE", "imageTotalCount": 2}],
    }
    assert [(each["imageDigest"], each["action"]) for each in found["previewResults"]] == [
        (digest, {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}) for digest in digests[:2]
    ]
    page = ecr.get_lifecycle_policy_preview(**name, maxResults=1)
    assert (len(page["previewResults"]), page["summary"]) == (1, found["summary"])
    rules[1]["selection"] = KEEP_TWO | {"tagStatus": "untagged", "countNumber": 1}
    second = Content()
    second.image(layers=0)
    second.push(oci, repository)
    ecr.start_lifecycle_policy_preview(**name, lifecyclePolicyText=json.dumps({"rules": rules}))
    wait_for(ecr, repository)
    both = ecr.get_lifecycle_policy_preview(**name)
    assert both["summary"] == {**found["summary"], "expiringImageTotalCount": 1}
    actions = {each["imageDigest"]: each["action"]["type"] for each in both["previewResults"]}
    assert actions == dict.fromkeys(digests[:2], "TRANSITION") | {other: "EXPIRE"}
    assert {each["storageClass"] for each in both["previewResults"]} == {"STANDARD"}


def test_a_preview_is_read_in_pages_by_filter_and_by_id(ecr: Any, oci: OciClient, repository: str) -> None:
    digests = push(oci, repository, 7)
    untagged = Content()
    untagged.image(layers=0)
    untagged.push(oci, repository)
    name = {"repositoryName": repository}
    text = policy({**KEEP_TWO, "countNumber": 1})
    ecr.start_lifecycle_policy_preview(**name, lifecyclePolicyText=text)
    wait_for(ecr, repository)
    pages = list(ecr.get_paginator("get_lifecycle_policy_preview").paginate(**name, PaginationConfig={"PageSize": 3}))
    assert [[each["imageDigest"] for each in page["previewResults"]] for page in pages] == [
        digests[:3],
        digests[3:6],
        digests[6:],
    ]
    assert {page["summary"]["expiringImageTotalCount"] for page in pages} == {7}

    def found(**members: Any) -> list[str]:
        answer = ecr.get_lifecycle_policy_preview(**name, **members)
        return [each["imageDigest"] for each in answer["previewResults"]]

    assert found(filter={"tagStatus": "TAGGED"}) == digests
    assert found(filter={"tagStatus": "UNTAGGED"}) == []
    ids = [{"imageTag": "v3"}, {"imageDigest": digests[1]}, {"imageTag": "none"}]
    assert found(imageIds=ids) == [digests[1], digests[3]]
    assert found(imageIds=[{"imageTag": "v3", "imageDigest": digests[1]}]) == []
    assert found(imageIds=[{"imageTag": "v1", "imageDigest": digests[1]}]) == [digests[1]]
    assert found(imageIds=ids, filter={"tagStatus": "UNTAGGED"}) == []
    assert refused(ecr.get_lifecycle_policy_preview, **name, imageIds=ids, maxResults=3) == invalid(
        "maxResults", "Member must be null when imageIds is specified"
    )
    token = pages[0]["nextToken"]
    ecr.start_lifecycle_policy_preview(**name, lifecyclePolicyText=text)
    assert refused(ecr.get_lifecycle_policy_preview, **name, maxResults=3, nextToken=token) == invalid(
        "nextToken", "The preview was started again"
    )


def test_only_one_preview_of_a_repository_is_in_progress(ecr: Any, repository: str) -> None:
    """Started again and again at once, some are refused, and those that are not come one after the other."""
    text, name = policy(KEEP_TWO), {"repositoryName": repository}
    codes: set[str] = set()
    for _ in range(200):
        try:
            ecr.start_lifecycle_policy_preview(**name, lifecyclePolicyText=text)
        except ecr.exceptions.LifecyclePolicyPreviewInProgressException as error:
            codes.add(error.response["Error"]["Message"])
            break
    assert codes == {
        f"Lifecycle policy preview is in progress for the repository with name '{repository}' in the registry with id"
        f" '{ACCOUNT}'"
    }
    wait_for(ecr, repository)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)


def change(process: RegistryProcess, statement: str) -> None:
    """Change what has to do with time, for which nobody wants to wait."""
    with sqlite3.connect(process.data / "registry.db", timeout=30) as connection:
        connection.execute(statement)
    connection.close()


def sweep(process: RegistryProcess) -> None:
    """Have the moment of the schedule come."""
    change(process, "UPDATE schedule SET next_at = 0 WHERE kind = 'run-lifecycle-policies'")


def test_policies_are_carried_out_by_the_schedule(sweeping: RegistryProcess) -> None:
    ecr, name = sweeping.client(), {"repositoryName": "app"}
    ecr.create_repository(**name)
    oci = sweeping.oci_client(sweeping.password())
    digests = push(oci, "app", 4)
    ecr.put_lifecycle_policy(**name, lifecyclePolicyText=policy(KEEP_TWO))
    sweep(sweeping)
    until(lambda: ecr.get_lifecycle_policy(**name)["lastEvaluatedAt"].timestamp() > 0)
    assert {each["imageDigest"] for each in ecr.list_images(**name)["imageIds"]} == set(digests[2:])
    assert oci.get_manifest("app", digests[0]).status == 404
    digests += push(oci, "app", 6)
    sweep(sweeping)
    until(lambda: len(ecr.list_images(**name)["imageIds"]) == 2)
    assert {each["imageDigest"] for each in ecr.list_images(**name)["imageIds"]} == set(digests[-2:])
    oci.close()


def test_what_nobody_has_pulled_for_long_goes_to_the_archive(sweeping: RegistryProcess) -> None:
    ecr, name = sweeping.client(), {"repositoryName": "seldom/used"}
    ecr.create_repository(**name)
    oci = sweeping.oci_client(sweeping.password())
    push(oci, "seldom/used", 3)
    of_repository = "repository_id = (SELECT id FROM repository WHERE name = 'seldom/used')"
    change(sweeping, f"UPDATE image SET pushed_at = pushed_at - {40 * 86_400} WHERE {of_repository}")
    assert oci.get_manifest("seldom/used", "v1").status == 200

    def images() -> dict[str, Any]:
        found = ecr.describe_images(**name, filter={"imageStatus": "ANY"})["imageDetails"]
        return {each["imageTags"][0]: each for each in found}

    until(lambda: "lastRecordedPullTime" in images()["v1"])
    selection = {"tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 30}

    def carry_out() -> dict[str, str]:
        ecr.put_lifecycle_policy(**name, lifecyclePolicyText=policy(selection, **ARCHIVE))
        sweep(sweeping)
        until(lambda: ecr.get_lifecycle_policy(**name)["lastEvaluatedAt"].timestamp() > 0)
        return {tag: each["imageStatus"] for tag, each in images().items()}

    assert carry_out() == {"v0": "ARCHIVED", "v1": "ACTIVE", "v2": "ARCHIVED"}
    assert oci.get_manifest("seldom/used", "v0").status == 404
    ecr.update_image_storage_class(**name, imageId={"imageTag": "v0"}, targetStorageClass="STANDARD")
    until(lambda: images()["v0"]["imageStatus"] == "ACTIVE")
    assert carry_out() == {"v0": "ACTIVE", "v1": "ACTIVE", "v2": "ARCHIVED"}
    assert oci.get_manifest("seldom/used", "v0").status == 200
    oci.close()
