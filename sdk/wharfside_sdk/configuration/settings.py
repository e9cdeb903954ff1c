"""Looks settings up where AWS users have them: a variable of the environment first, then the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from wharfside_sdk.configuration.endpoints import EndpointService, amazon_url
from wharfside_sdk.configuration.profiles import Profiles, Section, read_profiles, text_of
from wharfside_sdk.errors import ConfigurationError

_PROFILE_VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""In botocore's order."""
_LONGEST_URL: Final = 2048


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment and the profile that applies. A variable that is set stands, even an empty one."""

    environ: Mapping[str, str]
    profiles: Profiles
    profile_name: str | None
    """The profile that was asked for, by argument or environment; None for `default`, which need not exist."""
    profile: Section
    explicit_profile: bool
    """Whether the profile was given as an argument, which then stands above access keys in the environment."""

    @classmethod
    def read(cls, environ: Mapping[str, str], profile_name: str | None) -> Settings:
        """Raises ProfileNotFound, and ConfigurationError for a file that cannot be understood."""
        profiles = read_profiles(environ)
        named = (environ[name] for name in _PROFILE_VARIABLES if name in environ)
        wanted = profile_name if profile_name is not None else next(named, None)
        return cls(environ, profiles, wanted, profiles.profile(wanted), profile_name is not None)

    def text(self, variable: str, name: str) -> str | None:
        """The value of a setting; None when neither the environment nor the profile has it."""
        value = self.environ.get(variable)
        return value if value is not None else text_of(self.profile, name)

    def flag(self, variable: str, name: str) -> bool:
        """Whether a setting is `true`, in any case; everything else is false."""
        return (self.text(variable, name) or "").lower() == "true"

    def endpoint_url(self, service: EndpointService) -> str | None:
        """The configured endpoint of a service, for itself before the one for all. Raises ConfigurationError."""
        if self.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"):
            return None
        key = service.replace("-", "_")
        return (
            self.environ.get(f"AWS_ENDPOINT_URL_{key.upper()}")
            or self.environ.get("AWS_ENDPOINT_URL")
            or self._from_services_section(key)
            or text_of(self.profile, "endpoint_url")
        )

    def _from_services_section(self, key: str) -> str | None:
        name = text_of(self.profile, "services")
        if name is None:
            return None
        if not self.profiles.services.get(name):
            raise ConfigurationError(f"the profile names the services section {name!r}, which does not exist")
        block = self.profiles.services[name].get(key, {})
        return None if isinstance(block, str) else block.get("endpoint_url")

    def service_url(
        self, service: EndpointService, region: str, *, given: str | None, fips: bool, dual_stack: bool
    ) -> str:
        """Where to reach a service: the URL that was given, the configured one, or Amazon's.

        FIPS and dual-stack choose among Amazon's only, as in botocore. Raises ConfigurationError.
        """
        url = given if given is not None else self.endpoint_url(service)
        if url is None:
            return amazon_url(service, region, fips=fips, dual_stack=dual_stack)
        _check_url(url)
        return url.rstrip("/")

    def fips(self) -> bool:
        return self.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")

    def dual_stack(self) -> bool:
        return self.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")

    def ca_bundle(self) -> bool | str:
        """The certificates to trust: a file, or True for the system's."""
        return self.text("AWS_CA_BUNDLE", "ca_bundle") or self.environ.get("REQUESTS_CA_BUNDLE") or True


def _check_url(url: str) -> None:
    """Raises ConfigurationError for what is no `http(s)://host[:port][/path]`."""
    try:
        parts = urlsplit(url)
        # The port is checked by being read.
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    else:
        good = good and not (parts.query or parts.fragment or parts.username or parts.password)
    if not good or len(url) > _LONGEST_URL or not url.isprintable() or " " in url or not url.isascii():
        raise ConfigurationError("the endpoint URL must look like https://registry.example:8080")
