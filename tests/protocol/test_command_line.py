"""The commands that people run beside `serve`, against a real registry, and with the real tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from image_content import Content
from registry_process import RegistryProcess, tool

BIN = Path(sys.executable).parent
WAIT = 120


@pytest.fixture
def around(tmp_path: Path) -> dict[str, str]:
    """An environment without anything of AWS, Wharfside or the user's container tools."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "WHARFSIDE_"))}
    return kept | {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }


def run(environment: dict[str, str], *words: str, text: str = "", ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, env=environment, input=text, capture_output=True, text=True, timeout=WAIT)
    assert (done.returncode == 0) is ok, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def shell(environment: dict[str, str], script: str) -> str:
    return run(environment, "sh", "-euc", script).stdout


def knock(registry: RegistryProcess, password: str, host: str | None = None) -> int:
    """The status of `GET /v2/` with this password, under another host name where one is given."""
    client = registry.oci_client(password)
    try:
        return client.request("GET", "/v2/", headers={"Host": host} if host else None).status
    finally:
        client.close()


# Variables that would lead the AWS tools elsewhere: `env` has to put them right.
STRAY = {
    "AWS_SESSION_TOKEN": "stale",
    "AWS_SECURITY_TOKEN": "stale",
    "AWS_PROFILE": "none",
    "AWS_REGION": "eu-west-3",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
}


def test_evaluated_environment_reaches_the_registry(
    registry: RegistryProcess, repository: str, around: dict[str, str]
) -> None:
    tool("aws")
    setup = f'eval "$(wharfside env --data {registry.data})"'
    caller = json.loads(shell(around | STRAY, f"{setup}; aws sts get-caller-identity"))
    assert caller["Arn"] == f"arn:aws:iam::{registry.account}:user/admin"
    described = json.loads(
        shell(around | STRAY, f"{setup}; aws ecr describe-repositories --repository-names {repository}")
    )
    (found,) = described["repositories"]
    assert found["repositoryUri"] == f"{registry.host}/{repository}"
    assert f":{registry.region}:" in found["repositoryArn"]


def test_data_folder_comes_from_the_environment_too(registry: RegistryProcess, around: dict[str, str]) -> None:
    variables = json.loads(run(around | {"WHARFSIDE_DATA": str(registry.data)}, "wharfside", "env", "--json").stdout)
    assert variables["AWS_ENDPOINT_URL_ECR"] == registry.url
    assert variables["AWS_SECRET_ACCESS_KEY"] == registry.secret_access_key


@pytest.mark.parametrize("command", ["env", "login"])
def test_folder_without_a_registry_is_an_error_with_advice(
    command: str, around: dict[str, str], tmp_path: Path
) -> None:
    done = run(around, "wharfside", command, "--data", str(tmp_path / "none"), ok=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Start one with `wharfside serve --data" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["docker", "podman", "skopeo", "buildah"])
def test_login(name: str, registry: RegistryProcess, around: dict[str, str]) -> None:
    tool(name)
    done = run(around, "wharfside", "login", "--data", str(registry.data), "--tool", name)
    assert f"{name} is logged in to {registry.host} for 12 hours" in done.stdout
    kept = Path(around["DOCKER_CONFIG"]) / "config.json" if name == "docker" else Path(around["REGISTRY_AUTH_FILE"])
    assert registry.host in json.loads(kept.read_text())["auths"]


def test_login_lets_skopeo_in(registry: RegistryProcess, repository: str, around: dict[str, str], oci: Any) -> None:
    tool("skopeo")
    push_image(oci, repository)
    list_tags = ["skopeo", "list-tags", "--tls-verify=false", f"docker://{registry.host}/{repository}"]
    run(around, *list_tags, ok=False)
    run(around, "wharfside", "login", "--data", str(registry.data), "--tool", "skopeo")
    assert json.loads(run(around, *list_tags).stdout)["Tags"] == ["small"]


def push_image(oci: Any, repository: str) -> None:
    content = Content()
    content.image("small")
    content.push(oci, repository)


def test_password_never_stands_in_the_arguments(
    registry: RegistryProcess, around: dict[str, str], tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    spy = seen / "podman"
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}/arguments\ncat > {seen}/input\nenv > {seen}/environment\n')
    spy.chmod(0o755)
    run(around | {"PATH": f"{seen}:{around['PATH']}"}, *f"wharfside login --tool podman --data {registry.data}".split())
    password = (seen / "input").read_text()
    assert knock(registry, password) == 200
    assert password not in (seen / "arguments").read_text()
    assert password not in (seen / "environment").read_text()


def test_login_that_fails_is_reported(registry: RegistryProcess, around: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "docker").write_text("#!/bin/sh\nexit 3\n")
    (broken / "docker").chmod(0o755)
    path = {"PATH": f"{broken}:{around['PATH']}"}
    done = run(around | path, "wharfside", "login", "--data", str(registry.data), ok=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not log in (exit code 3)" in done.stderr
    assert "insecure-registries" in done.stderr


def test_wrong_key_and_silent_registry_are_reported(registry: RegistryProcess, around: dict[str, str]) -> None:
    tool("podman")
    key = {"AWS_ACCESS_KEY_ID": registry.access_key_id, "AWS_SECRET_ACCESS_KEY": "wrong"}
    login = ["wharfside", "login", "--tool", "podman"]
    refused = run(around | key | {"AWS_ENDPOINT_URL_ECR": registry.url}, *login, ok=False)
    assert "InvalidSignatureException" in refused.stderr
    assert "the environment" in refused.stderr
    silent = run(around | key | {"AWS_ENDPOINT_URL_ECR": "http://127.0.0.1:1"}, *login, ok=False)
    assert "Is `wharfside serve` running?" in silent.stderr
    for done in (refused, silent):
        assert "Traceback" not in done.stderr


def helper(environment: dict[str, str], action: str, text: str = "", ok: bool = True) -> str:
    return run(environment, "docker-credential-wharfside", action, text=text, ok=ok).stdout


@pytest.fixture
def of_registry(registry: RegistryProcess, around: dict[str, str]) -> dict[str, str]:
    return around | {"WHARFSIDE_DATA": str(registry.data)}


def test_helper_gets_a_password_that_works(registry: RegistryProcess, of_registry: dict[str, str]) -> None:
    answer = json.loads(helper(of_registry, "get", f"{registry.host}\n"))
    assert (answer["ServerURL"], answer["Username"]) == (registry.host, "AWS")
    assert knock(registry, answer["Secret"]) == 200
    assert json.loads(helper(of_registry, "list")) == {registry.host: "AWS"}


def test_helper_knows_nobody_else(of_registry: dict[str, str], around: dict[str, str], tmp_path: Path) -> None:
    not_found = "credentials not found in native keychain\n"
    assert helper(of_registry, "get", "https://index.docker.io/v1/", ok=False) == not_found
    nowhere = around | {"WHARFSIDE_DATA": str(tmp_path / "none")}
    assert helper(nowhere, "get", "127.0.0.1:5000", ok=False) == not_found
    assert json.loads(helper(nowhere, "list")) == {}
    assert helper(of_registry, "get", " \n", ok=False) == "no credentials server URL\n"


def test_helper_keeps_nothing(registry: RegistryProcess, of_registry: dict[str, str]) -> None:
    ours = {"ServerURL": registry.host, "Username": "AWS", "Secret": "x"}
    assert helper(of_registry, "store", json.dumps(ours)) == ""
    assert helper(of_registry, "erase", registry.host) == ""
    for other in ({"ServerURL": "docker.io"}, {"Username": "somebody"}):
        helper(of_registry, "store", json.dumps(ours | other), ok=False)
    helper(of_registry, "store", "{", ok=False)
    helper(of_registry, "bogus", ok=False)


def test_helper_serves_skopeo(
    registry: RegistryProcess, repository: str, of_registry: dict[str, str], oci: Any
) -> None:
    tool("skopeo")
    push_image(oci, repository)
    Path(of_registry["REGISTRY_AUTH_FILE"]).write_text(json.dumps({"credHelpers": {registry.host: "wharfside"}}))
    words = ["skopeo", "list-tags", "--tls-verify=false", f"docker://{registry.host}/{repository}"]
    assert json.loads(run(of_registry, *words).stdout)["Tags"] == ["small"]


def test_helper_serves_docker_login_and_logout(registry: RegistryProcess, of_registry: dict[str, str]) -> None:
    docker = tool("docker")
    config = Path(of_registry["DOCKER_CONFIG"])
    config.mkdir()
    helpers = {"credHelpers": {registry.host: "wharfside"}}
    (config / "config.json").write_text(json.dumps(helpers))
    run(of_registry, "wharfside", "login", "--tool", "docker")
    run(of_registry, docker, "logout", registry.host)
    kept = json.loads((config / "config.json").read_text())
    assert kept["credHelpers"] == helpers["credHelpers"]
    assert not any(entry.get("auth") for entry in kept.get("auths", {}).values())


def test_own_certificate_is_trusted(
    fresh_registry: Callable[..., RegistryProcess], around: dict[str, str], tmp_path: Path
) -> None:
    certificate, key = write_certificate(tmp_path)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key), "--region", "eu-central-1")
    served = fresh_registry(*options, scheme="https", authority=certificate, region="eu-central-1")
    here = around | {"WHARFSIDE_DATA": str(served.data)}
    if (BIN / "aws").exists():
        assert "user/admin" in shell(here, 'eval "$(wharfside env)"; aws sts get-caller-identity')
    answer = json.loads(helper(here, "get", served.host))
    assert knock(served, answer["Secret"]) == 200
    variables = json.loads(run(here, "wharfside", "env", "--json").stdout)
    assert variables["AWS_CA_BUNDLE"] == str(certificate)
    assert variables["AWS_REGION"] == "eu-central-1"
    untrusting = around | variables
    del untrusting["AWS_CA_BUNDLE"]
    assert "is not trusted" in run(untrusting, "wharfside", "login", ok=False).stderr


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(days=1)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, SHA256())
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def test_helper_and_login_know_the_configured_host_names(
    fresh_registry: Callable[..., RegistryProcess], around: dict[str, str]
) -> None:
    served = fresh_registry("--registry-host", "{account}.dkr.ecr.{region}.example.com")
    here = around | {"WHARFSIDE_DATA": str(served.data)}
    host = f"{served.account}.dkr.ecr.us-east-1.example.com"
    assert json.loads(helper(here, "list")) == {host: "AWS"}
    for server, region in ((host, "us-east-1"), (host.replace("us-east-1", "eu-west-1"), "eu-west-1")):
        secret = json.loads(helper(here, "get", server))["Secret"]
        for asked, status in ((region, 200), ("ap-south-1", 401)):
            name = f"{served.account}.dkr.ecr.{asked}.example.com"
            assert knock(served, secret, name) == status
    variables = json.loads(run(here, "wharfside", "env", "--json").stdout)
    assert json.loads(helper(around | variables, "get", host))["Username"] == "AWS"
    helper(around | variables, "get", "111111111111.dkr.ecr.us-east-1.example.com", ok=False)


def test_second_serve_in_the_same_folder_is_refused(registry: RegistryProcess, around: dict[str, str]) -> None:
    done = run(around, "wharfside", "serve", "--port", "0", "--data", str(registry.data), ok=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is in use by another `wharfside serve`" in done.stderr
    assert "--data" in done.stderr


def test_port_in_use_is_reported(registry: RegistryProcess, around: dict[str, str], tmp_path: Path) -> None:
    done = run(around, *f"wharfside serve --port {registry.port} --data {tmp_path}/other".split(), ok=False)
    assert done.stderr == (
        f"wharfside serve: Another program uses {registry.host}. Stop it, or choose another port with --port.\n"
    )


def test_secrets_are_readable_by_their_owner_only(registry: RegistryProcess) -> None:
    for name in ("admin.json", "secret.key"):
        assert (registry.data / name).stat().st_mode & 0o777 == 0o600
    assert registry.data.stat().st_mode & 0o777 == 0o700
