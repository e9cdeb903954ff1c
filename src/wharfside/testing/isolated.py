"""An account that nothing else uses, on the server of this process, and the ways to reach it."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from wharfside.testing.server import running_server

if TYPE_CHECKING:
    from wharfside_sdk.ecr.client import ECRClient

DEFAULT_REGION: Final = "us-east-1"
MISLEADING: Final = (
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
"""Variables that would make the AWS tools use another key, or another address."""


class ClientArguments(TypedDict):
    """What every client takes: boto3's and aiobotocore's, and the SDK's own."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


@dataclass(frozen=True, slots=True)
class Registry:
    """An account of a running registry. It is empty at first, and no other test's calls reach it."""

    endpoint_url: str
    """Where the API is, as boto3 takes it: `http://127.0.0.1:41234`."""
    account: str
    """12 digits: the `registryId`, and the account in ARNs."""
    region: str
    log_file: Path = field(repr=False)
    """What the server had to say, with errors of all tests of this process."""
    _clients: list[Any] = field(default_factory=list[Any], repr=False, compare=False)

    @property
    def url(self) -> str:
        """Host and port, as they precede the repository in the names of images: `127.0.0.1:41234`."""
        return self.endpoint_url.partition("://")[2]

    @property
    def username(self) -> str:
        """Who logs in or sends credentials with this user name, as skopeo and podman do, is in this account."""
        return self.account

    @property
    def password(self) -> str:
        """A password of the user; any other would do."""
        return "any"

    @property
    def client_arguments(self) -> ClientArguments:
        """Keyword arguments for a client of any kind: `AsyncECRClient(**registry.client_arguments)`."""
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.account,
            "aws_secret_access_key": "any",
        }

    def client(self, service_name: str = "ecr", **arguments: Any) -> Any:
        """A boto3 client for `ecr`, `ecr-public` or `sts`; the arguments are those of boto3, and stand above ours.

        Raises MissingDependency where boto3 is not installed.
        """
        from wharfside.testing.boto3_clients import make_client

        client = make_client(service_name, {**self.client_arguments, **arguments})
        self._clients.append(client)
        return client

    def sdk_client(self) -> ECRClient:
        """The SDK's own client, which needs no boto3."""
        from wharfside_sdk.ecr.client import ECRClient

        client = ECRClient(**self.client_arguments)
        self._clients.append(client)
        return client

    def push_image(self, repository: str, *tags: str) -> str:
        """Push a small image of new, random content into a repository that exists; its imageDigest.

        Raises RepositoryNotFoundException and ImageTagAlreadyExistsException of `wharfside_sdk.ecr.exceptions`.
        """
        from wharfside.testing.images import push_random_image
        from wharfside_sdk.ecr.client import ECRClient

        with ECRClient(**self.client_arguments) as client:
            return push_random_image(client, repository, tags)

    def close(self) -> None:
        """Close the clients that were made here. `registry` and the fixtures do so at their end."""
        while self._clients:
            self._clients.pop().close()

    def variables(self) -> dict[str, str]:
        """The variables with which the AWS CLI and every SDK reach this account, and no file of the user's."""
        return {
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_ECR": self.endpoint_url,
            "AWS_ENDPOINT_URL_ECR_PUBLIC": self.endpoint_url,
            "AWS_ENDPOINT_URL_STS": self.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def environment(self) -> dict[str, str]:
        """A whole environment for a program: `subprocess.run(["aws", ...], env=registry.environment())`."""
        kept = {name: text for name, text in os.environ.items() if name not in MISLEADING}
        return kept | self.variables()


@contextmanager
def registry(*, account: str | None = None, region: str = DEFAULT_REGION) -> Generator[Registry]:
    """A registry for a test, a script or a notebook: an account that is new, or the one that is named.

    The server starts with the first one (about a second) and serves all that follow in this process. At the end the
    clients are closed; what the account holds stays until the process ends. If the server logged an error meanwhile,
    standard error shows it. Raises RegistryNotStarted, and ValueError for an account that is not 12 digits.
    """
    if account is not None and not (len(account) == 12 and account.isascii() and account.isdigit()):
        raise ValueError(f"an account is 12 digits, not {account!r}")
    server = running_server()
    opened = Registry(server.endpoint_url, account or _new_account(), region, server.log_file)
    logged = server.log_file.stat().st_size
    try:
        yield opened
    finally:
        opened.close()
        _show_log(server.log_file, logged)


def _new_account() -> str:
    """By chance, not in turn: processes that were forked would all take the same turn."""
    return str(10**11 + secrets.randbelow(9 * 10**11))


def _show_log(file: Path, start: int) -> None:
    try:
        with file.open("rb") as log:
            log.seek(start)
            news = log.read()
    except FileNotFoundError:  # the server was replaced, or the process forked and its parent has ended
        return
    if news:
        print(f"The registry's log:\n{news.decode(errors='replace')}", file=sys.stderr)
