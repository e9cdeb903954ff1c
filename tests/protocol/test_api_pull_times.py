"""When images were last pulled, and the principals whose pulls do not count: with boto3 and on the data plane."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from administration import Administration, administration
from api_client import refused
from audit_trail import records
from image_content import Content
from oci_client import OciClient
from people import EVERYTHING, Person, allow, document, new_account, new_role, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities

PATIENCE = 30.0
NOBODY = "arn:aws:iam::000000000000:role/nobody"


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@dataclass
class Shelf:
    """A repository with four images, each with a tag."""

    owner: Person
    oci: OciClient
    name: str = field(default_factory=lambda: f"pulls/{secrets.token_hex(4)}")
    digests: dict[str, str] = field(default_factory=dict[str, str])

    def fill(self) -> None:
        self.owner.client().create_repository(repositoryName=self.name)
        content = Content()
        for tag in ("a", "b", "c", "last"):
            self.digests[tag] = content.image(tag, layers=1)["digest"]
        content.push(self.oci, self.name)

    def pulled(self) -> dict[str, datetime]:
        """When each image was last pulled, by its tag."""
        details = self.owner.client().describe_images(repositoryName=self.name)["imageDetails"]
        return {
            each["imageTags"][0]: each["lastRecordedPullTime"] for each in details if "lastRecordedPullTime" in each
        }

    def pulled_by_now(self) -> dict[str, datetime]:
        """The same, once every pull is recorded that was before this call."""
        assert self.oci.get_manifest(self.name, "last").status == 200
        deadline = time.monotonic() + PATIENCE
        while "last" not in (found := self.pulled()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        del found["last"]
        return found


@pytest.fixture
def shelf(registry: RegistryProcess, admin: Administration) -> Iterator[Shelf]:
    owner = new_user(registry, admin, new_account(admin), EVERYTHING)
    made = Shelf(owner, owner.oci())
    made.fill()
    yield made
    made.oci.close()


def test_who_gets_a_manifest_pulls(shelf: Shelf) -> None:
    assert shelf.pulled() == {}
    began = datetime.now(UTC) - timedelta(seconds=1)
    assert shelf.oci.get_manifest(shelf.name, shelf.digests["a"]).status == 200
    ids = [{"imageTag": "b"}, {"imageTag": "none"}]
    assert len(shelf.owner.client().batch_get_image(repositoryName=shelf.name, imageIds=ids)["images"]) == 1
    found = shelf.pulled_by_now()
    assert found.keys() == {"a", "b"}
    assert all(began < moment <= datetime.now(UTC) for moment in found.values())
    assert shelf.oci.get_manifest(shelf.name, "a").status == 200
    assert shelf.pulled_by_now() == found


def test_who_only_asks_does_not_pull(shelf: Shelf) -> None:
    assert shelf.oci.get_manifest(shelf.name, "a", "HEAD").status == 200
    assert shelf.oci.list_tags(shelf.name).status == 200
    ecr = shelf.owner.client()
    ecr.describe_images(repositoryName=shelf.name, imageIds=[{"imageTag": "b"}])
    manifest = json.loads(shelf.oci.get_manifest(shelf.name, "last").body)
    assert shelf.oci.get_blob(shelf.name, manifest["layers"][0]["digest"]).status == 200
    assert shelf.oci.get_manifest(shelf.name, "c", accept="application/vnd.example").status == 404
    assert shelf.pulled_by_now() == {}


def test_a_client_that_has_the_manifest_already_pulls(shelf: Shelf) -> None:
    reply = shelf.oci.request(
        "GET", f"/v2/{shelf.name}/manifests/a", headers={"If-None-Match": f'"{shelf.digests["a"]}"'}
    )
    assert reply.status == 304
    assert shelf.pulled_by_now().keys() == {"a"}


def test_pulls_by_excluded_principals_do_not_count(
    registry: RegistryProcess, admin: Administration, shelf: Shelf
) -> None:
    account, ecr = shelf.owner.account, shelf.owner.client()
    scanner = new_user(registry, admin, account, EVERYTHING)
    role = new_role(admin, account, {"AWS": shelf.owner.arn}, EVERYTHING)
    session = shelf.owner.assume(role)
    for principal in (scanner.arn, role):
        assert ecr.register_pull_time_update_exclusion(principalArn=principal)["principalArn"] == principal
    for person, tag in ((scanner, "a"), (session, "b")):
        oci = person.oci()
        assert oci.get_manifest(shelf.name, tag).status == 200
        oci.close()
        ids = [{"imageTag": tag}]
        assert person.client().batch_get_image(repositoryName=shelf.name, imageIds=ids)["images"]
    assert shelf.oci.get_manifest(shelf.name, "c").status == 200
    assert shelf.pulled_by_now().keys() == {"c"}
    assert shelf.owner.client(region_name="eu-west-1").list_pull_time_update_exclusions()[
        "pullTimeUpdateExclusions"
    ] == []  # fmt: skip


def test_who_is_no_longer_excluded_counts_again(registry: RegistryProcess, admin: Administration, shelf: Shelf) -> None:
    scanner = new_user(registry, admin, shelf.owner.account, EVERYTHING)
    ecr, oci = shelf.owner.client(), scanner.oci()
    ecr.register_pull_time_update_exclusion(principalArn=scanner.arn)
    assert oci.get_manifest(shelf.name, "a").status == 200
    assert shelf.pulled_by_now() == {}
    ecr.deregister_pull_time_update_exclusion(principalArn=scanner.arn)
    deadline = time.monotonic() + PATIENCE
    while "a" not in shelf.pulled():
        assert time.monotonic() < deadline
        assert oci.get_manifest(shelf.name, "a").status == 200
        time.sleep(0.2)
    oci.close()


def test_exclusions(registry: RegistryProcess, shelf: Shelf) -> None:
    ecr, of_registry = shelf.owner.client(), f"in the registry with id '{shelf.owner.account}'"
    subject = f"The pull time update exclusion for principal '{NOBODY}'"
    missing = ("ExclusionNotFoundException", f"{subject} does not exist {of_registry}")
    assert refused(ecr.deregister_pull_time_update_exclusion, principalArn=NOBODY) == missing
    made = ecr.register_pull_time_update_exclusion(principalArn=NOBODY)
    assert made["principalArn"] == NOBODY
    assert abs(made["createdAt"] - datetime.now(UTC)) < timedelta(hours=1)
    assert refused(ecr.register_pull_time_update_exclusion, principalArn=NOBODY) == (
        "ExclusionAlreadyExistsException",
        f"{subject} already exists {of_registry}",
    )
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [NOBODY]
    assert ecr.deregister_pull_time_update_exclusion(principalArn=NOBODY)["principalArn"] == NOBODY
    assert refused(ecr.deregister_pull_time_update_exclusion, principalArn=NOBODY) == missing
    changes = [each for each in records(registry.data, account=shelf.owner.account) if "Exclusion" in each["eventName"]]
    assert [(each["eventName"], each.get("errorCode")) for each in changes if "errorCode" not in each] == [
        ("RegisterPullTimeUpdateExclusion", None),
        ("DeregisterPullTimeUpdateExclusion", None),
    ]
    assert {each["requestParameters"]["principalArn"] for each in changes} == {NOBODY}


def test_a_hundred_principals_are_listed_in_pages(shelf: Shelf) -> None:
    ecr = shelf.owner.client()
    arns = [f"arn:aws:iam::{shelf.owner.account}:user/u{number:03}" for number in range(100)]
    for arn in reversed(arns):
        ecr.register_pull_time_update_exclusion(principalArn=arn)
    assert refused(ecr.register_pull_time_update_exclusion, principalArn=NOBODY) == (
        "LimitExceededException",
        f"The registry with id '{shelf.owner.account}' already has the maximum allowed number of pull time update"
        " exclusions which is '100'",
    )
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == arns
    found: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = ecr.list_pull_time_update_exclusions(maxResults=40, **token)
        found += page["pullTimeUpdateExclusions"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert found == arns
    assert refused(ecr.list_pull_time_update_exclusions, nextToken="x")[0] == "InvalidParameterException"


@pytest.mark.parametrize("names", [("Register", "Deregister"), ("Create", "Delete")])
def test_who_may_exclude(registry: RegistryProcess, admin: Administration, names: tuple[str, str]) -> None:
    """The API and Amazon's user guide name the permissions differently: either will do."""
    account = new_account(admin)
    actions = [f"ecr:{name}PullTimeUpdateExclusion" for name in names]
    ecr = new_user(registry, admin, account, document(allow(*actions))).client()
    ecr.register_pull_time_update_exclusion(principalArn=NOBODY)
    assert refused(ecr.list_pull_time_update_exclusions)[0] == "AccessDeniedException"
    ecr.deregister_pull_time_update_exclusion(principalArn=NOBODY)
    reader = new_user(registry, admin, account, document(allow("ecr:ListPullTimeUpdateExclusions"))).client()
    assert reader.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == []
    for operation in (reader.register_pull_time_update_exclusion, reader.deregister_pull_time_update_exclusion):
        assert refused(operation, principalArn=NOBODY)[0] == "AccessDeniedException"
