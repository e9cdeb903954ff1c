"""`wharfside login`: log a container tool in to the registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, Literal, get_args

from wharfside.cli.credentials import Access, Login, NoRegistry, find_access, request_login

Tool = Literal["docker", "podman", "skopeo", "buildah", "helm", "oras"]
LOGIN_SECONDS: Final = 120
_NEVER_ENCRYPTS: Final = {
    "podman": "--tls-verify=false",
    "skopeo": "--tls-verify=false",
    "buildah": "--tls-verify=false",
    "helm": "--plain-http",
    "oras": "--plain-http",
}
"""The option that lets a tool speak http. Docker has none: the daemon allows it on this machine, and where told to."""


def login(*, data: Path | None = None, tool: Tool | None = None) -> None:
    """Log docker, podman or another container tool in to the registry, for 12 hours.

    The registry is that of AWS_ENDPOINT_URL_ECR, AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY where all three are set and no folder is given;
    else that of the data folder.

    Examples:

        wharfside login
        wharfside login --tool podman
        wharfside login --data /srv/registry --tool helm

    Parameters
    ----------
    data
        Data folder of the registry (default $WHARFSIDE_DATA, else ./data).
    tool
        Program to log in; by default the first of these that is installed.
    """
    try:
        program = find_tool(tool)
        access = find_access(data)
        granted = request_login(access)
        log_in(program, access, granted)
    except NoRegistry as error:
        sys.exit(f"wharfside login: {error}")
    until = granted.expires_at.astimezone().strftime("%Y-%m-%d %H:%M")
    print(f"{Path(program).name} is logged in to {granted.host} for 12 hours, until {until}.")


def find_tool(tool: Tool | None) -> str:
    """The path of the tool that was asked for, else of the first that is installed. Raises NoRegistry."""
    for name in [tool] if tool else get_args(Tool):
        path = shutil.which(name)
        if path is not None:
            return path
    if tool:
        raise NoRegistry(f"{tool} is not installed. Choose another program with --tool, or leave --tool away.")
    raise NoRegistry(f"None of {', '.join(get_args(Tool))} is installed. Install one of them, then try again.")


def login_command(program: str, granted: Login) -> list[str]:
    """The command that reads the password from its standard input: arguments can be seen by every user."""
    name = Path(program).name
    words = [program, "registry", "login"] if name == "helm" else [program, "login"]
    words += ["--username", granted.user, "--password-stdin"]
    if granted.scheme == "http" and name in _NEVER_ENCRYPTS:
        words.append(_NEVER_ENCRYPTS[name])
    return [*words, granted.host]


def log_in(program: str, access: Access, granted: Login) -> None:
    """Run the tool. Raises NoRegistry when it fails."""
    environment = dict(os.environ)
    if granted.scheme == "https" and access.certificate is not None:
        environment["SSL_CERT_FILE"] = str(access.certificate)
    try:
        subprocess.run(  # noqa: S603  # the program was looked up, and its arguments are not a shell's
            login_command(program, granted),
            input=granted.password.encode(),
            env=environment,
            timeout=LOGIN_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise NoRegistry(f"{program} did not finish within {LOGIN_SECONDS} seconds.") from None
    except subprocess.CalledProcessError as error:
        advice = _advice(Path(program).name, access, granted)
        raise NoRegistry(f"{program} could not log in (exit code {error.returncode}).{advice}") from None


def _advice(name: str, access: Access, granted: Login) -> str:
    """What to do next, for the failures that are to be expected."""
    if granted.scheme == "http" and name == "docker":
        return (
            f" Unless the registry is on this machine, the docker daemon must allow http: add {granted.host} to"
            ' "insecure-registries" in /etc/docker/daemon.json, and restart docker.'
        )
    if granted.scheme == "https" and access.certificate is not None:
        folder = "/etc/docker/certs.d" if name == "docker" else "/etc/containers/certs.d"
        return f" If the certificate is not trusted, copy {access.certificate} to {folder}/{granted.host}/ca.crt."
    return ""
