"""Create on push: repositories that pushes on the data plane make, as templates say, and pushes that make none."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from administration import Administration, administration
from audit_trail import records
from image_content import Content
from oci_client import OciClient, Reply, digest_of
from people import EVERYTHING, Person, allow, document, new_account, new_role, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities

PUSH = ["CREATE_ON_PUSH"]
PUSHING = (
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
    "ecr:BatchGetImage",
)
ECR = {"Service": "ecr.amazonaws.com"}
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5},
                "action": {"type": "expire"},
            }
        ]
    }
)
TAGS = [{"Key": "team", "Value": "red"}]


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@pytest.fixture
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    """An administrator in an account of its own, which has no templates."""
    return new_user(registry, admin, new_account(admin), EVERYTHING, "admin")


@pytest.fixture
def pusher(owner: Person) -> Iterator[OciClient]:
    client = owner.oci()
    yield client
    client.close()


def template(owner: Person, prefix: str, **members: Any) -> None:
    owner.client().create_repository_creation_template(prefix=prefix, **{"appliedFor": PUSH} | members)


def start(client: OciClient, name: str, query: str = "") -> Reply:
    return client.request("POST", f"/v2/{name}/blobs/uploads/{query}")


def names(owner: Person) -> list[str]:
    return [each["repositoryName"] for each in owner.client().describe_repositories()["repositories"]]


def missing(owner: Person, name: str) -> dict[str, str]:
    message = f"The repository with name '{name}' does not exist in the registry with id '{owner.account}'"
    return {"code": "NAME_UNKNOWN", "message": message}


def push(client: OciClient, name: str, tag: str = "v1") -> str:
    """Push an image, as container tools do: blobs first."""
    content = Content()
    image = content.image(layers=1)
    for blob in content.blobs.values():
        client.push_blob(name, blob)
    reply = client.put_manifest(name, tag, content.manifests[image["digest"]])
    assert reply.status == 201, reply.body
    return image["digest"]


def test_without_a_template_nothing_is_created(owner: Person, pusher: OciClient) -> None:
    template(owner, "team", appliedFor=["REPLICATION", "PULL_THROUGH_CACHE"])
    template(owner, "other")
    for name in ("team/app", "team", "app", "other", "otherwise/app"):
        assert start(pusher, name).status == 404
        assert start(pusher, name).error() == missing(owner, name)
        assert pusher.put_manifest(name, "v1", b"{}").error() == missing(owner, name)
    assert names(owner) == []


def test_a_push_creates_what_the_template_says(owner: Person, pusher: OciClient, admin: Administration) -> None:
    role = new_role(admin, owner.account, ECR, document(allow("ecr:CreateRepository", "ecr:TagResource")))
    policy = document({"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"})
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    template(
        owner,
        "team",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
        repositoryPolicy=policy,
        lifecyclePolicy=LIFECYCLE,
        resourceTags=TAGS,
        customRoleArn=role,
    )
    digest = push(pusher, "team/deep/app")
    assert pusher.get_manifest("team/deep/app", "v1").headers["Docker-Content-Digest"] == digest
    ecr = owner.client()
    (made,) = ecr.describe_repositories()["repositories"]
    assert (made["repositoryName"], made["imageTagMutability"]) == ("team/deep/app", "IMMUTABLE_WITH_EXCLUSION")
    assert made["imageTagMutabilityExclusionFilters"] == filters
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == TAGS
    assert ecr.get_repository_policy(repositoryName="team/deep/app")["policyText"] == policy
    lifecycle = ecr.get_lifecycle_policy(repositoryName="team/deep/app")
    assert (lifecycle["lifecyclePolicyText"], lifecycle["lastEvaluatedAt"].timestamp()) == (LIFECYCLE, 0)
    other = Content()
    blobs, image = other.blobs, other.image(layers=1)
    for blob in blobs.values():
        pusher.push_blob("team/deep/app", blob)
    assert pusher.put_manifest("team/deep/app", "v1", other.manifests[image["digest"]]).error()["code"] == "TAG_INVALID"


def test_the_longest_prefix_that_applies_to_pushes_wins(owner: Person, pusher: OciClient) -> None:
    template(owner, "ROOT", imageTagMutability="IMMUTABLE")
    template(owner, "a/", imageTagMutability="MUTABLE")
    template(owner, "a/b", appliedFor=["REPLICATION"], imageTagMutability="IMMUTABLE")
    for name in ("a/b/c/d", "a/b", "aa", "ab/c"):
        assert start(pusher, name).status == 202
    found = owner.client().describe_repositories()["repositories"]
    modes = {each["repositoryName"]: each["imageTagMutability"] for each in found}
    assert modes == {"a/b/c/d": "MUTABLE", "a/b": "MUTABLE", "aa": "IMMUTABLE", "ab/c": "IMMUTABLE"}


def test_what_is_changed_counts_for_new_repositories_only(owner: Person, pusher: OciClient) -> None:
    template(owner, "team")
    assert start(pusher, "team/first").status == 202
    owner.client().update_repository_creation_template(prefix="team", imageTagMutability="IMMUTABLE")
    assert start(pusher, "team/first").status == start(pusher, "team/second").status == 202
    owner.client().delete_repository_creation_template(prefix="team")
    assert start(pusher, "team/third").status == 404
    found = owner.client().describe_repositories()["repositories"]
    modes = {each["repositoryName"]: each["imageTagMutability"] for each in found}
    assert modes == {"team/first": "MUTABLE", "team/second": "IMMUTABLE"}


def test_only_pushes_create(owner: Person, pusher: OciClient) -> None:
    template(owner, "ROOT")
    digest, name = digest_of(b"x"), "team/app"
    upload = f"/v2/{name}/blobs/uploads/00000000-0000-4000-8000-000000000000"
    for method, path in (
        ("GET", f"/v2/{name}/manifests/v1"),
        ("HEAD", f"/v2/{name}/manifests/v1"),
        ("DELETE", f"/v2/{name}/manifests/v1"),
        ("HEAD", f"/v2/{name}/blobs/{digest}"),
        ("GET", f"/v2/{name}/tags/list"),
        ("PATCH", upload),
        ("PUT", f"{upload}?digest={digest}"),
    ):
        assert pusher.request(method, path).status == 404, (method, path)
    assert pusher.list_referrers(name, digest).json()["manifests"] == []
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        owner.client().put_image(repositoryName=name, imageManifest="{}")
    owner.client().create_repository(repositoryName="made/by/hand")
    assert names(owner) == ["made/by/hand"]


@pytest.mark.parametrize("large", [False, True])
def test_a_manifest_creates_as_a_blob_does(owner: Person, pusher: OciClient, large: bool) -> None:
    template(owner, "ROOT")
    empty = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
    content = json.dumps(empty | {"annotations": {"filling": "x" * (1024 * 1024 if large else 1)}}).encode()
    assert pusher.put_manifest("indexes/only", "v1", content).status == 201
    assert pusher.get_manifest("indexes/only", "v1").body == content


def test_a_whole_blob_and_a_mount_create(owner: Person, pusher: OciClient) -> None:
    template(owner, "ROOT")
    content = secrets.token_bytes(20)
    digest = digest_of(content)
    whole = pusher.request("POST", f"/v2/team/one/blobs/uploads/?digest={digest}", content)
    assert whole.status == 201
    assert start(pusher, "team/two", f"?mount={digest}&from=team/one").status == 201
    assert pusher.get_blob("team/two", digest).body == content
    assert start(pusher, "team/three", f"?mount={digest_of(b'-')}&from=team/none").status == 202
    assert names(owner) == ["team/one", "team/three", "team/two"]


def test_pushes_at_the_same_time_create_one_repository(owner: Person) -> None:
    template(owner, "team", imageTagMutability="IMMUTABLE")
    clients = [owner.oci() for _ in range(8)]

    def work(client: OciClient) -> str:
        return push(client, "team/app", f"v{secrets.token_hex(4)}")

    with ThreadPoolExecutor(len(clients)) as threads:
        pushed = list(threads.map(work, clients))
    for client in clients:
        client.close()
    assert names(owner) == ["team/app"]
    listed = owner.client().list_images(repositoryName="team/app")["imageIds"]
    assert {each["imageDigest"] for each in listed} == set(pushed)
    found = records(owner.registry.data, repository="team/app", account=owner.account)
    created = [each for each in found if each["eventName"] == "CreateRepository"]
    assert len(created) == 1
    assert created[0]["requestParameters"]["repositoryCreationTemplate"] == "team"
    assert created[0]["userIdentity"]["arn"] == owner.arn
    assert created[0]["additionalEventData"]["httpMethod"] == "POST"


def test_the_pusher_needs_permission_to_create(registry: RegistryProcess, admin: Administration, owner: Person) -> None:
    template(owner, "team")
    member = new_user(registry, admin, owner.account, document(allow(*PUSHING)))
    client = member.oci()
    refused = start(client, "team/app")
    assert refused.status == 403
    arn = f"arn:aws:ecr:us-east-1:{owner.account}:repository/team/app"
    assert f"is not authorized to perform: ecr:CreateRepository on resource: {arn}" in refused.error()["message"]
    assert start(client, "else/app").error() == missing(owner, "else/app")
    statement = {"Effect": "Allow", "Principal": {"AWS": member.arn}, "Action": "ecr:CreateRepository", "Resource": "*"}
    owner.client().put_registry_policy(policyText=document(statement))
    assert start(client, "team/app").status == 202
    client.close()
    assert names(owner) == ["team/app"]


def test_whoever_may_nothing_hears_nothing_new(registry: RegistryProcess, admin: Administration, owner: Person) -> None:
    owner.client().create_repository(repositoryName="team/there")
    template(owner, "team")
    member = new_user(registry, admin, owner.account, document(allow("ecr:GetAuthorizationToken")))
    client = member.oci()
    for name in ("team/there", "team/missing", "else/missing"):
        refused = start(client, name)
        assert refused.status == 403
        assert "is not authorized to perform: ecr:InitiateLayerUpload on resource: " in refused.error()["message"]
    client.close()
    assert names(owner) == ["team/there"]


def test_the_policy_of_the_template_lets_the_pusher_in_or_keeps_it_out(
    registry: RegistryProcess, admin: Administration, owner: Person
) -> None:
    creator = new_user(
        registry, admin, owner.account, document(allow("ecr:GetAuthorizationToken", "ecr:CreateRepository"))
    )
    everybody = {"Principal": "*", "Action": "ecr:*"}
    template(owner, "open", repositoryPolicy=document({"Effect": "Allow", **everybody}))
    template(owner, "closed", repositoryPolicy=document({"Effect": "Deny", **everybody}))
    template(owner, "neither")
    client = creator.oci()
    push(client, "open/app")
    for name in ("closed/app", "neither/app"):
        assert start(client, name).status == 403
    client.close()
    own = owner.oci()
    assert start(own, "closed/app").status == 403
    own.close()
    assert names(owner) == ["open/app"]


def test_tags_need_a_role_that_may_tag(owner: Person, pusher: OciClient, admin: Administration) -> None:
    tagging = document(allow("ecr:CreateRepository", "ecr:TagResource"))
    template(owner, "team", resourceTags=TAGS)

    def refusal(role: str | None = None) -> str:
        if role is not None:
            owner.client().update_repository_creation_template(prefix="team", customRoleArn=role)
        reply = start(pusher, "team/app")
        assert reply.status == 403
        assert reply.error()["code"] == "DENIED"
        return reply.error()["message"]

    begin = "The repository cannot be created: its creation template with the prefix 'team' "
    assert refusal() == f"{begin}has resource tags, which need a customRoleArn"
    gone = f"arn:aws:iam::{owner.account}:role/gone"
    assert refusal(gone) == f"{begin}names the role {gone}, which does not exist in the account"
    foreign = new_role(admin, new_account(admin), ECR, tagging)
    assert refusal(foreign) == f"{begin}names the role {foreign}, which does not exist in the account"
    untrusting = new_role(admin, owner.account, {"AWS": owner.account}, tagging)
    assert "whose trust policy does not let ecr.amazonaws.com assume it" in refusal(untrusting)
    for missing_action, policy in (
        ("ecr:CreateRepository", document(allow("ecr:TagResource"))),
        ("ecr:TagResource", document(allow("ecr:CreateRepository"))),
    ):
        role = new_role(admin, owner.account, ECR, policy)
        assert f"/RepositoryCreationTemplate is not authorized to perform: {missing_action} on" in refusal(role)
    assert names(owner) == []
    limited = {"StringEquals": {"aws:RequestTag/team": "red"}}
    role = new_role(
        admin, owner.account, ECR, document(allow("ecr:CreateRepository", "ecr:TagResource", Condition=limited))
    )
    owner.client().update_repository_creation_template(prefix="team", customRoleArn=role)
    assert start(pusher, "team/app").status == 202


def test_open_mode_creates_by_templates_alone_and_asks_for_no_role(registry_in_open_mode: RegistryProcess) -> None:
    registry = registry_in_open_mode
    ecr, client = registry.client(), registry.oci_client()
    assert start(client, "team/app").status == 404
    role = "arn:aws:iam::000000000000:role/nobody-made-it"
    ecr.create_repository_creation_template(prefix="team", appliedFor=PUSH, resourceTags=TAGS, customRoleArn=role)
    push(client, "team/app")
    client.close()
    (made,) = ecr.describe_repositories()["repositories"]
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == TAGS


@pytest.fixture
def registry_in_open_mode(fresh_registry: Any) -> RegistryProcess:
    return fresh_registry("--open")
