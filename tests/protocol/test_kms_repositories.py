"""Repositories that a key of the key store encrypts: pushed, pulled, and what is refused while it cannot be used."""

from __future__ import annotations

import contextlib
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import Connection, select

from administration import Administration, administration
from api_client import answer_of, upload_layer
from image_content import LAYER, Content
from oci_client import OciClient, Reply, digest_of
from registry_process import RegistryProcess
from wharfside.registry import kms_keys
from wharfside.store.kms_keys import KmsKey, find_material
from wharfside.store.tables import audit_record

ACCOUNT, REGION = "000000000000", "us-east-1"
Start = Callable[..., RegistryProcess]


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        yield made


def make_key(admin: Administration) -> KmsKey:
    return admin.run(kms_keys.create_key, admin.key_sealer, ACCOUNT, REGION, admin.now)


@dataclass(frozen=True)
class Encrypted:
    """A repository that a key encrypts, with an image of the tag `v1`."""

    registry: RegistryProcess
    admin: Administration
    oci: OciClient
    name: str
    key: KmsKey
    content: Content

    @property
    def layer(self) -> str:
        return self.manifest["layers"][0]["digest"]

    @property
    def manifest(self) -> Any:
        return json.loads(self.content.manifests[self.content.tags["v1"]])

    @property
    def disabled(self) -> str:
        return f"{self.key.arn} is disabled."

    def set_enabled(self, enabled: bool) -> None:
        self.admin.run(kms_keys.set_enabled, ACCOUNT, REGION, self.key.id, enabled=enabled)

    def check(self) -> None:
        """Pull everything."""
        for digest, blob in self.content.blobs.items():
            assert self.oci.get_blob(self.name, digest).body == blob
        for tag, digest in self.content.tags.items():
            assert self.oci.get_manifest(self.name, tag).body == self.content.manifests[digest]


def new_repository(registry: RegistryProcess, **encryption: str) -> str:
    return registry.create_repository(f"kms/{secrets.token_hex(6)}", encryptionConfiguration=encryption)


def encrypt(registry: RegistryProcess, admin: Administration, oci: OciClient, kind: str = "KMS") -> Encrypted:
    key = make_key(admin)
    name = new_repository(registry, encryptionType=kind, kmsKey=key.arn)
    content = Content()
    content.image("v1")
    content.blob(secrets.token_bytes(700_000), LAYER)
    content.push(oci, name)
    return Encrypted(registry, admin, oci, name, key, content)


@pytest.fixture(params=["KMS", "KMS_DSSE"])
def encrypted(
    registry: RegistryProcess, admin: Administration, oci: OciClient, request: pytest.FixtureRequest
) -> Encrypted:
    return encrypt(registry, admin, oci, request.param)


def refusal(work: Callable[..., object], **members: Any) -> tuple[str, str]:
    """The KMS code and the message of a KmsException."""
    with pytest.raises(ClientError) as caught:
        work(**members)
    answer = answer_of(caught.value)
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("KmsException", 400)
    return answer["kmsError"], answer["Error"]["Message"]


def denied(reply: Reply) -> str:
    assert (reply.status, reply.error()["code"]) == (403, "DENIED"), (reply.status, reply.body[:500])
    return reply.error()["message"]


def fetched(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def stored_files(data: Path) -> list[bytes]:
    files: list[bytes] = []
    for folder in ("blobs", "uploads"):
        for path in (data / folder).rglob("*"):
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                files.append(path.read_bytes())
    return files


def test_what_was_pushed_is_pulled_and_is_not_on_the_disk(encrypted: Encrypted) -> None:
    encrypted.check()
    big = max(encrypted.content.blobs.values(), key=len)
    part = encrypted.oci.get_blob(encrypted.name, digest_of(big), Range="bytes=262140-262160")
    assert (part.status, part.body) == (206, big[262140:262161])
    files = stored_files(encrypted.registry.data)
    assert files
    for content in encrypted.content.blobs.values():
        assert not any(content[start : start + 32] in file for file in files for start in (0, len(content) // 2))


def test_through_the_api(encrypted: Encrypted) -> None:
    ecr, name, layer = encrypted.registry.client(), encrypted.name, secrets.token_bytes(300_000)
    digest = upload_layer(ecr, name, layer)
    document = {**encrypted.manifest, "layers": [{"mediaType": LAYER, "digest": digest, "size": len(layer)}]}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(document), imageTag="v2")
    url = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest)["downloadUrl"]
    assert fetched(url) == (200, layer)
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v2"}])["images"]
    assert json.loads(image["imageManifest"]) == document


def test_a_disabled_key_refuses_every_step_of_a_push_through_the_api(encrypted: Encrypted) -> None:
    ecr, name = encrypted.registry.client(), encrypted.name
    fresh, begun = (ecr.initiate_layer_upload(repositoryName=name)["uploadId"] for _ in range(2))
    part = {"repositoryName": name, "partFirstByte": 0, "partLastByte": 4, "layerPartBlob": b"bytes"}
    ecr.upload_layer_part(uploadId=begun, **part)
    encrypted.set_enabled(False)
    disabled = ("DisabledException", encrypted.disabled)
    complete = {"repositoryName": name, "layerDigests": [digest_of(b"bytes")]}
    assert refusal(ecr.initiate_layer_upload, repositoryName=name) == disabled
    assert refusal(ecr.upload_layer_part, uploadId=fresh, **part) == disabled
    more = part | {"partFirstByte": 5, "partLastByte": 9}
    assert refusal(ecr.upload_layer_part, uploadId=begun, **more) == disabled
    assert refusal(ecr.complete_layer_upload, uploadId=begun, **complete) == disabled
    image = {"repositoryName": name, "imageManifest": json.dumps(encrypted.manifest), "imageTag": "v2"}
    assert refusal(ecr.put_image, **image) == disabled
    encrypted.set_enabled(True)
    assert ecr.complete_layer_upload(uploadId=begun, **complete)["layerDigest"] == digest_of(b"bytes")
    ecr.upload_layer_part(uploadId=fresh, **part)
    ecr.put_image(**image)


def test_a_disabled_key_refuses_every_step_of_a_push_by_docker(encrypted: Encrypted, other_repository: str) -> None:
    oci, name = encrypted.oci, encrypted.name
    blob, digest = b"a layer", digest_of(b"a layer")
    fresh, begun = (oci.start_upload(name) for _ in range(2))
    begun = oci.patch_upload(begun, b"a la").location
    elsewhere = new_repository(encrypted.registry, encryptionType="AES256")
    encrypted.set_enabled(False)
    disabled = encrypted.disabled
    assert denied(oci.request("POST", f"/v2/{name}/blobs/uploads/")) == disabled
    assert denied(oci.request("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", body=blob)) == disabled
    mount = f"/v2/{name}/blobs/uploads/?mount={encrypted.layer}&from={elsewhere}"
    assert denied(oci.request("POST", mount)) == disabled
    assert denied(oci.put_upload(fresh, digest, blob)) == disabled
    assert denied(oci.patch_upload(fresh, b"x" * 300_000)) == disabled
    assert denied(oci.put_upload(begun, digest, b"yer")) == disabled
    manifest = json.dumps(encrypted.manifest | {"annotations": {"n": "1"}}).encode()
    assert denied(oci.put_manifest(name, "v2", manifest)) == disabled
    encrypted.set_enabled(True)
    assert oci.put_upload(begun, digest, b"yer").status == 201
    assert oci.put_upload(fresh, digest, blob).status == 201
    assert oci.put_manifest(name, "v2", manifest).status == 201
    assert oci.get_blob(name, digest).body == blob


def test_a_disabled_key_refuses_every_pull(encrypted: Encrypted) -> None:
    oci, name, ecr = encrypted.oci, encrypted.name, encrypted.registry.client()
    digest = encrypted.content.tags["v1"]
    url = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=encrypted.layer)["downloadUrl"]
    encrypted.set_enabled(False)
    for blob in encrypted.content.blobs:
        assert denied(oci.get_blob(name, blob)) == encrypted.disabled
        assert denied(oci.get_blob(name, blob, Range="bytes=1-3")) == encrypted.disabled
    for reference in ("v1", digest):
        assert denied(oci.get_manifest(name, reference)) == encrypted.disabled
        assert oci.get_manifest(name, reference, "HEAD").status == 403
    ids = [{"imageTag": "v1"}, {"imageDigest": digest}, {"imageTag": "missing"}]
    answer = ecr.batch_get_image(repositoryName=name, imageIds=ids)
    assert answer["images"] == []
    assert [(each["imageId"], each["failureCode"], each["failureReason"]) for each in answer["failures"]] == [
        (ids[0], "KmsError", encrypted.disabled),
        (ids[1], "KmsError", encrypted.disabled),
        (ids[2], "ImageNotFound", "Requested image not found"),
    ]
    status, body = fetched(url)
    assert (status, json.loads(body)["errors"][0]["message"]) == (403, encrypted.disabled)
    encrypted.set_enabled(True)
    encrypted.check()
    assert fetched(url)[0] == 200
    assert len(ecr.batch_get_image(repositoryName=name, imageIds=ids)["images"]) == 2


def test_others_are_not_affected_and_what_needs_no_key_goes_on(
    encrypted: Encrypted, registry: RegistryProcess, admin: Administration, oci: OciClient, repository: str
) -> None:
    other, ecr = encrypt(registry, admin, oci), registry.client()
    aes256 = new_repository(registry, encryptionType="AES256")
    content = Content()
    content.image("v1")
    encrypted.set_enabled(False)
    for name in (aes256, repository):
        content.push(oci, name)
        for digest, blob in content.blobs.items():
            assert oci.get_blob(name, digest).body == blob
    other.check()
    details = ecr.describe_images(repositoryName=encrypted.name)["imageDetails"]
    assert [each["imageTags"] for each in details] == [["v1"]]
    (found,) = ecr.describe_repositories(repositoryNames=[encrypted.name])["repositories"]
    assert found["encryptionConfiguration"]["kmsKey"] == encrypted.key.arn
    layers = ecr.batch_check_layer_availability(repositoryName=encrypted.name, layerDigests=[encrypted.layer])
    assert [each["layerAvailability"] for each in layers["layers"]] == ["AVAILABLE"]
    gone = ecr.batch_delete_image(repositoryName=encrypted.name, imageIds=[{"imageTag": "v1"}])
    assert gone["failures"] == []
    ecr.delete_repository(repositoryName=encrypted.name, force=True)


def test_a_rotation_leaves_what_was_pushed_before_readable(encrypted: Encrypted) -> None:
    begun = encrypted.oci.patch_upload(encrypted.oci.start_upload(encrypted.name), b"before ").location
    encrypted.admin.run(
        kms_keys.rotate_key, encrypted.admin.key_sealer, ACCOUNT, REGION, encrypted.key.id, encrypted.admin.now
    )
    whole = b"before after"
    assert encrypted.oci.put_upload(begun, digest_of(whole), b"after").status == 201
    later = Content()
    later.image("v2")
    later.push(encrypted.oci, encrypted.name)
    encrypted.check()
    for digest, blob in later.blobs.items():
        assert encrypted.oci.get_blob(encrypted.name, digest).body == blob
    assert encrypted.oci.get_blob(encrypted.name, digest_of(whole)).body == whole


def test_a_deleted_key_is_gone_for_good_and_nothing_else_is(encrypted: Encrypted) -> None:
    admin, key = encrypted.admin, encrypted.key
    admin.run(kms_keys.schedule_deletion, ACCOUNT, REGION, key.id, admin.now - 8 * 86_400, 7)
    pending = f"{key.arn} is pending deletion."
    assert denied(encrypted.oci.get_manifest(encrypted.name, "v1")) == pending
    assert admin.run(kms_keys.destroy_due_keys, admin.now, 100)
    missing = f"Key '{key.arn}' does not exist"
    assert denied(encrypted.oci.get_manifest(encrypted.name, "v1")) == missing
    assert denied(encrypted.oci.get_blob(encrypted.name, encrypted.layer)) == missing
    ecr = encrypted.registry.client()
    assert refusal(ecr.initiate_layer_upload, repositoryName=encrypted.name) == ("NotFoundException", missing)
    made = ecr.delete_repository(repositoryName=encrypted.name, force=True)["repository"]
    assert made["encryptionConfiguration"]["kmsKey"] == key.arn


def test_repositories_share_blobs_only_with_those_of_the_same_type_and_key(
    registry: RegistryProcess, admin: Administration, oci: OciClient
) -> None:
    source = encrypt(registry, admin, oci)

    def mounted(**encryption: str) -> bool:
        target = new_repository(registry, **encryption)
        reply = oci.request("POST", f"/v2/{target}/blobs/uploads/?mount={source.layer}&from={source.name}")
        assert reply.status in (201, 202)
        assert (oci.get_blob(target, source.layer, "HEAD").status == 200) is (reply.status == 201)
        return reply.status == 201

    assert mounted(encryptionType="KMS", kmsKey=source.key.arn)
    assert not mounted(encryptionType="KMS_DSSE", kmsKey=source.key.arn)
    assert not mounted(encryptionType="KMS", kmsKey=make_key(admin).arn)
    assert not mounted(encryptionType="AES256")


def test_keys_and_sessions_outlive_restarts(fresh_registry: Start) -> None:
    server = fresh_registry()
    with administration(server.data) as admin, contextlib.closing(server.oci_client()) as oci:
        made = encrypt(server, admin, oci)
        location = oci.patch_upload(oci.start_upload(made.name), b"before ").location
        server.stop()
        server.start()
        made.check()
        whole = b"before after"
        assert oci.put_upload(location, digest_of(whole), b"after").status == 201
        assert oci.get_blob(made.name, digest_of(whole)).body == whole
        made.set_enabled(False)
        server.stop()
        server.start()
        assert denied(oci.get_blob(made.name, made.layer)) == made.disabled


def test_every_worker_sees_a_change_at_once(fresh_registry: Start) -> None:
    server = fresh_registry("--workers", "2")
    with administration(server.data) as admin, contextlib.closing(server.oci_client()) as oci:
        made = encrypt(server, admin, oci)
        for enabled in (False, True, False):
            made.set_enabled(enabled)
            for _ in range(12):  # connections of their own, which either worker takes
                with contextlib.closing(server.oci_client(server.password())) as client:
                    assert client.get_manifest(made.name, "v1").status == (200 if enabled else 403)
                    assert client.get_blob(made.name, made.layer).status == (200 if enabled else 403)


def test_nothing_about_keys_is_logged_or_recorded(fresh_registry: Start) -> None:
    server = fresh_registry("--access-log")
    with administration(server.data) as admin, contextlib.closing(server.oci_client()) as oci:
        made = encrypt(server, admin, oci)
        made.check()
        made.set_enabled(False)
        denied(oci.get_blob(made.name, made.layer))
        material = admin.run(material_of, admin, made.key)
        records = admin.run(audit_contents)
    said = server.log().encode() + "".join(records).encode()
    for secret in (material, material.hex().encode()):
        assert secret not in said


def material_of(connection: Connection, admin: Administration, key: KmsKey) -> bytes:
    found = find_material(connection, key.id)
    assert found is not None
    return kms_keys.open_material(admin.key_sealer, key.id, found)


def audit_contents(connection: Connection) -> list[str]:
    return list(connection.scalars(select(audit_record.c.content)))
