"""`docker-credential-wharfside`: gives docker, podman, skopeo and buildah a fresh password whenever they need one.

It speaks the protocol of docker credential helpers: an action as the only argument, the server's address or the
credentials on standard input, the answer or the error on standard output, and exit code 1 for an error. Source: the
README of docker-credential-helpers, section "Development", and the documentation of `docker login`, "Credential
helper protocol". It keeps nothing: the registry is asked each time.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

from wharfside.cli.credentials import Access, Login, NoRegistry, find_access, request_login

USER: Final = "AWS"
NOT_FOUND: Final = "credentials not found in native keychain"
"""The words by which the tools know that they may go on without credentials."""
LONGEST_INPUT: Final = 65_536
USAGE: Final = """\
Usage: docker-credential-wharfside <get|store|erase|list|version>

Container tools call this program. To have docker use it, name the registry in ~/.docker/config.json
(podman, skopeo and buildah: in ~/.config/containers/auth.json):

    {"credHelpers": {"127.0.0.1:5000": "wharfside"}}

It finds the registry by AWS_ENDPOINT_URL_ECR, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY where these are set
(see `wharfside env`), else by the data folder: $WHARFSIDE_DATA, else ./data.

Try it with: echo 127.0.0.1:5000 | docker-credential-wharfside get"""
_LOOPBACK: Final = frozenset(("localhost", "127.0.0.1", "::1"))


class Refused(Exception):
    """The action fails; the text is for the tool that called."""


def main() -> None:
    """Carry out the action that the only argument names."""
    arguments = sys.argv[1:]
    if arguments in (["--help"], ["-h"]):
        print(USAGE)
        return
    action = ACTIONS.get(arguments[0]) if len(arguments) == 1 else None
    if action is None:
        print(USAGE, file=sys.stderr)
        sys.exit(1)
    try:
        answer = action()
    except (Refused, NoRegistry) as error:
        print(error)
        sys.exit(1)
    if answer is not None:
        print(answer)


def get() -> str:
    """The credentials of the server that standard input names."""
    server = _read_server()
    granted = find_login(server)
    return json.dumps({"ServerURL": server, "Username": granted.user, "Secret": granted.password})


def store() -> None:
    """Accept the credentials that `get` gives anew each time, and refuse all others: none are kept."""
    try:
        given: dict[str, Any] = json.loads(_read_input())
        server, user = str(given["ServerURL"]), given["Username"]
    except (ValueError, KeyError, TypeError):
        raise Refused("the credentials must be a JSON object with ServerURL, Username and Secret") from None
    if user != USER:
        raise Refused(f"docker-credential-wharfside keeps no credentials: it cannot store those of {user}")
    find_login(server)


def erase() -> None:
    """Nothing was kept, so there is nothing to erase."""
    _read_server()


def known() -> str:
    """The registry that `get` has credentials for, and the user's name."""
    try:
        access = find_access(None)
    except NoRegistry:
        return "{}"
    return json.dumps({own_host(access): USER})


def describe_version() -> str:
    return f"docker-credential-wharfside (wharfside) {version('wharfside')}"


ACTIONS: Final[Mapping[str, Callable[[], str | None]]] = {
    "get": get,
    "store": store,
    "erase": erase,
    "list": known,
    "version": describe_version,
}


def find_login(server: str) -> Login:
    """Credentials for a server. Raises Refused when it is not our registry, NoRegistry when that does not answer."""
    try:
        access = find_access(None)
    except NoRegistry as error:
        raise _not_found(error) from None
    region = region_for(access, server)
    if region is not None:
        return request_login(access, region)
    if access.account is None:
        # The environment does not tell under which name the registry is configured: only the registry does.
        try:
            granted = request_login(access)
        except NoRegistry as error:
            raise _not_found(error) from None
        if granted.host == host_of(server):
            return granted
    raise Refused(NOT_FOUND)


def _not_found(reason: NoRegistry) -> Refused:
    """Let the tool go on without credentials, and tell the person who watches why."""
    print(f"docker-credential-wharfside: {reason}", file=sys.stderr)
    return Refused(NOT_FOUND)


def region_for(access: Access, server: str) -> str | None:
    """The region in which `server` is our registry; None when it is not ours, which is never given a password."""
    host = host_of(server)
    if host in (own_host(access), urlsplit(access.url).netloc) or _same_machine(host, urlsplit(access.url).netloc):
        return access.region
    if access.registry_host is None or access.account is None:
        return None
    template = re.escape(_without_scheme(access.registry_host).lower().replace("{account}", access.account))
    match = re.fullmatch(template.replace(r"\{region\}", "(?P<region>[0-9a-z-]{2,25})", 1), host)
    return match.groupdict().get("region", access.region) if match else None


def own_host(access: Access) -> str:
    """The host that stands in the names of images."""
    if access.registry_host is not None and access.account is not None:
        host = _without_scheme(access.registry_host).lower()
        return host.replace("{account}", access.account).replace("{region}", access.region)
    return urlsplit(access.url).netloc


def host_of(server: str) -> str:
    """The host, with its port, of a server's address: tools give it with or without a scheme and a path."""
    return _without_scheme(server.strip()).partition("/")[0].lower()


def _without_scheme(address: str) -> str:
    return re.sub(r"^https?://", "", address, flags=re.IGNORECASE)


def _same_machine(one: str, other: str) -> bool:
    """Whether both are names of this machine, with the same port."""
    try:
        first, second = urlsplit(f"//{one}"), urlsplit(f"//{other}")
        return {first.hostname, second.hostname} <= _LOOPBACK and first.port == second.port
    except ValueError:
        return False


def _read_server() -> str:
    server = _read_input().strip()
    if not server:
        raise Refused("no credentials server URL")
    return server


def _read_input() -> str:
    return sys.stdin.buffer.read(LONGEST_INPUT).decode(errors="replace")


if __name__ == "__main__":
    main()
