"""The routes of the data plane, as data: what is matched, which IAM action it needs, and who handles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wharfside.api.messages import Request, Response
from wharfside.api.oci import blobs, events, listings, manifests, uploads
from wharfside.api.oci.exchange import Exchange
from wharfside.core.errors import RegistryError
from wharfside.core.names import is_repository_name
from wharfside.registry.audit import Event
from wharfside.registry.context import Unit


@dataclass(frozen=True, slots=True)
class UnitRoute:
    """Handled within one unit of work."""

    action: str
    work: Callable[[Exchange, Unit], Response]
    changed: Callable[[Exchange, Response], Event] | None = None
    """For a route that writes: what is recorded of it."""


@dataclass(frozen=True, slots=True)
class BodyRoute:
    """Has a body to receive: what it needs to know before that is found by `prepare`, in the unit that admits it.

    A small body that the client sends without asking is received first, and `small` admits and handles at once: it
    costs less than the thread hops that are saved.
    """

    action: str
    prepare: Callable[[Exchange, Unit], Any]
    handle: Callable[[Exchange, Any], Awaitable[Response]]
    small: Callable[[Exchange, bytes], Awaitable[Response]] | None = None
    further_actions: Callable[[Request], tuple[str, ...]] = lambda _: ()
    """What else a request needs when it does more than its path says."""
    creates: bool = False
    """Whether the repository is made when it is missing, where a creation template says so."""


Route = UnitRoute | BodyRoute


def _all_of_an_upload(request: Request) -> tuple[str, ...]:
    """A whole blob at once."""
    return ("ecr:UploadLayerPart", "ecr:CompleteLayerUpload") if "digest" in request.query() else ()


def _last_chunk_of_an_upload(request: Request) -> tuple[str, ...]:
    return ("ecr:UploadLayerPart",) if request.body.length != 0 else ()


_PULL = UnitRoute("ecr:BatchGetImage", manifests.get_manifest)

ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "manifests"): _PULL,
    ("HEAD", "manifests"): _PULL,
    ("PUT", "manifests"): BodyRoute(
        "ecr:PutImage", manifests.named_digest, manifests.put_manifest, manifests.put_small_manifest, creates=True
    ),
    ("DELETE", "manifests"): UnitRoute("ecr:BatchDeleteImage", manifests.delete_manifest, events.deleted),
    ("GET", "blobs"): UnitRoute("ecr:GetDownloadUrlForLayer", blobs.get_blob),
    ("HEAD", "blobs"): UnitRoute("ecr:BatchCheckLayerAvailability", blobs.get_blob),
    ("DELETE", "blobs"): UnitRoute("ecr:BatchDeleteImage", blobs.delete_blob, events.deleted_layer),
    ("POST", "uploads"): BodyRoute(
        "ecr:InitiateLayerUpload", uploads.new_session, uploads.start, further_actions=_all_of_an_upload, creates=True
    ),
    ("GET", "upload"): BodyRoute("ecr:UploadLayerPart", uploads.session, uploads.status),
    ("PATCH", "upload"): BodyRoute("ecr:UploadLayerPart", uploads.session, uploads.patch),
    ("PUT", "upload"): BodyRoute(
        "ecr:CompleteLayerUpload", uploads.session, uploads.put, uploads.put_small, _last_chunk_of_an_upload
    ),
    ("DELETE", "upload"): BodyRoute("ecr:UploadLayerPart", uploads.session, uploads.cancel),
    ("GET", "tags"): UnitRoute("ecr:ListImages", listings.list_tags),
    ("GET", "referrers"): UnitRoute("ecr:BatchGetImage", listings.list_referrers),
    ("GET", "catalog"): UnitRoute("ecr:DescribeRepositories", listings.catalog),
}
PULLS = frozenset({"ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer"})
"""All that the server's setting may open to requests without credentials."""
_KINDS = frozenset(kind for _, kind in ROUTES)


@dataclass(frozen=True, slots=True)
class Match:
    """What a path under `/v2/` is about."""

    kind: str
    repository: str | None
    reference: str


def match(path: str) -> Match:
    """Take a path apart. Raises the data plane's errors for unknown paths and for names that are none."""
    rest = path.removeprefix("/v2/")
    if rest == "_catalog":
        return Match("catalog", None, "")
    name, _, end = rest.rpartition("/")
    name, _, kind = name.rpartition("/")
    if kind == "uploads" and name.endswith("/blobs"):
        name, kind = name.removesuffix("/blobs"), "upload" if end else "uploads"
    elif kind == "blobs" and end == "uploads":
        kind, end = "uploads", ""
    elif kind == "tags" and end != "list":
        kind = ""
    if kind not in _KINDS or kind == "catalog" or (not end and kind != "uploads"):
        raise RegistryError("NotFound", "There is nothing at this path")
    if not is_repository_name(name):
        raise RegistryError("NameInvalid", "The repository name is not valid")
    return Match(kind, name, end)


def route_of(method: str, found: Match) -> Route:
    """The route of a method on a path."""
    route = ROUTES.get((method, found.kind))
    if route is None:
        allowed = ", ".join(each for each, kind in ROUTES if kind == found.kind)
        raise RegistryError("MethodNotAllowed", "The operation is unsupported", members={"Allow": allowed})
    return route


def is_pull(method: str, found: Match) -> bool:
    """Whether this is one of the requests that a pull consists of."""
    route = ROUTES.get((method, found.kind))
    return route is not None and method in ("GET", "HEAD") and route.action in PULLS
