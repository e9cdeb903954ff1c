"""The audit trail: what is recorded of calls by boto3 and by container tools, when, and what never is."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from administration import Administration, administration
from api_client import upload_layer
from audit_trail import awaited, records
from image_content import Content
from people import EVERYTHING, Person, allow, document, new_account, new_role, new_user
from registry_process import RegistryProcess
from wharfside.registry import identities

Start = Callable[..., RegistryProcess]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MEMBERS = {
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
}


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, "000000000000", made.now)
        yield made


@pytest.fixture(scope="module")
def alice(registry: RegistryProcess, admin: Administration) -> Person:
    return new_user(registry, admin, new_account(admin), EVERYTHING, "alice")


def of(registry: RegistryProcess, repository: str, **wanted: Any) -> list[dict[str, Any]]:
    return records(registry.data, repository=repository, **wanted)


def test_a_change_by_an_sdk(registry: RegistryProcess, alice: Person) -> None:
    answer = alice.client().create_repository(repositoryName="team/made", tags=[{"Key": "stage", "Value": "test"}])
    (record,) = of(registry, "team/made")
    assert record.keys() == MEMBERS | {"resources"}
    assert abs(time.time() - time.mktime(time.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ"))) < 86_400
    assert UUID.fullmatch(record["eventID"])
    assert record["requestID"] == answer["ResponseMetadata"]["RequestId"]
    assert record["userIdentity"] == {
        "type": "IAMUser",
        "principalId": record["userIdentity"]["principalId"],
        "arn": alice.arn,
        "accountId": alice.account,
        "accessKeyId": alice.access_key_id,
        "userName": "alice",
    }
    assert record["userIdentity"]["principalId"].startswith("AIDA")
    assert "Boto3" in record["userAgent"]
    expected = {
        "eventVersion": "1.11",
        "eventSource": "ecr.amazonaws.com",
        "eventName": "CreateRepository",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "requestParameters": {"repositoryName": "team/made", "tags": [{"Key": "stage", "Value": "test"}]},
        "readOnly": False,
        "eventType": "AwsApiCall",
        "recipientAccountId": alice.account,
        "resources": [
            {"ARN": f"arn:aws:ecr:us-east-1:{alice.account}:repository/team/made", "accountId": alice.account}
        ],
    }
    assert expected.items() <= record.items()
    assert record["responseElements"]["repository"]["repositoryName"] == "team/made"


def test_a_push_through_the_api_leaves_bytes_and_manifests_out(registry: RegistryProcess, alice: Person) -> None:
    ecr = alice.client()
    ecr.create_repository(repositoryName="api/push")
    content = b"bytes of a layer, which are no business of the audit trail"
    digest = upload_layer(ecr, "api/push", content)
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": len(content)}
    media_type = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": []})
    ecr.put_image(repositoryName="api/push", imageManifest=manifest, imageTag="v1")
    found = of(registry, "api/push")
    names = ["CreateRepository", "UploadLayerPart", "CompleteLayerUpload", "PutImage"]
    assert [each["eventName"] for each in found] == names
    part, complete, put = found[1:]
    assert part["requestParameters"].keys() == {"repositoryName", "uploadId", "partFirstByte", "partLastByte"}
    assert part["responseElements"]["lastByteReceived"] == len(content) - 1
    assert complete["responseElements"]["layerDigest"] == digest
    assert put["requestParameters"] == {"repositoryName": "api/push", "imageTag": "v1"}
    assert put["responseElements"]["image"]["imageId"]["imageTag"] == "v1"
    assert "schemaVersion" not in json.dumps(found)


def test_a_push_by_a_container_tool_is_recorded_as_operations_of_ecr(registry: RegistryProcess, alice: Person) -> None:
    alice.client().create_repository(repositoryName="tool/push")
    client = alice.oci()
    content = Content()
    digest = content.image("v1")
    content.push(client, "tool/push")
    _, put = of(registry, "tool/push", event="PutImage")
    client.close()
    assert put["userIdentity"]["arn"] == alice.arn
    assert put["userIdentity"]["accessKeyId"] == alice.access_key_id
    assert put["requestParameters"]["registryId"] == alice.account
    assert put["requestParameters"]["imageTag"] == "v1"
    identifier = {"imageDigest": digest["digest"], "imageTag": "v1"}
    assert put["responseElements"]["image"]["imageId"] == identifier
    assert put["additionalEventData"] == {"httpMethod": "PUT", "httpPath": "/v2/tool/push/manifests/v1"}
    layers = of(registry, "tool/push", event="CompleteLayerUpload")
    assert {each["responseElements"]["layerDigest"] for each in layers} == set(content.blobs)


def test_parts_mounts_and_deletions(registry: RegistryProcess, alice: Person) -> None:
    ecr, client = alice.client(), alice.oci()
    for name in ("tool/one", "tool/two"):
        ecr.create_repository(repositoryName=name)
    ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    content = Content()
    image = content.image("v1")
    content.push(client, "tool/one")
    blob = next(iter(content.blobs))
    start = client.request("POST", "/v2/tool/one/blobs/uploads/")
    part = client.request("PATCH", start.location, b"12345")
    assert client.request("DELETE", part.location).status == 204
    mount = client.request("POST", f"/v2/tool/two/blobs/uploads/?mount={blob}&from=tool/one")
    assert mount.status == 201
    assert client.request("DELETE", "/v2/tool/one/manifests/v1").status == 202
    assert client.request("DELETE", f"/v2/tool/one/manifests/{image['digest']}").status == 202
    assert client.request("DELETE", f"/v2/tool/two/blobs/{blob}").status == 202
    client.close()
    upload = start.location.rpartition("/")[2]
    parts = of(registry, "tool/one", event="UploadLayerPart")
    first = {"registryId": alice.account, "repositoryName": "tool/one", "uploadId": upload}
    assert parts[0]["requestParameters"] == first | {"partFirstByte": 0, "partLastByte": 4}
    assert (parts[1]["requestParameters"], parts[1]["additionalEventData"]["httpMethod"]) == (first, "DELETE")
    (mounted,) = of(registry, "tool/two", event="InitiateLayerUpload")
    assert mounted["requestParameters"]["from"] == "tool/one"
    assert mounted["responseElements"]["layerDigest"] == blob
    by_tag, by_digest = of(registry, "tool/one", event="BatchDeleteImage")
    assert by_tag["responseElements"]["imageIds"] == [{"imageTag": "v1"}]
    assert by_digest["requestParameters"]["imageIds"] == [{"imageDigest": image["digest"]}]
    (layer,) = of(registry, "tool/two", event="BatchDeleteImage")
    assert layer["requestParameters"]["layerDigests"] == [blob]


def test_pulls_and_other_reads_are_not_recorded(registry: RegistryProcess, alice: Person) -> None:
    ecr, client = alice.client(), alice.oci()
    ecr.create_repository(repositoryName="quiet")
    content = Content()
    content.image("v1")
    content.push(client, "quiet")
    before = len(of(registry, "quiet"))
    ecr.list_images(repositoryName="quiet")
    assert client.get_manifest("quiet", "v1").status == 200
    assert client.get_manifest("quiet", "absent").status == 404
    with pytest.raises(ClientError):
        ecr.describe_images(repositoryName="quiet", imageIds=[{"imageTag": "absent"}])
    time.sleep(1.2)
    client.close()
    assert len(of(registry, "quiet")) == before


def test_reads_are_recorded_where_that_is_set(fresh_registry: Start) -> None:
    server = fresh_registry("--workers", "2", environment_options={"WHARFSIDE_AUDIT_READS": "true"})
    server.create_repository("loud")
    client = server.oci_client()
    content = Content()
    digest = content.image("v1")["digest"]
    content.push(client, "loud")
    assert client.get_manifest("loud", "v1").status == 200
    assert client.get_manifest("loud", digest, method="HEAD").status == 200
    client.close()
    got = awaited(server.data, 2, event="BatchGetImage")
    assert [each["requestParameters"]["imageIds"] for each in got] == [[{"imageTag": "v1"}], [{"imageDigest": digest}]]
    assert {(each["readOnly"], each["responseElements"]) for each in got} == {(True, None)}
    assert len(awaited(server.data, 2, event="InitiateLayerUpload", repository="loud")) == len(content.blobs)
    (token,) = awaited(server.data, event="GetAuthorizationToken")
    assert token["responseElements"] is None


def test_denials_are_recorded_soon(registry: RegistryProcess, admin: Administration) -> None:
    account = new_account(admin)
    guest = new_user(registry, admin, account, document(allow("ecr:GetAuthorizationToken")), "guest")
    with pytest.raises(ClientError):
        guest.client().list_images(repositoryName="secret")
    client = guest.oci()
    assert client.get_manifest("secret", "latest").status == 403
    client.close()
    by_api, by_tool = awaited(registry.data, 2, repository="secret", account=account, errors=True)
    assert (by_api["eventName"], by_tool["eventName"]) == ("ListImages", "BatchGetImage")
    for record in (by_api, by_tool):
        assert record["errorCode"] == "AccessDeniedException"
        assert record["errorMessage"].startswith(f"User: {guest.arn} is not authorized to perform: ecr:")
        assert record["userIdentity"]["userName"] == "guest"
        assert record["responseElements"] is None


def test_failed_changes(registry: RegistryProcess, alice: Person) -> None:
    with pytest.raises(ClientError):
        alice.client().delete_repository(repositoryName="never/there")
    (failed,) = awaited(registry.data, repository="never/there")
    assert (failed["eventName"], failed["errorCode"]) == ("DeleteRepository", "RepositoryNotFoundException")


def test_failed_sign_ins(fresh_registry: Start) -> None:
    registry = fresh_registry()
    stranger = registry.client(aws_access_key_id="AKIASTRANGERSTRANGER")
    with pytest.raises(ClientError):
        stranger.describe_registry()
    (unknown,) = awaited(registry.data, event="DescribeRegistry", errors=True)
    assert unknown["errorCode"] == "UnrecognizedClientException"
    who = {"type": "Unknown", "principalId": "", "accessKeyId": "AKIASTRANGERSTRANGER"}
    assert (unknown["userIdentity"], unknown["recipientAccountId"]) == (who, "")
    wrong = registry.client(aws_secret_access_key="wrong")
    with pytest.raises(ClientError):
        wrong.describe_repositories()
    (forged,) = awaited(registry.data, event="DescribeRepositories", errors=True)
    assert forged["errorCode"] == "InvalidSignatureException"
    client = registry.oci_client("not a token")
    assert client.request("GET", "/v2/").status == 401
    assert client.get_manifest("some/where", "latest").status == 401
    client.close()
    awaited(registry.data, event="ApiVersionCheck", errors=True)
    (pull,) = awaited(registry.data, event="BatchGetImage", errors=True)
    assert pull["requestParameters"] == {"repositoryName": "some/where"}
    assert "not a token" not in json.dumps(records(registry.data))


def test_what_may_be_a_secret_is_not_recorded(registry: RegistryProcess) -> None:
    """Somebody who pastes the secret in place of the access key id."""
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00"
    with pytest.raises(ClientError):
        registry.client(aws_access_key_id=secret).describe_repositories()
    awaited(registry.data, event="DescribeRepositories", errors=True)
    time.sleep(1.2)
    assert secret not in json.dumps(records(registry.data))


def asks_for(record: dict[str, Any], role: str) -> bool:
    return (record["requestParameters"] or {}).get("roleArn") == role


def test_credentials_that_are_given_out(registry: RegistryProcess, admin: Administration, alice: Person) -> None:
    role = new_role(admin, alice.account, {"AWS": alice.arn}, EVERYTHING)
    session = alice.assume(role)
    (record,) = awaited(
        registry.data,
        event="AssumeRole",
        principal=alice.arn,
        matching=lambda record: "errorCode" not in record and asks_for(record, role),
    )
    assert record["eventSource"] == "sts.amazonaws.com"
    assert record["requestParameters"] == {"roleArn": role, "roleSessionName": "job-1"}
    assert record["responseElements"]["credentials"]["accessKeyId"] == session.access_key_id
    assert session.secret_access_key not in json.dumps(record)
    session.client().create_repository(repositoryName="by/role")
    (made,) = of(registry, "by/role")
    who = made["userIdentity"]
    assert (who["type"], who["arn"]) == ("AssumedRole", session.arn)
    assert who["sessionContext"]["sessionIssuer"]["arn"] == role
    denied = new_role(admin, alice.account, {"AWS": "arn:aws:iam::999999999999:root"})
    with pytest.raises(ClientError):
        alice.assume(denied)
    awaited(
        registry.data,
        event="AssumeRole",
        errors=True,
        matching=lambda record: asks_for(record, denied),
    )


def test_a_flood_of_refusals_is_dropped_and_counted(fresh_registry: Start) -> None:
    server = fresh_registry()
    client = server.oci_client("no token")
    for _ in range(400):
        assert client.request("GET", "/v2/").status == 401
    client.close()
    reader = server.oci_client(password=None)
    text = reader.request("GET", "/metrics").body.decode()
    reader.close()
    (dropped,) = re.findall(r"^wharfside_audit_dropped_records_total (\S+)$", text, re.MULTILINE)
    assert float(dropped) > 0
    assert len(awaited(server.data, 400 - int(float(dropped)), event="ApiVersionCheck")) + float(dropped) == 400


def test_lines_in_a_file(fresh_registry: Start, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("trail") / "audit.jsonl"
    server = fresh_registry("--workers", "2", environment_options={"WHARFSIDE_AUDIT_FILE": str(file)})
    for number in range(8):
        server.create_repository(f"many/{number}")
    client = server.oci_client("no token")
    client.request("GET", "/v2/")
    client.close()
    server.stop()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    server.start()
    assert sorted(line["eventID"] for line in lines) == sorted(each["eventID"] for each in records(server.data))
    # The account of the first start, the repositories, and who was refused.
    assert len(lines) == 1 + 8 + 1
    assert lines[0]["eventName"] == "CreateAccount"
    assert file.stat().st_mode & 0o077 == 0


def test_accounts_that_the_registry_makes_by_itself(fresh_registry: Start) -> None:
    server = fresh_registry("--open")
    client = server.client(aws_access_key_id="111122223333", aws_secret_access_key="any")
    for _ in range(2):
        client.describe_repositories()
    server.stop()
    server.start()
    first, second = records(server.data, event="CreateAccount")
    administrator = {"arn": f"arn:aws:iam::{server.account}:user/admin", "accessKeyId": server.access_key_id}
    assert first["serviceEventDetails"] == {"administrator": administrator}
    assert second["serviceEventDetails"] == {"openMode": True}
    assert [each["recipientAccountId"] for each in (first, second)] == [server.account, "111122223333"]
    for each in (first, second):
        assert each["userIdentity"] == {"type": "AWSService", "invokedBy": "ecr.amazonaws.com"}
        assert (each["eventSource"], each["eventType"]) == ("iam.amazonaws.com", "AwsServiceEvent")
    assert server.secret_access_key not in json.dumps(first)


def test_lines_on_standard_output(fresh_registry: Start) -> None:
    server = fresh_registry(environment_options={"WHARFSIDE_AUDIT_FILE": "-"})
    server.create_repository("said")
    deadline = time.monotonic() + 5
    while '"eventName":"CreateRepository"' not in server.log():
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.05)


def test_what_is_acknowledged_is_recorded_whatever_happens(fresh_registry: Start) -> None:
    """After a kill, every change has its record, and every record its change."""
    server = fresh_registry()
    acknowledged = [server.create_repository(f"kept/{number}") for number in range(10)]
    server.kill()
    database = sqlite3.connect(server.data / "registry.db")
    made = {name for (name,) in database.execute("SELECT name FROM repository")}
    about_repositories = "SELECT repository FROM audit_record WHERE error IS NULL AND repository IS NOT NULL"
    recorded = {name for (name,) in database.execute(about_repositories)}
    database.close()
    assert set(acknowledged) <= made == recorded
    server.start()
