"""What repositories are encrypted with: chosen when they are made, by a call or a template, and told truthfully."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from administration import Administration, administration
from api_client import answer_of, refused
from oci_client import OciClient
from people import EVERYTHING, Person, allow, document, new_account, new_role, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities, kms_keys
from wharfside.store import kms_keys as stored_keys
from wharfside.store.kms_keys import KmsKey

REGION = "us-east-1"
KMS_TYPES = ("KMS", "KMS_DSSE")
KEY_WITH_AES256 = (
    "InvalidParameterException",
    "Invalid encryption configuration: Encryption key should not be set for AES256 encryption.",
)
ECR = {"Service": "ecr.amazonaws.com"}


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@pytest.fixture
def owner(registry: RegistryProcess, admin: Administration) -> Person:
    """An administrator in an account of its own, which has no keys."""
    return new_user(registry, admin, new_account(admin), EVERYTHING, "admin")


@pytest.fixture
def key(admin: Administration, owner: Person) -> KmsKey:
    """A key with the alias `alias/app`."""
    return admin.run(
        kms_keys.create_key, admin.key_sealer, owner.account, REGION, admin.now, alias="alias/app", description=""
    )


def create(owner: Person, **encryption: str) -> dict[str, Any]:
    name = f"made/{secrets.token_hex(6)}"
    made = owner.client().create_repository(repositoryName=name, encryptionConfiguration=encryption)
    return made["repository"]


def described(owner: Person, name: str) -> dict[str, Any]:
    return owner.client().describe_repositories(repositoryNames=[name])["repositories"][0]


def refusal(work: Callable[..., object], **members: Any) -> tuple[str, str]:
    """The KMS code and the message of a KmsException."""
    with pytest.raises(ClientError) as caught:
        work(**members)
    answer = answer_of(caught.value)
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("KmsException", 400)
    return answer["kmsError"], answer["Error"]["Message"]


def keys_of(admin: Administration, owner: Person, region: str = REGION) -> list[KmsKey]:
    return admin.run(stored_keys.list_keys, owner.account, region)


def test_aes256_when_it_is_asked_for(owner: Person) -> None:
    made = create(owner, encryptionType="AES256")
    assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert described(owner, made["repositoryName"]) == made
    assert owner.client().delete_repository(repositoryName=made["repositoryName"])["repository"] == made


@pytest.mark.parametrize("kind", KMS_TYPES)
def test_every_name_of_a_key_becomes_its_arn(owner: Person, key: KmsKey, kind: str) -> None:
    names = (key.id, key.arn, "alias/app", f"arn:aws:kms:{REGION}:{owner.account}:alias/app")
    for name in names:
        made = create(owner, encryptionType=kind, kmsKey=name)
        assert made["encryptionConfiguration"] == {"encryptionType": kind, "kmsKey": key.arn}
        assert described(owner, made["repositoryName"]) == made
        assert owner.client().delete_repository(repositoryName=made["repositoryName"])["repository"] == made


@pytest.mark.parametrize("kind", KMS_TYPES)
def test_without_a_key_it_is_that_of_the_account(admin: Administration, owner: Person, kind: str) -> None:
    assert keys_of(admin, owner) == []
    made = create(owner, encryptionType=kind)["encryptionConfiguration"]
    (managed,) = keys_of(admin, owner)
    assert managed.managed
    assert made == {"encryptionType": kind, "kmsKey": managed.arn}
    assert create(owner, encryptionType=kind)["encryptionConfiguration"] == made
    assert create(owner, encryptionType=kind, kmsKey="alias/aws/ecr")["encryptionConfiguration"] == made
    arn = f"arn:aws:kms:{REGION}:{owner.account}:alias/aws/ecr"
    assert create(owner, encryptionType=kind, kmsKey=arn)["encryptionConfiguration"] == made
    assert admin.run(stored_keys.find_alias, owner.account, REGION, "alias/aws/ecr") == managed.id


@pytest.mark.parametrize("name", ["alias/aws/ecr", "arn:aws:kms:us-east-1:{account}:alias/aws/ecr"])
def test_the_key_of_the_account_is_made_also_when_it_is_named(admin: Administration, owner: Person, name: str) -> None:
    made = create(owner, encryptionType="KMS", kmsKey=name.format(account=owner.account))["encryptionConfiguration"]
    assert [each.arn for each in keys_of(admin, owner)] == [made["kmsKey"]]


def test_a_region_has_its_own_key(admin: Administration, owner: Person, key: KmsKey) -> None:
    abroad = owner.client(region_name="eu-west-1")
    made = abroad.create_repository(repositoryName="abroad", encryptionConfiguration={"encryptionType": "KMS"})
    (managed,) = keys_of(admin, owner, "eu-west-1")
    assert made["repository"]["encryptionConfiguration"]["kmsKey"] == managed.arn
    other = {"encryptionType": "KMS", "kmsKey": key.arn}
    refused_arn = refusal(abroad.create_repository, repositoryName="other", encryptionConfiguration=other)
    assert refused_arn == ("NotFoundException", f"Invalid arn {REGION}")
    other["kmsKey"] = "alias/app"
    missing = f"Alias arn:aws:kms:eu-west-1:{owner.account}:alias/app is not found."
    assert refusal(abroad.create_repository, repositoryName="other", encryptionConfiguration=other)[1] == missing


def test_a_key_must_not_be_given_with_aes256(owner: Person, key: KmsKey) -> None:
    encryption = {"encryptionType": "AES256", "kmsKey": key.arn}
    create_repository = owner.client().create_repository
    assert refused(create_repository, repositoryName="abroad", encryptionConfiguration=encryption) == KEY_WITH_AES256
    assert owner.client().describe_repositories()["repositories"] == []


def test_keys_that_cannot_be_used(admin: Administration, owner: Person, key: KmsKey, registry: RegistryProcess) -> None:
    def attempt(name: str, person: Person = owner) -> tuple[str, str]:
        return refusal(lambda: create(person, encryptionType="KMS", kmsKey=name))

    stranger = new_user(registry, admin, new_account(admin), EVERYTHING, "admin")
    unknown = key.arn.replace(key.id, "00000000-0000-0000-0000-000000000000")
    assert attempt(unknown) == ("NotFoundException", f"Key '{unknown}' does not exist")
    assert attempt(key.arn, stranger) == ("NotFoundException", f"Key '{key.arn}' does not exist")
    assert attempt("no key at all") == ("NotFoundException", "Invalid keyId 'no key at all'")
    admin.run(kms_keys.set_enabled, owner.account, REGION, key.id, enabled=False)
    assert attempt("alias/app") == ("DisabledException", f"{key.arn} is disabled.")
    admin.run(kms_keys.schedule_deletion, owner.account, REGION, key.id, admin.now)
    assert attempt("alias/app") == ("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    assert owner.client().describe_repositories()["repositories"] == []


def test_an_alias_that_moves_leaves_repositories_with_their_key(
    admin: Administration, owner: Person, key: KmsKey
) -> None:
    before = create(owner, encryptionType="KMS", kmsKey="alias/app")
    other = admin.run(kms_keys.create_key, admin.key_sealer, owner.account, REGION, admin.now)
    admin.run(kms_keys.put_alias, owner.account, REGION, "alias/app", other.id)
    after = create(owner, encryptionType="KMS", kmsKey="alias/app")
    assert described(owner, before["repositoryName"])["encryptionConfiguration"]["kmsKey"] == key.arn
    assert after["encryptionConfiguration"]["kmsKey"] == other.arn


def template(owner: Person, **members: Any) -> dict[str, Any]:
    made = owner.client().create_repository_creation_template(prefix="team", appliedFor=["CREATE_ON_PUSH"], **members)
    return made["repositoryCreationTemplate"]


def change(owner: Person, **members: Any) -> dict[str, Any]:
    made = owner.client().update_repository_creation_template(prefix="team", **members)
    return made["repositoryCreationTemplate"]


def role(admin: Administration, owner: Person) -> str:
    return new_role(admin, owner.account, ECR, document(allow("ecr:*")))


@pytest.fixture
def pusher(owner: Person) -> Iterator[OciClient]:
    client = owner.oci()
    yield client
    client.close()


def denied(reply: Any) -> str:
    assert (reply.status, reply.error()["code"]) == (403, "DENIED"), reply.body
    return reply.error()["message"]


def test_a_template_says_how_repositories_are_encrypted(
    admin: Administration, owner: Person, key: KmsKey, pusher: OciClient
) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": key.arn}
    made = template(owner, encryptionConfiguration=encryption, customRoleArn=role(admin, owner))
    assert made["encryptionConfiguration"] == encryption
    assert change(owner, description="later")["encryptionConfiguration"] == encryption
    pusher.push_blob("team/app", b"a layer")
    assert described(owner, "team/app")["encryptionConfiguration"] == encryption
    without = {"encryptionType": "KMS_DSSE"}
    assert change(owner, encryptionConfiguration=without | {"kmsKey": ""})["encryptionConfiguration"] == without
    pusher.push_blob("team/other", b"a layer")
    managed = next(each for each in keys_of(admin, owner) if each.managed)
    assert described(owner, "team/other")["encryptionConfiguration"] == without | {"kmsKey": managed.arn}
    assert change(owner, encryptionConfiguration={"encryptionType": "AES256"})["encryptionConfiguration"] == {
        "encryptionType": "AES256"
    }
    pusher.push_blob("team/third", b"a layer")
    assert described(owner, "team/third")["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert described(owner, "team/app")["encryptionConfiguration"] == encryption


def test_a_template_with_a_key_needs_a_role(
    admin: Administration, owner: Person, key: KmsKey, pusher: OciClient
) -> None:
    template(owner, encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key.arn})
    assert denied(pusher.request("POST", "/v2/team/app/blobs/uploads/")) == (
        "The repository cannot be created: its creation template with the prefix 'team' has a key to encrypt with,"
        " which needs a customRoleArn"
    )
    assert owner.client().describe_repositories()["repositories"] == []
    change(owner, customRoleArn=role(admin, owner))
    pusher.push_blob("team/app", b"a layer")


def test_a_template_whose_key_cannot_be_used_makes_nothing(
    admin: Administration, owner: Person, key: KmsKey, pusher: OciClient
) -> None:
    encryption = {"encryptionType": "KMS", "kmsKey": key.arn}
    template(owner, encryptionConfiguration=encryption, customRoleArn=role(admin, owner))
    admin.run(kms_keys.set_enabled, owner.account, REGION, key.id, enabled=False)
    assert denied(pusher.request("POST", "/v2/team/app/blobs/uploads/")) == f"{key.arn} is disabled."
    assert owner.client().describe_repositories()["repositories"] == []
    admin.run(kms_keys.set_enabled, owner.account, REGION, key.id, enabled=True)
    pusher.push_blob("team/app", b"a layer")


def test_a_template_has_no_key_with_aes256(owner: Person, key: KmsKey) -> None:
    encryption = {"encryptionType": "AES256", "kmsKey": key.arn}
    assert refused(template, owner=owner, encryptionConfiguration=encryption) == KEY_WITH_AES256
    made = template(owner)
    assert refused(change, owner=owner, encryptionConfiguration=encryption) == KEY_WITH_AES256
    found = owner.client().describe_repository_creation_templates(prefixes=["team"])
    assert found["repositoryCreationTemplates"] == [made]


def test_a_registry_that_does_not_encrypt_by_itself_does_it_where_it_is_asked_to(
    fresh_registry: Callable[..., RegistryProcess],
) -> None:
    server = fresh_registry("--encryption", "off")
    ecr = server.client()
    plain = ecr.create_repository(repositoryName="plain")["repository"]
    assert "encryptionConfiguration" not in plain
    for kind in ("AES256", *KMS_TYPES):
        made = ecr.create_repository(
            repositoryName=f"is/{kind.lower()}", encryptionConfiguration={"encryptionType": kind}
        )
        assert made["repository"]["encryptionConfiguration"]["encryptionType"] == kind
    made = ecr.create_repository_creation_template(prefix="team", appliedFor=["CREATE_ON_PUSH"])
    assert "encryptionConfiguration" not in made["repositoryCreationTemplate"]
    with contextlib.closing(server.oci_client()) as oci:
        oci.push_blob("team/app", b"a layer")
    server.stop()
    server.options = ()
    server.start()
    found = {each["repositoryName"]: each for each in ecr.describe_repositories()["repositories"]}
    assert found["plain"] == plain
    assert [name for name in found if "encryptionConfiguration" not in found[name]] == ["plain", "team/app"]
    default = {"encryptionType": "AES256"}
    assert ecr.create_repository(repositoryName="new")["repository"]["encryptionConfiguration"] == default
    (template,) = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    assert template["encryptionConfiguration"] == default
