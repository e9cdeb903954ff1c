"""Where the credentials of a client come from when they are not given: botocore's chain, in its order.

Left out are botocore's files of times before profiles (`AWS_CREDENTIAL_FILE`, `/etc/boto.cfg`), and what needs a
person at a browser or a code from a device: for those the error says what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wharfside_sdk.configuration.credentials import (
    Credentials,
    CredentialSource,
    RefreshingCredentials,
    StaticCredentials,
    parse_expiry,
)
from wharfside_sdk.configuration.profiles import Section, text_of
from wharfside_sdk.configuration.settings import Settings
from wharfside_sdk.errors import ConfigurationError, NoCredentials

if TYPE_CHECKING:
    from wharfside_sdk.configuration.roles import SecurityTokenService

NOTHING_FOUND: Final = (
    "no credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, "
    "or give the client aws_access_key_id and aws_secret_access_key"
)
_WEB_IDENTITY: Final = {
    "web_identity_token_file": "AWS_WEB_IDENTITY_TOKEN_FILE",
    "role_arn": "AWS_ROLE_ARN",
    "role_session_name": "AWS_ROLE_SESSION_NAME",
}


def find_credentials(settings: Settings, region: str) -> CredentialSource:
    """The first source of the chain that is configured. Raises NoCredentials, ConfigurationError."""
    return _Chain(settings, region).find()


@dataclass(frozen=True, slots=True)
class _Chain:
    settings: Settings
    region: str

    def find(self) -> CredentialSource:
        settings = self.settings
        name = settings.profile_name or "default"
        in_environment = None if settings.explicit_profile else _environment(settings.environ)
        found = (
            in_environment
            or self._assumed_role(name, (name,))
            or self._of_profile(name, variables=not settings.explicit_profile)
            or self._container()
            or self._instance()
        )
        if found is None:
            raise NoCredentials(NOTHING_FOUND)
        return found

    def _of_profile(self, name: str, variables: bool) -> CredentialSource | None:
        """What the profile has of its own. `variables`: the environment may name a web identity."""
        profiles = self.settings.profiles
        section = profiles.merged.get(name, {})
        found = self._web_identity(section, variables)
        if found is None:
            _refuse_sign_in(name, section, ("sso_role_name", "sso_account_id"))
            found = _static(name, profiles.credentials.get(name, {}))
        if found is None:
            _refuse_sign_in(name, section, ("login_session",))
            found = _process(section) or _static(name, profiles.config.get(name, {}))
        return found

    def _assumed_role(self, name: str, visited: tuple[str, ...]) -> CredentialSource | None:
        section = self.settings.profiles.merged.get(name, {})
        if not _takes_role(section):
            return None
        if "mfa_serial" in section:
            raise ConfigurationError(
                f"the profile {name!r} needs a code from a device, which this SDK does not ask for. {_export(name)}"
            )
        source = self._source_of_role(name, section, visited)
        parameters = {"RoleArn": text_of(section, "role_arn") or ""}
        for setting, parameter in (("role_session_name", "RoleSessionName"), ("external_id", "ExternalId")):
            value = text_of(section, setting)
            if value is not None:
                parameters[parameter] = value
        duration = text_of(section, "duration_seconds") or ""
        if duration.isdecimal():
            parameters["DurationSeconds"] = duration
        return RefreshingCredentials(lambda: self._sts(lambda sts: sts.assume_role(source, parameters)))

    def _source_of_role(self, name: str, section: Section, visited: tuple[str, ...]) -> CredentialSource:
        kind, source_profile = text_of(section, "credential_source"), text_of(section, "source_profile")
        if (kind is None) == (source_profile is None):
            raise ConfigurationError(
                f"the profile {name!r} has a role_arn; it needs one of source_profile and credential_source"
            )
        if kind is not None:
            return self._named_source(name, kind)
        assert source_profile is not None
        profiles = self.settings.profiles.merged
        if source_profile not in profiles:
            raise ConfigurationError(f"the source_profile {source_profile!r} of {name!r} does not exist")
        keys = _has_keys(profiles[source_profile])
        # A profile may name itself: it has both the role and the keys to take it with.
        if source_profile in visited and not (source_profile == name and keys):
            raise ConfigurationError(f"the source_profile of {name!r} leads back to {source_profile!r}")
        found = None if keys else self._assumed_role(source_profile, (*visited, source_profile))
        found = found or self._of_profile(source_profile, variables=False)
        if found is None:
            raise ConfigurationError(f"the source_profile {source_profile!r} of {name!r} has no credentials")
        return found

    def _named_source(self, name: str, kind: str) -> CredentialSource:
        sources: dict[str, Callable[[], CredentialSource | None]] = {
            "Environment": lambda: _environment(self.settings.environ),
            "EcsContainer": self._container,
            "Ec2InstanceMetadata": self._instance,
        }
        if kind not in sources:
            raise ConfigurationError(f"credential_source of the profile {name!r} must be one of {', '.join(sources)}")
        found = sources[kind]()
        if found is None:
            raise NoCredentials(f"credential_source {kind} of the profile {name!r} has no credentials")
        return found

    def _web_identity(self, section: Section, variables: bool) -> CredentialSource | None:
        environ: Mapping[str, str] = self.settings.environ if variables else {}
        file, role, session = (
            environ.get(variable, text_of(section, setting)) for setting, variable in _WEB_IDENTITY.items()
        )
        if not file:
            return None
        if not role:
            raise ConfigurationError("there is a web identity token file, but no role: set role_arn or AWS_ROLE_ARN")
        parameters = {"RoleArn": role} | ({} if session is None else {"RoleSessionName": session})
        return RefreshingCredentials(lambda: self._sts(lambda s: s.assume_role_with_web_identity(file, parameters)))

    def _sts(self, call: Callable[[SecurityTokenService], Credentials]) -> Credentials:
        # HTTP and TLS are imported by those who need them: most programs have their keys in the environment.
        from wharfside_sdk.configuration.roles import SecurityTokenService

        settings = self.settings
        variant = {"fips": settings.fips(), "dual_stack": settings.dual_stack()}
        url = settings.service_url("sts", self.region, given=None, **variant)
        return call(SecurityTokenService(url, self.region, settings.ca_bundle()))

    def _container(self) -> CredentialSource | None:
        from wharfside_sdk.configuration.metadata import FULL_URI, RELATIVE_URI, container_credentials

        environ = self.settings.environ
        if RELATIVE_URI not in environ and FULL_URI not in environ:
            return None
        return RefreshingCredentials(lambda: container_credentials(environ))

    def _instance(self) -> CredentialSource | None:
        from wharfside_sdk.configuration.metadata import InstanceMetadata

        if self.settings.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            return None
        source = RefreshingCredentials(InstanceMetadata.configured(self.settings.text).credentials)
        try:
            source.current()
        except NoCredentials:
            # Nothing answers on machines elsewhere, which is no fault.
            return None
        return source


def _environment(environ: Mapping[str, str]) -> CredentialSource | None:
    if not environ.get("AWS_ACCESS_KEY_ID"):
        return None
    _from_environment(environ)
    # Who sets when they expire, also sets new ones: the environment is then read again.
    return RefreshingCredentials(lambda: _from_environment(environ))


def _from_environment(environ: Mapping[str, str]) -> Credentials:
    key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise ConfigurationError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set")
    token = environ.get("AWS_SECURITY_TOKEN") or environ.get("AWS_SESSION_TOKEN") or None
    expiration = environ.get("AWS_CREDENTIAL_EXPIRATION")
    return Credentials(key, secret, token, parse_expiry(expiration) if expiration else None)


def _static(name: str, section: Section) -> CredentialSource | None:
    key, secret = text_of(section, "aws_access_key_id"), text_of(section, "aws_secret_access_key")
    if key is None:
        return None
    if secret is None:
        raise ConfigurationError(f"the profile {name!r} has an aws_access_key_id, but no aws_secret_access_key")
    token = section.get("aws_security_token", section.get("aws_session_token"))
    return StaticCredentials(Credentials(key, secret, token if isinstance(token, str) else None))


def _process(section: Section) -> CredentialSource | None:
    command = text_of(section, "credential_process")
    if command is None:
        return None
    from wharfside_sdk.configuration.process import process_credentials

    return RefreshingCredentials(lambda: process_credentials(command))


def _refuse_sign_in(name: str, section: Section, settings: tuple[str, ...]) -> None:
    """Raises ConfigurationError for a profile whose credentials come from signing in with a browser."""
    if any(setting in section for setting in settings):
        raise ConfigurationError(
            f"the profile {name!r} signs in with a browser, which this SDK does not do. {_export(name)}"
        )


def _export(name: str) -> str:
    return (
        f"Run `aws configure export-credentials --profile {name} --format env` and set what it prints, name that "
        f"command without --format as credential_process of another profile, or give the client "
        f"credentials=boto3.Session(profile_name={name!r}).get_credentials()"
    )


def _takes_role(section: Section) -> bool:
    return "role_arn" in section and "web_identity_token_file" not in section


def _has_keys(section: Section) -> bool:
    return "aws_access_key_id" in section or "aws_secret_access_key" in section
