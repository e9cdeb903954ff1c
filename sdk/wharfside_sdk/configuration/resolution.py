"""What a client needs to know before its first request, from arguments, environment and files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wharfside_sdk.configuration.chain import find_credentials
from wharfside_sdk.configuration.credentials import (
    Credentials,
    CredentialSource,
    DeferredCredentials,
    ForeignCredentials,
    FrozenCredentialsProvider,
    StaticCredentials,
)
from wharfside_sdk.configuration.endpoints import check_region
from wharfside_sdk.configuration.settings import Settings
from wharfside_sdk.errors import ConfigurationError, NoRegion

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from wharfside_sdk.model.ir import ServiceName

DEFAULT_TIMEOUT: Final = 60.0
"""Seconds to connect, and seconds to wait for each part of an answer."""
DEFAULT_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class ClientConfiguration:
    """Everything that a client is configured by."""

    endpoint_url: str
    """Without a slash at its end."""
    signing_region: str
    signing_name: str
    region: str
    credentials: CredentialSource
    verify: bool | str
    """Whether certificates are checked, or the file of those to trust."""
    connect_timeout: float
    """In seconds, as `read_timeout`."""
    read_timeout: float
    max_attempts: int
    """How often a request is sent at most, the first time included."""


def resolve(
    service: ServiceName,
    *,
    region_name: str | None = None,
    endpoint_url: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    profile_name: str | None = None,
    credentials: Credentials | CredentialSource | FrozenCredentialsProvider | None = None,
    verify: bool | str | None = None,
    connect_timeout: float | None = None,
    read_timeout: float | None = None,
    max_attempts: int | None = None,
    use_fips_endpoint: bool | None = None,
    use_dualstack_endpoint: bool | None = None,
    environ: Mapping[str, str] | None = None,
) -> ClientConfiguration:
    """The configuration of a client, with botocore's precedence: arguments, environment, profile, defaults.

    Credentials are not looked for before they are needed. `environ` stands for the variables of the environment.
    Raises NoRegion, ProfileNotFound, ConfigurationError.
    """
    settings = Settings.read(os.environ if environ is None else environ, profile_name)
    region, fips_region = _region(settings, region_name)
    given = _given_credentials(aws_access_key_id, aws_secret_access_key, aws_session_token, credentials)
    return ClientConfiguration(
        endpoint_url=settings.service_url(
            service,
            region,
            given=endpoint_url,
            fips=fips_region or (settings.fips() if use_fips_endpoint is None else use_fips_endpoint),
            dual_stack=settings.dual_stack() if use_dualstack_endpoint is None else use_dualstack_endpoint,
        ),
        signing_region=region,
        signing_name=service,
        region=region,
        credentials=given or DeferredCredentials(lambda: find_credentials(settings, region)),
        verify=settings.ca_bundle() if verify is None else verify,
        connect_timeout=_seconds("connect_timeout", connect_timeout),
        read_timeout=_seconds("read_timeout", read_timeout),
        max_attempts=_attempts(settings, max_attempts),
    )


def _region(settings: Settings, given: str | None) -> tuple[str, bool]:
    """The region, and whether its name asked for FIPS: `fips-us-east-1` is an old way to do so."""
    name = given if given is not None else settings.text("AWS_DEFAULT_REGION", "region")
    if not name:
        hint = ""
        if settings.environ.get("AWS_REGION"):
            hint = " AWS_REGION is set, but Python's AWS SDKs read AWS_DEFAULT_REGION."
        raise NoRegion(f"no region is given: set AWS_DEFAULT_REGION, or give the client region_name.{hint}")
    region = name.replace("fips-", "").replace("-fips", "")
    check_region(region)
    return region, region != name


def _given_credentials(
    key: str | None,
    secret: str | None,
    token: str | None,
    credentials: Credentials | CredentialSource | FrozenCredentialsProvider | None,
) -> CredentialSource | None:
    if (key is None) != (secret is None):
        raise ConfigurationError("give both aws_access_key_id and aws_secret_access_key, or neither")
    if key is not None and secret is not None:
        if credentials is not None:
            raise ConfigurationError("give either aws_access_key_id and aws_secret_access_key, or credentials")
        return StaticCredentials(Credentials(key, secret, token))
    if credentials is None:
        return None
    if isinstance(credentials, Credentials):
        return StaticCredentials(credentials)
    if _can_be_frozen(credentials):
        return ForeignCredentials(credentials)
    if hasattr(credentials, "current"):
        return credentials
    raise ConfigurationError(
        f"{type(credentials).__name__} cannot be credentials: give what boto3.Session().get_credentials() returns"
    )


def _can_be_frozen(credentials: CredentialSource | FrozenCredentialsProvider) -> TypeIs[FrozenCredentialsProvider]:
    # All kinds of what boto3 calls credentials have this method, and sources do not.
    return hasattr(credentials, "get_frozen_credentials")


def _seconds(name: str, given: float | None) -> float:
    if given is None:
        return DEFAULT_TIMEOUT
    if not given > 0:
        raise ConfigurationError(f"{name} must be a number of seconds above 0")
    return float(given)


def _attempts(settings: Settings, given: int | None) -> int:
    value = given if given is not None else settings.text("AWS_MAX_ATTEMPTS", "max_attempts")
    if value is None:
        return DEFAULT_ATTEMPTS
    try:
        attempts = int(value)
    except ValueError:
        attempts = 0
    if attempts < 1:
        raise ConfigurationError("the number of attempts (AWS_MAX_ATTEMPTS, max_attempts) must be at least 1")
    return attempts
