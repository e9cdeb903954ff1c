"""Manifests on the data plane (OCI distribution specification, "Pulling manifests" and "Pushing Manifests")."""

from __future__ import annotations

from urllib.parse import parse_qsl

from wharfside.api.messages import BodyTooLarge, Response
from wharfside.api.oci import events
from wharfside.api.oci.blobs import IMMUTABLE
from wharfside.api.oci.conditions import is_known
from wharfside.api.oci.errors import API_VERSION
from wharfside.api.oci.exchange import Exchange
from wharfside.api.oci.references import is_digest_reference, require_digest
from wharfside.core.digests import Digest
from wharfside.core.errors import (
    RegistryError,
    image_not_found,
    invalid_parameter,
    repository_not_found,
)
from wharfside.core.manifests import MAXIMUM_SIZE, InvalidManifest, Manifest, parse_manifest
from wharfside.core.names import TAG_RULE, is_tag
from wharfside.registry import image_deletion, images
from wharfside.registry.context import Unit
from wharfside.registry.encryption import require_key
from wharfside.registry.images import Push
from wharfside.registry.pull_times import Pull
from wharfside.registry.repositories import get_repository
from wharfside.store.images import FoundManifest, find_manifest

_ASK_AGAIN = {"Cache-Control": "private, no-cache"}
"""A tag may name another manifest the next time."""
MAXIMUM_TAG_PARAMETERS = 50
"""Each is answered with a header field of its own, of which clients take a hundred."""


def _accepts(accept: str | None, media_type: str) -> bool:
    """Whether the client takes this media type; one that names none takes every one."""
    if not accept or media_type in accept:
        return True
    offered = {part.partition(";")[0].strip() for part in accept.split(",")}
    return bool(offered & {"*/*", "application/*", media_type})


def get_manifest(exchange: Exchange, unit: Unit) -> Response:
    """GET and HEAD of a manifest, by tag or digest: the bytes as they were pushed."""
    reference, name = exchange.reference, exchange.name
    by_digest = is_digest_reference(reference)
    if not by_digest and not is_tag(reference):
        raise image_not_found(name, unit.account, None, reference)
    exists, found = find_manifest(
        unit.connection,
        unit.account,
        unit.region,
        name,
        digest=require_digest(reference) if by_digest else None,
        by_tag=reference,
    )
    if not exists:
        raise repository_not_found(name, unit.account)
    if found is None or not _accepts(exchange.request.headers.get("Accept"), found.media_type):
        raise image_not_found(name, unit.account, None, reference)
    if found.status != "ACTIVE":
        raise RegistryError("ImageInaccessible", "Requested image is archived: it can be pulled once it is restored")
    require_key(unit, found.encryption_domain)
    headers = {
        "Content-Type": found.media_type,
        "Docker-Content-Digest": found.digest,
        "ETag": f'"{found.digest}"',
        **(IMMUTABLE if by_digest else _ASK_AGAIN),
        **API_VERSION,
    }
    reads = exchange.request.method == "GET"
    if reads:
        _count_pull(exchange, unit, found)
    if is_known(exchange.request, found.digest):
        return Response(304, headers)
    if not reads:
        return Response(200, headers, content_length=len(found.content))
    return Response(200, headers, found.content)


def _count_pull(exchange: Exchange, unit: Unit, found: FoundManifest) -> None:
    """A client that has the manifest, and asks whether it is still the one, uses the image as well."""
    principal = exchange.caller.principal_arn if exchange.caller is not None else None
    pull = Pull(unit.account, unit.region, found.repository_id, found.digest, principal, unit.now)
    exchange.node.pull_times.add(pull)


def _tags(exchange: Exchange, digest: Digest | None) -> tuple[str, ...]:
    """The tag of the path, or those of the `tag` parameters when the path has a digest."""
    if digest is None:
        tags = [exchange.reference]
    else:
        pairs = parse_qsl(exchange.request.raw_query, keep_blank_values=True, max_num_fields=MAXIMUM_TAG_PARAMETERS)
        tags = [value for key, value in pairs if key == "tag"]
    for tag in tags:
        if not is_tag(tag):
            raise invalid_parameter("imageTag", TAG_RULE)
    return tuple(dict.fromkeys(tags))


def _parse(content: bytes, media_type: str | None) -> Manifest:
    try:
        return parse_manifest(content, media_type)
    except InvalidManifest as error:
        raise invalid_parameter("ImageManifest", str(error)) from error


def named_digest(exchange: Exchange, unit: Unit) -> Digest | None:
    """The digest that a manifest is put by; None when the path has a tag. Raises RepositoryNotFoundException."""
    get_repository(unit, exchange.name)
    return require_digest(exchange.reference) if is_digest_reference(exchange.reference) else None


async def put_manifest(exchange: Exchange, digest: Digest | None) -> Response:
    """PUT of a manifest, by tag or digest."""
    try:
        content = await exchange.request.body.read(MAXIMUM_SIZE)
    except BodyTooLarge as error:
        raise RegistryError("ManifestTooLarge", f"A manifest may have at most {MAXIMUM_SIZE} bytes") from error
    return await exchange.write(
        lambda unit: _push(exchange, unit, content, digest), lambda response: events.pushed(exchange, response)
    )


async def put_small_manifest(exchange: Exchange, content: bytes) -> Response:
    """`put_manifest` with a small body, which is here already: everything in one unit of work."""

    def admit_and_push(unit: Unit) -> Response:
        exchange.admit(unit)
        return _push(exchange, unit, content, named_digest(exchange, unit))

    return await exchange.write(admit_and_push, lambda response: events.pushed(exchange, response))


def _push(exchange: Exchange, unit: Unit, content: bytes, digest: Digest | None) -> Response:
    try:
        tags = _tags(exchange, digest)
    except ValueError as error:
        raise RegistryError("NameInvalid", "The query has too many parameters") from error
    media_type, _, _ = exchange.request.headers.get("Content-Type", "").partition(";")
    manifest = _parse(content, media_type.strip() or None)
    request = Push(content, manifest, tags, digest, sparse=exchange.node.allow_sparse_manifests)
    pushed = images.put_image(unit, exchange.name, request)
    headers = {
        "Location": f"/v2/{exchange.name}/manifests/{pushed.digest}",
        "Docker-Content-Digest": pushed.digest,
        **API_VERSION,
    }
    if manifest.subject is not None:
        headers["OCI-Subject"] = manifest.subject
    repeated = tuple(("OCI-Tag", tag) for tag in tags) if digest is not None else ()
    return Response(201, headers, repeated=repeated)


def delete_manifest(exchange: Exchange, unit: Unit) -> Response:
    """DELETE of a manifest by digest, or of a tag (OCI distribution specification, "Content Management")."""
    if is_digest_reference(exchange.reference):
        image_deletion.delete_manifest(unit, exchange.name, require_digest(exchange.reference))
    else:
        image_deletion.delete_tag(unit, exchange.name, exchange.reference)
    return Response(202, API_VERSION)
