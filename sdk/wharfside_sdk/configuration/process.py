"""Credentials that a program prints: `credential_process` of a profile.

Source: "Process credential provider" in the AWS SDKs and Tools Reference Guide.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import Any, Final, cast

from wharfside_sdk.configuration.credentials import Credentials, parse_expiry
from wharfside_sdk.errors import ConfigurationError, NoCredentials

LONGEST_RUN: Final = 300.0
"""In seconds; long, because some programs ask a person to log in."""
LARGEST_OUTPUT: Final = 65_536


def process_credentials(command: str) -> Credentials:
    """Runs the program, without a shell, and reads what it prints. Raises NoCredentials, ConfigurationError."""
    try:
        words = shlex.split(command)
    except ValueError:
        raise ConfigurationError("credential_process has a quote that does not end") from None
    try:
        done = subprocess.run(words, capture_output=True, timeout=LONGEST_RUN, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NoCredentials(f"credential_process did not end in {LONGEST_RUN:.0f} seconds") from None
    except (OSError, ValueError, IndexError) as error:
        raise NoCredentials(f"credential_process could not be started: {error}") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()[:500]
        raise NoCredentials(f"credential_process ended with {done.returncode}: {said}")
    return _parsed(done.stdout)


def _parsed(output: bytes) -> Credentials:
    try:
        document: Any = json.loads(output) if len(output) <= LARGEST_OUTPUT else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise NoCredentials("credential_process did not print a JSON object")
    members = cast("dict[str, Any]", document)
    if members.get("Version") != 1:
        raise NoCredentials("credential_process must print Version 1")
    key, secret = members.get("AccessKeyId"), members.get("SecretAccessKey")
    token, expiration = members.get("SessionToken"), members.get("Expiration")
    if not isinstance(key, str) or not isinstance(secret, str) or not isinstance(token, str | None):
        raise NoCredentials("credential_process printed no AccessKeyId or no SecretAccessKey")
    if expiration is not None and not isinstance(expiration, str):
        raise NoCredentials("credential_process printed an Expiration that is no time")
    return Credentials(key, secret, token, parse_expiry(expiration) if expiration else None)
