"""The configuration of a client is what botocore makes of the same arguments, environment and files."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError
from configured_account import Account
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wharfside_sdk.configuration import ClientConfiguration, Credentials, resolve
from wharfside_sdk.errors import ConfigurationError, NoCredentials, NoRegion, ProfileNotFound

CONFIG = """\
[default]
region = ap-south-1
endpoint_url = http://default.example

[profile plain]
region = eu-north-1
aws_access_key_id = AKIAPLAIN
aws_secret_access_key = plain
ca_bundle = /etc/plain.pem
max_attempts = 7

[profile nested]
region = us-gov-west-1
services = mine
endpoint_url = http://profile.example
use_fips_endpoint = true
use_dualstack_endpoint = TRUE

[profile "with space"]
services = gone
region = us-west-2

[profile quiet]
ignore_configured_endpoint_urls = true
endpoint_url = http://ignored.example
use_dualstack_endpoint = true
region = cn-north-1

[services mine]
ecr =
  endpoint_url = http://ecr.example:8080/path
ecr_public =
  endpoint_url = http://public.example
"""
CREDENTIALS = """\
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = default
[nested]
aws_access_key_id = AKIANESTED
aws_secret_access_key = nested
aws_session_token = token
[only-here]
aws_access_key_id = AKIAONLY
aws_secret_access_key = only
region = sa-east-1
[half]
aws_access_key_id = AKIAHALF
[plain]
max_attempts = 9
region = ap-east-1
"""
PROFILES = ["default", "plain", "nested", "with space", "quiet", "only-here", "half", "absent", ""]
URLS = ["http://env.example", "https://env.example:444/base"]
VARIABLES: dict[str, list[str]] = {
    "AWS_DEFAULT_REGION": ["eu-west-1", "fips-us-east-1", "us-gov-east-1"],
    "AWS_REGION": ["us-west-1"],
    "AWS_PROFILE": PROFILES,
    "AWS_DEFAULT_PROFILE": PROFILES,
    "AWS_ENDPOINT_URL": URLS,
    "AWS_ENDPOINT_URL_ECR": URLS,
    "AWS_ENDPOINT_URL_ECR_PUBLIC": URLS,
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": ["true", "False", "1"],
    "AWS_CA_BUNDLE": ["/etc/env.pem"],
    "REQUESTS_CA_BUNDLE": ["/etc/requests.pem"],
    "AWS_MAX_ATTEMPTS": ["1", "5"],
    "AWS_USE_FIPS_ENDPOINT": ["true", "false"],
    "AWS_USE_DUALSTACK_ENDPOINT": ["true", "false"],
    "AWS_ACCESS_KEY_ID": ["AKIAENV", ""],
    "AWS_SECRET_ACCESS_KEY": ["env"],
    "AWS_SESSION_TOKEN": ["env-token", ""],
    "AWS_SECURITY_TOKEN": ["old-token"],
}
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAENV",
    "AWS_SECRET_ACCESS_KEY": "env",
    "AWS_SESSION_TOKEN": "env-token",
    "AWS_SECURITY_TOKEN": "old-token",
}
"""Keys in the environment, with a session token under its old and its new name."""
ARGUMENTS: dict[str, list[Any]] = {
    "region_name": ["ca-central-1", "us-east-1-fips"],
    "endpoint_url": ["http://argument.example"],
    "aws_access_key_id": ["AKIAARGUMENT"],
    "aws_secret_access_key": ["argument"],
    "verify": [False, "/etc/argument.pem"],
}


def some(choices: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in choices.items()})


def theirs(service: str, profile: str | None, arguments: dict[str, Any]) -> tuple[Any, ...]:
    # What boto3.Session(profile_name=...) does.
    session = botocore.session.Session(profile=profile)
    client: Any = session.create_client(service, **arguments)
    operation = client.meta.service_model.operation_model("PutImage")
    context = {"client_region": client.meta.region_name, "client_config": client.meta.config, "has_streaming_input": 0}
    url, _, _ = client._resolve_endpoint_ruleset(operation, {}, context)
    attempts = client.meta.config.retries.get("total_max_attempts", 3)
    credentials = client._get_credentials()
    keys = tuple(credentials.get_frozen_credentials())[:3] if credentials else None
    return url, client.meta.region_name, client._endpoint.http_session._verify, attempts, keys


def ours(service: Any, profile: str | None, arguments: dict[str, Any]) -> tuple[Any, ...]:
    made = resolve(service, profile_name=profile, **arguments)
    try:
        found = made.credentials.current()
    except NoCredentials:
        keys = None
    else:
        keys = (found.access_key, found.secret_key, found.token)
    assert made.signing_region == made.region
    assert made.signing_name == service
    return made.endpoint_url, made.region, made.verify, made.max_attempts, keys


@given(
    st.sampled_from(["ecr", "ecr-public"]),
    some(VARIABLES),
    st.none() | st.sampled_from(PROFILES[:-1]),
    some(ARGUMENTS),
)
@example("ecr", KEYS, None, {"region_name": "eu-west-1"})
@example("ecr-public", KEYS, "plain", {})
@example("ecr", KEYS | {"AWS_PROFILE": "nested"}, None, {})
@example("ecr-public", {"AWS_DEFAULT_PROFILE": "nested", "AWS_PROFILE": "absent"}, None, {})
@example("ecr", {"AWS_PROFILE": "quiet"}, None, {})
@example("ecr", {"AWS_PROFILE": "quiet", "AWS_ENDPOINT_URL_ECR": URLS[0]}, None, {})
@example("ecr", {"AWS_ENDPOINT_URL_ECR": URLS[0], "AWS_ENDPOINT_URL": URLS[1]}, "nested", {})
@example("ecr", {"AWS_CA_BUNDLE": "/a", "REQUESTS_CA_BUNDLE": "/b"}, "plain", {})
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everything_as_botocore(
    account: Account, service: str, variables: dict[str, str], profile: str | None, arguments: dict[str, Any]
) -> None:
    account.config(CONFIG)
    account.credentials(CREDENTIALS)
    with account.monkeypatch.context() as patch:
        patch.delenv("AWS_DEFAULT_REGION")
        for name, value in variables.items():
            patch.setenv(name, value)
        try:
            expected = theirs(service, profile, arguments)
        except (BotoCoreError, ValueError):
            with pytest.raises(ConfigurationError):
                ours(service, profile, arguments)
        else:
            assert ours(service, profile, arguments) == expected


def resolved(**arguments: Any) -> ClientConfiguration:
    return resolve("ecr", **arguments)


def test_no_region(account: Account) -> None:
    account.monkeypatch.delenv("AWS_DEFAULT_REGION")
    account.environment(AWS_REGION="eu-west-1")
    with pytest.raises(NoRegion, match=r"set AWS_DEFAULT_REGION.*AWS_REGION is set"):
        resolved(endpoint_url="http://127.0.0.1:8080")


def test_an_unknown_profile_is_named_with_those_there_are(account: Account) -> None:
    account.config(CONFIG)
    with pytest.raises(ProfileNotFound, match=r"no profile 'absent'.*default, nested, plain"):
        resolved(profile_name="absent")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8080",
        "ftp://a.example",
        "http://",
        "http://a.example:0",
        "http://a.example:99999",
        "http://a b/",
        "http://u:p@a.example",
        "http://a.example/?x=1",
        "http://a.example/#x",
        "http://a.example/\n",
        "http://[::1",
    ],
)
def test_what_is_no_endpoint_url(account: Account, url: str) -> None:
    with pytest.raises(ConfigurationError, match="endpoint URL must look like"):
        resolved(endpoint_url=url)


def test_endpoint_urls(account: Account) -> None:
    for url in ("http://[::1]:8080", "https://registry.example", "https://registry.example/base"):
        assert resolved(endpoint_url=f"{url}/").endpoint_url == url


def test_defaults(account: Account) -> None:
    made = resolved()
    assert (made.connect_timeout, made.read_timeout, made.max_attempts, made.verify) == (60.0, 60.0, 3, True)
    made = resolved(connect_timeout=1, read_timeout=2.5, max_attempts=1)
    assert (made.connect_timeout, made.read_timeout, made.max_attempts) == (1.0, 2.5, 1)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"connect_timeout": 0}, "connect_timeout must be"),
        ({"read_timeout": float("nan")}, "read_timeout must be"),
        ({"max_attempts": 0}, "at least 1"),
        ({"aws_access_key_id": "AKIA"}, "give both"),
        ({"aws_secret_access_key": "s"}, "give both"),
        ({"aws_access_key_id": "A", "aws_secret_access_key": "s", "credentials": Credentials("A", "s")}, "give either"),
        ({"credentials": "AKIA"}, "str cannot be credentials"),
        ({"region_name": "eu.west"}, "is not the name of a region"),
    ],
)
def test_arguments_that_mean_nothing(account: Account, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        resolved(**arguments)


def test_attempts_that_are_no_number(account: Account) -> None:
    account.environment(AWS_MAX_ATTEMPTS="many")
    with pytest.raises(ConfigurationError, match="AWS_MAX_ATTEMPTS"):
        resolved()


def test_an_environment_of_ones_own(account: Account) -> None:
    environ = {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"}
    files = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    made = resolve("ecr-public", environ=environ | files)
    assert made.endpoint_url == "https://api.ecr-public.eu-west-3.amazonaws.com"
    assert made.credentials.current() == Credentials("AKIA", "s")


@pytest.mark.parametrize(
    "text",
    [
        "aws_secret_access_key = hunter2\n",
        "[a]\nx = 1\nx = hunter2\n",
        "[a]\nhunter2\n",
        "[a]\nservices =\n  hunter2\n",
    ],
)
def test_a_file_that_is_none_is_explained_without_its_content(account: Account, text: str) -> None:
    account.config(text)
    with pytest.raises(ConfigurationError, match="config") as raised:
        resolved()
    assert "hunter2" not in str(raised.value)
    assert raised.value.__suppress_context__
