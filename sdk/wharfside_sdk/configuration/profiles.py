"""The files `~/.aws/config` and `~/.aws/credentials`: profiles and `services` sections, read as botocore reads them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from wharfside_sdk.errors import ConfigurationError, ProfileNotFound

Section: TypeAlias = Mapping[str, "str | Mapping[str, str]"]
"""The settings of a section; an indented block under a name is a mapping of its own."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """What both files say."""

    merged: Mapping[str, Section] = field(default_factory=dict[str, Section])
    """Profiles of both files, by name; where both have a setting, the credentials file's stands."""
    config: Mapping[str, Section] = field(default_factory=dict[str, Section])
    """Profiles of the config file alone."""
    credentials: Mapping[str, Section] = field(default_factory=dict[str, Section])
    """Profiles of the credentials file alone."""
    services: Mapping[str, Section] = field(default_factory=dict[str, Section])
    """The `services` sections, by name."""

    def profile(self, name: str | None) -> Section:
        """The settings of a profile that was asked for, or of `default`. Raises ProfileNotFound."""
        if name is None:
            return self.merged.get("default", {})
        if name not in self.merged:
            known = ", ".join(sorted(self.merged)) or "none"
            raise ProfileNotFound(f"there is no profile {name!r} in the AWS configuration files; there are: {known}")
        return self.merged[name]


def read_profiles(environ: Mapping[str, str]) -> Profiles:
    """Reads both files; one that is absent or not readable is empty. Raises ConfigurationError."""
    sections = _read(environ.get("AWS_CONFIG_FILE", "~/.aws/config"))
    config = _named(sections, "profile") | {name: section for name, section in sections.items() if name == "default"}
    credentials = _read(environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"))
    merged = {name: {**config.get(name, {}), **credentials.get(name, {})} for name in config | credentials}
    return Profiles(merged, config, credentials, _named(sections, "services"))


def text_of(section: Section, name: str) -> str | None:
    """The value of a setting; None when it is not there or is a block. An empty value counts as given."""
    value = section.get(name)
    return value if isinstance(value, str) else None


def _read(name: str) -> dict[str, Section]:
    path = os.path.expanduser(os.path.expandvars(name))
    if not os.path.isfile(path):
        return {}
    # The import costs milliseconds that many programs need not pay: they have no such files.
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read([path], encoding="utf-8")
        return {
            section: {option: _value(parser.get(section, option)) for option in parser.options(section)}
            for section in parser.sections()
        }
    except (configparser.MissingSectionHeaderError, configparser.DuplicateOptionError) as error:
        # The texts of these name the line, and what stands there may be a secret.
        raise ConfigurationError(f"{path}, line {error.lineno}: {type(error).__name__}") from None
    except (configparser.Error, ValueError) as error:
        raise ConfigurationError(f"{path} is not a configuration file of AWS: {type(error).__name__}") from None


def _value(text: str) -> str | dict[str, str]:
    """The value of an option: a text, or the settings of an indented block below it."""
    if not text.startswith("\n"):
        return text
    block: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals:
            raise ValueError("a line of an indented block has no equals sign")
        block[name.strip()] = value.strip()
    return block


def _named(sections: Mapping[str, Section], kind: str) -> dict[str, Section]:
    """The sections `[kind name]`, by name."""
    found: dict[str, Section] = {}
    for title, section in sections.items():
        if title.startswith(kind):
            try:
                words = shlex.split(title)
            except ValueError:
                continue
            if len(words) == 2:
                found[words[1]] = section
    return found
