"""Temporary credentials with boto3: made by every rule of STS, used for both protocols, ended with what they are of."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from administration import Administration, administration
from oci_client import OciClient
from registry_process import RegistryProcess
from wharfside.registry import access_keys, identities, identity_policies
from wharfside.registry.tokens import open_session, seal_session

ACCOUNT, OTHER = "000000000000", "999988887777"
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def trusting(principal: Any, *, action: str = "sts:AssumeRole", **members: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allowing(action: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        made.run(identities.ensure_account, OTHER, made.now)
        yield made


def new_name() -> str:
    return "x" + secrets.token_hex(6)


class User:
    """A user of its own, with an access key and perhaps a policy."""

    def __init__(
        self, registry: RegistryProcess, admin: Administration, account: str = ACCOUNT, policy: str = ""
    ) -> None:
        self.registry, self.account, self.name = registry, account, new_name()
        self.arn = admin.run(identities.create_user, account, self.name, admin.now).arn
        if policy:
            admin.run(identity_policies.put_inline, account, "user", self.name, "all", policy)
        self.key = admin.run(access_keys.create_key, admin.sealer, account, self.name, admin.now)

    def client(self, service: str = "sts") -> Any:
        return with_keys(self.registry, service, self.key.access_key_id, self.key.secret_access_key)


def with_keys(registry: RegistryProcess, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return registry.client(service, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)


def with_credentials(registry: RegistryProcess, service: str, answer: dict[str, Any]) -> Any:
    given = answer["Credentials"]
    return with_keys(registry, service, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def role(admin: Administration, trust: str, account: str = ACCOUNT, policy: str = ALL, **options: Any) -> str:
    name = new_name()
    made = admin.run(identities.create_role, account, name, trust, admin.now, **options)
    if policy:
        admin.run(identity_policies.put_inline, account, "role", name, "all", policy)
    return made.arn


def name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def refused(call: Any, **parameters: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def docker_password(ecr: Any) -> tuple[str, datetime]:
    (data,) = ecr.get_authorization_token()["authorizationData"]
    password = base64.b64decode(data["authorizationToken"]).decode().partition(":")[2]
    return password, data["expiresAt"]


def knock(registry: RegistryProcess, password: str, path: str = "/v2/_catalog") -> int:
    client = OciClient(registry.host, password=password)
    try:
        return client.request("GET", path).status
    finally:
        client.close()


def test_a_role_is_assumed_and_its_session_used(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin, policy=allowing("sts:AssumeRole"))
    arn = role(admin, trusting({"AWS": ACCOUNT}), policy=allowing("ecr:*"))
    answer = user.client().assume_role(RoleArn=arn, RoleSessionName="build-1")
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name_of(arn)}/build-1"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert abs(answer["Credentials"]["Expiration"] - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    identity = with_credentials(registry, "sts", answer).get_caller_identity()
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    ecr = with_credentials(registry, "ecr", answer)
    ecr.describe_repositories()
    password, expires = docker_password(ecr)
    assert expires == answer["Credentials"]["Expiration"] or expires - answer["Credentials"]["Expiration"] < timedelta(
        seconds=1
    )
    assert knock(registry, password) == 200


def test_a_docker_password_of_a_long_session_is_good_for_12_hours(
    registry: RegistryProcess, admin: Administration
) -> None:
    user = User(registry, admin, policy=allowing("*"))
    answer = user.client().get_session_token(DurationSeconds=129_600)
    _, expires = docker_password(with_credentials(registry, "ecr", answer))
    assert abs(expires - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)


TRUSTS = {
    "the user": (lambda user: trusting({"AWS": user.arn}), "", True),
    "the account, and the user may": (lambda _: trusting({"AWS": ACCOUNT}), "sts:AssumeRole", True),
    "the account, and the user may not": (lambda _: trusting({"AWS": ACCOUNT}), "ecr:*", False),
    "another account": (lambda _: trusting({"AWS": OTHER}), "*", False),
    "another user": (lambda user: trusting({"AWS": f"{user.arn}x"}), "*", False),
    "nobody": (lambda _: '{"Version":"2012-10-17","Statement":[]}', "*", False),
    "another action": (lambda user: trusting({"AWS": user.arn}, action="sts:TagSession"), "*", False),
    "an external id that is not given": (
        lambda user: trusting({"AWS": user.arn}, Condition={"StringEquals": {"sts:ExternalId": "xyz"}}),
        "*",
        False,
    ),
    "a session name": (
        lambda user: trusting({"AWS": user.arn}, Condition={"StringLike": {"sts:RoleSessionName": "s*"}}),
        "",
        True,
    ),
    "an address elsewhere": (
        lambda user: trusting({"AWS": user.arn}, Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        "*",
        False,
    ),
}


@pytest.mark.parametrize("trust", TRUSTS)
def test_trust_policies(registry: RegistryProcess, admin: Administration, trust: str) -> None:
    make, action, allowed = TRUSTS[trust]
    user = User(registry, admin, policy=allowing(action) if action else "")
    arn = role(admin, make(user))
    if allowed:
        assert user.client().assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return
    message = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert refused(user.client().assume_role, RoleArn=arn, RoleSessionName="session") == ("AccessDenied", 403, message)


def test_an_external_id_that_is_given(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    arn = role(admin, trusting({"AWS": user.arn}, Condition={"StringEquals": {"sts:ExternalId": "xyz"}}))
    assert user.client().assume_role(RoleArn=arn, RoleSessionName="session", ExternalId="xyz")["Credentials"]


def test_a_role_of_another_account_needs_both_sides(registry: RegistryProcess, admin: Administration) -> None:
    allowed, alone = User(registry, admin, policy=allowing("sts:AssumeRole")), User(registry, admin)
    arn = role(admin, trusting({"AWS": [allowed.arn, alone.arn]}), account=OTHER)
    answer = allowed.client().assume_role(RoleArn=arn, RoleSessionName="session")
    assert with_credentials(registry, "sts", answer).get_caller_identity()["Account"] == OTHER
    made = with_credentials(registry, "ecr", answer).create_repository(repositoryName=f"x/{new_name()}")
    assert made["repository"]["registryId"] == OTHER
    assert refused(alone.client().assume_role, RoleArn=arn, RoleSessionName="session")[0] == "AccessDenied"


def test_a_role_that_does_not_exist_is_denied_like_any_other(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin, policy=allowing("*"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/none"
    message = f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert refused(user.client().assume_role, RoleArn=arn, RoleSessionName="session") == ("AccessDenied", 403, message)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"RoleSessionName": "with space"}, "ValidationError"),
        ({"RoleSessionName": "ä" * 3}, "ValidationError"),
        ({"DurationSeconds": 7201}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
        ({"Policy": "no json"}, "MalformedPolicyDocument"),
        ({"Policy": ALL + " " * 2048}, "ValidationError"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/NoSuchPolicy"}]}, "ValidationError"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "ValidationError"),
        ({"Tags": [{"Key": "aws:a", "Value": "1"}]}, "ValidationError"),
        ({"Tags": [{"Key": f"{n}" * 60, "Value": "v" * 250} for n in range(10, 30)]}, "PackedPolicyTooLarge"),
        ({"RoleArn": "arn:aws:iam::1:role/short-account"}, "ValidationError"),
    ],
)
def test_what_a_session_cannot_be(
    registry: RegistryProcess, admin: Administration, parameters: dict[str, Any], code: str
) -> None:
    user = User(registry, admin)
    trust = trusting({"AWS": user.arn}, action=["sts:AssumeRole", "sts:TagSession"])  # type: ignore[arg-type]
    arn = role(admin, trust, max_session_seconds=7200)
    asked = {"RoleArn": arn, "RoleSessionName": "session"} | parameters
    assert refused(user.client().assume_role, **asked)[:2] == (code, 400)


def test_tags_need_a_permission_of_their_own(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    arn = role(admin, trusting({"AWS": user.arn}))
    tags = [{"Key": "team", "Value": "x"}]
    code, _, message = refused(user.client().assume_role, RoleArn=arn, RoleSessionName="session", Tags=tags)
    assert code == "AccessDenied"
    assert "sts:TagSession" in message


def test_roles_are_chained_for_an_hour_at_most(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    first = role(admin, trusting({"AWS": user.arn}))
    second = role(admin, trusting({"AWS": first}), max_session_seconds=43_200)
    session = user.client().assume_role(RoleArn=first, RoleSessionName="session")
    sts = with_credentials(registry, "sts", session)
    asked = {"RoleArn": second, "RoleSessionName": "again"}
    assert refused(sts.assume_role, **asked, DurationSeconds=3601)[0] == "ValidationError"
    assert sts.assume_role(**asked, DurationSeconds=3600)["AssumedRoleUser"]["Arn"].endswith("/again")


def test_the_session_of_a_user(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin, policy=allowing("ecr:*"))
    answer = user.client().get_session_token()
    assert abs(answer["Credentials"]["Expiration"] - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)
    sts = with_credentials(registry, "sts", answer)
    assert sts.get_caller_identity()["Arn"] == user.arn
    assert with_credentials(registry, "ecr", answer).describe_repositories()["repositories"] is not None
    assert refused(sts.get_session_token)[:2] == ("AccessDenied", 403)
    assert refused(user.client().get_session_token, DurationSeconds=129_601)[:2] == ("ValidationError", 400)


class Alive:
    """A session with a docker password of it, both of which are to end."""

    def __init__(self, registry: RegistryProcess, answer: dict[str, Any]) -> None:
        self.registry, self.answer = registry, answer
        self.ecr = with_credentials(registry, "ecr", answer)
        self.password, _ = docker_password(self.ecr)
        assert knock(registry, self.password) == 200

    def assert_ended(self) -> None:
        assert refused(self.ecr.describe_repositories)[:2] == ("UnrecognizedClientException", 400)
        sts = with_credentials(self.registry, "sts", self.answer)
        assert refused(sts.get_caller_identity)[:2] == ("InvalidClientTokenId", 403)
        assert knock(self.registry, self.password) == 401
        assert knock(self.registry, self.password, "/v2/") == 401


def test_a_role_that_is_deleted_ends_its_sessions(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    arn = role(admin, trusting({"AWS": user.arn}))
    alive = Alive(registry, user.client().assume_role(RoleArn=arn, RoleSessionName="session"))
    admin.run(identities.delete_identity, ACCOUNT, "role", name_of(arn))
    alive.assert_ended()
    # A role of the same name is another one.
    admin.run(identities.create_role, ACCOUNT, name_of(arn), trusting({"AWS": user.arn}), admin.now)
    alive.assert_ended()


def test_sessions_that_are_revoked(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    arn = role(admin, trusting({"AWS": user.arn}))
    alive = Alive(registry, user.client().assume_role(RoleArn=arn, RoleSessionName="session"))
    admin.run(identities.revoke_sessions, ACCOUNT, "role", name_of(arn), admin.now)
    alive.assert_ended()
    Alive(registry, user.client().assume_role(RoleArn=arn, RoleSessionName="session"))


@pytest.mark.parametrize("end", ["disable the key", "delete the key", "delete the user"])
def test_a_user_who_is_out_is_out_everywhere(registry: RegistryProcess, admin: Administration, end: str) -> None:
    user = User(registry, admin, policy=ALL)
    ecr = user.client("ecr")
    password, _ = docker_password(ecr)
    session = Alive(registry, user.client().get_session_token())
    assert knock(registry, password) == 200
    if end == "disable the key":
        admin.run(access_keys.set_key_active, user.key.access_key_id, False)
    elif end == "delete the key":
        admin.run(access_keys.delete_key, user.key.access_key_id)
    else:
        admin.run(identities.delete_identity, ACCOUNT, "user", user.name)
    session.assert_ended()
    assert refused(ecr.describe_repositories)[0] == "UnrecognizedClientException"
    assert knock(registry, password) == 401
    if end == "disable the key":
        admin.run(access_keys.set_key_active, user.key.access_key_id, True)
        assert knock(registry, password) == 200


def test_a_role_keeps_its_session_when_who_assumed_it_is_gone(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin)
    arn = role(admin, trusting({"AWS": user.arn}))
    alive = Alive(registry, user.client().assume_role(RoleArn=arn, RoleSessionName="session"))
    admin.run(identities.delete_identity, ACCOUNT, "user", user.name)
    alive.ecr.describe_repositories()


def test_a_session_that_is_over_its_time(registry: RegistryProcess, admin: Administration) -> None:
    """Each protocol has its own code for it. The moment it ends is that of the sealed claims, so they are made here."""
    user = User(registry, admin, policy=ALL)
    answer = user.client().get_session_token()
    alive = Alive(registry, answer)
    session, secret = open_session(admin.sealer, answer["Credentials"]["SessionToken"])
    over = replace(session, expires_at=admin.now - 1)
    answer["Credentials"]["SessionToken"] = seal_session(admin.sealer, over, secret)
    message = "The security token included in the request is expired"
    ecr, sts = with_credentials(registry, "ecr", answer), with_credentials(registry, "sts", answer)
    assert refused(ecr.describe_repositories) == ("ExpiredTokenException", 400, message)
    assert refused(ecr.get_authorization_token) == ("ExpiredTokenException", 400, message)
    assert refused(sts.get_caller_identity) == ("ExpiredToken", 403, message)
    alive.ecr.describe_repositories()


def test_a_push_that_is_under_way_ends_with_the_key(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin, policy=ALL)
    name = registry.create_repository(f"tests/{new_name()}")
    session = Alive(registry, user.client().get_session_token())
    client = OciClient(registry.host, password=session.password)
    upload = client.start_upload(name)
    assert client.request("PATCH", upload, b"one").status == 202
    admin.run(access_keys.set_key_active, user.key.access_key_id, False)
    for method in ("PATCH", "PUT", "GET", "DELETE"):
        body = None if method in {"GET", "DELETE"} else b"two"
        assert client.request(method, upload, body).status == 401, method
    client.close()


def test_session_tokens_that_are_not_ours(registry: RegistryProcess, admin: Administration) -> None:
    user = User(registry, admin, policy=ALL)
    given = user.client().get_session_token()["Credentials"]
    token, key, secret = given["SessionToken"], given["AccessKeyId"], given["SecretAccessKey"]
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    other = user.client().get_session_token()["Credentials"]
    for wrong in (
        (key, secret, changed),
        (key, secret, "x" * 100),
        (key, secret, None),
        (key, secret, other["SessionToken"]),
        (user.key.access_key_id, user.key.secret_access_key, token),
    ):
        code = refused(with_keys(registry, "ecr", *wrong).describe_repositories)[0]
        assert code == "UnrecognizedClientException", wrong[2]
    wrong_secret = with_keys(registry, "ecr", key, secret[::-1], token)
    assert refused(wrong_secret.describe_repositories)[0] == "InvalidSignatureException"


def test_presigned_urls_of_sessions(registry: RegistryProcess, admin: Administration) -> None:
    import urllib.request

    user = User(registry, admin)
    sts = with_credentials(registry, "sts", user.client().get_session_token())
    url = sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert user.arn in urllib.request.urlopen(url, timeout=10).read().decode()


def test_a_call_without_a_signature(registry: RegistryProcess) -> None:
    client = registry.oci_client(password=None)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"Action=GetCallerIdentity&Version=2011-06-15", b"Action=AssumeRole&Version=2011-06-15", b"", b"\xff"):
        reply = client.request("POST", "/", body, headers=headers)
        assert (reply.status, b"MissingAuthenticationToken" in reply.body) == (403, True), body
    client.close()
