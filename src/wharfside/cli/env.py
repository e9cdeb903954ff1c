"""`wharfside env`: the variables with which the AWS CLI and every SDK reach the registry."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from wharfside.cli.credentials import Access, NoRegistry, data_folder, from_folder

UNSET: Final = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
"""Variables that would make the AWS tools use another key, or another address."""


def env(
    *, data: Path | None = None, as_json: Annotated[bool, Parameter("--json", negative="", show_default=False)] = False
) -> None:
    """Print the variables with which the AWS CLI and the SDKs reach the registry.

    A shell is to evaluate them. The administrator's secret access key is among them.

    Examples:

        eval "$(wharfside env)" && aws ecr describe-repositories
        eval "$(wharfside env --data /srv/registry)"
        wharfside env --json

    Parameters
    ----------
    data
        Data folder of the registry (default $WHARFSIDE_DATA, else ./data).
    as_json
        Print the variables as a JSON object.
    """
    folder = data_folder(data)
    try:
        variables = variables_of(from_folder(folder))
    except NoRegistry as error:
        sys.exit(f"wharfside env: {error}")
    if as_json:
        print(json.dumps(variables, indent=2))
        return
    print(shell_script(variables))
    if sys.stdout.isatty():
        option = f" --data {shlex.quote(str(data))}" if data is not None else ""
        print(f'# To set these variables in your shell, run: eval "$(wharfside env{option})"', file=sys.stderr)


def variables_of(access: Access) -> dict[str, str]:
    """The variables that the AWS CLI and the SDKs read."""
    variables = {
        "AWS_ACCESS_KEY_ID": access.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.credentials.secret_access_key,
        "AWS_REGION": access.region,
        "AWS_DEFAULT_REGION": access.region,
        "AWS_ENDPOINT_URL_ECR": access.url,
        "AWS_ENDPOINT_URL_ECR_PUBLIC": access.url,
        "AWS_ENDPOINT_URL_STS": access.url,
    }
    if access.certificate is not None and is_own_authority(access.certificate):
        variables["AWS_CA_BUNDLE"] = str(access.certificate)
    return variables


def shell_script(variables: Mapping[str, str]) -> str:
    """What a POSIX shell evaluates to set them."""
    lines = [f"unset {' '.join(UNSET)}"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(lines)


def is_own_authority(certificate: Path) -> bool:
    """Whether the file holds a self-signed certificate, which clients trust only when told to.

    AWS_CA_BUNDLE replaces the authorities of the system, so it must not name a certificate that one of them issued.
    """
    from cryptography import x509

    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    return any(link.issuer == link.subject for link in chain)
