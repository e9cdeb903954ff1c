"""AssumeRoleWithWebIdentity: tokens of an OIDC issuer that runs beside the registry, and everything wrong with them."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa

from administration import Administration, administration
from oidc_issuer import Issuer, SigningKey
from registry_process import RegistryProcess
from wharfside.registry import identities, identity_policies, identity_providers

ACCOUNT = "000000000000"
READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecr:Describe*","Resource":"*"}]}'


@pytest.fixture(scope="module")
def admin(registry: RegistryProcess) -> Iterator[Administration]:
    with administration(registry.data) as made:
        yield made


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


class Role:
    """A role that trusts the tokens of an issuer, for one repository's main branch."""

    def __init__(
        self, registry: RegistryProcess, admin: Administration, issuer: Issuer, jwks: str | None = None
    ) -> None:
        self.registry, self.admin, self.issuer = registry, admin, issuer
        self.provider = admin.run(
            identity_providers.create_provider, ACCOUNT, issuer.url, ["registry"], jwks, admin.now
        )
        self.name = "w" + secrets.token_hex(6)
        made = admin.run(identities.create_role, ACCOUNT, self.name, self.trust("repo:team/*:main"), admin.now)
        self.arn = made.arn
        admin.run(identity_policies.put_inline, ACCOUNT, "role", self.name, "read", READ)
        settings = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
        self.sts = registry.client("sts", config=settings, aws_access_key_id=None, aws_secret_access_key=None)

    def trust(self, subject: str, **condition: Any) -> str:
        host = self.issuer.url.partition("://")[2]
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {f"{host}:sub": subject}, "StringEquals": {f"{host}:aud": "registry"}}
            | condition,
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def assume(self, token: str, **parameters: Any) -> dict[str, Any]:
        asked = {"RoleArn": self.arn, "RoleSessionName": "ci", "WebIdentityToken": token} | parameters
        return self.sts.assume_role_with_web_identity(**asked)

    def refuse(self, token: str, **parameters: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            self.assume(token, **parameters)
        error: Any = caught.value.response
        assert error["ResponseMetadata"]["HTTPStatusCode"] == (403 if error["Error"]["Code"] == "AccessDenied" else 400)
        return error["Error"]["Code"], error["Error"]["Message"]


@pytest.fixture
def role(registry: RegistryProcess, admin: Administration, issuer: Issuer) -> Role:
    return Role(registry, admin, issuer)


def test_a_token_is_exchanged_for_credentials(registry: RegistryProcess, role: Role) -> None:
    answer = role.assume(role.issuer.token())
    assert answer["SubjectFromWebIdentityToken"] == "repo:team/app:main"
    assert (answer["Audience"], answer["Provider"]) == ("registry", role.provider)
    given = answer["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    identity = registry.client("sts", **keys).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/ci"
    registry.client("ecr", **keys).describe_repositories()
    with pytest.raises(ClientError, match="AccessDenied"):
        registry.client("ecr", **keys).create_repository(repositoryName="not-allowed")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_algorithms(role: Role, algorithm: str) -> None:
    role.issuer.keys = [SigningKey(algorithm, "the-key"), SigningKey("RS256", "another")]
    assert role.assume(role.issuer.token())["Credentials"]


def unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "first"})


def signed_with_the_public_key(issuer: Issuer) -> str:
    """The old trick: the public key, which everybody has, as the secret of an HMAC."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "first"}, issuer.claims()]
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    import hashlib
    import hmac

    mac = hmac.digest(json.dumps(issuer.keys[0].public).encode(), text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def altered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    claims = json.dumps(issuer.claims(sub="repo:team/other:main")).encode()
    return f"{head}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{signature}"


NOW = int(time.time())
TOKENS: dict[str, tuple[Callable[[Issuer], str], str, str]] = {
    "wrong audience": (lambda i: i.token(aud="another"), "InvalidIdentityToken", "Incorrect token audience"),
    "no audience": (lambda i: i.token(aud=None), "InvalidIdentityToken", "Incorrect token audience"),
    "made for somebody else": (
        lambda i: i.token(aud=["registry"], azp="another"),
        "InvalidIdentityToken",
        "Incorrect token audience",
    ),
    "wrong subject": (lambda i: i.token(sub="repo:team/app:other"), "AccessDenied", "Not authorized to perform"),
    "no subject": (lambda i: i.token(sub=None), "InvalidIdentityToken", "Missing a required claim: sub"),
    "subject of another type": (lambda i: i.keys[0].sign({**i.claims(), "aud": 5}), "InvalidIdentityToken", "audience"),
    "expired": (lambda i: i.token(exp=NOW - 1), "ExpiredTokenException", "Token expired: current date/time"),
    "without an end": (lambda i: i.token(exp=None), "InvalidIdentityToken", "Missing a required claim: exp"),
    "without a beginning": (lambda i: i.token(iat=None), "InvalidIdentityToken", "Missing a required claim: iat"),
    "of the future": (lambda i: i.token(nbf=NOW + 4000), "InvalidIdentityToken", "not valid yet"),
    "made in the future": (lambda i: i.token(iat=NOW + 4000), "InvalidIdentityToken", "not valid yet"),
    "never ending": (lambda i: i.token(exp=float("inf")), "InvalidIdentityToken", "not a number"),
    "ending later than any moment": (lambda i: i.token(exp=10**400), "InvalidIdentityToken", "not a number"),
    "wrong issuer": (
        lambda i: i.token(iss="https://elsewhere.example.com"),
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://elsewhere.example.com",
    ),
    "no issuer": (lambda i: i.token(iss=None), "InvalidIdentityToken", "Missing a required claim: iss"),
    "alg none": (unsigned, "InvalidIdentityToken", "The algorithm must be one of"),
    "alg HS256": (signed_with_the_public_key, "InvalidIdentityToken", "The algorithm must be one of"),
    "alg RS512": (
        lambda i: SigningKey("RS512", "first", i.keys[0].private).sign(i.claims()),
        "InvalidIdentityToken",
        "The algorithm must be one of",
    ),
    "unknown kid": (
        lambda i: SigningKey("RS256", "unknown").sign(i.claims()),
        "InvalidIdentityToken",
        "signed with a key that its issuer does not have",
    ),
    "another key under a known kid": (
        lambda i: SigningKey("RS256", "first").sign(i.claims()),
        "InvalidIdentityToken",
        "The signature of the ID Token is not valid",
    ),
    "altered": (altered, "InvalidIdentityToken", "The signature of the ID Token is not valid"),
    "no token": (lambda _: "not.a.token", "InvalidIdentityToken", "is not a valid JWT"),
    "critical extension": (
        lambda i: i.keys[0].sign(i.claims(), crit=["x"], x=1),
        "InvalidIdentityToken",
        "",
    ),
}


@pytest.mark.parametrize("token", TOKENS)
def test_tokens_that_are_no_good(role: Role, token: str) -> None:
    make, code, message = TOKENS[token]
    refused = role.refuse(make(role.issuer))
    assert refused[0] == code
    assert message in refused[1]


def test_a_role_that_trusts_another_provider(role: Role, admin: Administration) -> None:
    elsewhere = role.trust("*").replace(role.issuer.url.partition("://")[2], "elsewhere.example.com")
    admin.run(identities.change_role, ACCOUNT, role.name, trust_policy=elsewhere)
    assert role.refuse(role.issuer.token())[0] == "AccessDenied"


def test_a_role_that_trusts_everybody_trusts_no_token(role: Role, admin: Administration) -> None:
    everybody = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*"}]}'
    admin.run(identities.change_role, ACCOUNT, role.name, trust_policy=everybody)
    assert role.refuse(role.issuer.token())[0] == "AccessDenied"


def test_a_claim_that_a_trust_policy_asks_for(role: Role, admin: Administration) -> None:
    host = role.issuer.url.partition("://")[2]
    asks = role.trust("*", StringEquals={f"{host}:environment": "production"})
    admin.run(identities.change_role, ACCOUNT, role.name, trust_policy=asks)
    assert role.refuse(role.issuer.token())[0] == "AccessDenied"
    assert role.refuse(role.issuer.token(environment="test"))[0] == "AccessDenied"
    assert role.assume(role.issuer.token(environment="production"))["Credentials"]


def test_a_provider_that_is_not_registered_any_more(role: Role, admin: Administration) -> None:
    assert role.assume(role.issuer.token())["Credentials"]
    admin.run(identity_providers.delete_provider, ACCOUNT, role.issuer.url)
    assert role.refuse(role.issuer.token())[0] == "InvalidIdentityToken"


def test_the_bounds_of_a_session(role: Role) -> None:
    assert role.refuse(role.issuer.token(), DurationSeconds=3601)[0] == "ValidationError"
    assert role.refuse(role.issuer.token(), RoleSessionName="a b")[0] == "ValidationError"
    assert role.refuse(role.issuer.token(), RoleArn=role.arn + "x")[0] == "AccessDenied"


def test_keys_are_fetched_once(role: Role) -> None:
    for _ in range(5):
        role.assume(role.issuer.token())
    assert role.issuer.requests == ["/.well-known/openid-configuration", "/keys"]


def test_strangers_cannot_make_the_registry_ask_again_and_again(role: Role) -> None:
    role.assume(role.issuer.token())
    for _ in range(5):
        role.refuse(SigningKey("RS256", "unknown").sign(role.issuer.claims()))
    assert len(role.issuer.requests) == 2


FAULTS: dict[str, Callable[[Issuer], None]] = {
    "an error": lambda issuer: setattr(issuer, "status", 500),
    "a redirect": lambda issuer: setattr(issuer, "status", 302),
    "another issuer": lambda issuer: issuer.discovery.update(issuer="https://elsewhere.example.com"),
    "no address of keys": lambda issuer: issuer.discovery.update(jwks_uri=None),
    "keys by http elsewhere": lambda issuer: issuer.discovery.update(jwks_uri="http://192.0.2.1/keys"),
    "keys in a file": lambda issuer: issuer.discovery.update(jwks_uri="file:///etc/passwd"),
    "no keys": lambda issuer: issuer.keys.clear(),
    "keys too weak": lambda issuer: issuer.keys.__setitem__(0, SigningKey("RS256", "first", _weak())),
    "too much": lambda issuer: issuer.discovery.update(more="x" * 300_000),
}


def _weak() -> Any:
    return rsa.generate_private_key(65537, 1024)  # it is to be refused


@pytest.mark.parametrize("fault", FAULTS)
def test_issuers_that_give_no_keys(role: Role, fault: str) -> None:
    token = role.issuer.token()
    FAULTS[fault](role.issuer)
    code, message = role.refuse(token)
    assert code == "IDPCommunicationError"
    assert message.startswith("Couldn't retrieve verification key from your identity provider")


def test_an_issuer_that_is_not_there(role: Role) -> None:
    token = role.issuer.token()
    role.issuer.close()
    assert role.refuse(token)[0] == "IDPCommunicationError"


def test_keys_given_as_a_file_need_no_issuer(registry: RegistryProcess, admin: Administration, issuer: Issuer) -> None:
    role = Role(registry, admin, issuer, jwks=issuer.jwks())
    assert role.assume(issuer.token())["Credentials"]
    code, message = role.refuse(SigningKey("RS256", "unknown").sign(issuer.claims()))
    assert (code, "key that its issuer does not have" in message) == ("InvalidIdentityToken", True)
    assert issuer.requests == []
