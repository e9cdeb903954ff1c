"""The registry as a whole: DescribeRegistry, tokens, STS, and the addresses that answers give."""

from __future__ import annotations

import base64
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api_client import answer_of, call, refused, sign
from image_content import Content
from oci_client import OciClient
from registry_process import RegistryProcess

ACCOUNT, OTHER = "000000000000", "111111111111"
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:user/admin"


@pytest.fixture(scope="module")
def ecr(registry: RegistryProcess) -> Any:
    return registry.client()


def test_describe_registry(ecr: Any) -> None:
    answer = ecr.describe_registry()
    assert (answer["registryId"], answer["replicationConfiguration"]) == (ACCOUNT, {"rules": []})


def test_a_token_for_each_registry_that_was_asked_for(registry: RegistryProcess, ecr: Any) -> None:
    for ids in ({}, {"registryIds": [ACCOUNT]}, {"registryIds": [ACCOUNT, OTHER]}):
        data = ecr.get_authorization_token(**ids)["authorizationData"]
        assert len(data) == len(ids.get("registryIds", [ACCOUNT]))
        assert all(each["proxyEndpoint"] == registry.url for each in data)
        for each in data:
            assert abs(each["expiresAt"].timestamp() - time.time() - 12 * 3600) < 60
            user, _, password = base64.b64decode(each["authorizationToken"]).decode().partition(":")
            client = OciClient(registry.host, user=user, password=password)
            assert client.request("GET", "/v2/").status == 200
            client.close()
        assert len({each["authorizationToken"] for each in data}) == len(data)


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        (["1"], "Member must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]{12}]"),
        ([], "Member must have length greater than or equal to 1"),
        ([ACCOUNT] * 11, "Member must have length less than or equal to 10"),
    ],
)
def test_registry_ids(registry: RegistryProcess, ids: list[str], reason: str) -> None:
    answer = call(registry, "GetAuthorizationToken", {"registryIds": ids})
    assert answer.message == f"Invalid parameter at 'registryIds' failed to satisfy constraint: '{reason}'"


OTHER_ACCOUNTS: list[tuple[str, dict[str, Any], str]] = [
    ("BatchCheckLayerAvailability", {"layerDigests": ["sha256:" + "0" * 64]}, ""),
    ("BatchDeleteImage", {"imageIds": [{"imageTag": "a"}]}, ""),
    ("BatchGetImage", {"imageIds": [{"imageTag": "a"}]}, ""),
    ("CreateRepository", {}, ""),
    ("DeleteRepository", {"force": True}, ""),
    ("DescribeImages", {}, ""),
    ("GetDownloadUrlForLayer", {"layerDigest": "sha256:" + "0" * 64}, ""),
    ("InitiateLayerUpload", {}, ""),
    ("ListImageReferrers", {"subjectId": {"imageDigest": "sha256:" + "0" * 64}}, "BatchGetImage"),
    ("ListImages", {}, ""),
    ("PutImage", {"imageManifest": "{}"}, ""),
    ("PutImageTagMutability", {"imageTagMutability": "MUTABLE"}, ""),
]


@pytest.mark.parametrize(("operation", "members", "action"), OTHER_ACCOUNTS, ids=lambda value: str(value)[:20])
def test_another_accounts_registry(
    registry: RegistryProcess, repository: str, operation: str, members: dict[str, Any], action: str
) -> None:
    answer = call(registry, operation, members | {"registryId": OTHER, "repositoryName": repository})
    action = f"ecr:{action or operation}"
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert answer.message == (
        f"User: {ADMINISTRATOR} is not authorized to perform: {action} on resource:"
        f" arn:aws:ecr:us-east-1:{OTHER}:repository/{repository}"
        f" because no resource-based policy allows the {action} action"
    )


def test_another_accounts_list_of_repositories(ecr: Any, repository: str) -> None:
    message = (
        f"User: {ADMINISTRATOR} is not authorized to perform: ecr:DescribeRepositories on resource:"
        f" arn:aws:ecr:us-east-1:{OTHER}:repository/*"
        " because no resource-based policy allows the ecr:DescribeRepositories action"
    )
    assert refused(ecr.describe_repositories, registryId=OTHER) == ("AccessDeniedException", message)
    code, message = refused(ecr.describe_repositories, registryId=OTHER, repositoryNames=[repository])
    assert code == "AccessDeniedException"
    assert f":{OTHER}:repository/{repository} because" in message


def test_ones_own_registry_id(ecr: Any, repository: str) -> None:
    assert ecr.list_images(registryId=ACCOUNT, repositoryName=repository)["imageIds"] == []
    assert ecr.describe_repositories(registryId=ACCOUNT, repositoryNames=[repository])["repositories"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "aws-global"])
def test_caller_identity(registry: RegistryProcess, region: str) -> None:
    answer = registry.client("sts", region_name=region).get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (ACCOUNT, ADMINISTRATOR)
    assert answer["UserId"].startswith("AIDA")
    assert answer["ResponseMetadata"]["RequestId"]


def test_caller_identity_by_presigned_url(registry: RegistryProcess) -> None:
    url = registry.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
    with urllib.request.urlopen(url, timeout=10) as answer:
        document = ElementTree.parse(answer)
    names = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/"}
    assert document.findtext(".//sts:Arn", namespaces=names) == ADMINISTRATOR
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("GetCallerIdentity", "AssumeRole"), timeout=10)
    caught.value.close()
    assert caught.value.code == 403


def test_sts_refusals(registry: RegistryProcess) -> None:
    with pytest.raises(ClientError) as caught:
        registry.client("sts", aws_secret_access_key="wrong").get_caller_identity()
    assert answer_of(caught.value)["Error"]["Code"] == "SignatureDoesNotMatch"
    assert answer_of(caught.value)["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError) as caught:
        registry.client("sts", aws_access_key_id="AKIAUNKNOWN").get_caller_identity()
    assert answer_of(caught.value)["Error"]["Code"] == "InvalidClientTokenId"
    with pytest.raises(ClientError) as caught:
        registry.client("sts").get_federation_token(Name="me")
    assert answer_of(caught.value)["ResponseMetadata"]["HTTPStatusCode"] == 400


def addresses(registry: RegistryProcess, repository: str, host: str) -> tuple[str, str]:
    """What answers say to somebody who reached the server by this host name."""
    answer = call(registry, "DescribeRepositories", {"repositoryNames": [repository]}, host=host)
    token = call(registry, "GetAuthorizationToken", host=host)
    (described,) = answer.json()["repositories"]
    return described["repositoryUri"], token.json()["authorizationData"][0]["proxyEndpoint"]


@pytest.mark.parametrize(
    "host",
    ["registry.internal:8080", "localhost", "[::1]:5000", f"{ACCOUNT}.dkr.ecr.us-east-1.localhost:5000"],
)
def test_addresses_follow_the_host_header(registry: RegistryProcess, repository: str, host: str) -> None:
    assert addresses(registry, repository, host) == (f"{host}/{repository}", f"http://{host}")


def test_download_urls_follow_the_host_header(registry: RegistryProcess, oci: OciClient, repository: str) -> None:
    content = Content()
    content.image("latest", layers=1)
    content.push(oci, repository)
    members = {"repositoryName": repository, "layerDigest": next(iter(content.blobs))}
    answer = call(registry, "GetDownloadUrlForLayer", members, host="mirror.example:99")
    assert answer.json()["downloadUrl"].startswith("http://mirror.example:99/layers/sha256:")


def test_a_token_for_another_registry_names_its_host(registry: RegistryProcess) -> None:
    host = f"{ACCOUNT}.dkr.ecr.us-east-1.localhost:5000"
    answer = call(registry, "GetAuthorizationToken", {"registryIds": [OTHER]}, host=host)
    (data,) = answer.json()["authorizationData"]
    assert data["proxyEndpoint"] == f"http://{OTHER}.dkr.ecr.us-east-1.localhost:5000"


def test_a_registry_host_selects_account_and_region(registry: RegistryProcess, repository: str) -> None:
    here, abroad = (f"{ACCOUNT}.dkr.ecr.{region}.localhost" for region in ("us-east-1", "eu-west-1"))
    answer = call(registry, "ListImages", {"repositoryName": repository}, host=here)
    assert answer.json() == {"imageIds": []}
    answer = call(registry, "ListImages", {"repositoryName": repository}, host=abroad)
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")
    answer = call(registry, "ListImages", {"repositoryName": repository}, host=abroad, region="eu-west-1")
    assert answer.code == "RepositoryNotFoundException"
    answer = call(registry, "ListImages", {"repositoryName": repository}, host=here.replace(ACCOUNT, OTHER))
    assert answer.code == "AccessDeniedException"
    assert f":{OTHER}:repository/" in answer.message


def test_host_names_are_the_same_in_capitals(registry: RegistryProcess, repository: str, password: str) -> None:
    for host in (f"{OTHER}.DKR.ECR.us-east-1.localhost", f"{OTHER}.dkr.ecr.US-EAST-1.localhost.:5000"):
        answer = call(registry, "ListImages", {"repositoryName": repository}, host=host)
        assert answer.code == "AccessDeniedException"
        assert f":{OTHER}:repository/" in answer.message
        client = OciClient(registry.host, password=password, host_header=host)
        assert client.list_tags(repository).status == 403
        client.close()
    abroad = f"{ACCOUNT}.Dkr.Ecr.eu-west-1.localhost"
    answer = call(registry, "ListImages", {"repositoryName": repository}, host=abroad)
    assert answer.code == "InvalidSignatureException"
    client = OciClient(registry.host, password=password, host_header=abroad)
    assert client.list_tags(repository).status == 401
    client.close()


def test_a_host_that_is_none(registry: RegistryProcess) -> None:
    for host in ("a b", "a/b", "evil.example\\@x", "<script>", "a:b:c"):
        spoilt = sign(registry, "DescribeRegistry", host=host)
        answer = spoilt.send(registry)
        assert answer.status == 400
        assert host.encode() not in answer.body


def test_configured_registry_host(fresh_registry: Callable[..., RegistryProcess]) -> None:
    server = fresh_registry("--registry-host", "https://{account}.dkr.ecr.{region}.example.com")
    server.create_repository("named")
    for host in (server.host, "localhost", f"{ACCOUNT}.dkr.ecr.us-east-1.example.com"):
        name = f"{ACCOUNT}.dkr.ecr.us-east-1.example.com"
        assert addresses(server, "named", host) == (f"{name}/named", f"https://{name}")
    answer = call(server, "DescribeRegistry", host=f"{ACCOUNT}.dkr.ecr.eu-west-1.example.com")
    assert answer.code == "InvalidSignatureException"
    answer = call(server, "DescribeRegistry", host=f"{OTHER}.dkr.ecr.us-east-1.EXAMPLE.com")
    assert answer.code == "AccessDeniedException"


@pytest.mark.parametrize("name", ["{account}.registry.example.com", "{region}.registry.example.com"])
def test_a_host_name_may_say_only_one_of_account_and_region(
    fresh_registry: Callable[..., RegistryProcess], name: str
) -> None:
    """What a name does not say is that of the signature or of the token."""
    server = fresh_registry("--registry-host", name)
    server.create_repository("named")

    def refusals(account: str, region: str) -> tuple[str | None, int]:
        host = name.format(account=account, region=region)
        answer = call(server, "ListImages", {"repositoryName": "named"}, host=host)
        client = OciClient(server.host, password=server.password(), host_header=host)
        status = client.list_tags("named").status
        client.close()
        return None if answer.status == 200 else answer.code, status

    assert refusals(ACCOUNT, "us-east-1") == (None, 200)
    says_account = "account" in name
    assert refusals(OTHER, "us-east-1") == (("AccessDeniedException", 403) if says_account else (None, 200))
    expected = (None, 200) if says_account else ("InvalidSignatureException", 401)
    assert refusals(ACCOUNT, "eu-west-1") == expected
