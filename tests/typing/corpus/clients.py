"""What users write with the SDK's synchronous clients."""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_type

from wharfside_sdk.ecr import ECRClient, requests, responses
from wharfside_sdk.ecr.exceptions import InvalidLayerPartException, RepositoryNotFoundException
from wharfside_sdk.ecr_public import ECRPublicClient

first = ECRClient().describe_repositories()["repositories"][0]["repositoryName"]
assert_type(first, str)


def construction() -> None:
    with ECRClient(endpoint_url="http://127.0.0.1:8080", region_name="eu-west-1", verify=False, max_attempts=1) as ecr:
        assert_type(ecr.meta.region_name, str)
        assert_type(ecr.can_paginate("describe_images"), bool)
    ECRClient(region="eu-west-1")  # refused


def keywords(ecr: ECRClient) -> list[str]:
    made = ecr.create_repository(repositoryName="app", tags=[{"Key": "team", "Value": "web"}])
    assert_type(made["repository"]["createdAt"], datetime)
    ecr.create_repository(repositoryName="app", tags=({"Key": "team", "Value": "web"},))
    ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": "v1"}])["images"][0]["imageManifest"]
    return [each["repositoryUri"] for each in ecr.describe_repositories(repositoryNames=["app"])["repositories"]]


def from_a_dict(ecr: ECRClient) -> responses.CreateRepositoryResponse:
    params: requests.CreateRepositoryRequest = {"repositoryName": "app", "imageTagMutability": "IMMUTABLE"}
    return ecr.create_repository(**params)


def wrong_calls(ecr: ECRClient) -> None:
    ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="SOMETIMES")  # refused
    ecr.create_repository(repositoryName="app", scanOnPush=True)  # refused
    ecr.create_repository(repositoryName=5)  # refused
    ecr.create_repository()  # refused
    ecr.create_repository("app")  # refused
    ecr.create_repositories()  # refused
    ecr.batch_delete_image(repositoryName="app", imageIds=[{"tag": "v1"}])  # refused
    ecr.describe_registry(registryId="123456789012")  # refused
    print(ecr.describe_registry()["registry"])  # refused


def give_back(ecr: ECRClient) -> None:
    configuration = ecr.describe_registry()["replicationConfiguration"]
    ecr.put_replication_configuration(replicationConfiguration=configuration)
    rule: requests.ReplicationRule = {"destinations": [{"region": "us-east-1", "registryId": "123456789012"}]}
    ecr.put_replication_configuration(replicationConfiguration={"rules": [*configuration["rules"], rule]})
    listed = ecr.list_images(repositoryName="app")["imageIds"]
    ecr.batch_delete_image(repositoryName="app", imageIds=listed)
    ecr.get_paginator("describe_images").paginate(repositoryName="app", imageIds=listed)
    wanted: list[requests.ImageIdentifier] = [{"imageTag": "v1"}, *listed]
    print(list(ecr.iter_images(repositoryName="app", imageIds=wanted)))


def pages(ecr: ECRClient) -> Iterator[str]:
    paginator = ecr.get_paginator("describe_images")
    for page in paginator.paginate(repositoryName="app", PaginationConfig={"PageSize": 10}):
        assert_type(page, responses.DescribeImagesResponse)
        for detail in page["imageDetails"]:
            yield detail["imageDigest"]
    whole = ecr.get_paginator("list_image_referrers").paginate(repositoryName="app", subjectId={"imageDigest": "a"})
    assert_type(whole.build_full_result(), responses.ListImageReferrersResponse)
    ecr.get_paginator("describe_images").paginate(PaginationConfig={"PageSize": 10})  # refused
    ecr.get_paginator("describe_images").paginate(repositoryName="app", maxResults=10)  # refused
    ecr.get_paginator("describe_registry")  # refused


def items(ecr: ECRClient) -> Iterator[str]:
    for detail in ecr.iter_images(repositoryName="app", imageIds=[{"imageTag": "v1"}]):
        assert_type(detail, responses.ImageDetail)
        yield detail["imageDigest"]
    yield from (each.get("imageTag", "") for each in ecr.iter_image_ids(repositoryName="app"))
    yield from ecr.iter_pull_time_update_exclusions()
    ecr.iter_images()  # refused


def waits(ecr: ECRClient) -> None:
    waiter = ecr.get_waiter("image_scan_complete")
    waiter.wait(repositoryName="app", imageId={"imageTag": "v1"}, WaiterConfig={"Delay": 1, "MaxAttempts": 3})
    waiter.wait(repositoryName="app")  # refused
    ecr.get_waiter("image_scan_done")  # refused


def errors(ecr: ECRClient) -> str:
    try:
        ecr.delete_repository(repositoryName="app", force=True)
    except ecr.exceptions.RepositoryNotEmptyException as refusal:
        return refusal.code
    except RepositoryNotFoundException as refusal:
        return refusal.message
    assert_type(ecr.exceptions.InvalidLayerPartException, type[InvalidLayerPartException])
    print(ecr.exceptions.RepositoryMissing)  # refused
    return ""


def public(ecr: ECRPublicClient) -> str:
    for repository in ecr.iter_repositories():
        print(repository)
    ecr.get_paginator("list_images")  # refused
    return ecr.create_repository(repositoryName="app")["repository"]["repositoryName"]
