"""Users of a running registry, with all the ways in which each of them reaches it."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from administration import Administration
from oci_client import OciClient
from registry_process import RegistryProcess
from wharfside.registry import access_keys, identities, identity_policies

REGION = "us-east-1"


def document(*statements: Any, **members: Any) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | members)


def allow(*actions: str, resource: Any = "*", **members: Any) -> dict[str, Any]:
    """A statement of an identity policy."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **members}


EVERYTHING = document(allow("*"))


@dataclass(frozen=True)
class Person:
    """A user with an access key, and with session credentials perhaps a session."""

    registry: RegistryProcess
    account: str
    arn: str
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    def client(self, service: str = "ecr", **options: Any) -> Any:
        keys = {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }
        if options:
            return self.registry.client(service, **keys | options)
        # Making a client costs more than most calls.
        if service not in self._clients:
            self._clients[service] = self.registry.client(service, **keys)
        return self._clients[service]

    def credentials(self) -> str:
        """User and password for docker, with a colon between them."""
        (data,) = self.client().get_authorization_token()["authorizationData"]
        return base64.b64decode(data["authorizationToken"]).decode()

    def oci(self, host_header: str | None = None) -> OciClient:
        """A client of the data plane, signed in as `docker login` would be."""
        password = self.credentials().partition(":")[2]
        return OciClient(self.registry.host, password=password, host_header=host_header)

    def assume(self, role: str, **options: Any) -> Person:
        """A session of a role."""
        answer = self.client("sts").assume_role(RoleArn=role, RoleSessionName="job-1", **options)
        given = answer["Credentials"]
        return Person(
            self.registry,
            role.split(":")[4],
            answer["AssumedRoleUser"]["Arn"],
            given["AccessKeyId"],
            given["SecretAccessKey"],
            given["SessionToken"],
        )


def new_account(admin: Administration) -> str:
    """An account that nobody else uses."""
    account = f"{secrets.randbelow(10**12):012}"
    admin.run(identities.create_account, account, admin.now)
    return account


def new_user(
    registry: RegistryProcess, admin: Administration, account: str, policy: str | None = None, name: str = ""
) -> Person:
    """A user with an access key, and perhaps an identity policy."""
    name = name or f"x{secrets.token_hex(6)}"
    made = admin.run(identities.create_user, account, name, admin.now)
    if policy is not None:
        give(admin, account, "user", name, policy)
    key = admin.run(access_keys.create_key, admin.sealer, account, name, admin.now)
    return Person(registry, account, made.arn, key.access_key_id, key.secret_access_key)


def new_role(admin: Administration, account: str, trust: Any, policy: str | None = None) -> str:
    """The ARN of a role that trusts a principal, perhaps with an identity policy."""
    name = f"x{secrets.token_hex(6)}"
    trusting = document({"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"})
    made = admin.run(identities.create_role, account, name, trusting, admin.now)
    if policy is not None:
        give(admin, account, "role", name, policy)
    return made.arn


def give(admin: Administration, account: str, kind: str, name: str, policy: str) -> None:
    """Set the identity policy of a user or a role."""
    admin.run(identity_policies.put_inline, account, kind, name, "given", policy)
