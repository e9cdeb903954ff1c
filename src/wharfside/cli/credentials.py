"""How the commands find a running registry, and get a docker password from it.

Only the standard library and the SDK's signing: container tools call the credential helper for every pull.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from wharfside.folder import Folder, read_json
from wharfside_sdk.sigv4 import Credentials, sign_headers

TARGET: Final = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
DEFAULT_REGION: Final = "us-east-1"
ANSWER_SECONDS: Final = 30
LONGEST_ANSWER: Final = 1 << 20
"""The largest answer that is read, in bytes."""
_DEFAULT_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


class NoRegistry(Exception):
    """No registry was found, it does not answer, or it refuses. The text says what to do next."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a registry is served, and the access key to call it with."""

    url: str
    region: str
    credentials: Credentials
    certificate: Path | None = None
    """Certificates (PEM) to trust beside the system's, for https."""
    account: str | None = None
    registry_host: str | None = None
    """The configured host name of registries, in which `{account}` and `{region}` stand for them."""
    origin: str = "the environment"
    """Where all this was read, for messages."""


@dataclass(frozen=True, slots=True)
class Login:
    """What container tools log in with."""

    host: str
    """Name or address, with the port, as it stands in image names."""
    scheme: str
    user: str
    password: str
    expires_at: datetime


def data_folder(given: Path | None) -> Path:
    """The data folder: the one given, else $WHARFSIDE_DATA, else ./data."""
    return given if given is not None else Path(os.environ.get("WHARFSIDE_DATA") or "data")


def from_folder(root: Path) -> Access:
    """How to reach the registry that keeps its data in `root`. Raises NoRegistry when it was never started there."""
    folder = Folder(root)
    try:
        admin, endpoint = read_json(folder.admin_file), read_json(folder.endpoint_file)
        return Access(
            url=endpoint["url"],
            region=endpoint["region"],
            credentials=Credentials(admin["accessKeyId"], admin["secretAccessKey"]),
            certificate=Path(endpoint["certificate"]) if endpoint["certificate"] else None,
            account=admin["account"],
            registry_host=endpoint["registryHost"],
            origin=f"the data folder {root}",
        )
    except (FileNotFoundError, NotADirectoryError):
        raise NoRegistry(
            f"No registry was ever started in {root.absolute()}."
            f" Start one with `wharfside serve --data {root}`, or name another folder with --data or WHARFSIDE_DATA."
        ) from None
    except PermissionError as error:
        raise NoRegistry(
            f"{error.filename} may be read only by the user who runs the registry. Become that user,"
            " or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL_ECR."
        ) from None
    except (ValueError, KeyError) as error:
        raise NoRegistry(f"{folder.admin_file} or {folder.endpoint_file.name} beside it is damaged: {error}") from None


def from_environment(environment: Mapping[str, str]) -> Access | None:
    """How to reach the registry that the AWS variables name; None unless they name both a key and an endpoint."""
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    url = environment.get("AWS_ENDPOINT_URL_ECR")
    if not (key and secret and url):
        return None
    bundle = environment.get("AWS_CA_BUNDLE")
    return Access(
        url=url,
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        credentials=Credentials(key, secret, environment.get("AWS_SESSION_TOKEN") or None),
        certificate=Path(bundle) if bundle else None,
    )


def find_access(data: Path | None) -> Access:
    """The registry of the folder given, else of the AWS variables, else of the default folder. Raises NoRegistry."""
    access = from_environment(os.environ) if data is None else None
    return access or from_folder(data_folder(data))


def request_login(access: Access, region: str | None = None) -> Login:
    """Call GetAuthorizationToken, in another region where one is given. Raises NoRegistry."""
    parts = urlsplit(access.url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise NoRegistry(f"{access.url} is not the address of a registry: it must start with http:// or https://.")
    try:
        status, body = _post(access, parts, region or access.region)
    except ssl.SSLCertVerificationError as error:
        raise NoRegistry(
            f"The certificate of {access.url} is not trusted ({error.verify_message}). Set AWS_ENDPOINT_URL_ECR to"
            " the name that the certificate is for, and AWS_CA_BUNDLE to the file of the authority that issued it."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise NoRegistry(
            f"No registry answers at {access.url} ({error}), the address in {access.origin}."
            " Is `wharfside serve` running?"
        ) from None
    return _read_login(access, status, body)


def _post(access: Access, parts: SplitResult, region: str) -> tuple[int, bytes]:
    body = b"{}"
    headers = {
        "Host": _host_field(parts),
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": TARGET,
    }
    path = parts.path or "/"
    headers |= sign_headers(
        access.credentials,
        method="POST",
        raw_path=path,
        raw_query="",
        headers=headers,
        body_sha256=hashlib.sha256(body).hexdigest(),
        region=region,
        service="ecr",
        now=datetime.now(UTC),
    )
    connection = _connect(access, parts)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        return response.status, response.read(LONGEST_ANSWER)
    finally:
        connection.close()


def _connect(access: Access, parts: SplitResult) -> http.client.HTTPConnection:
    assert parts.hostname is not None
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS)
    context = ssl.create_default_context()
    if access.certificate is not None:
        context.load_verify_locations(access.certificate)
        # A server's own certificate is trusted as it stands, though its issuer may not be in the file.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=ANSWER_SECONDS, context=context)


def _host_field(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2]
    return host.removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}")


def _read_login(access: Access, status: int, body: bytes) -> Login:
    try:
        answer: dict[str, Any] = json.loads(body)
        if status != 200:
            code = str(answer["__type"]).rpartition("#")[2]
            raise NoRegistry(
                f"The registry at {access.url} refused the access key of {access.origin}:"
                f" {code}: {answer.get('message', '')}"
            )
        (granted,) = answer["authorizationData"]
        user, _, password = base64.b64decode(granted["authorizationToken"]).decode().partition(":")
        proxy = urlsplit(str(granted["proxyEndpoint"]))
        return Login(proxy.netloc, proxy.scheme, user, password, datetime.fromtimestamp(granted["expiresAt"], UTC))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoRegistry(f"What answers at {access.url} (HTTP status {status}) is not an ECR registry.") from None
