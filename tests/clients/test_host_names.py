"""Real ECR host names on one machine: the registry on port 443 under the name that AWS would give it.

A mount namespace of its own maps the names to a loopback address, so that clients use them unchanged.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandbox import Layout, Sandbox

from administration import administration
from people import EVERYTHING, Person, allow, document, new_account, new_role, new_user
from registry_process import RegistryProcess, tool
from tls_certificate import certificate

ACCOUNT = "123456789012"
ADDRESS = "127.0.0.77"
HERE, ABROAD = (f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-1"))


@dataclass(frozen=True)
class Named:
    """A registry under real names, and how to run a client that knows them."""

    server: RegistryProcess
    sandbox: Sandbox
    hosts: Path
    authority: Path

    def attempt(self, *command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        inside = f'mount --bind {self.hosts} /etc/hosts && exec "$@"'
        environment = {
            "SSL_CERT_FILE": str(self.authority),
            "REGISTRY_AUTH_FILE": str(self.hosts.with_name("auth.json")),
        }
        tool(command[0])
        return self.sandbox.attempt(
            "unshare", "--mount", "sh", "-c", inside, "sh", *command, environment=environment, text=text
        )

    def run(self, *command: str, text: str | None = None) -> str:
        done = self.attempt(*command, text=text)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def named(sandbox: Sandbox, fresh_registry: Callable[..., RegistryProcess], tmp_path: Path) -> Named:
    if os.geteuid() != 0 or subprocess.run([tool("unshare"), "--mount", "true"], check=False).returncode != 0:
        pytest.skip("a mount namespace cannot be made here")
    public, private = certificate(tmp_path, ADDRESS, HERE, ABROAD)
    server = fresh_registry(
        *("--registry-host", "{account}.dkr.ecr.{region}.amazonaws.com", "--account", ACCOUNT),
        *("--tls-cert", str(public), "--tls-key", str(private)),
        address=ADDRESS,
        port=443,
        scheme="https",
        authority=public,
        account=ACCOUNT,
    )
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HERE} {ABROAD}\n")
    return Named(server, sandbox, hosts, public)


def test_login_push_and_pull(named: Named, small: Layout, tmp_path: Path) -> None:
    (data,) = named.server.client().get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == f"https://{HERE}"
    created = named.server.client().create_repository(repositoryName="team/app")["repository"]
    assert created["repositoryUri"] == f"{HERE}/team/app"
    login = ("skopeo", "login", "-u", "AWS", "--password-stdin")
    assert "Login Succeeded" in named.run(*login, HERE, text=named.server.password())
    named.run("skopeo", "copy", f"oci:{small.folder}:small", f"docker://{created['repositoryUri']}:v1")
    inspected = json.loads(named.run("skopeo", "inspect", f"docker://{created['repositoryUri']}:v1"))
    assert inspected["Digest"] == small.top("small")
    named.run("skopeo", "copy", f"docker://{created['repositoryUri']}:v1", f"oci:{tmp_path}/out:v1")
    assert Layout(tmp_path / "out").top("v1") == small.top("small")
    refused = named.attempt(*login, ABROAD, text=named.server.password())
    assert refused.returncode != 0
    assert "Login Succeeded" not in refused.stdout


PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
PUSH = [*PULL, "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"]


def test_three_principals_of_two_accounts(named: Named, small: Layout, tmp_path: Path) -> None:
    """Each pulls and pushes what the policies let it, and is told why not for the rest."""
    token = document(allow("ecr:GetAuthorizationToken"))
    with administration(named.server.data) as admin:
        member = new_user(named.server, admin, ACCOUNT, token)
        guest = new_user(named.server, admin, new_account(admin), EVERYTHING)
        role = new_role(admin, ACCOUNT, {"AWS": guest.account}, token)
    session = guest.assume(role)
    ecr, target = named.server.client(), f"docker://{HERE}/team/app"
    arn = ecr.create_repository(repositoryName="team/app")["repository"]["repositoryArn"]

    def permit(principal: object, *actions: str) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions)}
        ecr.set_repository_policy(repositoryName="team/app", policyText=document(statement))

    def push(who: Person, tag: str) -> subprocess.CompletedProcess[str]:
        options = ("--dest-creds", who.credentials())
        return named.attempt("skopeo", "copy", *options, f"oci:{small.folder}:small", f"{target}:{tag}")

    def pull(who: Person, tag: str) -> subprocess.CompletedProcess[str]:
        copied = f"oci:{tmp_path}/{who.name}:{tag}"
        return named.attempt("skopeo", "copy", "--src-creds", who.credentials(), f"{target}:{tag}", copied)

    for who, kind in ((member, "identity"), (session, "identity"), (guest, "resource")):
        assert push(who, "v1").returncode != 0
        refused = pull(who, "v1")
        assert f"User: {who.arn} is not authorized to perform: ecr:" in refused.stderr
        assert f"on resource: {arn} because no {kind}-based policy allows the ecr:" in refused.stderr
    permit([member.arn, guest.account], *PUSH)
    for who, tag in ((member, "members"), (guest, "guests")):
        assert push(who, tag).returncode == 0
        assert pull(who, tag).returncode == 0
        assert Layout(tmp_path / who.name).top(tag) == small.top("small")
    assert pull(session, "members").returncode != 0
    permit([role, guest.arn], *PULL)
    assert pull(session, "members").returncode == 0
    refused = push(guest, "more")
    assert "because no resource-based policy allows the ecr:" in refused.stderr
    assert pull(member, "members").returncode != 0
