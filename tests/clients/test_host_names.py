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
