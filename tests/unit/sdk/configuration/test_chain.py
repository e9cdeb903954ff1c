"""Where credentials come from: the same places as botocore's, and what it asks of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError
from configured_account import Account, Answer, Received, Service

from wharfside_sdk.configuration import Credentials, resolve
from wharfside_sdk.errors import ConfigurationError, NoCredentials

ROLE = "arn:aws:iam::123456789012:role/pusher"
GIVEN = ("ASIAROLE", "role&secret", "role-token")
IN_XML = """\
<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><AssumedRoleUser>
<Arn>arn:aws:sts::123456789012:assumed-role/pusher/me</Arn></AssumedRoleUser><Credentials>
<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role&amp;secret</SecretAccessKey>
<SessionToken>role-token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
</Credentials></{action}Result></{action}Response>"""
REFUSED = (
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>you may &lt;not&gt;</Message></Error></ErrorResponse>"
)
AS_JSON = {
    "AccessKeyId": "ASIAROLE",
    "SecretAccessKey": "role&secret",
    "Token": "role-token",
    "Expiration": "2999-01-01T00:00:00Z",
}
KEYS = "aws_access_key_id = AKIABASE\naws_secret_access_key = base\n"


def theirs(profile: str | None) -> tuple[Any, ...]:
    session = botocore.session.Session(profile=profile)
    session.create_client("ecr", region_name="eu-central-1")
    found = session.get_credentials()
    return tuple(found.get_frozen_credentials())[:3] if found else ()


def ours(profile: str | None = None) -> tuple[Any, ...]:
    found = resolve("ecr", profile_name=profile).credentials.current()
    return found.access_key, found.secret_key, found.token


def sts(request: Received) -> Answer:
    return 200, IN_XML.format(action=request.form["Action"])


CHAINS = {
    "source_profile": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\n{KEYS}",
    "details": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\nrole_session_name = me\nexternal_id = x y\n"
    f"duration_seconds = 900\n[profile base]\n{KEYS}aws_session_token = base-token\n",
    "itself": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = role\n{KEYS}",
    "two roles": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = middle\n"
    f"[profile middle]\nrole_arn = {ROLE}2\nsource_profile = base\n[profile base]\n{KEYS}",
    "environment": f"[profile role]\nrole_arn = {ROLE}\ncredential_source = Environment\n",
    "duration that is none": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\nduration_seconds = soon\n"
    f"[profile base]\n{KEYS}",
    "source with a process": f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\n"
    'credential_process = printf \'{"Version": 1, "AccessKeyId": "AKIAPROC", "SecretAccessKey": "p"}\'\n',
    "web identity": f"[profile role]\nrole_arn = {ROLE}\nweb_identity_token_file = {{folder}}/token\n"
    "role_session_name = me\n",
}


@pytest.mark.parametrize("case", CHAINS)
def test_roles_as_botocore(account: Account, service: Service, tmp_path: Path, case: str) -> None:
    (tmp_path / "token").write_text("web.identity.token")
    account.config(CHAINS[case].replace("{folder}", str(tmp_path)))
    account.environment(
        AWS_ENDPOINT_URL_STS=service.url, AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="environment"
    )
    service.answer = sts
    assert theirs("role") == GIVEN
    asked = list(service.received)
    service.received.clear()
    assert ours("role") == GIVEN
    assert [comparable(request) for request in service.received] == [comparable(request) for request in asked]


def comparable(request: Received) -> dict[str, Any]:
    """What must be equal: the form, but for a session's name that holds the time, and who signed for what."""
    form = request.form
    if not form["RoleSessionName"].startswith("me"):
        form["RoleSessionName"] = (
            form["RoleSessionName"].rpartition("-")[0].replace("wharfside-sdk", "botocore-session")
        )
    signed, _, _ = request.headers.get("authorization", "").partition(",")
    return {"form": form, "signed": signed, "token": request.headers.get("x-amz-security-token")}


def test_the_signature_is_the_one_that_botocore_makes(account: Account, service: Service) -> None:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as TheirCredentials

    account.config(CHAINS["source_profile"])
    account.environment(AWS_ENDPOINT_URL_STS=f"{service.url}/sub")
    service.answer = sts
    ours("role")
    (request,) = service.received
    again = AWSRequest("POST", f"{service.url}{request.path}", data=request.body)
    again.headers["Content-Type"] = request.headers["content-type"]
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(TheirCredentials("AKIABASE", "base"), "sts", "eu-central-1")
    again.headers["X-Amz-Date"] = request.headers["x-amz-date"]
    text = signer.string_to_sign(again, signer.canonical_request(again))
    assert request.headers["authorization"].endswith(f"Signature={signer.signature(text, again)}")


def test_web_identity_of_the_environment(account: Account, service: Service, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    account.environment(AWS_ENDPOINT_URL_STS=service.url, AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_ARN=ROLE)
    account.environment(AWS_ROLE_SESSION_NAME="pod")
    service.answer = sts
    assert theirs(None) == ours() == GIVEN
    mine = service.received[-1]
    assert (mine.form["RoleSessionName"], mine.form["WebIdentityToken"]) == ("pod", "first")
    assert "authorization" not in mine.headers
    source = resolve("ecr").credentials
    token.write_text("second")
    source.current()
    assert service.received[-1].form["WebIdentityToken"] == "second"


BROKEN = {
    "no source": (f"[profile role]\nrole_arn = {ROLE}\n", "needs one of source_profile"),
    "two sources": (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = a\ncredential_source = Environment\n",
        "needs one of source_profile",
    ),
    "source that is absent": (f"[profile role]\nrole_arn = {ROLE}\nsource_profile = a\n", "'a' of 'role' does not"),
    "source without any": (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = a\n[profile a]\nx = 1\n",
        "has no cred",
    ),
    "a circle": (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = a\n"
        f"[profile a]\nrole_arn = {ROLE}\nsource_profile = role\n",
        "leads back",
    ),
    "itself without keys": (f"[profile role]\nrole_arn = {ROLE}\nsource_profile = role\n", "leads back"),
    "unknown kind": (f"[profile role]\nrole_arn = {ROLE}\ncredential_source = Moon\n", "must be one of"),
    "web identity without a role": ("[profile role]\nweb_identity_token_file = /t\n", "no role"),
    "half a key": ("[profile role]\naws_access_key_id = AKIA\n", "no aws_secret_access_key"),
    "half a key in the source": (
        f"[profile role]\nrole_arn = {ROLE}\nsource_profile = a\n[profile a]\naws_secret_access_key = s\n",
        "has no credentials",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_botocore_refuses(account: Account, case: str) -> None:
    text, reason = BROKEN[case]
    account.config(text)
    with pytest.raises(BotoCoreError):
        theirs("role")
    with pytest.raises(ConfigurationError, match=reason):
        ours("role")


@pytest.mark.parametrize(
    "setting", ["sso_account_id = 1\nsso_role_name = r", "login_session = arn:aws:iam::1:user/u", "mfa"]
)
def test_what_needs_a_person_says_what_to_do(account: Account, setting: str) -> None:
    if setting == "mfa":
        setting = f"role_arn = {ROLE}\nsource_profile = role\nmfa_serial = arn:aws:iam::1:mfa/u\n{KEYS}"
    account.config(f"[profile role]\n{setting}\n")
    with pytest.raises(ConfigurationError, match="aws configure export-credentials --profile role"):
        ours("role")


def test_keys_of_the_credentials_file_stand_above_a_login(account: Account) -> None:
    account.config("[profile role]\nlogin_session = arn:aws:iam::1:user/u\n")
    account.credentials(f"[role]\n{KEYS}")
    assert ours("role") == theirs("role") == ("AKIABASE", "base", None)


def test_sts_refuses(account: Account, service: Service) -> None:
    account.config(CHAINS["source_profile"])
    account.environment(AWS_ENDPOINT_URL_STS=service.url)
    service.answer = lambda request: (403, REFUSED)
    with pytest.raises(NoCredentials, match=r"AccessDenied: you may <not> \(HTTP 403\)"):
        ours("role")
    assert len(service.received) == 1


def test_sts_is_asked_again_after_a_fault(account: Account, service: Service) -> None:
    account.config(CHAINS["source_profile"])
    account.environment(AWS_ENDPOINT_URL_STS=service.url)
    answers = iter([(500, ""), (400, "<Code>Throttling</Code>"), (200, IN_XML.format(action="AssumeRole"))])
    service.answer = lambda request: next(answers)
    assert ours("role") == GIVEN


@pytest.mark.parametrize("answer", [(200, "<html>"), (200, "x" * 70_000), (302, "")])
def test_an_answer_that_is_none(account: Account, service: Service, answer: Answer) -> None:
    account.config(CHAINS["source_profile"])
    account.environment(AWS_ENDPOINT_URL_STS=service.url)
    service.answer = lambda request: answer
    with pytest.raises(NoCredentials):
        ours("role")
    assert not [request for request in service.received if request.path == "/elsewhere"]


@pytest.mark.parametrize(
    "printed",
    [
        {"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s"},
        {"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s", "SessionToken": "t"},
        {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": "2999-01-01T00:00:00+02:00"},
    ],
)
def test_a_process_as_botocore(account: Account, tmp_path: Path, printed: dict[str, Any]) -> None:
    (tmp_path / "out put").write_text(json.dumps(printed))
    account.config(f'[default]\ncredential_process = cat "{tmp_path}/out put"\n')
    assert ours() == theirs(None)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("false", "ended with 1"),
        ("/nonexistent/program", "could not be started"),
        ("echo hello", "did not print a JSON object"),
        ("echo '{\"Version\": 2}'", "must print Version 1"),
        ("echo '{\"Version\": 1}'", "no AccessKeyId"),
        ("echo 'unended", "quote"),
        ("", "could not be started"),
    ],
)
def test_a_process_that_fails(account: Account, command: str, reason: str) -> None:
    account.config(f"[default]\ncredential_process = {command}\n")
    with pytest.raises(ConfigurationError, match=reason):
        ours()


def test_container(account: Account, service: Service, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("from the file")
    account.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{service.url}/creds?id=1")
    account.environment(AWS_CONTAINER_AUTHORIZATION_TOKEN="plain")
    service.answer = lambda request: (200, json.dumps(AS_JSON))
    assert theirs(None) == ours() == GIVEN
    account.environment(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))
    assert theirs(None) == ours() == GIVEN
    assert [request.headers["authorization"] for request in service.received] == ["plain"] * 2 + ["from the file"] * 2
    assert {request.path for request in service.received} == {"/creds?id=1"}


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://evil.example/creds"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "ftp://127.0.0.1/creds"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[::1"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil.example/creds"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ".evil.example/creds"},
    ],
)
def test_containers_ask_few_hosts(account: Account, variables: dict[str, str]) -> None:
    account.environment(**variables)
    with pytest.raises(ConfigurationError, match=r"container credentials may come|is not a URL"):
        ours()


def test_a_token_that_would_be_two_headers(account: Account, service: Service) -> None:
    account.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url, AWS_CONTAINER_AUTHORIZATION_TOKEN="a\r\nX: b")
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        ours()
    assert not service.received


def test_a_container_whose_token_cannot_be_read(account: Account, service: Service, tmp_path: Path) -> None:
    file = tmp_path / "token"
    account.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url)
    account.environment(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(file))
    for content in (None, b"\xff\xfe"):
        if content:
            file.write_bytes(content)
        with pytest.raises(NoCredentials, match="credentials endpoint failed"):
            ours()
    assert not service.received


def test_a_container_that_fails_is_no_reason_to_look_elsewhere(account: Account, service: Service) -> None:
    account.environment(AWS_CONTAINER_CREDENTIALS_FULL_URI=service.url)
    service.answer = lambda request: (500, "")
    with pytest.raises(NoCredentials, match="HTTP status 500"):
        ours()
    assert len(service.received) == 3


def instance(request: Received) -> Answer:
    if (request.method, request.path) == ("PUT", "/latest/api/token"):
        assert request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
        return 200, "session"
    if request.headers.get("x-aws-ec2-metadata-token") != "session":
        return 401, ""
    base = "/latest/meta-data/iam/security-credentials/"
    return 200, {base: "pusher", f"{base}pusher": json.dumps(AS_JSON)}[request.path]


def test_instance(account: Account, service: Service) -> None:
    account.environment(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
    service.answer = instance
    assert theirs(None) == ours() == GIVEN
    account.config(
        f"[default]\nregion = eu-west-1\n[profile role]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n"
    )
    account.environment(AWS_ENDPOINT_URL_STS=service.url)
    service.answer = lambda request: sts(request) if request.method == "POST" else instance(request)
    assert ours("role") == GIVEN
    assert "Credential=ASIAROLE/" in service.received[-1].headers["authorization"]


def test_no_instance(account: Account, service: Service) -> None:
    account.environment(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
    service.answer = lambda request: (404, "")
    with pytest.raises(NoCredentials, match=r"no credentials were found. Set AWS_ACCESS_KEY_ID"):
        ours()
    account.environment(AWS_EC2_METADATA_DISABLED="TRUE")
    service.received.clear()
    with pytest.raises(NoCredentials):
        ours()
    assert not service.received


def test_an_instance_that_gives_old_credentials_is_asked_again_later(account: Account, service: Service) -> None:
    old = json.dumps({**AS_JSON, "Expiration": "2020-01-01T00:00:00Z"})
    account.environment(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
    service.answer = lambda request: (200, old) if request.path.endswith("pusher") else instance(request)
    source = resolve("ecr").credentials
    assert source.current().access_key == "ASIAROLE"
    assert source.fresh()


def test_environment_that_expires_is_read_again(account: Account) -> None:
    account.environment(AWS_ACCESS_KEY_ID="AKIA1", AWS_SECRET_ACCESS_KEY="s")
    account.environment(AWS_CREDENTIAL_EXPIRATION="2999-01-01T00:00:00")
    source = resolve("ecr").credentials
    assert source.current().expires_at is not None
    account.environment(AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z")
    with pytest.raises(NoCredentials, match="have expired"):
        resolve("ecr").credentials.current()
    account.environment(AWS_CREDENTIAL_EXPIRATION="soon")
    with pytest.raises(ConfigurationError, match="ISO 8601"):
        resolve("ecr").credentials.current()


def test_making_a_client_asks_nobody(account: Account, service: Service) -> None:
    account.environment(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=service.url)
    assert not resolve("ecr").credentials.fresh()
    assert not service.received


def test_keys_in_the_environment_stand_below_a_profile_that_is_given(account: Account) -> None:
    account.config(f"[profile base]\n{KEYS}")
    account.environment(AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY="s", AWS_PROFILE="base")
    assert ours() == theirs(None) == ("AKIAENV", "s", None)
    assert ours("base") == theirs("base") == ("AKIABASE", "base", None)
    assert resolve("ecr", profile_name="base").credentials.current() == Credentials("AKIABASE", "base")
