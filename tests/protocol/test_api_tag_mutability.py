"""Image tag mutability: which tags may be moved, through real pushes by both ways in (ECR, PutImageTagMutability)."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from api_client import call, invalid, refused
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess

WITH_EXCLUSION = ["IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def filters(*patterns: str) -> list[dict[str, str]]:
    return [{"filterType": "WILDCARD", "filter": pattern} for pattern in patterns]


class Pusher:
    """Pushes ever new manifests of the same layers."""

    def __init__(self, ecr: Any, oci: OciClient, repository: str) -> None:
        self.ecr, self.oci, self.repository = ecr, oci, repository
        content = Content()
        digest = content.image(layers=1)["digest"]
        content.push(oci, repository)
        self.document = json.loads(content.manifests[digest])

    def manifest(self) -> str:
        return json.dumps(self.document | {"annotations": {"unique": secrets.token_hex(8)}})

    def push(self, tag: str) -> str:
        answer = self.ecr.put_image(repositoryName=self.repository, imageManifest=self.manifest(), imageTag=tag)
        return answer["image"]["imageId"]["imageDigest"]

    def is_refused(self, tag: str) -> bool:
        """Whether moving the tag is refused, by the API and by the data plane alike, with ECR's text."""
        first = self.push(tag)
        reply = self.oci.put_manifest(self.repository, tag, self.manifest().encode())
        if reply.status == 201:
            assert self.push(tag) != first
            return False
        expected = (
            f"The image tag '{tag}' already exists in the '{self.repository}' repository and cannot be overwritten"
            " because the tag is immutable."
        )
        assert reply.status == 400
        assert reply.error() == {"code": "TAG_INVALID", "message": expected}
        refusal = refused(
            self.ecr.put_image, repositoryName=self.repository, imageManifest=self.manifest(), imageTag=tag
        )
        assert refusal == ("ImageTagAlreadyExistsException", expected)
        assert self.oci.get_manifest(self.repository, tag).headers["Docker-Content-Digest"] == first
        return True


@pytest.fixture
def pusher(ecr: Any, oci: OciClient, repository: str) -> Pusher:
    return Pusher(ecr, oci, repository)


@pytest.mark.parametrize(
    ("mode", "patterns", "moving", "fixed"),
    [
        ("MUTABLE", [], ["v1", "latest"], []),
        ("IMMUTABLE", [], [], ["v1", "latest"]),
        (
            "IMMUTABLE_WITH_EXCLUSION",
            ["latest", "dev-*"],
            ["latest", "dev-1", "dev-"],
            ["v1", "Dev-1", "latest2", "dev"],
        ),
        ("MUTABLE_WITH_EXCLUSION", ["v*"], ["main", "V1", "a-v1"], ["v1", "v"]),
        ("MUTABLE_WITH_EXCLUSION", ["*-rc*.1", "a*b*c"], ["x-rc1", "abd"], ["x-rc9.1", "abc", "aXbYc"]),
        ("IMMUTABLE_WITH_EXCLUSION", ["*"], ["anything"], []),
    ],
)
def test_modes(ecr: Any, pusher: Pusher, mode: str, patterns: list[str], moving: list[str], fixed: list[str]) -> None:
    setting: dict[str, Any] = {"imageTagMutability": mode}
    if patterns:
        setting["imageTagMutabilityExclusionFilters"] = filters(*patterns)
    answer = ecr.put_image_tag_mutability(repositoryName=pusher.repository, **setting)
    del answer["ResponseMetadata"]
    assert answer == {"registryId": "000000000000", "repositoryName": pusher.repository, **setting}
    (described,) = ecr.describe_repositories(repositoryNames=[pusher.repository])["repositories"]
    assert {key: described[key] for key in setting} == setting
    assert ("imageTagMutabilityExclusionFilters" in described) == bool(patterns)
    assert [tag for tag in moving + fixed if pusher.is_refused(tag)] == fixed


def test_set_at_creation(ecr: Any, oci: OciClient) -> None:
    name = f"immutable/{secrets.token_hex(4)}"
    made = ecr.create_repository(
        repositoryName=name,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters("latest", "dev-*"),
    )["repository"]
    assert made["imageTagMutabilityExclusionFilters"] == filters("latest", "dev-*")
    pusher = Pusher(ecr, oci, name)
    assert [tag for tag in ("v1", "latest", "dev-1", "Dev-1") if pusher.is_refused(tag)] == ["v1", "Dev-1"]


def test_only_later_pushes_count_and_former_filters_go(ecr: Any, pusher: Pusher) -> None:
    name = pusher.repository
    pusher.push("latest")
    pusher.push("latest")
    ecr.put_image_tag_mutability(
        repositoryName=name,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters("latest"),
    )
    assert not pusher.is_refused("latest")
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    (described,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert "imageTagMutabilityExclusionFilters" not in described
    assert refused(ecr.put_image, repositoryName=name, imageManifest=pusher.manifest(), imageTag="latest")[0] == (
        "ImageTagAlreadyExistsException"
    )
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="MUTABLE")
    assert not pusher.is_refused("latest")


def test_the_same_image_again_is_no_overwriting(ecr: Any, pusher: Pusher) -> None:
    name = pusher.repository
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    manifest = pusher.manifest()
    digest = ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="v1")["image"]["imageId"][
        "imageDigest"
    ]
    code, message = refused(ecr.put_image, repositoryName=name, imageManifest=manifest, imageTag="v1")
    assert code == "ImageAlreadyExistsException"
    assert message == (
        f"Image with digest '{digest}' and tag 'v1' already exists in the repository with name '{name}' in registry"
        " with id '000000000000'"
    )
    assert pusher.oci.put_manifest(name, "v1", manifest.encode()).status == 201
    ecr.put_image(repositoryName=name, imageManifest=manifest, imageTag="v2")


def test_deleting_is_not_prevented_and_frees_the_tag(ecr: Any, pusher: Pusher) -> None:
    name = pusher.repository
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    digest = pusher.push("v1")
    deleted = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])
    assert deleted["imageIds"] == [{"imageDigest": digest, "imageTag": "v1"}]
    assert deleted["failures"] == []
    pusher.push("v1")


@pytest.mark.parametrize("mode", WITH_EXCLUSION)
def test_exclusion_needs_filters(ecr: Any, repository: str, mode: str) -> None:
    reason = f"ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set to {mode}"
    expected = invalid("imageTagMutabilityExclusionFilters", reason)
    assert refused(ecr.put_image_tag_mutability, repositoryName=repository, imageTagMutability=mode) == expected
    assert refused(ecr.create_repository, repositoryName="exclusive", imageTagMutability=mode) == expected
    assert refused(ecr.describe_repositories, repositoryNames=["exclusive"])[0] == "RepositoryNotFoundException"


@pytest.mark.parametrize("mode", ["MUTABLE", "IMMUTABLE", None])
def test_filters_need_exclusion(ecr: Any, repository: str, mode: str | None) -> None:
    setting = {"imageTagMutability": mode} if mode else {}
    reason = "ImageTagMutabilityExclusionFilters are not allowed when imageTagMutability is set to " + (
        mode or "MUTABLE"
    )
    expected = invalid("imageTagMutabilityExclusionFilters", reason)
    filtered = {"imageTagMutabilityExclusionFilters": filters("a*")}
    assert refused(ecr.create_repository, repositoryName="inclusive", **setting, **filtered) == expected
    if mode:
        assert refused(ecr.put_image_tag_mutability, repositoryName=repository, **setting, **filtered) == expected


@pytest.mark.parametrize("mode", WITH_EXCLUSION)
@pytest.mark.parametrize(
    "patterns",
    [[], ["a"] * 6, [""], ["a" * 129], ["a/b"], ["a b"], ["ä"], ["a?"], ["a\n"]],
    ids=["none", "six", "empty", "long", "slash", "space", "umlaut", "question", "line feed"],
)
def test_bad_filters(registry: RegistryProcess, ecr: Any, repository: str, mode: str, patterns: list[str]) -> None:
    members = {
        "repositoryName": repository,
        "imageTagMutability": mode,
        "imageTagMutabilityExclusionFilters": filters(*patterns),
    }
    answer = call(registry, "PutImageTagMutability", members)
    assert (answer.status, answer.code) == (400, "InvalidParameterException")
    (described,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert described["imageTagMutability"] == "MUTABLE"


def test_unknown_mode_and_repository(registry: RegistryProcess, ecr: Any, repository: str) -> None:
    answer = call(registry, "PutImageTagMutability", {"repositoryName": repository, "imageTagMutability": "SOMETIMES"})
    modes = "[IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]"
    reason = f"Member must satisfy enum value set: {modes}"
    assert (answer.code, answer.message) == invalid("imageTagMutability", reason)
    refusal = refused(ecr.put_image_tag_mutability, repositoryName="not/there", imageTagMutability="MUTABLE")
    assert refusal[0] == "RepositoryNotFoundException"
