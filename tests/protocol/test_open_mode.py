"""Open mode: no identity is asked for, accounts are made by naming them, and nobody from outside gets in."""

from __future__ import annotations

import json
import os
import pty
import secrets
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api_client import answer_of
from image_content import Content
from oci_client import OciClient, digest_of
from registry_process import RegistryProcess, free_port

OTHER = "111122223333"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path_factory.mktemp("open") / "data", free_port(), ("--open", "--workers", "2"))
    process.start()
    yield process
    process.stop()


def client(registry: RegistryProcess, key: str, service: str = "ecr", **options: Any) -> Any:
    options = {"aws_access_key_id": key, "aws_secret_access_key": "anything"} | options
    return registry.client(service, **options)


def names(ecr: Any) -> set[str]:
    return {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}


def host(registry: RegistryProcess, account: str, region: str = "us-east-1") -> str:
    return f"{account}.dkr.ecr.{region}.localhost:{registry.port}"


@pytest.mark.parametrize(
    ("key", "account"),
    [(OTHER, OTHER), ("AKIAIOSFODNN7EXAMPLE", "000000000000"), ("test", "000000000000"), ("1234", "000000000000")],
)
def test_the_access_key_selects_the_account(opened: RegistryProcess, key: str, account: str) -> None:
    assert client(opened, key, "sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    made = client(opened, key).create_repository(repositoryName=f"of/{key.lower()}")["repository"]
    assert made["registryId"] == account


def test_accounts_are_apart(opened: RegistryProcess) -> None:
    first, second = client(opened, "222222222222"), client(opened, "222222222223")
    first.create_repository(repositoryName="mine")
    assert names(first) == {"mine"}
    assert names(second) == set()
    with pytest.raises(ClientError, match="AccessDenied"):
        second.describe_repositories(registryId="222222222222")


def test_regions_come_from_the_credential_scope(opened: RegistryProcess) -> None:
    client(opened, "222222222224", region_name="eu-west-3").create_repository(repositoryName="there")
    assert names(client(opened, "222222222224")) == set()
    assert names(client(opened, "222222222224", region_name="eu-west-3")) == {"there"}


def test_session_tokens_and_presigned_urls_are_fine(opened: RegistryProcess) -> None:
    sts = client(opened, OTHER, "sts", aws_session_token="of nobody")
    assert sts.get_caller_identity()["Account"] == OTHER
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert OTHER in urllib.request.urlopen(url, timeout=10).read().decode()


def test_a_request_without_a_signature_is_still_refused(opened: RegistryProcess) -> None:
    headers = {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}
    anonymous = opened.oci_client(password=None)
    reply = anonymous.request("POST", "/", b"{}", headers=headers)
    assert (reply.status, json.loads(reply.body)["__type"]) == (400, "MissingAuthenticationTokenException")
    broken = headers | {"Authorization": "AWS4-HMAC-SHA256 Credential=111122223333/x"}
    reply = anonymous.request("POST", "/", b"{}", headers=broken)
    assert (reply.status, json.loads(reply.body)["__type"]) == (400, "IncompleteSignatureException")
    anonymous.close()


def test_pushes_and_pulls_need_no_credentials(opened: RegistryProcess) -> None:
    client(opened, "test").create_repository(repositoryName="plain")
    anonymous = opened.oci_client(password=None)
    content = Content()
    content.image("latest")
    content.push(anonymous, "plain")
    assert anonymous.get_manifest("plain", "latest").status == 200
    anonymous.close()


@pytest.mark.parametrize("password", ["anything", "", "x" * 3000])
def test_a_user_of_12_digits_selects_the_account(opened: RegistryProcess, password: str) -> None:
    account = "333333333333"
    ecr = client(opened, account)
    if names(ecr) == set():
        ecr.create_repository(repositoryName="selected")
    user = OciClient(opened.host, user=account, password=password)
    assert json.loads(user.request("GET", "/v2/_catalog").body)["repositories"] == ["selected"]
    user.close()


@pytest.mark.parametrize("user", ["AWS", "admin", ""])
def test_any_other_user_has_the_default_account(opened: RegistryProcess, user: str) -> None:
    other = OciClient(opened.host, user=user, password="not a token")
    catalog = json.loads(other.request("GET", "/v2/_catalog").body)["repositories"]
    assert set(catalog) == names(client(opened, "test"))
    other.close()


def test_a_docker_token_has_the_account_that_it_was_made_for(opened: RegistryProcess) -> None:
    account = "444444444444"
    ecr = client(opened, account)
    ecr.create_repository(repositoryName="of-the-token")
    login = opened.oci_client(password_of(ecr))
    assert json.loads(login.request("GET", "/v2/_catalog").body)["repositories"] == ["of-the-token"]
    login.close()


def password_of(ecr: Any) -> str:
    import base64

    (data,) = ecr.get_authorization_token()["authorizationData"]
    return base64.b64decode(data["authorizationToken"]).decode().partition(":")[2]


def test_a_host_name_selects_account_and_region(opened: RegistryProcess) -> None:
    account = "555555555555"
    client(opened, account, region_name="eu-west-1").create_repository(repositoryName="by-name")
    anonymous = opened.oci_client(password=None)
    reply = anonymous.request("GET", "/v2/_catalog", headers={"Host": host(opened, account, "eu-west-1")})
    assert json.loads(reply.body)["repositories"] == ["by-name"]
    anonymous.close()


def test_clients_are_asked_for_credentials_but_need_none(opened: RegistryProcess) -> None:
    anonymous = opened.oci_client(password=None)
    reply = anonymous.request("GET", "/v2/")
    assert reply.status == 200
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")
    anonymous.close()


def test_skopeo_sends_the_user_that_selects_the_account(opened: RegistryProcess, tool: Any) -> None:
    account = "666666666666"
    client(opened, account).create_repository(repositoryName="by-skopeo")
    content = Content()
    content.image("v1")
    pusher = OciClient(opened.host, user=account, password="x")
    content.push(pusher, "by-skopeo")
    pusher.close()
    command = [tool("skopeo"), "list-tags", "--tls-verify=false", "--creds", f"{account}:any"]
    command.append(f"docker://{opened.host}/by-skopeo")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Tags"] == ["v1"]


def test_an_account_is_written_once(opened: RegistryProcess) -> None:
    import sqlite3

    for _ in range(3):
        client(opened, "777777777777", "sts").get_caller_identity()
    with sqlite3.connect(f"file:{opened.data / 'registry.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT count(*) FROM account WHERE id = '777777777777'").fetchone()
    connection.close()
    assert rows == (1,)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("127.0.0.1", 200),
        ("[::1]:5000", 200),
        ("localhost", 200),
        ("wharfside:5000", 200),
        ("host.docker.internal", 200),
        ("000000000000.dkr.ecr.us-east-1.amazonaws.com", 200),
        ("api.ecr.us-east-1.localhost:4566", 200),
        ("rebound.example.com", 403),
        ("000000000000.dkr.ecr.us-east-1.example.com", 403),
        ("localhost.example.com:5000", 403),
    ],
)
def test_names_that_a_stranger_may_own_are_refused(opened: RegistryProcess, name: str, status: int) -> None:
    anonymous = opened.oci_client(password=None)
    assert anonymous.request("GET", "/v2/", headers={"Host": name}).status == status
    anonymous.close()


@pytest.mark.parametrize(
    ("origin", "status"), [("https://example.com", 403), ("http://127.0.0.1:1", 403), ("null", 403), ("own", 201)]
)
def test_a_page_of_another_server_stores_nothing(opened: RegistryProcess, origin: str, status: int) -> None:
    """What a browser sends for it without asking before: a POST with a body, whose answer the page cannot see."""
    name = f"page/{secrets.token_hex(4)}"
    client(opened, "000000000000").create_repository(repositoryName=name)
    anonymous = opened.oci_client(password=None)
    content = secrets.token_bytes(20)
    headers = {"Origin": f"http://{opened.host}" if origin == "own" else origin, "Content-Type": "text/plain"}
    path = f"/v2/{name}/blobs/uploads/?digest={digest_of(content)}"
    assert anonymous.request("POST", path, content, headers).status == status
    assert anonymous.get_blob(name, digest_of(content), "HEAD").status == (200 if status == 201 else 404)
    anonymous.close()


def test_the_configured_name_is_answered(tmp_path: Path) -> None:
    options = ("--open", "--registry-host", "{account}.registry.example.com")
    process = RegistryProcess(tmp_path / "data", free_port(), options)
    process.start()
    anonymous = process.oci_client(password=None)
    for name, status in [("000000000000.registry.example.com", 200), ("x.registry.example.com", 403)]:
        assert anonymous.request("GET", "/v2/", headers={"Host": name}).status == status
    anonymous.close()
    process.stop()


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", "192.0.2.1", "registry.example.com"])
def test_only_loopback_is_open(tmp_path: Path, address: str) -> None:
    command = [sys.executable, "-m", "wharfside", "serve", "--open", "--host", address, "--port", "0"]
    command += ["--data", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "Open mode lets everybody do everything, so it is refused on" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_closed_registry_asks_for_secrets(registry: RegistryProcess) -> None:
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client(registry, OTHER).describe_repositories()


def test_the_warning_is_red_on_a_terminal_only(opened: RegistryProcess, tmp_path: Path) -> None:
    assert "OPEN MODE" in opened.log()
    assert "\x1b[" not in opened.log()
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "wharfside", "serve", "--open", "--port", "0", "--data", str(tmp_path / "data")]
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR" and not k.startswith("WHARFSIDE_")}
    process = subprocess.Popen(command, stderr=terminal, stdout=subprocess.DEVNULL, env=environment)
    os.close(terminal)
    shown = b""
    while b"\x1b[0m" not in shown:
        shown += os.read(screen, 4096)
    process.terminate()
    assert process.wait(30) == 0
    os.close(screen)
    assert shown.startswith(b"\x1b[1;31mOPEN MODE")


def test_a_repository_policys_deny_binds_everybody(opened: RegistryProcess) -> None:
    """All but the way out: the account's root can always change the policy."""
    account = "333333333333"
    ecr = client(opened, account)
    ecr.create_repository(repositoryName="guarded")
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["ecr:*"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="guarded", policyText=policy)
    with pytest.raises(ClientError) as caught:
        ecr.list_images(repositoryName="guarded")
    assert answer_of(caught.value)["Error"]["Message"] == (
        f"User: arn:aws:iam::{account}:root is not authorized to perform: ecr:ListImages on resource:"
        f" arn:aws:ecr:us-east-1:{account}:repository/guarded with an explicit deny in a resource-based policy"
    )
    oci = OciClient(opened.host, user=account, password="any")
    assert oci.list_tags("guarded").status == 403
    ecr.delete_repository_policy(repositoryName="guarded")
    assert ecr.list_images(repositoryName="guarded")["imageIds"] == []
    assert oci.list_tags("guarded").status == 200
    oci.close()
