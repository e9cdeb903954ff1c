"""The guides on users, roles, keys and identity tokens: every command that they show prints what they show."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from guides import GUIDES, check, run

from administration import administration
from oidc_issuer import SigningKey
from people import document
from registry_process import RegistryProcess
from wharfside.registry import identities, identity_policies

ISSUER = "https://kubernetes.default.svc"


@pytest.fixture
def server(fresh_registry: Callable[..., RegistryProcess]) -> RegistryProcess:
    return fresh_registry()


def test_users_and_keys(server: RegistryProcess, tmp_path: Path) -> None:
    check(server, tmp_path, "users-and-keys.md")
    # Without any other policy, the one of the team is enough to sign in, push and pull.
    asked = [f"wharfside policy simulate user/bob {action}" for action in (
        "ecr:GetAuthorizationToken", "ecr:PutImage team/app", "ecr:BatchGetImage team/app", "ecr:PutImage other/app"
    )]  # fmt: skip
    made = "wharfside user create bob --policy push-to-team > bob.txt"
    words = [line.partition(",")[0] for line in run(server, tmp_path, "\n".join([made, *asked])).splitlines()]
    assert [word for word in words if not word.startswith(" ")] == ["allowed", "allowed", "allowed", "denied"]


def test_between_accounts(server: RegistryProcess, tmp_path: Path) -> None:
    check(server, tmp_path, "cross-account.md")
    guide = (GUIDES / "cross-account.md").read_text()
    export = "\n".join(re.findall(r"^\$ ((?:export|eval) .*)", guide, re.MULTILINE))
    call = "aws ecr delete-repository --registry-id 000000000000 --repository-name team/app"
    refusal = " ".join(run(server, tmp_path, f"{export}\n{call}").split())
    assert "because no resource-based policy allows the ecr:DeleteRepository action" in refusal


def test_identity_tokens(server: RegistryProcess, tmp_path: Path) -> None:
    key = SigningKey("RS256", "first")
    (tmp_path / "cluster.json").write_text(json.dumps({"keys": [key.public]}))
    check(server, tmp_path, "ci-with-oidc.md", before="kubectl() { cat cluster.json; }")
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::000000000000:oidc-provider/kubernetes.default.svc"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"kubernetes.default.svc:sub": "system:serviceaccount:ci:builder"}},
        }
    )
    with administration(server.data) as admin:
        role = admin.run(identities.create_role, "000000000000", "pod", trust, admin.now)
        ready = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly"
        admin.run(identity_policies.attach, "000000000000", "role", "pod", ready)
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "registry", "iat": now, "exp": now + 600}
    job = {"AWS_ROLE_ARN": role.arn, "AWS_ENDPOINT_URL": server.url, "AWS_DEFAULT_REGION": server.region}

    def sign_in(subject: str) -> str:
        token = tmp_path / "token"
        token.write_text(key.sign(claims | {"sub": subject}))
        return run(server, tmp_path, "aws ecr get-login-password", AWS_WEB_IDENTITY_TOKEN_FILE=str(token), **job)

    client = server.oci_client(sign_in("system:serviceaccount:ci:builder").strip())
    assert client.request("GET", "/v2/").status == 200
    client.close()
    refusal = sign_in("system:serviceaccount:ci:other")
    assert "(AccessDenied)" in refusal
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in refusal
