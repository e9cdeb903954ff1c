"""Two accounts and their principals, pushing and pulling under every kind of policy, and what each denial says."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from administration import Administration, administration
from api_client import refused
from image_content import Content
from oci_client import OciClient, digest_of
from people import EVERYTHING, REGION, Person, allow, document, give, new_account, new_role, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities, identity_policies

PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
PUSH = [*PULL, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]
TOKEN = allow("ecr:GetAuthorizationToken")
DENY = {"Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": "*"}


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@pytest.fixture(scope="module")
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    return new_user(registry, admin, new_account(admin), EVERYTHING, "owner")


@pytest.fixture(scope="module")
def guest(registry: RegistryProcess, admin: Administration) -> Person:
    """Somebody of another account who may do everything there."""
    return new_user(registry, admin, new_account(admin), EVERYTHING, "guest")


@pytest.fixture(scope="module")
def own(owner: Person) -> Iterator[OciClient]:
    client = owner.oci()
    yield client
    client.close()


class Repository:
    """A repository with an image, and what its owner can do with it."""

    def __init__(self, owner: Person, own: OciClient) -> None:
        self.name, self.owner, self._ecr = f"tests/{secrets.token_hex(6)}", owner, owner.client()
        self._ecr.create_repository(repositoryName=self.name)
        self.content = Content()
        self.content.image("latest")
        self.content.push(own, self.name)
        self.arn = f"arn:aws:ecr:{REGION}:{owner.account}:repository/{self.name}"

    def permit(self, principal: Any, *actions: str, effect: str = "Allow", **members: Any) -> None:
        """Give the repository a policy of one statement."""
        statement = {"Effect": effect, "Principal": principal, "Action": list(actions) or PULL, **members}
        self._ecr.set_repository_policy(repositoryName=self.name, policyText=document(statement), force=True)


@pytest.fixture
def repository(owner: Person, own: OciClient) -> Repository:
    return Repository(owner, own)


def denial(who: Person, action: str, resource: str, reason: str) -> str:
    return f"User: {who.arn} is not authorized to perform: {action} on resource: {resource} {reason}"


def no_allow(kind: str, action: str) -> str:
    return f"because no {kind} policy allows the {action} action"


def by_api(who: Person, repository: Repository) -> str | None:
    """What keeps somebody from pulling by the API, in any account's name; None when nothing does."""
    ecr = who.client()
    members: dict[str, Any] = {
        "registryId": repository.owner.account,
        "repositoryName": repository.name,
        "imageIds": [{"imageTag": "latest"}],
    }
    try:
        answer = ecr.batch_get_image(**members)
    except ecr.exceptions.ClientError as error:
        refusal = error.response["Error"]
    else:
        assert len(answer["images"]) == 1
        return None
    assert refusal["Code"] == "AccessDeniedException"
    return refusal["Message"]


def by_docker(who: Person, repository: Repository) -> str | None:
    """What keeps somebody from pulling under the host name of the registry's account; None when nothing does."""
    client = who.oci(f"{repository.owner.account}.dkr.ecr.{REGION}.localhost:5000")
    reply = client.get_manifest(repository.name, "latest")
    head = client.get_manifest(repository.name, "latest", "HEAD")
    client.close()
    assert head.status == reply.status
    if reply.status == 200:
        return None
    assert (reply.status, reply.error()["code"]) == (403, "DENIED")
    return reply.error()["message"]


def hindered(who: Person, repository: Repository) -> str | None:
    """What keeps somebody from pulling, which must be the same on both ways."""
    message = by_api(who, repository)
    assert by_docker(who, repository) == message
    return message


def test_between_accounts_both_sides_have_to_allow(
    registry: RegistryProcess, admin: Administration, guest: Person, repository: Repository
) -> None:
    arn, action = repository.arn, "ecr:BatchGetImage"
    assert hindered(guest, repository) == denial(guest, action, arn, no_allow("resource-based", action))
    repository.permit({"AWS": guest.arn})
    assert hindered(guest, repository) is None
    stranger = new_user(registry, admin, guest.account, document(TOKEN))
    repository.permit({"AWS": [guest.account, f"arn:aws:iam::{repository.owner.account}:root"]})
    assert hindered(guest, repository) is None
    assert hindered(stranger, repository) == denial(stranger, action, arn, no_allow("identity-based", action))
    give(admin, guest.account, "user", stranger.name, document(TOKEN, allow(action, resource=arn)))
    assert hindered(stranger, repository) is None
    repository.permit({"AWS": guest.arn})
    assert hindered(stranger, repository) == denial(stranger, action, arn, no_allow("resource-based", action))
    repository.permit("*", effect="Deny")
    explicit = "with an explicit deny in a resource-based policy"
    assert hindered(guest, repository) == denial(guest, action, arn, explicit)
    assert hindered(repository.owner, repository) == denial(repository.owner, action, arn, explicit)


def test_referrers_where_nothing_is_are_for_those_who_might_read_it(
    registry: RegistryProcess, admin: Administration, owner: Person, own: OciClient, guest: Person
) -> None:
    """A repository that does not exist has an empty list of them, and nobody else learns that."""
    name, action = f"tests/{secrets.token_hex(6)}", "ecr:BatchGetImage"
    path, arn = f"/v2/{name}/referrers/{digest_of(b'')}", f"arn:aws:ecr:{REGION}:{owner.account}:repository/{name}"
    assert own.request("GET", path).json()["manifests"] == []
    member = new_user(registry, admin, owner.account, document(TOKEN))
    for who, kind in ((guest, "resource-based"), (member, "identity-based")):
        client = who.oci(f"{owner.account}.dkr.ecr.{REGION}.localhost")
        reply = client.request("GET", path)
        client.close()
        assert (reply.status, reply.error()["message"]) == (403, denial(who, action, arn, no_allow(kind, action)))


def test_a_push_into_another_account(guest: Person, repository: Repository) -> None:
    client = guest.oci(f"{repository.owner.account}.dkr.ecr.{REGION}.localhost")
    upload = f"/v2/{repository.name}/blobs/uploads/"
    repository.permit({"AWS": guest.account})
    reply = client.request("POST", upload)
    action = "ecr:InitiateLayerUpload"
    assert (reply.status, reply.error()["message"]) == (
        403,
        denial(guest, action, repository.arn, no_allow("resource-based", action)),
    )
    repository.permit({"AWS": guest.account}, *PUSH)
    content = Content()
    digest = content.image("theirs")["digest"]
    content.push(client, repository.name)
    assert client.get_manifest(repository.name, "theirs").headers["Docker-Content-Digest"] == digest
    deletion = client.request("DELETE", f"/v2/{repository.name}/manifests/{digest}")
    assert deletion.status == 403
    client.close()
    found = repository.owner.client().describe_images(repositoryName=repository.name, imageIds=[{"imageTag": "theirs"}])
    assert found["imageDetails"][0]["registryId"] == repository.owner.account


def test_a_layer_takes_the_same_permissions_however_it_is_pushed(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    """At once, with the content in the last request, or in chunks: fewer requests do not need fewer of them."""
    content = b"a layer"
    started = f"/v2/{repository.name}/blobs/uploads/"
    member = new_user(registry, admin, owner.account, document(TOKEN))
    client = member.oci()

    def missing(method: str, path: str, *actions: str) -> str:
        repository.permit({"AWS": member.arn}, *actions)
        reply = client.request(method, path, content)
        assert reply.status == 403
        return reply.error()["message"].split(" ")[7]

    one, two, three = "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"
    at_once = f"{started}?digest={digest_of(content)}"
    assert missing("POST", at_once, two, three) == one
    assert missing("POST", at_once, one, three) == two
    assert missing("POST", at_once, one, two) == three
    repository.permit({"AWS": member.arn}, one)
    session = client.request("POST", started).location
    assert missing("PATCH", session, one, three) == two
    last = f"{session}?digest={digest_of(content)}"
    assert missing("PUT", last, one, three) == two
    assert missing("PUT", last, one, two) == three
    repository.permit({"AWS": member.arn}, one, two, three)
    assert client.request("PUT", last, content).status == 201
    assert client.request("POST", at_once, content).status == 201
    client.close()


def test_every_operation_on_another_accounts_repository_is_refused(guest: Person, repository: Repository) -> None:
    ecr, common = guest.client(), {"registryId": repository.owner.account, "repositoryName": repository.name}
    part = {"uploadId": str(UUID(int=0)), "partFirstByte": 0, "partLastByte": 0, "layerPartBlob": b"x"}
    for call, members in (
        (ecr.describe_images, common),
        (ecr.list_images, common),
        (ecr.get_repository_policy, common),
        (ecr.set_repository_policy, common | {"policyText": document()}),
        (ecr.delete_repository_policy, common),
        (ecr.delete_repository, common),
        (ecr.create_repository, common | {"repositoryName": "new"}),
        (ecr.put_image_tag_mutability, common | {"imageTagMutability": "IMMUTABLE"}),
        (ecr.initiate_layer_upload, common),
        (ecr.upload_layer_part, common | part),
        (ecr.describe_repositories, {"registryId": repository.owner.account, "repositoryNames": [repository.name]}),
        (ecr.list_tags_for_resource, {"resourceArn": repository.arn}),
        (ecr.tag_resource, {"resourceArn": repository.arn, "tags": [{"Key": "a", "Value": "b"}]}),
        (ecr.untag_resource, {"resourceArn": repository.arn, "tagKeys": ["a"]}),
    ):  # fmt: skip
        code, message = refused(call, **members)
        assert code == "AccessDeniedException", message
        assert message.startswith(f"User: {guest.arn} is not authorized to perform: ecr:")
        assert "because no resource-based policy allows the ecr:" in message


def test_another_accounts_repository_by_its_arn(guest: Person, repository: Repository) -> None:
    repository.permit({"AWS": guest.account}, "ecr:TagResource", "ecr:ListTagsForResource")
    ecr = guest.client()
    ecr.tag_resource(resourceArn=repository.arn, tags=[{"Key": "from", "Value": "guest"}])
    assert ecr.list_tags_for_resource(resourceArn=repository.arn)["tags"] == [{"Key": "from", "Value": "guest"}]


def test_the_registry_policy_lets_others_create(guest: Person, owner: Person) -> None:
    name = f"for/guests/{secrets.token_hex(6)}"
    arn = f"arn:aws:ecr:{REGION}:{owner.account}:repository/for/guests/*"
    statement = allow("ecr:CreateRepository", resource=arn, Principal={"AWS": guest.account})
    owner.client().put_registry_policy(policyText=document(statement))
    made = guest.client().create_repository(registryId=owner.account, repositoryName=name)["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:{REGION}:{owner.account}:repository/{name}"
    assert refused(guest.client().create_repository, registryId=owner.account, repositoryName="for/owners")[0] == (
        "AccessDeniedException"
    )
    owner.client().delete_registry_policy()


def test_in_one_account_the_repository_policy_is_enough(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    member = new_user(registry, admin, owner.account, document(TOKEN))
    action = "ecr:BatchGetImage"
    expected = denial(member, action, repository.arn, no_allow("identity-based", action))
    assert hindered(member, repository) == expected
    repository.permit({"AWS": owner.account})
    assert hindered(member, repository) == expected, "the account passes on what it is given by identity policies"
    repository.permit({"AWS": member.arn})
    assert hindered(member, repository) is None
    repository.permit("*")
    assert hindered(member, repository) is None
    repository.owner.client().delete_repository_policy(repositoryName=repository.name)
    assert hindered(member, repository) == expected


def test_boundaries(registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository) -> None:
    member = new_user(registry, admin, owner.account, EVERYTHING)
    action = "ecr:BatchGetImage"

    def bound(text: str) -> None:
        arn = admin.run(identity_policies.create_policy, owner.account, f"b{secrets.token_hex(6)}", text, admin.now)
        admin.run(identity_policies.set_boundary, owner.account, "user", member.name, arn)

    bound(document(allow("ecr:Get*", action)))
    assert hindered(member, repository) is None
    bound(document(TOKEN))
    assert hindered(member, repository) == denial(
        member, action, repository.arn, "because no permissions boundary allows the ecr:BatchGetImage action"
    )
    bound(document(allow("*"), DENY))
    repository.permit({"AWS": member.arn})
    assert hindered(member, repository) == denial(
        member, action, repository.arn, "with an explicit deny in a permissions boundary"
    )


def test_sessions_of_roles(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    action = "ecr:BatchGetImage"
    role = new_role(admin, owner.account, {"AWS": owner.account}, EVERYTHING)
    session = owner.assume(role)
    assert hindered(session, repository) is None
    narrow = owner.assume(role, Policy=document(TOKEN))
    reason = "because no session policy allows the ecr:BatchGetImage action"
    assert hindered(narrow, repository) == denial(narrow, action, repository.arn, reason)
    denied = owner.assume(role, Policy=document(allow("*"), DENY))
    assert hindered(denied, repository) == denial(
        denied, action, repository.arn, "with an explicit deny in a session policy"
    )
    repository.permit({"AWS": role})
    assert hindered(narrow, repository) == denial(narrow, action, repository.arn, reason)
    repository.permit({"AWS": narrow.arn})
    assert hindered(narrow, repository) is None
    repository.permit({"AWS": role}, effect="Deny")
    explicit = "with an explicit deny in a resource-based policy"
    assert hindered(session, repository) == denial(session, action, repository.arn, explicit)


def test_session_policies_by_their_arns(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    """A policy of the account, a ready one, and one beside a document."""
    role = new_role(admin, owner.account, {"AWS": owner.account}, EVERYTHING)
    name, action = f"p{secrets.token_hex(6)}", "ecr:BatchGetImage"
    arn = admin.run(identity_policies.create_policy, owner.account, name, document(TOKEN), admin.now)
    reason = "because no session policy allows the ecr:BatchGetImage action"
    narrow = owner.assume(role, PolicyArns=[{"arn": arn}])
    assert hindered(narrow, repository) == denial(narrow, action, repository.arn, reason)
    ready = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
    puller = owner.assume(role, PolicyArns=[{"arn": arn}, {"arn": ready}])
    assert hindered(puller, repository) is None
    delete = "ecr:DeleteRepository"
    assert refused(puller.client().delete_repository, repositoryName=repository.name) == (
        "AccessDeniedException",
        denial(puller, delete, repository.arn, no_allow("session", delete)),
    )
    both = owner.assume(role, PolicyArns=[{"arn": ready}], Policy=document(allow("*"), DENY))
    assert hindered(both, repository) == denial(
        both, action, repository.arn, "with an explicit deny in a session policy"
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": REGION}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2120-01-01T00:00:00Z"}}, False),
        ({"StringEquals": {"aws:username": "guest"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/gu*"}}, True),
        ({"StringNotEquals": {"who:knows": "x"}}, False),
        ({"StringEquals": {"aws:ResourceTag/stage": "test"}}, True),
        ({"StringEquals": {"ecr:ResourceTag/stage": "production"}}, False),
    ],
    ids=str,
)
def test_conditions_see_the_request(guest: Person, repository: Repository, condition: Any, expected: bool) -> None:
    repository.owner.client().tag_resource(resourceArn=repository.arn, tags=[{"Key": "stage", "Value": "test"}])
    repository.permit({"AWS": guest.account}, Condition=condition)
    assert (hindered(guest, repository) is None) == expected


def test_who_has_which_tag_uses_what_has_the_same(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    member = new_user(registry, admin, owner.account, document(TOKEN, allow(*PULL, Condition=team)))
    admin.run(identities.set_tags, owner.account, "user", member.name, {"team": "red"})
    assert hindered(member, repository) is not None
    owner.client().tag_resource(resourceArn=repository.arn, tags=[{"Key": "team", "Value": "red"}])
    assert hindered(member, repository) is None
    admin.run(identities.set_tags, owner.account, "user", member.name, {"team": "blue"})
    assert hindered(member, repository) is not None


def test_repositories_are_created_only_with_the_right_tags(
    registry: RegistryProcess, admin: Administration, owner: Person
) -> None:
    wanted = {
        "StringEquals": {"aws:RequestTag/team": "red"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]},
    }
    rules = allow("ecr:CreateRepository", "ecr:TagResource", Condition=wanted)
    member = new_user(registry, admin, owner.account, document(rules, allow("ecr:UntagResource", Condition={
        "ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}
    })))  # fmt: skip
    ecr, name = member.client(), f"tests/{secrets.token_hex(6)}"
    arn = f"arn:aws:ecr:{REGION}:{owner.account}:repository/{name}"
    for tags in ([], [("team", "blue")], [("team", "red"), ("other", "x")]):
        refusal = refused(
            ecr.create_repository, repositoryName=name, tags=[{"Key": key, "Value": value} for key, value in tags]
        )
        reason = no_allow("identity-based", "ecr:CreateRepository")
        assert refusal == ("AccessDeniedException", denial(member, "ecr:CreateRepository", arn, reason))
    ecr.create_repository(repositoryName=name, tags=[{"Key": "team", "Value": "red"}, {"Key": "cost", "Value": "5"}])
    assert refused(ecr.tag_resource, resourceArn=arn, tags=[{"Key": "cost", "Value": "6"}])[0] == (
        "AccessDeniedException"
    )
    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "cost", "Value": "6"}, {"Key": "team", "Value": "red"}])
    assert refused(ecr.untag_resource, resourceArn=arn, tagKeys=["cost", "team"])[0] == "AccessDeniedException"
    ecr.untag_resource(resourceArn=arn, tagKeys=["cost"])


def test_tags_at_creation_need_a_permission_of_their_own(
    registry: RegistryProcess, admin: Administration, owner: Person
) -> None:
    member = new_user(registry, admin, owner.account, document(allow("ecr:CreateRepository")))
    ecr, name = member.client(), f"tests/{secrets.token_hex(6)}"
    arn = f"arn:aws:ecr:{REGION}:{owner.account}:repository/{name}"
    reason = no_allow("identity-based", "ecr:TagResource")
    assert refused(ecr.create_repository, repositoryName=name, tags=[{"Key": "a", "Value": "b"}]) == (
        "AccessDeniedException",
        denial(member, "ecr:TagResource", arn, reason),
    )
    gone = refused(owner.client().describe_repositories, repositoryNames=[name])
    assert gone[0] == "RepositoryNotFoundException"
    ecr.create_repository(repositoryName=name)


def test_a_blob_is_mounted_only_from_where_the_caller_may_read(
    registry: RegistryProcess, admin: Administration, owner: Person, repository: Repository
) -> None:
    target = f"tests/{secrets.token_hex(6)}"
    owner.client().create_repository(repositoryName=target)
    member = new_user(registry, admin, owner.account, EVERYTHING)
    digest = next(iter(repository.content.blobs))
    client = member.oci()
    repository.permit({"AWS": member.arn}, "ecr:GetDownloadUrlForLayer", effect="Deny")
    for source in (f"&from={repository.name}", ""):
        assert client.request("POST", f"/v2/{target}/blobs/uploads/?mount={digest}{source}").status == 202
    owner.client().delete_repository_policy(repositoryName=repository.name)
    assert client.request("POST", f"/v2/{target}/blobs/uploads/?mount={digest}").status == 201
    client.close()


def test_the_registry_is_denied_as_a_whole(registry: RegistryProcess, admin: Administration) -> None:
    account = new_account(admin)
    owner = new_user(registry, admin, account, EVERYTHING, "owner")
    member = new_user(registry, admin, account, EVERYTHING, "member")
    ecr = owner.client()
    ecr.create_repository(repositoryName="app")
    statement = {"Effect": "Deny", "Principal": {"AWS": member.arn}, "Action": "ecr:*", "Resource": "*"}
    ecr.put_registry_policy(policyText=document(statement))
    refusals = [
        refused(member.client().describe_registry),
        refused(member.client().describe_repositories),
        refused(member.client().list_images, repositoryName="app"),
        refused(member.client().delete_registry_policy),
    ]
    assert {code for code, _ in refusals} == {"AccessDeniedException"}
    assert all(message.endswith("with an explicit deny in a resource-based policy") for _, message in refusals)
    client = member.oci()  # tokens are for all registries, so no registry's policy has a say in them
    assert client.request("GET", "/v2/").status == 200
    assert client.request("GET", "/v2/_catalog").status == 403
    client.close()
    ecr.list_images(repositoryName="app")
